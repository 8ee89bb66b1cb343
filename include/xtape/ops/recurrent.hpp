// SPDX-License-Identifier: MIT
/// \file
/// Recurrent ops over whole sequences (N, T, C): a cell goes from step to step and keeps a state of H numbers, h, for
/// each sequence. The sums over the input are one product for all steps, as are the gradients of the weights.
/// ```
/// const auto [y, state] = lstm(x, {w, u, b, v});            // y (N, T, H), from a state of zeros
/// const auto [next, last] = lstm(more, {w, u, b, v}, state);  // goes on from where that ended
/// ```
#pragma once

#include <xtape/activation.hpp>
#include <xtape/tape.hpp>

#include <optional>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// The weights of a recurrent op. An LSTM has 4 blocks of H columns, a GRU 3, in the order of its gates, a plain one 1.
struct RecurrentWeights {
  Variable input;                               ///< w (C, blocks H)
  Variable recurrent;                           ///< u (H, blocks H)
  std::optional<Variable> input_bias = {};      ///< b (blocks H,); none is 0
  std::optional<Variable> recurrent_bias = {};  ///< v (blocks H,); none is 0
};

/// What a recurrent op begins and ends with.
struct RecurrentState {
  Variable h;                      ///< (N, H)
  std::optional<Variable> c = {};  ///< (N, H), the cell of an LSTM, which no other has
};

/// What a recurrent op returns.
struct RecurrentResult {
  Variable y;            ///< (N, T, H), h after each step
  RecurrentState state;  ///< after the last step that was done
};

/// Options of lstm and gru.
struct RecurrentOptions {
  bool reverse = false;  ///< begins with the last step and ends with the first; y keeps its place
};
/// A long short-term memory (Hochreiter and Schmidhuber, 1997; with a forget gate, Gers et al., 2000). With a_t = x_t w +
/// b + h_(t-1) u + v, whose blocks are i, f, g and o, as in PyTorch and Keras:
/// ```
/// c_t = sigmoid(f) c_(t-1) + sigmoid(i) tanh(g)
/// h_t = sigmoid(o) tanh(c_t)
/// ```
/// Gradients are those of back-propagation through time: with dh the gradient of h_t by y and by the later steps,
/// dc = dc_(t+1) sigmoid(f_(t+1)) + dh sigmoid(o) (1 - tanh(c_t)^2), and da of its blocks, dx = da w^T, dw = sum x^T da,
/// du = sum h_(t-1)^T da, db = dv = sum da. Without an initial state it is 0. Throws ShapeError unless x is (N, T, C)
/// with T at least 1 and weights and state fit.
RecurrentResult lstm(const Variable& x, const RecurrentWeights& weights,
                     const std::optional<RecurrentState>& initial = {},
                     const RecurrentOptions& options = {}, Location at = Location::current());

/// A gated recurrent unit (Cho et al., 2014), as in PyTorch, and in Keras with reset_after, whose first two blocks are
/// the other way round. With a_t = x_t w + b and s_t = h_(t-1) u + v, whose blocks are r, z and n:
/// ```
/// r = sigmoid(a_r + s_r),  z = sigmoid(a_z + s_z),  n = tanh(a_n + r s_n)
/// h_t = (1 - z) n + z h_(t-1)
/// ```
/// Throws as lstm does.
RecurrentResult gru(const Variable& x, const RecurrentWeights& weights,
                    const std::optional<RecurrentState>& initial = {},
                    const RecurrentOptions& options = {}, Location at = Location::current());

/// Options of rnn.
struct RNNOptions {
  Activation activation = Activation::tanh;  ///< or relu
  bool reverse = false;  ///< begins with the last step and ends with the first; y keeps its place
};
/// A plain recurrent network (Elman, 1990): h_t = activation(x_t w + b + h_(t-1) u + v). Throws as lstm does, and
/// ValueError for another activation.
RecurrentResult rnn(const Variable& x, const RecurrentWeights& weights,
                    const std::optional<RecurrentState>& initial = {},
                    const RNNOptions& options = {}, Location at = Location::current());

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop
