// SPDX-License-Identifier: MIT
// Recurrent ops against plain loops.
#include "errors.hpp"
#include "reference.hpp"

#include <xtape/ops.hpp>
#include <xtape/threads.hpp>

using namespace test;

BOOST_AUTO_TEST_SUITE(recurrent)

namespace {

enum class Kind { lstm, gru, tanh, relu };
constexpr Kind kinds[] = {Kind::lstm, Kind::gru, Kind::tanh, Kind::relu};

struct Case {
  Kind kind;
  std::size_t sequences, steps, channels, width;
  bool biases, state, reverse;

  std::size_t blocks() const { return kind == Kind::lstm ? 4 : kind == Kind::gru ? 3 : 1; }
};

// Its inputs.
struct Inputs {
  explicit Inputs(const Case& of) {
    const std::size_t gates = of.blocks() * of.width;
    x = random({of.sequences, of.steps, of.channels}, -1, 1, 1);
    w = random({of.channels, gates}, -1, 1, 2);
    u = random({of.width, gates}, -0.5, 0.5, 3);
    b = of.biases ? random({gates}, -1, 1, 4) : zeros({gates});
    v = of.biases ? random({gates}, -1, 1, 5) : zeros({gates});
    h = of.state ? random({of.sequences, of.width}, -1, 1, 6) : zeros({of.sequences, of.width});
    c = of.state ? random({of.sequences, of.width}, -1, 1, 7) : zeros({of.sequences, of.width});
  }
  Array x, w, u, b, v, h, c;
};

struct Results {
  std::vector<double> y, h, c;
};

double sigmoid_of(double x) { return 1 / (1 + std::exp(-x)); }

// The new h of a sequence, and its c in place.
std::vector<double> step(Kind kind, const std::vector<double>& a, const std::vector<double>& s,
                         const std::vector<double>& h, std::vector<double>& c) {
  const std::size_t width = h.size();
  std::vector<double> next(width);
  for (std::size_t k = 0; k < width; ++k) {
    const auto in = [&](std::size_t gate) { return a[gate * width + k]; };
    const auto sum = [&](std::size_t gate) { return in(gate) + s[gate * width + k]; };
    if (kind == Kind::lstm) {
      c[k] = sigmoid_of(sum(1)) * c[k] + sigmoid_of(sum(0)) * std::tanh(sum(2));
      next[k] = sigmoid_of(sum(3)) * std::tanh(c[k]);
    } else if (kind == Kind::gru) {
      const double r = sigmoid_of(sum(0)), z = sigmoid_of(sum(1)),
                   n = std::tanh(in(2) + r * s[2 * width + k]);
      next[k] = (1 - z) * n + z * h[k];
    } else {
      next[k] = kind == Kind::tanh ? std::tanh(sum(0)) : std::max(sum(0), 0.0);
    }
  }
  return next;
}

// bias + x m, for a row.
std::vector<double> affine(const double* x, std::size_t size, const Array& m, const Array& bias) {
  std::vector<double> y = elements(bias);
  for (std::size_t i = 0; i < size; ++i)
    for (std::size_t j = 0; j < y.size(); ++j)
      y[j] += x[i] * static_cast<double>(m.data()[i * y.size() + j]);
  return y;
}

Results expected(const Case& of, const Inputs& in) {
  Results r{std::vector<double>(of.sequences * of.steps * of.width), {}, {}};
  const std::vector<double> x = elements(in.x), h0 = elements(in.h), c0 = elements(in.c);
  for (std::size_t n = 0; n < of.sequences; ++n) {
    const auto row = static_cast<std::ptrdiff_t>(n * of.width),
               end = row + static_cast<std::ptrdiff_t>(of.width);
    std::vector<double> h(h0.begin() + row, h0.begin() + end),
        c(c0.begin() + row, c0.begin() + end);
    for (std::size_t i = 0; i < of.steps; ++i) {
      const std::size_t t = of.reverse ? of.steps - 1 - i : i, place = n * of.steps + t;
      h = step(of.kind, affine(&x[place * of.channels], of.channels, in.w, in.b),
               affine(h.data(), of.width, in.u, in.v), h, c);
      std::copy(h.begin(), h.end(), &r.y[place * of.width]);
    }
    r.h.insert(r.h.end(), h.begin(), h.end());
    r.c.insert(r.c.end(), c.begin(), c.end());
  }
  return r;
}

RecurrentResult computed(const Case& of, const Inputs& in, Tape& tape) {
  const auto v = [&](const Array& a) { return tape.variable(a); };
  RecurrentWeights weights{v(in.w), v(in.u)};
  if (of.biases) weights.input_bias = v(in.b), weights.recurrent_bias = v(in.v);
  std::optional<RecurrentState> state;
  if (of.state) state = RecurrentState{v(in.h)};
  if (of.state && of.kind == Kind::lstm) state->c = v(in.c);
  if (of.kind == Kind::lstm) return lstm(v(in.x), weights, state, {.reverse = of.reverse});
  if (of.kind == Kind::gru) return gru(v(in.x), weights, state, {.reverse = of.reverse});
  return rnn(v(in.x), weights, state,
             {.activation = of.kind == Kind::tanh ? Activation::tanh : Activation::relu,
              .reverse = of.reverse});
}

}  // namespace

