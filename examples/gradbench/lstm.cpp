// SPDX-License-Identifier: MIT
#include "evaluations.hpp"

#include <algorithm>

using namespace xtape;

namespace gradbench {
namespace {

// A layer of ADBench's LSTM, the matrices of which are diagonal, with its state. Arrays are (1, b).
class Layer {
 public:
  Layer(const Variable& weights, const Variable& biases, Variable hidden, Variable cell)
      : weights_{split(weights, {.parts = 4, .axis = 1})},
        biases_{split(biases, {.parts = 4, .axis = 1})},
        hidden_{std::move(hidden)},
        cell_{std::move(cell)} {}

  Variable step(const Variable& x) {
    const auto gate = [&](std::size_t i, const Variable& of) {
      return of * weights_[i] + biases_[i];
    };
    const Variable forget = sigmoid(gate(0, x)), in = sigmoid(gate(1, hidden_)),
                   out = sigmoid(gate(2, x)), change = tanh(gate(3, hidden_));
    cell_ = cell_ * forget + in * change;
    return hidden_ = out * tanh(cell_);
  }

 private:
  PooledVector<Variable> weights_, biases_;  // of the gates: forget, in, out, change
  Variable hidden_, cell_;
};

// How badly each row of a sequence (c, b) is predicted from those before it.
Variable loss(const Input& in, const Variable& main_params, const Variable& extra_params) {
  Tape& tape = main_params.tape();
  const auto rows = [](const Variable& of) { return split(of, {.parts = of.shape()[0]}); };
  const auto params = rows(main_params), states = rows(tape.input(in("state", 2))),
             extra = rows(extra_params);  // of what goes in, and of what comes out with a bias
  std::vector<Layer> layers;
  for (std::size_t i = 0; i < params.size(); i += 2)
    layers.emplace_back(params.at(i), params.at(i + 1), states.at(i), states.at(i + 1));

  const Variable sequence = tape.input(in("sequence", 2));
  auto steps = rows(slice(sequence, {.end = -1}) * extra.at(0));
  for (Variable& x : steps)
    for (Layer& layer : layers) x = layer.step(x);
  const Variable y = concatenate(steps) * extra.at(1) + extra.at(2);
  const Variable log_total = log(2 + sum(exp(y), {.axes = {1}, .keep_dims = true}));
  return -mean(slice(sequence, {.begin = 1}) * (y - log_total));
}

}  // namespace

Module lstm() {
  return {{"objective",
           [](const Input& in) {
             const auto f = std::bind_front(loss, std::cref(in));
             return value(f, in("main_params", 2), in("extra_params", 2));
           }},
          {"jacobian", [](const Input& in) {
             const auto f = std::bind_front(loss, std::cref(in));
             const auto by = gradients(f, in("main_params", 2), in("extra_params", 2));
             Array all = uninitialized({by[0].size() + by[1].size()});
             std::ranges::copy(by[1], std::ranges::copy(by[0], all.begin()).out);
             return all;
           }}};
}

}  // namespace gradbench
