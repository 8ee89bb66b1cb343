// SPDX-License-Identifier: MIT
// Ops of one's own that are loops: discounted, of each row the sums so far, where what is a step older counts half, and
// extremes, the least and the largest element. Checked by finite differences; and discounted in other ops, to export it.
#include <xtape/testing.hpp>
#include <xtape/xtape.hpp>

#include <algorithm>
#include <cstdio>

using namespace xtape;

//! [op]
Variable discounted(const Variable& x, Location at = Location::current()) {
  const Op op{"discounted", at};
  if (x.rank() != 2) throw ShapeError(op, "expected (N, M), got " + to_string(x.shape()));
  const std::size_t rows = x.shape()[0], m = x.shape()[1];
  Array y = x.value();
  compute::parallel_for(rows, 256, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin * m; i < end * m; ++i)
      if (i % m > 0) y.data()[i] += y.data()[i - 1] / 2;
  });
  return record(op, std::move(y), wrt(x, [rows, m](Array& g) {
                  compute::parallel_for(rows, 256, [&](std::size_t begin, std::size_t end) {
                    for (std::size_t i = end * m; i-- > begin * m;)
                      if (i % m > 0) g.data()[i - 1] += g.data()[i] / 2;
                  });
                }));
}
//! [op]
//! [several]
PooledVector<Variable> extremes(const Variable& x, Location at = Location::current()) {
  const Op op{"extremes", at};
  const Array& v = x.value();
  if (v.size() == 0) throw ShapeError(op, "expected at least one element");
  const auto [low, high] = std::minmax_element(v.data(), v.data() + v.size());
  return record(
      op, {full({}, *low), full({}, *high)},
      wrt(x, [first = low - v.data(), last = high - v.data()](const Gradients& g, Array& sum) {
        if (g[0] != nullptr) sum.data()[first] += *g[0]->data();
        if (g[1] != nullptr) sum.data()[last] += *g[1]->data();
      }));
}
//! [several]
int main() {
  const auto op = [](std::span<const Variable> in) {
    const auto ends = extremes(discounted(in[0]));
    return ends[1] / ends[0] + sum(square(discounted(in[0])));
  };
  const double error = testing::gradient_error(op, {Array{{1, -2, 3}, {0.5, 4, -1}}});
  std::printf("relative error against finite differences: %.0e\n", error);
  //! [export]
  Rng rng{1};
  Sequential net{Dense{{.in = 3, .out = 2}, rng}, [](const Variable& v) { return discounted(v); }};
  const OpDefinition definition = [](std::span<const Variable> in) {
    return matmul(in[0], in[0].tape().input(Array{{1, 0.5}, {0, 1}}));
  };
  export_onnx("discounted.onnx", net, {3}, {.ops = {{"discounted", definition}}});
  //! [export]
  return error < testing::gradient_tolerance ? 0 : 1;
}
