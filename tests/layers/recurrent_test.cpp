// SPDX-License-Identifier: MIT
// Recurrent layers: against PyTorch, in parts, the names of their parameters, and what they refuse.
#include "../ops/errors.hpp"

#include <xtape/layers.hpp>
#include <xtape/ops.hpp>

using namespace test;

BOOST_AUTO_TEST_SUITE(recurrent_layers)

namespace {

// Element j of parameter i of PyTorch's, whose weights are the transposes of ours, is sin(0.7 j + i) / 2.
template <class Layer>
void fill(Layer& layer) {
  std::size_t i = 0;
  for (const NamedParameter& named : parameters(layer)) {
    Array& a = named.parameter->value();
    const std::size_t columns = a.shape().back(), rows = a.size() / columns;
    for (std::size_t r = 0; r < rows; ++r)
      for (std::size_t c = 0; c < columns; ++c) {
        const std::size_t j = a.dimension() == 2 ? c * rows + r : c;
        a.data()[r * columns + c] = static_cast<Scalar>(
            std::sin(0.7 * static_cast<double>(j) + static_cast<double>(i)) / 2);
      }
    ++i;
  }
}

Array cosines() {
  Array x = zeros({2, 5, 3});
  for (std::size_t i = 0; i < x.size(); ++i)
    x.data()[i] = static_cast<Scalar>(std::cos(0.3 * static_cast<double>(i)));
  return x;
}

constexpr double tolerance = is_double ? 1e-10 : 1e-5;

// Of the second sequence, y of the first step and of the last, and unit 2 of the last states, by PyTorch 1.13.
template <class Layer>
void check_by_torch(const std::vector<double>& y, const std::vector<double>& h,
                    const std::vector<double>& c = {}) {
  Rng rng{1};
  Layer layer{{.in = 3, .width = 4, .layers = 2, .bidirectional = true}, rng};
  fill(layer);
  Tape tape{Mode::eval};
  const RecurrentLayer::Result result = layer(tape.input(cosines()), RecurrentLayer::States{});
  BOOST_TEST((result.y.shape() == Shape{2, 5, 8}));
  for (std::size_t i = 0; i < 16; ++i) {
    const std::size_t at = (i < 8 ? 5 : 9) * 8 + i % 8;
    BOOST_TEST(close(static_cast<double>(result.y.value().data()[at]), y[i], tolerance));
  }
  BOOST_REQUIRE(result.states.size() == 4u);
  for (std::size_t i = 0; i < 4; ++i) {
    const RecurrentState& state = result.states[i];
    BOOST_TEST(close(static_cast<double>(state.h.value()(1, 2)), h[i], tolerance));
    if (!c.empty()) BOOST_TEST(close(static_cast<double>(state.c->value()(1, 2)), c[i], tolerance));
  }
}

std::vector<std::string> names(const std::vector<NamedParameter>& all) {
  std::vector<std::string> list;
  for (const NamedParameter& p : all) list.push_back(p.name);
  return list;
}

}  // namespace

BOOST_AUTO_TEST_CASE(they_compute_what_pytorch_does) {
  check_by_torch<LSTM>({-0.000280947246128, -0.0798506294306, -0.135517457962, -0.160717469529,
                        0.157783338013, 0.141956328285, 0.0244541047969, -0.16820671098,
                        -0.101054150207, -0.0999038679513, -0.393475584259, -0.324262551696,
                        0.115426873315, 0.0826120269771, 0.0188156194479, -0.0613706037569},
                       {-0.0244291891084, 0.203534610874, -0.393475584259, 0.0244541047969},
                       {-0.0383375733982, 0.650218234573, -0.635287396896, 0.0528919784374});
  check_by_torch<GRU>({0.309467646027, 0.0801791149248, -0.103999208536, -0.198070725076,
                       0.132540471603, 0.002008083102, -0.165852602204, -0.277364123856,
                       0.236384927463, 0.160792610864, -0.426566238212, -0.412231510129,
                       0.266680279662, 0.0928927607665, -0.057339851405, -0.118063854612},
                      {-0.0133817016412, 0.5443854599, -0.426566238212, -0.165852602204});
  check_by_torch<RNN>({-0.626990206984, -0.926697487074, -0.944741246486, -0.806019400903,
                       -0.105008765836, 0.143338112944, 0.387471860814, 0.486667111599,
                       0.0946082160519, -0.98476134155, -0.830888852801, -0.762316803907,
                       0.062227101244, 0.343831600353, 0.449849644518, 0.377123976269},
                      {-0.304826333724, 0.404759415395, -0.830888852801, 0.387471860814});
}

