// SPDX-License-Identifier: MIT
#include "ops/recurrent_steps.hpp"

#include "ops/steps.hpp"

#include <xtape/ops/activation.hpp>
#include <xtape/ops/arithmetic.hpp>
#include <xtape/ops/linear.hpp>
#include <xtape/ops/shape.hpp>
#include <xtape/ops/unary.hpp>

#include <array>
#include <optional>

namespace xtape::inline XTAPE_ABI {
namespace {

using kernels::Cell;

// What a cell goes on with.
struct CellState {
  Variable h;
  std::optional<Variable> c;
};

// Block i of H columns.
Variable block(const Variable& sums, std::ptrdiff_t i, std::size_t width) {
  const auto size = static_cast<std::ptrdiff_t>(width);
  return slice(sums, {.axis = -1, .begin = i * size, .end = (i + 1) * size});
}

// One step, by the sums over the input and those over h, which a GRU has apart.
CellState cell_step(Cell cell, const CellState& before, const Variable& over_x,
                    const Variable& over_h) {
  const std::size_t width = before.h.shape()[1];
  const auto sum = [&](std::ptrdiff_t i) {
    return block(over_x, i, width) + block(over_h, i, width);
  };
  switch (cell) {
    case Cell::lstm: {
      const Variable c = sigmoid(sum(1)) * *before.c + sigmoid(sum(0)) * tanh(sum(2));
      return {sigmoid(sum(3)) * tanh(c), c};
    }
    case Cell::gru: {
      const Variable r = sigmoid(sum(0)), z = sigmoid(sum(1)),
                     n = tanh(block(over_x, 2, width) + r * block(over_h, 2, width));
      return {(1 - z) * n + z * before.h, {}};
    }
    case Cell::rnn_tanh: return {tanh(sum(0)), {}};
    default: return {relu(sum(0)), {}};
  }
}

}  // namespace

PooledVector<Variable> recurrence_in_steps(const RecurrentCall& call,
                                           std::span<const Variable> inputs) {
  const Variable &x = inputs[0], &w = inputs[1], &u = inputs[2];
  std::size_t next = 3;
  Tape& tape = x.tape();
  const auto given_or_zeros = [&](bool given, const Shape& shape) {
    return given ? inputs[next++] : tape.input(zeros(shape));
  };
  const std::size_t sequences = x.shape()[0], steps = x.shape()[1], width = u.shape()[0],
                    gates = u.shape()[1];
  const Variable b = given_or_zeros(call.input_bias, {gates}),
                 v = given_or_zeros(call.recurrent_bias, {gates});
  CellState state{given_or_zeros(call.initial, {sequences, width}), {}};
  if (call.cell == Cell::lstm) state.c = given_or_zeros(call.initial, {sequences, width});

  const auto sums = split(matmul(x, w) + b, {.parts = steps, .axis = 1});
  PooledVector<Variable> all(steps, x);
  for (std::size_t i = 0; i < steps; ++i) {
    const std::size_t t = call.reverse ? steps - 1 - i : i;
    state = cell_step(call.cell, state, with_shape(sums[t], {sequences, gates}),
                      matmul(state.h, u) + v);
    all[t] = state.h;
  }
  PooledVector<Variable> results{stack(all, {.axis = 1}), state.h};
  if (state.c) results.push_back(*state.c);
  return results;
}

}  // namespace xtape::inline XTAPE_ABI