// Of widths that fill vectors and panels and do not, of several slices of sequences, of weights that are copied and
// read in place.
BOOST_AUTO_TEST_CASE(steps_by_plain_loops) {
  struct Size {
    std::size_t sequences, steps, channels, width;
  };
  for (const Kind kind : kinds)
    for (const auto& [n, t, channels, width] :
         {Size{1, 1, 1, 1}, Size{2, 5, 3, 4}, Size{13, 3, 5, 17}, Size{3, 20, 4, 32},
          Size{1, 2, 2, 64}})
      for (const int bits : {0, 3, 5, 6}) {
        const Case of{kind,           n, t, channels, width, (bits & 1) != 0, (bits & 2) != 0,
                      (bits & 4) != 0};
        const Inputs in{of};
        Tape tape;
        const RecurrentResult result = computed(of, in, tape);
        const Results r = expected(of, in);
        const std::string what = std::to_string(of.width) + " wide, " + std::to_string(bits);
        check_value(what, result.y, {n, t, width}, r.y, 400 * epsilon);
        check_value(what, result.state.h, {n, width}, r.h, 400 * epsilon);
        BOOST_TEST(result.state.c.has_value() == (kind == Kind::lstm));
        if (result.state.c) check_value(what, *result.state.c, {n, width}, r.c, 400 * epsilon);
      }
}

BOOST_AUTO_TEST_CASE(the_same_bits_for_any_number_of_threads) {
  for (const Kind kind : kinds) {
    const Case of{kind, 33, 9, 20, 40, true, true, false};
    const Inputs in{of};
    const auto run = [&] {
      Tape tape;
      const Variable x = tape.variable(in.x), w = tape.variable(in.w), u = tape.variable(in.u);
      const RecurrentResult r = kind == Kind::lstm  ? lstm(x, {w, u})
                                : kind == Kind::gru ? gru(x, {w, u})
                                                    : rnn(x, {w, u});
      tape.backward(sum(r.y * r.y));
      return std::vector<Array>{r.y.value(), x.grad(), w.grad(), u.grad()};
    };
    const ThreadLimit two{2};
    const std::vector<Array> several = run();
    const ThreadLimit one{1};
    const std::vector<Array> single = run();
    for (std::size_t i = 0; i < several.size(); ++i) BOOST_TEST(same_bits(several[i], single[i]));
  }
}

BOOST_AUTO_TEST_CASE(no_sequences_are_no_result) {
  const Case of{Kind::lstm, 0, 3, 2, 4, true, true, false};
  Tape tape;
  const RecurrentResult r = computed(of, Inputs{of}, tape);
  BOOST_TEST((r.y.shape() == Shape{0, 3, 4} && r.state.c->shape() == Shape{0, 4}));
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_is_named) {
  Tape tape;
  const auto of = [&](const Shape& shape) { return tape.variable(zeros(shape)); };
  const Variable x = of({2, 3, 4}), w = of({4, 20}), u = of({5, 20}), h = of({2, 5});
  const RecurrentWeights good{w, u};
  check_failures<ShapeError>({
      {"[lstm] expected sequences (N, T, C) of a step or more, got (2, 4) @; a single step is "
       "(N, 1, C)",
       XTAPE_CALL(lstm(of({2, 4}), good))},
      {"[lstm] expected sequences (N, T, C) of a step or more, got (2, 0, 4) @",
       XTAPE_CALL(lstm(of({2, 0, 4}), good))},
      {"[lstm] expected recurrent weights (H, 4 H), got (5, 15) @",
       XTAPE_CALL(lstm(x, {w, of({5, 15})}))},
      {"[gru] expected recurrent weights (H, 3 H), got (5, 20) @", XTAPE_CALL(gru(x, good))},
      {"[lstm] expected weights of shape (4, 20), got (3, 20) @",
       XTAPE_CALL(lstm(x, {of({3, 20}), u}))},
      {"[lstm] expected a bias of shape (20,), got (5,) @", XTAPE_CALL(lstm(x, {w, u, of({5})}))},
      {"[lstm] expected a recurrent bias of shape (20,), got (4,) @",
       XTAPE_CALL(lstm(x, {w, u, {}, of({4})}))},
      {"[lstm] expected a state h of shape (2, 5), got (3, 5) @",
       XTAPE_CALL(lstm(x, good, RecurrentState{of({3, 5}), h}))},
      {"[lstm] expected a state c of shape (2, 5), got (2, 4) @",
       XTAPE_CALL(lstm(x, good, RecurrentState{h, of({2, 4})}))},
  });
  const std::string hint = " @; the state of an LSTM is h and c, that of others h";
  check_failures<ValueError>({
      {"[lstm] the state has no c" + hint, XTAPE_CALL(lstm(x, good, RecurrentState{h}))},
      {"[gru] the state has a c" + hint,
       XTAPE_CALL(gru(x, {of({4, 15}), of({5, 15})}, RecurrentState{h, h}))},
      {"[rnn] expected the activation tanh or relu @",
       XTAPE_CALL(rnn(x, {of({4, 5}), of({5, 5})}, {}, {.activation = Activation::sigmoid}))},
  });
}

BOOST_AUTO_TEST_SUITE_END()