BOOST_AUTO_TEST_CASE(a_sequence_in_parts_is_the_whole) {
  Rng rng{2};
  LSTM layer{{.in = 3, .width = 8, .layers = 2}, rng};
  const Array x = random({3, 7, 3});
  Tape tape{Mode::eval};
  const Variable all = tape.input(x), y = layer(all);
  RecurrentLayer::States states;
  for (std::ptrdiff_t t = 0; t < 7; ++t) {
    const auto part = layer(slice(all, {.axis = 1, .begin = t, .end = t + 1}), states);
    states = part.states;
    const Variable whole = slice(y, {.axis = 1, .begin = t, .end = t + 1});
    BOOST_TEST(difference(part.y.value(), whole.shape(), elements(whole.value()), 8 * epsilon) ==
               "");
  }
}

BOOST_AUTO_TEST_CASE(names_and_where_they_start) {
  Rng rng{3};
  LSTM layer{{.in = 64, .width = 256}, rng};
  BOOST_TEST((names(parameters(layer)) == std::vector<std::string>{"weight_ih_l0", "weight_hh_l0",
                                                                   "bias_ih_l0", "bias_hh_l0"}));
  BOOST_TEST(parameter_count(layer) == 4u * 256 * (64 + 256 + 2));
  for (const NamedParameter& p : parameters(layer)) {
    double largest = 0, sum = 0;
    for (const double x : elements(p.parameter->value()))
      largest = std::max(largest, std::abs(x)), sum += x;
    BOOST_TEST((largest <= 1.0 / 16 && largest > 0.99 / 16), p.name);
    BOOST_TEST(std::abs(sum / static_cast<double>(p.parameter->size())) < 0.005, p.name);
  }
  GRU both{{.in = 2, .width = 3, .layers = 2, .bidirectional = true, .bias = false}, rng};
  BOOST_TEST((names(parameters(both)) ==
              std::vector<std::string>{"weight_ih_l0", "weight_hh_l0", "weight_ih_l0_reverse",
                                       "weight_hh_l0_reverse", "weight_ih_l1", "weight_hh_l1",
                                       "weight_ih_l1_reverse", "weight_hh_l1_reverse"}));
  BOOST_TEST((parameters(both)[4].parameter->shape() == Shape{6, 9}));
  RNN own{{.in = 2, .width = 3, .recurrent_init = init::constant(0.5)}, rng};
  BOOST_TEST((elements(parameters(own)[1].parameter->value()) == std::vector<double>(9, 0.5)));
}

BOOST_AUTO_TEST_CASE(what_they_refuse) {
  Rng rng{4};
  Tape tape;
  LSTM layer{{.in = 3, .width = 4}, rng};
  const Variable x = tape.input(zeros({2, 5, 3}));
  const RecurrentState state{tape.input(zeros({2, 4})), tape.input(zeros({2, 4}))};
  check_failures<ShapeError>({
      {"[lstm] expected weights of shape (2, 16), got (3, 16) @",
       XTAPE_CALL(layer(tape.input(zeros({2, 5, 2}))))},
  });
  check_failures<ValueError>({
      {"[lstm] expected 1 states, got 2 @; one of each layer and direction",
       XTAPE_CALL(layer(x, {state, state}))},
      {"[gru] expected sizes of at least 1, got (0, 12) @",
       XTAPE_CALL(GRU({.in = 0, .width = 4}, rng))},
      {"[lstm] expected sizes of at least 1, got (3, 0) @",
       XTAPE_CALL(LSTM({.in = 3, .width = 0}, rng))},
      {"[rnn] layers must be at least 1, got 0 @",
       XTAPE_CALL(RNN({.in = 3, .width = 4, .layers = 0}, rng))},
      {"[rnn] expected the activation tanh or relu @",
       XTAPE_CALL(RNN({.in = 3, .width = 4, .activation = Activation::sigmoid}, rng))},
      {"[gru] its activations are its own: expected tanh @",
       XTAPE_CALL(GRU({.in = 3, .width = 4, .activation = Activation::relu}, rng))},
  });
}

BOOST_AUTO_TEST_SUITE_END()
