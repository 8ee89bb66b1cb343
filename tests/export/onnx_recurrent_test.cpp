// SPDX-License-Identifier: MIT
// Exported layers over sequences give the same results in another runtime.
#include "runtime.hpp"

#include <xtape/layers.hpp>
#include <xtape/ops.hpp>

using namespace test;

BOOST_AUTO_TEST_SUITE(onnx_files)

namespace {

// What a layer makes of a sequence after the states that another has made of it.
template <class Layer>
struct Parts {
  Layer first, second;
  Variable operator()(const Variable& x) {
    const auto before = first(x, RecurrentLayer::States{});
    const auto after = second(before.y, before.states);
    Variable y = concatenate({after.y, before.y}, {.axis = 1});
    for (const RecurrentState& state : after.states) {
      y = y + expand_dims(state.h, 1);
      if (state.c) y = y * expand_dims(*state.c, 1);
    }
    return y;
  }
  void parameters(ParameterList& list) { list("first", first), list("second", second); }
};

}  // namespace

BOOST_AUTO_TEST_CASE(so_do_layers_over_sequences, *with_onnxruntime) {
  Models models;
  Rng rng{1};
  const auto add = [&](const std::string& name, auto layer) {
    shake(layer);
    models.add(name, layer, {5, 3});
  };
  add("lstm", LSTM{{.in = 3, .width = 4}, rng});
  add("lstm-both-ways",
      LSTM{{.in = 3, .width = 4, .layers = 2, .bidirectional = true, .bias = false}, rng});
  add("gru", GRU{{.in = 3, .width = 4, .layers = 2}, rng});
  add("gru-both-ways", GRU{{.in = 3, .width = 4, .bidirectional = true}, rng});
  add("rnn", RNN{{.in = 3, .width = 4}, rng});
  add("rnn-relu",
      RNN{{.in = 3, .width = 4, .bidirectional = true, .activation = Activation::relu}, rng});
  add("lstm-states",
      Parts<LSTM>{LSTM{{.in = 3, .width = 4}, rng}, LSTM{{.in = 4, .width = 4}, rng}});
  add("gru-states", Parts<GRU>{GRU{{.in = 3, .width = 4}, rng}, GRU{{.in = 4, .width = 4}, rng}});
  models.compare();
  models.checked();
}

BOOST_AUTO_TEST_CASE(a_state_that_is_a_constant_is_refused) {
  struct FromOnes {
    GRU layer;
    Variable operator()(const Variable& x) {
      return layer(x, {{x.tape().input(full({x.shape()[0], 4}, 1))}}).y;
    }
    void parameters(ParameterList& list) { list("layer", layer); }
  };
  Rng rng{2};
  FromOnes model{GRU{{.in = 3, .width = 4}, rng}};
  check_refused(model, {5, 3}, "the state that the op gru begins with is a constant");
}

BOOST_AUTO_TEST_SUITE_END()
