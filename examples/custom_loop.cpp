// SPDX-License-Identifier: MIT
// Ops of one's own that are loops: cumsum, of each row the sums so far, and extremes, which has two results. Checked
// against finite differences; and what cumsum is in terms of other ops, for exporting it.
#include <xtape/testing.hpp>
#include <xtape/xtape.hpp>

#include <algorithm>
#include <array>
#include <cstdio>

using namespace xtape;

//! [op]
Variable cumsum(const Variable& x, Location at = Location::current()) {
  const Op op{"cumsum", at};
  if (x.rank() != 2) throw ShapeError(op, "expected (N, columns), got " + to_string(x.shape()));
  const std::size_t columns = x.shape()[1];
  Array y = x.value();
  for (std::size_t i = 0; i < y.size(); ++i)
    if (i % columns > 0) y.data()[i] += y.data()[i - 1];
  return record(op, std::move(y), wrt(x, [columns](Array& g) {
                  for (std::size_t i = g.size(); i-- > 0;)
                    if (i % columns > 0) g.data()[i - 1] += g.data()[i];
                }));
}
//! [op]

//! [several]
// The smallest and the largest element.
PooledVector<Variable> extremes(const Variable& x, Location at = Location::current()) {
  const Array& v = x.value();
  const auto [low, high] = std::minmax_element(v.data(), v.data() + v.size());
  const std::array<std::ptrdiff_t, 2> places{low - v.data(), high - v.data()};
  return record({"extremes", at}, {full({}, *low), full({}, *high)},
                wrt(x, [places](const Gradients& g, Array& sum) {
                  for (std::size_t i = 0; i < 2; ++i)
                    if (g[i] != nullptr) sum.data()[places[i]] += *g[i]->data();
                }));
}
//! [several]

int main() {
  const auto op = [](std::span<const Variable> in) {
    const auto ends = extremes(cumsum(in[0]));
    return ends[1] / ends[0] + sum(square(cumsum(in[0])));
  };
  const double error = testing::gradient_error(op, {Array{{1, -2, 3}, {0.5, 4, -1}}});
  std::printf("relative error against finite differences: %.0e\n", error);

  //! [export]
  Rng rng{1};
  Sequential net{Dense{{.in = 3, .out = 2}, rng}, [](const Variable& v) { return cumsum(v); }};
  const OpDefinition definition = [](std::span<const Variable> in) {
    return matmul(in[0], in[0].tape().input(Array{{1, 1}, {0, 1}}));
  };
  export_onnx("cumsum.onnx", net, {3}, {.ops = {{"cumsum", definition}}});
  //! [export]
  return error < testing::gradient_tolerance ? 0 : 1;
}
