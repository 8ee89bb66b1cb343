// SPDX-License-Identifier: MIT
#include <xtape/ops/linear.hpp>

#include "kernels/matmul.hpp"
#include "kernels/product.hpp"
#include "ops/fused.hpp"
#include "ops/multilinear.hpp"

namespace xtape::inline XTAPE_ABI {

namespace {

struct ProductForm : kernels::Product {
  using Product::Product;
  Array make(Role role, const Trio& of) const {
    const auto& [a, b, y] = of;
    return role == Role::y ? (*this)(*a, *b) : role == Role::a ? grad_a(*y, *b) : grad_b(*y, *a);
  }
};

}  // namespace

Variable matmul(const Variable& a, const Variable& b, const MatmulOptions& options, Location at) {
  Op op{"matmul", at};
  const ProductForm p{op, {a.shape(), options.transpose_a}, {b.shape(), options.transpose_b}};
  op.flops = p.flops();
  return bilinear(op, p, Role::y, a, b, options);
}

namespace {

// Throws ShapeError unless x is (..., in), of two axes or more.
void check_features(const Op& op, const Shape& x, std::size_t in) {
  if (x.size() >= 2 && x.back() == in) return;
  if (x.size() <= 2) throw ShapeError(op, text("expected (N, ", in, "), got ", x));
  std::size_t features = 1;
  for (std::size_t i = 1; i < x.size(); ++i) features *= x[i];
  if (features == in)
    throw ShapeError(op, text("expected (N, ", in, "), got ", x), "flatten missing?");
  throw ShapeError(op, text("expected (..., ", in, "), got ", x));
}

// The product in a dense layer.
ProductForm form_of(const Kept& dense) {
  return {dense.op, {dense.inputs[0].shape()}, {dense.inputs[1].shape()}};
}

Variable dense_op(const Variable& x, const Variable& w, const Variable* bias,
                  const DenseOptions& options, Op op) {
  if (w.rank() != 2) throw ShapeError(op, text("expected weights (in, out), got ", w.shape()));
  const std::size_t in = w.shape()[0], out = w.shape()[1];
  check_features(op, x.shape(), in);
  checked_bias(op, bias, out);
  Shape shape = x.shape();
  shape.back() = out;
  std::size_t rows = 1;
  for (std::size_t i = 0; i + 1 < shape.size(); ++i) rows *= shape[i];
  op.flops = 2.0 * static_cast<double>(rows) * static_cast<double>(in * out);

  Array result = uninitialized(shape);
  kernels::matmul(rows, out, in, {x.value().data(), in}, {w.value().data(), out}, result.data());
  finish(result, bias, options.activation);

  const Value y = std::move(result);
  return record(
      op, y, given(options), through_activation(options.activation, y),
      wrt(
          x,
          [w = w.shared_value(), shape = x.shape(), rows, in, out](const Array& g) {
            Array dx = uninitialized(shape);
            kernels::matmul(rows, in, out, {g.data(), out}, {w->data(), out, true}, dx.data());
            return dx;
          },
          [](const Variable& g, const Kept& of) {
            return bilinear(gradient_of(of.op), form_of(of), Role::a, of.inputs[1], g);
          }),
      wrt(
          w,
          [x = x.shared_value(), rows, in, out](const Array& g) {
            Array dw = uninitialized({in, out});
            kernels::matmul(in, out, rows, {x->data(), in, true}, {g.data(), out}, dw.data());
            return dw;
          },
          [](const Variable& g, const Kept& of) {
            return bilinear(gradient_of(of.op), form_of(of), Role::b, of.inputs[0], g);
          }),
      WrtBias{bias});
}

}  // namespace

Variable dense(const Variable& x, const Variable& w, const Variable& bias,
               const DenseOptions& options, Location at) {
  return dense_op(x, w, &bias, options, {"dense", at});
}

Variable dense(const Variable& x, const Variable& w, const DenseOptions& options, Location at) {
  return dense_op(x, w, nullptr, options, {"dense", at});
}

}  // namespace xtape::inline XTAPE_ABI
