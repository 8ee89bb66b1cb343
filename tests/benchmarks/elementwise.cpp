// SPDX-License-Identifier: MIT
// What ops that are limited by memory cost beside `square`, or, where they reduce or move, beside `sum`: their
// values and their gradients, as a profiler sees them in a training. A line of JSON per op.
//   bench-elementwise [ELEMENTS [THREADS]]
#include <xtape/xtape.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <functional>
#include <iostream>
#include <limits>
#include <map>
#include <string>
#include <vector>

namespace {

using namespace xtape;
using Phase = Profiler::Phase;

struct Case {
  const char* name;
  double bound;  // times its yardstick
  const char* beside;
  Shape shape;        // of each input
  std::size_t count;  // of inputs
  std::function<Variable(std::span<const Variable>)> call;
};

// An op that a user could have written, by the formula of its value and that of its gradient.
Variable swish(const Variable& x) {
  static const Elementwise op{
      [](Term a) { return a * sigmoid(a); },
      [](Term g, Term a, Term y) { return g * (y + sigmoid(a) * (1 - y)); }};
  return op("swish", x);
}

// Ops of arrays of about `size` elements.
std::vector<Case> cases(std::size_t size) {
  using Inputs = std::span<const Variable>;
  const Shape flat{size}, rows{size / 10, 10}, wide{size / 512, 512};
  return {
      {"square", 1, "square", flat, 1, [](Inputs x) { return square(x[0]); }},
      {"sqrt", 2, "square", flat, 1, [](Inputs x) { return sqrt(x[0]); }},
      {"abs", 2, "square", flat, 1, [](Inputs x) { return abs(x[0]); }},
      {"relu", 2, "square", flat, 1, [](Inputs x) { return relu(x[0]); }},
      {"leaky_relu", 2, "square", flat, 1, [](Inputs x) { return leaky_relu(x[0]); }},
      {"clip", 2, "square", flat, 1, [](Inputs x) { return clip(x[0], {.min = 0.2, .max = 0.8}); }},
      {"neg", 2, "square", flat, 1, [](Inputs x) { return -x[0]; }},
      {"add", 2, "square", flat, 2, [](Inputs x) { return x[0] + x[1]; }},
      {"sub", 2, "square", flat, 2, [](Inputs x) { return x[0] - x[1]; }},
      {"mul", 2, "square", flat, 2, [](Inputs x) { return x[0] * x[1]; }},
      {"div", 2, "square", flat, 2, [](Inputs x) { return x[0] / x[1]; }},
      {"maximum", 2, "square", flat, 2, [](Inputs x) { return maximum(x[0], x[1]); }},
      {"where", 2, "square", flat, 3, [](Inputs x) { return where(x[0], x[1], x[2]); }},
      {"mul by a number", 2, "square", flat, 1, [](Inputs x) { return x[0] * 3; }},
      {"mse", 2, "square", flat, 2, [](Inputs x) { return mse(x[0], x[1]); }},
      {"exp", 4, "square", flat, 1, [](Inputs x) { return exp(x[0]); }},
      {"log", 4, "square", flat, 1, [](Inputs x) { return log(x[0]); }},
      {"tanh", 4, "square", flat, 1, [](Inputs x) { return tanh(x[0]); }},
      {"sigmoid", 4, "square", flat, 1, [](Inputs x) { return sigmoid(x[0]); }},
      {"softplus", 4, "square", flat, 1, [](Inputs x) { return softplus(x[0]); }},
      {"log1p", 4, "square", flat, 1, [](Inputs x) { return log1p(x[0]); }},
      {"sin", 4, "square", flat, 1, [](Inputs x) { return sin(x[0]); }},
      {"cos", 4, "square", flat, 1, [](Inputs x) { return cos(x[0]); }},
      {"erf", 4, "square", flat, 1, [](Inputs x) { return erf(x[0]); }},
      {"gelu", 4, "square", flat, 1, [](Inputs x) { return gelu(x[0]); }},
      {"swish by formula", 4, "square", flat, 1, [](Inputs x) { return swish(x[0]); }},
      {"pow", 4, "square", flat, 2, [](Inputs x) { return pow(x[0], x[1]); }},
      {"sum", 1, "sum", wide, 1, [](Inputs x) { return sum(x[0]); }},
      {"sum, rows of 10", 3, "sum", rows, 1, [](Inputs x) { return sum(x[0], {.axes = {-1}}); }},
      {"sum, columns", 3, "sum", wide, 1, [](Inputs x) { return sum(x[0], {.axes = {0}}); }},
      {"max, rows of 512", 3, "sum", wide, 1, [](Inputs x) { return max(x[0], {.axes = {-1}}); }},
      {"max, rows of 10", 3, "sum", rows, 1, [](Inputs x) { return max(x[0], {.axes = {-1}}); }},
      {"transpose", 3, "sum", wide, 1, [](Inputs x) { return transpose(x[0]); }},
      {"softmax, rows of 10", 3, "sum", rows, 1, [](Inputs x) { return softmax(x[0]); }},
  };
}

struct Times {
  // Seconds, of the gradient per input.
  double forward = std::numeric_limits<double>::infinity(), backward = forward;
};

// The best of some rounds, of the op alone: the loss is another op.
void measure(const Case& c, Times& best) {
  std::vector<Parameter> parameters;
  Rng rng{7};
  for (std::size_t i = 0; i < c.count; ++i) {
    parameters.emplace_back(uninitialized(c.shape));
    for (Scalar& x : parameters.back().value().storage())
      x = static_cast<Scalar>(0.1 + rng.uniform());
  }
  Times times;
  for (int round = 0; round < 3; ++round) {
    Tape tape;
    std::vector<Variable> inputs;
    for (Parameter& p : parameters) inputs.push_back(tape.parameter(p));
    Profiler profiler;
    const Variable y = c.call(inputs);
    const Profiler::Row forward = profiler.rows().front();
    // A loss whose gradient is an array like y, without one that is the same for all elements.
    const Variable loss =
        y.size() == 1 ? y
                      : record("loss", full({}, 0),
                               wrt(y, [value = y.shared_value()](const Array&) { return *value; }));
    tape.backward(loss);
    for (const Profiler::Row& row : profiler.rows())
      if (row.phase == Phase::backward && row.name == forward.name)
        times.backward = std::min(times.backward, row.seconds / static_cast<double>(c.count));
    times.forward = std::min(times.forward, forward.seconds);
  }
  best.forward = std::min(best.forward, times.forward);
  best.backward = std::min(best.backward, times.backward);
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t size = argc > 1 ? std::stoul(argv[1]) : 262'144;
  const std::size_t threads = argc > 2 ? std::stoul(argv[2]) : 1;
  const ThreadLimit limit{threads};
  const std::vector<Case> all = cases(size);
  std::map<std::string, Times> best;
  for (int round = 0; round < (size > 1'000'000 ? 8 : 40); ++round)
    for (const Case& c : all) measure(c, best[c.name]);
  for (const Case& c : all) {
    const Times &own = best[c.name], &beside = best[c.beside];
    std::cout << nlohmann::json{{"name", c.name},
                                {"elements", size},
                                {"threads", threads},
                                {"forward_us", own.forward * 1e6},
                                {"backward_us", own.backward * 1e6},
                                {"beside", c.beside},
                                {"bound", c.bound},
                                {"forward_ratio", own.forward / beside.forward},
                                {"backward_ratio", own.backward / beside.backward}}
              << '\n';
  }
}
