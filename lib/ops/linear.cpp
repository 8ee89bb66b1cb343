// SPDX-License-Identifier: MIT
#include <xtape/ops/linear.hpp>

#include "kernels/half_product.hpp"
#include "kernels/product.hpp"
#include "ops/fused.hpp"
#include "ops/multilinear.hpp"
#include "ops/steps.hpp"

#include <xtape/ops/arithmetic.hpp>

#include <memory>

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

// The weight and the bias, if there is one: both gradients take one pass over that of the result.
struct WrtAffine {
  const Variable& w;
  const Variable* bias;
  const Variable& x;
  const kernels::HalfUnit* half;
  std::size_t rows, in, out;

  static constexpr bool suits(bool several) { return !several; }
  void inputs(auto visit) const {
    visit(w);
    WrtBias{bias}.inputs(visit);
  }
  void edges(detail::Recorder& to) const {
    const bool both = bias != nullptr && bias->needs_grad() && w.needs_grad();
    std::shared_ptr<Array> sums;
    if (both) sums = std::allocate_shared<Array>(CachingAllocator<Array>{}, uninitialized({out}));
    to.edge(w, Product{x.shared_value(), half, rows, in, out, sums});
    if (both)
      to.edge(*bias, Taken{{}, sums});
    else
      WrtBias{bias}.edges(to);
  }

 private:
  struct Product {
    Value x;
    const kernels::HalfUnit* half;
    std::size_t rows, in, out;
    std::shared_ptr<Array> sums;
    Array operator()(const Array& g) const {
      Array dw = uninitialized({in, out});
      kernels::matmul(half, in, out, rows, {x->data(), in, true}, {g.data(), out}, dw.data(),
                      {.right_sums = sums ? sums->data() : nullptr});
      return dw;
    }
    Variable again(const Variable& g, const Kept& of) const {
      const kernels::HalfScope scope{half};
      return matmul(with_shape(of.inputs[0], {rows, in}), with_shape(g, {rows, out}),
                    {.transpose_a = true});
    }
  };
  // The sums that the product has left.
  struct Taken : WrtBias::Sum {
    std::shared_ptr<Array> sums;
    Array operator()(const Array&) const { return std::move(*sums); }
  };
};

// What is added to, if there is anything. Its gradient is that of the result, so it is the last.
struct WrtAround {
  const Variable* around;

  struct Same {
    void operator()(Array&) const {}
    Variable again(const Variable& g, const Kept&) const { return g; }
  };
  static constexpr bool suits(bool several) { return !several; }
  void inputs(auto visit) const {
    if (around != nullptr) visit(*around);
  }
  void edges(detail::Recorder& to) const {
    if (around != nullptr) to.edge(*around, Same{});
  }
};

// activation(around + x w + bias), of which there may be no `around` and no bias.
Variable dense_op(const Variable* around, const Variable& x, const Variable& w,
                  const Variable* bias, const DenseOptions& options, Op op) {
  if (w.rank() != 2) throw ShapeError(op, text("expected weights (in, out), got ", w.shape()));
  const std::size_t in = w.shape()[0], out = w.shape()[1];
  check_features(op, x.shape(), in);
  kernels::Ending ending{.addend = {.row = checked_bias(op, bias, out)},
                         .activation = options.activation};
  Shape shape = x.shape();
  shape.back() = out;
  check_around(op, around, shape);
  if (around != nullptr) {
    ending.addend.rows = around->value().data();
    ending.addend.stride = out;
  }
  std::size_t rows = 1;
  for (std::size_t i = 0; i + 1 < shape.size(); ++i) rows *= shape[i];
  op.flops = 2.0 * static_cast<double>(rows) * static_cast<double>(in * out);

  const kernels::HalfUnit* const half = kernels::half_unit_for(in, out);
  Array result = uninitialized(shape);
  std::optional<Array> slope;
  if (kernels::keeps_slope(options.activation) && x.tape(op).mode() == Mode::train)
    ending.slope = slope.emplace(uninitialized(shape)).data();
  kernels::matmul(half, rows, out, in, {x.value().data(), in}, {w.value().data(), out},
                  result.data(), ending);

  const Activated done{options.activation, std::move(result), std::move(slope)};
  const auto sums = [biased = bias != nullptr,
                     adds = around != nullptr](std::span<const Variable> of) {
    Variable sum = matmul(of[0], of[1]);
    if (biased) sum = sum + of[2];
    return adds ? of.back() + sum : sum;
  };
  return record(op, done.y, given(options), through_activation(done, sums),
                wrt(
                    x,
                    [half, w = w.shared_value(), shape = x.shape(), rows, in, out](const Array& g) {
                      Array dx = uninitialized(shape);
                      kernels::matmul(half, rows, in, out, {g.data(), out}, {w->data(), out, true},
                                      dx.data());
                      return dx;
                    },
                    [half](const Variable& g, const Kept& of) {
                      const kernels::HalfScope scope{half};
                      return matmul(g, of.inputs[1], {.transpose_b = true});
                    }),
                WrtAffine{w, bias, x, half, rows, in, out}, WrtAround{around});
}

}  // namespace

Variable dense(const Variable& x, const Variable& w, const Variable& bias,
               const DenseOptions& options, Location at) {
  return dense_op(nullptr, x, w, &bias, options, {"dense", at});
}

Variable dense(const Variable& x, const Variable& w, const DenseOptions& options, Location at) {
  return dense_op(nullptr, x, w, nullptr, options, {"dense", at});
}

Variable add_dense(const Variable& around, const Variable& x, const Variable& w,
                   const Variable& bias, const DenseOptions& options, Location at) {
  return dense_op(&around, x, w, &bias, options, {"add_dense", at});
}

Variable add_dense(const Variable& around, const Variable& x, const Variable& w,
                   const DenseOptions& options, Location at) {
  return dense_op(&around, x, w, nullptr, options, {"add_dense", at});
}

}  // namespace xtape::inline XTAPE_ABI
