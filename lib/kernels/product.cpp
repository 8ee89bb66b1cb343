// SPDX-License-Identifier: MIT
#include "kernels/product.hpp"

#include "kernels/dispatch.hpp"
#include "kernels/half_product.hpp"
#include "kernels/matmul.hpp"
#include "kernels/parallel.hpp"
#include "kernels/strided.hpp"
#include "text.hpp"

#include <algorithm>
#include <functional>
#include <numeric>

namespace xtape::inline XTAPE_ABI::kernels {
namespace {

std::size_t elements_of(const Shape& shape) {
  return std::accumulate(shape.begin(), shape.end(), std::size_t{1}, std::multiplies<>{});
}

Shape matrices_of(Shape leading, std::size_t rows, std::size_t columns) {
  leading.push_back(rows);
  leading.push_back(columns);
  return leading;
}

Stack transposed(Stack x) {
  x.transposed = !x.transposed;
  return x;
}

// The sizes of a product of two matrices.
struct ProductSizes {
  std::size_t m, n, k;
  std::size_t multiplications() const { return m * n * k; }
};

// Where the matrices of each product are.
using Places = PooledVector<Nest<2>::Offsets>;
Places places_of(const Shape& leading, const Stack& a, const Stack& b) {
  Places places;
  places.reserve(elements_of(leading));
  Strides of_a = strides_over(a.leading, leading), of_b = strides_over(b.leading, leading);
  for (std::ptrdiff_t& step : of_a) step *= static_cast<std::ptrdiff_t>(a.rows * a.columns);
  for (std::ptrdiff_t& step : of_b) step *= static_cast<std::ptrdiff_t>(b.rows * b.columns);
  const auto add = [&](const auto& begin, std::size_t count, const auto& steps) {
    for (std::ptrdiff_t i = 0; i < static_cast<std::ptrdiff_t>(count); ++i)
      places.push_back({begin[0] + i * steps[0], begin[1] + i * steps[1]});
  };
  Nest<2>{leading, {of_a, of_b}}.for_each_run(add);
  return places;
}

// Whether each product is cut for all threads, one after the other: there are few, or they are large.
bool are_cut(std::size_t count, const ProductSizes& s) {
  constexpr std::size_t few = 16, large = 8'000'000, large_matrix = 65536;
  return count == 1 || std::max(s.m, s.n) * s.k > large_matrix ||
         (count < few && s.multiplications() > large);
}

// Some whole products per slice.
void multiply_small(const Places& places, const ProductSizes& s, Factor a, Factor b, Scalar* c) {
  const DenseKernels& kernels = best<DenseKernels>();
  const bool copies = b.transposed || s.n % kernels.vector_columns != 0;
  const std::size_t panels = copies ? panel_elements(kernels, s.k, s.n) : 0;
  const std::size_t grain = slice_grain(places.size(), s.multiplications());
  const std::size_t slices = (places.size() + grain - 1) / grain;
  PooledBuffer<Scalar> copied{slices * panels};
  parallel(slices, [&](std::size_t slice) {
    const std::size_t end = std::min(places.size(), (slice + 1) * grain);
    for (std::size_t i = slice * grain; i < end; ++i) {
      const auto [to_a, to_b] = places[i];
      Panels right{b.data + to_b, b.stride, kernels.panel_columns};
      if (copies) {
        Scalar* const panel = copied.data() + slice * panels;
        kernels.pack(s.k, s.n, {right.data, b.stride, b.transposed}, panel);
        right = packed_panels(kernels, s.k, panel);
      }
      kernels.product(s.m, s.n, s.k, {a.data + to_a, a.stride, a.transposed}, right,
                      c + i * s.m * s.n, s.n, {});
    }
  });
}

// The same in half precision.
void multiply_small(const HalfUnit& unit, const Places& places, const ProductSizes& s, Factor a,
                    Factor b, Scalar* c) {
  const HalfProduct product{unit, s.m, s.n, s.k};
  const std::size_t grain = slice_grain(places.size(), s.multiplications());
  PooledBuffer<Half> memory{(places.size() + grain - 1) / grain * product.memory()};
  parallel_ranges(places.size(), grain, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i)
      product({a.data + places[i][0], a.stride, a.transposed},
              {b.data + places[i][1], b.stride, b.transposed}, c + i * s.m * s.n,
              memory.data() + begin / grain * product.memory());
  });
}

