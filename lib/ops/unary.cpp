// SPDX-License-Identifier: MIT
#include <xtape/ops/unary.hpp>

#include "kernels/kernels.hpp"
#include "text.hpp"

#include <cmath>

namespace xtape::inline XTAPE_ABI {
namespace {

using kernels::table;

Array map(kernels::Map f, const Array& x) {
  Array y = uninitialized(x.shape());
  f(x.data(), y.data(), x.size());
  return y;
}

template <class F>
Array map(const Array& x, F f) {
  Array y = uninitialized(x.shape());
  for (std::size_t i = 0; i < x.size(); ++i) y.data()[i] = f(x.data()[i]);
  return y;
}

// g = f(g, x) elementwise. It is not g * f(x), as 1 / x may overflow where g / x does not.
template <class F>
void apply_to(Array& g, const Array& x, F f) {
  for (std::size_t i = 0; i < g.size(); ++i) g.data()[i] = f(g.data()[i], x.data()[i]);
}

// The op y = f(x) whose gradient is pull(gradient of y, y).
template <class Pull>
Variable record_by_result(const Op& op, const Variable& x, Value y, Pull pull) {
  return record(op, y, wrt(x, [y, pull](Array& g) { apply_to(g, *y, pull); }));
}

// The op y = f(x) whose gradient is pull(gradient of y, x).
template <class Pull, class... Options>
Variable record_by_input(const Op& op, const Variable& x, Value y, Pull pull,
                         const Options&... options) {
  return record(op, std::move(y), given(options)...,
                wrt(x, [v = x.shared_value(), pull](Array& g) { apply_to(g, *v, pull); }));
}

// The op of a fused activation, whose derivative the kernels have.
Variable activation(const Op& op, const Variable& x, kernels::Map f, Activation kind) {
  const Value y = map(f, x.value());
  return record(op, y, wrt(x, [y, kind](Array& g) {
                  table().activate_grad(kind, y->data(), g.data(), g.data(), g.size());
                }));
}

}  // namespace

Variable exp(const Variable& x, Location at) {
  return record_by_result({"exp", at}, x, map(table().exp, x.value()),
                          [](Scalar d, Scalar y) { return d * y; });
}

Variable log(const Variable& x, Location at) {
  return record_by_input({"log", at}, x, map(table().log, x.value()),
                         [](Scalar d, Scalar v) { return d / v; });
}

Variable sqrt(const Variable& x, Location at) {
  return record_by_result({"sqrt", at}, x, map(x.value(), [](Scalar v) { return std::sqrt(v); }),
                          [](Scalar d, Scalar y) { return d / (2 * y); });
}

Variable square(const Variable& x, Location at) {
  return record_by_input({"square", at}, x, map(x.value(), [](Scalar v) { return v * v; }),
                         [](Scalar d, Scalar v) { return 2 * (d * v); });
}

Variable abs(const Variable& x, Location at) {
  return record_by_input(
      {"abs", at}, x, map(x.value(), [](Scalar v) { return std::abs(v); }),
      [](Scalar d, Scalar v) { return d * static_cast<Scalar>((v > 0) - (v < 0)); });
}

Variable tanh(const Variable& x, Location at) {
  return activation({"tanh", at}, x, table().tanh, Activation::tanh);
}

Variable sigmoid(const Variable& x, Location at) {
  return activation({"sigmoid", at}, x, table().sigmoid, Activation::sigmoid);
}

Variable relu(const Variable& x, Location at) {
  return activation({"relu", at}, x, table().relu, Activation::relu);
}

Variable softplus(const Variable& x, Location at) {
  return record({"softplus", at}, map(table().softplus, x.value()),
                wrt(x, [v = x.shared_value()](const Array& g) {
                  Array dx = map(table().sigmoid, *v);
                  for (std::size_t i = 0; i < dx.size(); ++i) dx.data()[i] *= g.data()[i];
                  return dx;
                }));
}

Variable leaky_relu(const Variable& x, const LeakyReluOptions& options, Location at) {
  const Op op{"leaky_relu", at};
  if (!(options.slope >= 0))
    throw ValueError(op, text("expected a slope of at least 0, got ", options.slope));
  const auto slope = static_cast<Scalar>(options.slope);
  return record_by_input(
      op, x, map(x.value(), [=](Scalar v) { return v > 0 ? v : slope * v; }),
      [=](Scalar d, Scalar v) { return v > 0 ? d : slope * d; }, options);
}

Variable clip(const Variable& x, const ClipOptions& options, Location at) {
  const Op op{"clip", at};
  if (!(options.min <= options.max))
    throw ValueError(op, text("expected min <= max, got ", options.min, " and ", options.max));
  const auto min = static_cast<Scalar>(options.min), max = static_cast<Scalar>(options.max);
  return record_by_input(
      op, x, map(x.value(), [=](Scalar v) { return v < min   ? min
                                                   : v > max ? max
                                                             : v; }),
      [=](Scalar d, Scalar v) { return v >= min && v <= max ? d : Scalar{0}; }, options);
}

}  // namespace xtape::inline XTAPE_ABI
