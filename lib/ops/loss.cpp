// SPDX-License-Identifier: MIT
#include <xtape/ops/loss.hpp>

#include "text.hpp"

#include <xtape/formula.hpp>
#include <xtape/record.hpp>

#include <cmath>

namespace xtape::inline XTAPE_ABI {

Variable mse(const Variable& prediction, const Variable& target, Location at) {
  const Op op{"mse", at};
  if (prediction.shape() != target.shape() || prediction.size() == 0)
    throw ShapeError(op, text("expected two arrays of one shape, not empty, got ",
                              prediction.shape(), " and ", target.shape()));
  static const Formula squared_difference{[](Term p, Term t) { return square(p - t); }};
  const auto count = static_cast<double>(prediction.size());
  // The gradient of one of them, with the sign of the difference in it. The factor alone may be below the
  // smallest normal number, so it is applied as two.
  const auto pull = [count, p = prediction.shared_value(), t = target.shared_value()](double sign) {
    return [=](const Array& g) {
      static const Formula scaled_difference{
          [](Term x, Term z, Term first, Term second) { return (x - z) * first * second; }};
      int exponent = 0;
      const double digits =
          std::frexp(sign * 2 * static_cast<double>(*g.data()) / count, &exponent);
      Array dx = uninitialized(p->shape());
      scaled_difference.into(
          dx, *p, *t, full({}, static_cast<Scalar>(std::ldexp(digits, exponent / 2))),
          full({}, static_cast<Scalar>(std::ldexp(1.0, exponent - exponent / 2))));
      return dx;
    };
  };
  const double sum = squared_difference.sum(prediction.value(), target.value());
  return record(op, full({}, static_cast<Scalar>(sum / count)), wrt(prediction, pull(1)),
                wrt(target, pull(-1)));
}

Variable mse(const Variable& prediction, const Array& target, Location at) {
  return mse(prediction, prediction.tape({"mse", at}).input(target), at);
}

}  // namespace xtape::inline XTAPE_ABI