// c (leading..., m, n) = x y
void multiply(const HalfUnit* half, const Shape& leading, const Stack& x, const Scalar* x_data,
              const Stack& y, const Scalar* y_data, Scalar* c) {
  const ProductSizes s{x.transposed ? x.columns : x.rows, y.transposed ? y.rows : y.columns,
                       x.transposed ? x.rows : x.columns};
  const Factor a{x_data, x.columns, x.transposed}, b{y_data, y.columns, y.transposed};
  const Places places = places_of(leading, x, y);
  if (!are_cut(places.size(), s))
    return half == nullptr ? multiply_small(places, s, a, b, c)
                           : multiply_small(*half, places, s, a, b, c);
  for (std::size_t i = 0; i < places.size(); ++i)
    matmul(half, s.m, s.n, s.k, {a.data + places[i][0], a.stride, a.transposed},
           {b.data + places[i][1], b.stride, b.transposed}, c + i * s.m * s.n);
}

// The gradient of an operand of the given shape, the sum of x y over the products that it is a factor of.
Array product_grad(const HalfUnit* half, const Shape& leading, const Stack& operand,
                   const Shape& shape, const Stack& x, const Array& x_array, const Stack& y,
                   const Array& y_array) {
  const bool repeated = !same(leading, operand.leading);
  Array grad =
      uninitialized(repeated ? matrices_of(leading, operand.rows, operand.columns) : shape);
  multiply(half, leading, x, x_array.data(), y, y_array.data(), grad.data());
  return repeated ? sum_to(grad, shape) : grad;
}

Stack stack_of(const Product::Operand& x) {
  const Shape& s = x.shape;
  return {Shape(s.begin(), s.end() - 2), s[s.size() - 2], s.back(), x.transposed};
}

}  // namespace

Product::Product(const Op& op, const Operand& a, const Operand& b)
    : a_shape_{a.shape}, b_shape_{b.shape} {
  if (a.shape.size() < 2 || b.shape.size() < 2)
    throw ShapeError(
        op,
        text("expected ", a.transposed ? "(..., K, M)" : "(..., M, K)", " and ",
             b.transposed ? "(..., N, K)" : "(..., K, N)", ", got ", a.shape, " and ", b.shape),
        "reshape a vector to a matrix of one row or column?");
  a_ = stack_of(a);
  b_ = stack_of(b);
  const std::size_t k = a.transposed ? a_.rows : a_.columns,
                    other = b.transposed ? b_.columns : b_.rows;
  if (k != other)
    throw ShapeError(
        op, text("the inner sizes of ", a.shape, " and ", b.shape, " differ: ", k, " and ", other),
        "transpose one of them?");
  Shape leading;
  if (!broadcast_shape(a_.leading, b_.leading, leading))
    throw ShapeError(op,
                     text("the leading axes of ", a.shape, " and ", b.shape, " do not broadcast"));
  c_ = {leading, a.transposed ? a_.columns : a_.rows, b.transposed ? b_.rows : b_.columns};
  result_ = matrices_of(leading, c_.rows, c_.columns);
  half_ = half_unit_for(k, c_.columns);
  // Matrices above one another that all meet the same one are a single matrix.
  if (a.transposed || !same(leading, a_.leading) || elements_of(b_.leading) != 1) return;
  const std::size_t count = elements_of(leading);
  a_.leading = b_.leading = c_.leading = Shape{};
  a_.rows *= count;
  c_.rows *= count;
}

Array Product::operator()(const Array& a, const Array& b) const {
  Array c = uninitialized(result_);
  multiply(half_, c_.leading, a_, a.data(), b_, b.data(), c.data());
  return c;
}

Array Product::grad_a(const Array& g, const Array& b) const {
  if (a_.transposed) return product_grad(half_, c_.leading, a_, a_shape_, b_, b, transposed(c_), g);
  return product_grad(half_, c_.leading, a_, a_shape_, c_, g, transposed(b_), b);
}

Array Product::grad_b(const Array& g, const Array& a) const {
  if (b_.transposed) return product_grad(half_, c_.leading, b_, b_shape_, transposed(c_), g, a_, a);
  return product_grad(half_, c_.leading, b_, b_shape_, transposed(a_), a, c_, g);
}

double Product::flops() const {
  const double depth = static_cast<double>(a_.transposed ? a_.rows : a_.columns);
  return 2 * depth * static_cast<double>(elements_of(result_));
}

}  // namespace xtape::inline XTAPE_ABI::kernels
