// SPDX-License-Identifier: MIT
// Rows of gradient_test for ops that go over sequences.
#include "gradient_rows.hpp"

#include <xtape/ops/arithmetic.hpp>
#include <xtape/ops/recurrent.hpp>
#include <xtape/ops/shape.hpp>
#include <xtape/ops/unary.hpp>

namespace test {
namespace {

// The results of an op, in one that depends on all of them.
Variable joined(const RecurrentResult& r) {
  Variable y = r.y * r.y + expand_dims(r.state.h, 1);
  return r.state.c ? y + square(expand_dims(*r.state.c, 1)) : y;
}

// Of (x, w, u), with biases then b and v, with a state then h and, where there is one, c.
RecurrentWeights weights_of(In x, bool biases) {
  RecurrentWeights all{x[1], x[2]};
  if (biases) all.input_bias = x[3], all.recurrent_bias = x[4];
  return all;
}

struct Size {
  std::size_t sequences, steps, channels, width;
};
std::vector<Array> inputs(std::size_t blocks, const Size& s, bool biases, std::size_t states) {
  const std::size_t gates = blocks * s.width;
  std::vector<Array> all{numbers({s.sequences, s.steps, s.channels}), numbers({s.channels, gates}),
                         numbers({s.width, gates})};
  if (biases)
    for (int i = 0; i < 2; ++i) all.push_back(numbers({gates}));
  for (std::size_t i = 0; i < states; ++i) all.push_back(numbers({s.sequences, s.width}));
  return all;
}

constexpr Size small{2, 4, 3, 2}, slices{7, 2, 2, 3}, wide{1, 2, 1, 17}, one_step{2, 1, 2, 3};

}  // namespace

std::vector<Row> recurrent_rows() {
  return {
      {"lstm", "plain", inputs(4, small, false, 0),
       [](In x) { return lstm(x[0], weights_of(x, false)).y; }},
      {"lstm", "from a state", inputs(4, slices, true, 2),
       [](In x) {
         return joined(lstm(x[0], weights_of(x, true), RecurrentState{x[5], x[6]}));
       }},
      {"lstm", "back", inputs(4, wide, true, 2),
       [](In x) {
         return joined(
             lstm(x[0], weights_of(x, true), RecurrentState{x[5], x[6]}, {.reverse = true}));
       }},
      {"lstm", "the last cell alone", inputs(4, small, true, 0),
       [](In x) { return *lstm(x[0], weights_of(x, true)).state.c; }},
      {"lstm", "in two parts", inputs(4, one_step, true, 0),
       [](In x) {
         const RecurrentResult first = lstm(x[0], weights_of(x, true));
         return lstm(x[0] * x[0], weights_of(x, true), first.state).y;
       }},
      {"gru", "plain", inputs(3, small, false, 0),
       [](In x) { return gru(x[0], weights_of(x, false)).y; }},
      {"gru", "from a state", inputs(3, slices, true, 1),
       [](In x) { return joined(gru(x[0], weights_of(x, true), RecurrentState{x[5]})); }},
      {"gru", "back", inputs(3, wide, true, 1),
       [](In x) {
         return joined(gru(x[0], weights_of(x, true), RecurrentState{x[5]}, {.reverse = true}));
       }},
      {"gru", "the last state alone", inputs(3, small, true, 0),
       [](In x) { return gru(x[0], weights_of(x, true)).state.h; }},
      {"rnn", "plain", inputs(1, small, false, 0),
       [](In x) { return rnn(x[0], weights_of(x, false)).y; }},
      {"rnn", "from a state", inputs(1, slices, true, 1),
       [](In x) { return joined(rnn(x[0], weights_of(x, true), RecurrentState{x[5]})); }},
      {"rnn", "relu, back", inputs(1, wide, true, 1),
       [](In x) {
         return joined(rnn(x[0], weights_of(x, true), RecurrentState{x[5]},
                           {.activation = Activation::relu, .reverse = true}));
       }},
  };
}

}  // namespace test
