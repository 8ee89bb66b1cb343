// SPDX-License-Identifier: MIT
#include <xtape/ops/arithmetic.hpp>

#include "kernels/strided.hpp"
#include "text.hpp"

#include <cmath>
#include <type_traits>

namespace xtape::inline XTAPE_ABI {
namespace {

// What the derivatives of quotients and powers are computed in: where they fit into a Scalar, so do here
// the squares and powers on the way.
using Wide = std::conditional_t<sizeof(Scalar) == sizeof(float), double, long double>;

// The operands of a binary op as Variables, and the op's result, f of each pair of elements.
struct Pair {
  Op op;
  std::optional<Variable> constant;  // of the operand that is a number, if one is
  const Variable &a, &b;
  Value result;

  template <class F>
  Pair(const char* name, const Operand& left, const Operand& right, F f)
      : op{name, left.at},
        a{left.on_tape_with(right, op, constant)},
        b{right.on_tape_with(left, op, constant)},
        result{compute(op, a.value(), b.value(), f)} {}

 private:
  template <class F>
  static Array compute(const Op& op, const Array& a, const Array& b, F f) {
    if (kernels::same(a.shape(), b.shape())) return kernels::broadcast(a, b, a.shape(), f);
    Shape shape;
    if (!kernels::broadcast_shape(a.shape(), b.shape(), shape))
      throw ShapeError(op, text("the shapes ", a.shape(), " and ", b.shape(), " do not broadcast"),
                       "sizes must be equal or 1, counted from the last axis");
    return kernels::broadcast(a, b, shape, f);
  }
};

// f(gradient, a, b) elementwise, where the gradient has the shape to which a and b broadcast.
template <class F>
Array combine(const Array& g, const Array& a, const Array& b, F f) {
  using kernels::strides_over;
  const Shape& shape = g.shape();
  Array out = uninitialized(shape);
  const kernels::Nest<3> nest{
      shape,
      {kernels::row_major(shape), strides_over(a.shape(), shape), strides_over(b.shape(), shape)}};
  nest.for_each_run([&](const auto& at, std::size_t count, const auto& step) {
    const Scalar* p = a.data() + at[1];
    const Scalar* q = b.data() + at[2];
    for (std::size_t i = 0; i < count; ++i, p += step[1], q += step[2])
      out.data()[at[0] + static_cast<std::ptrdiff_t>(i)] =
          static_cast<Scalar>(f(g.data()[at[0] + static_cast<std::ptrdiff_t>(i)], *p, *q));
  });
  return out;
}

// g = f(g, x) elementwise, where x broadcasts to the shape of g.
template <class F>
void apply_to(Array& g, const Array& x, F f) {
  if (kernels::same(g.shape(), x.shape()))
    for (std::size_t i = 0; i < g.size(); ++i) g.data()[i] = f(g.data()[i], x.data()[i]);
  else
    g = kernels::broadcast(g, x, g.shape(), f);
}
void multiply(Array& g, const Array& x) {
  apply_to(g, x, [](Scalar d, Scalar v) { return d * v; });
}

void negate(Array& g) {
  for (Scalar& d : g.storage()) d = -d;
}
void keep(Array&) {}

}  // namespace

const Variable& Operand::on_tape_with(const Operand& other, const Op& op,
                                      std::optional<Variable>& constant) const {
  if (variable_ != nullptr) return *variable_;
  if (other.variable_ == nullptr) throw TapeError(op, "expected a Variable, got two numbers");
  return constant.emplace(other.variable_->tape(op).input(full({}, number_)));
}

Variable add(const Operand& a, const Operand& b) {
  Pair p{"add", a, b, [](Scalar x, Scalar y) { return x + y; }};
  return record(p.op, std::move(p.result), wrt(p.a, keep), wrt(p.b, keep));
}

Variable sub(const Operand& a, const Operand& b) {
  Pair p{"sub", a, b, [](Scalar x, Scalar y) { return x - y; }};
  return record(p.op, std::move(p.result), wrt(p.a, keep), wrt(p.b, negate));
}

Variable mul(const Operand& a, const Operand& b) {
  Pair p{"mul", a, b, [](Scalar x, Scalar y) { return x * y; }};
  return record(p.op, std::move(p.result),
                wrt(p.a, [y = p.b.shared_value()](Array& g) { multiply(g, *y); }),
                wrt(p.b, [x = p.a.shared_value()](Array& g) { multiply(g, *x); }));
}

Variable div(const Operand& a, const Operand& b) {
  Pair p{"div", a, b, [](Scalar x, Scalar y) { return x / y; }};
  return record(
      p.op, std::move(p.result),
      wrt(p.a, [y = p.b.shared_value()](
                   Array& g) { apply_to(g, *y, [](Scalar d, Scalar v) { return d / v; }); }),
      wrt(p.b, [x = p.a.shared_value(), y = p.b.shared_value()](const Array& g) {
        return combine(g, *x, *y, [](Wide d, Wide v, Wide w) { return -d * v / (w * w); });
      }));
}

Variable pow(const Operand& a, const Operand& b) {
  Pair p{"pow", a, b, [](Scalar x, Scalar y) { return std::pow(x, y); }};
  return record(p.op, std::move(p.result),
                wrt(p.a,
                    [x = p.a.shared_value(), y = p.b.shared_value()](const Array& g) {
                      return combine(g, *x, *y, [](Wide d, Wide v, Wide w) {
                        return w == 0 ? Wide{0} : d * w * std::pow(v, w - 1);
                      });
                    }),
                wrt(p.b, [x = p.a.shared_value(), y = p.b.shared_value()](const Array& g) {
                  return combine(g, *x, *y, [](Wide d, Wide v, Wide w) {
                    return v == 0 ? Wide{0} : d * std::pow(v, w) * std::log(v);
                  });
                }));
}

Variable neg(const Variable& x, Location at) {
  Array y = x.value();
  negate(y);
  return record({"neg", at}, std::move(y), wrt(x, negate));
}

}  // namespace xtape::inline XTAPE_ABI
