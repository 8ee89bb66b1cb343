// SPDX-License-Identifier: MIT
#include <xtape/layers/recurrent.hpp>

#include "layers/affine.hpp"
#include "ranges.hpp"

#include <xtape/ops/shape.hpp>

namespace xtape::inline XTAPE_ABI {

RecurrentLayer::RecurrentLayer(const Op& op, std::size_t blocks, Apply apply, const Options& o,
                               Rng& rng)
    : name_{op.name}, apply_{std::move(apply)}, both_ways_{o.bidirectional} {
  check_count(op, "layers", o.layers);
  const bool plain = blocks == 1, rectified = o.activation == Activation::relu;
  if (o.activation != Activation::tanh && !(plain && rectified))
    throw ValueError(op, plain ? "expected the activation tanh or relu"
                               : "its activations are its own: expected tanh");
  const std::size_t ways = both_ways_ ? 2 : 1, out = blocks * o.width;
  const auto make = [&](const Shape& shape, const Fans& fans, const Initializer& initializer) {
    if (initializer) return make_parameter(op, shape, fans, initializer, rng);
    return make_parameter(op, shape, {o.width, out}, init::torch_uniform, rng);
  };
  for (std::size_t i = 0; i < o.layers * ways; ++i) {
    const std::size_t in = i < ways ? o.in : ways * o.width;
    Pass pass{make({in, out}, {in, out}, o.weight_init),
              make({o.width, out}, {o.width, out}, o.recurrent_init),
              {}};
    for (std::size_t bias = 0; o.bias && bias < 2; ++bias)
      pass.biases.push_back(make({out}, {o.width, out}, o.bias_init));
    passes_.push_back(std::move(pass));
  }
}

RecurrentResult RecurrentLayer::run(Pass& pass, const Variable& x,
                                    const std::optional<RecurrentState>& state, bool reverse,
                                    Location at) {
  Tape& tape = x.tape({name_, at});
  RecurrentWeights weights{tape.parameter(pass.input, at), tape.parameter(pass.recurrent, at)};
  if (!pass.biases.empty()) {
    weights.input_bias = tape.parameter(pass.biases[0], at);
    weights.recurrent_bias = tape.parameter(pass.biases[1], at);
  }
  return apply_(x, weights, state, reverse, at);
}

RecurrentLayer::Result RecurrentLayer::operator()(const Variable& x, const States& states,
                                                  Location at) {
  if (!states.empty() && states.size() != passes_.size())
    throw ValueError({name_, at}, text("expected ", passes_.size(), " states, got ", states.size()),
                     "one of each layer and direction");
  Result result{x, {}};
  const auto step = [&](std::size_t i, bool reverse) {
    const auto state = states.empty() ? std::nullopt : std::optional{states[i]};
    RecurrentResult done = run(passes_[i], result.y, state, reverse, at);
    result.states.push_back(std::move(done.state));
    return std::move(done.y);
  };
  for (std::size_t i = 0; i < passes_.size(); i += both_ways_ ? 2 : 1) {
    const Variable y = step(i, false);
    result.y = both_ways_ ? concatenate({y, step(i + 1, true)}, {.axis = -1}, at) : y;
  }
  return result;
}

Variable RecurrentLayer::operator()(const Variable& x, Location at) {
  return (*this)(x, States{}, at).y;
}

void RecurrentLayer::parameters(ParameterList& list) {
  const std::size_t ways = both_ways_ ? 2 : 1;
  for (std::size_t i = 0; i < passes_.size(); ++i) {
    Pass& pass = passes_[i];
    const std::string of = text("_l", i / ways, i % ways == 1 ? "_reverse" : "");
    list("weight_ih" + of, pass.input);
    list("weight_hh" + of, pass.recurrent);
    if (pass.biases.empty()) continue;
    list("bias_ih" + of, pass.biases[0]);
    list("bias_hh" + of, pass.biases[1]);
  }
}

LSTM::LSTM(const Options& options, Rng& rng, Location at)
    : RecurrentLayer{{"lstm", at},
                     4,
                     [](const auto& x, const auto& weights, const auto& state, bool reverse,
                        Location place) { return lstm(x, weights, state, {reverse}, place); },
                     options,
                     rng} {}

GRU::GRU(const Options& options, Rng& rng, Location at)
    : RecurrentLayer{{"gru", at},
                     3,
                     [](const auto& x, const auto& weights, const auto& state, bool reverse,
                        Location place) { return gru(x, weights, state, {reverse}, place); },
                     options,
                     rng} {}

RNN::RNN(const Options& options, Rng& rng, Location at)
    : RecurrentLayer{
          {"rnn", at},
          1,
          [activation = options.activation](const auto& x, const auto& weights, const auto& state,
                                            bool reverse, Location place) {
            return rnn(x, weights, state, {activation, reverse}, place);
          },
          options,
          rng} {}

}  // namespace xtape::inline XTAPE_ABI
