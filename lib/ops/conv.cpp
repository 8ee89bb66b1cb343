// SPDX-License-Identifier: MIT
#include <xtape/ops/conv.hpp>

#include "kernels/convolution.hpp"
#include "ops/fused.hpp"
#include "ops/multilinear.hpp"

#include <xtape/ops/arithmetic.hpp>
#include <xtape/ops/pool.hpp>

namespace xtape::inline XTAPE_ABI {
namespace {

using kernels::ConvPlan;

// Images, a kernel and the result of a convolution without a bias, an activation and pooling.
struct ConvForm {
  ConvPlan p;
  Array make(Role role, const Trio& of) const {
    const auto& [x, kernel, y] = of;
    if (role == Role::a) return grad_input(p, *kernel, *y);
    return role == Role::y ? forward(p, *x, *kernel).y : grad_kernel(p, *x, *y);
  }
};

Variable pooled(const Variable& x, const Conv2DOptions& o) {
  return max_pool2d(x, {.window = o.max_pool});
}
Variable pooled(const Variable& x, const Conv1DOptions& o) {
  return max_pool1d(x, {.window = o.max_pool});
}

// A convolution in simpler ops, of images, a kernel and maybe a bias.
template <class Options>
auto in_steps(Options o, const Location& at) {
  return [o, at, half = kernels::half_unit()](std::span<const Variable> in) {
    const kernels::HalfScope scope{half};
    Options plain = o;
    plain.activation = Activation::none;
    plain.max_pool = 1;
    Op op{"gradient", at};
    const ConvPlan p = kernels::plan(op, in[0].shape(), in[1].shape(), plain);
    op.flops = p.flops();
    Variable y = bilinear(op, ConvForm{p}, Role::y, in[0], in[1]);
    if (in.size() > 2) y = y + in[2];
    y = activate(y, o.activation);
    return o.max_pool == plain.max_pool ? y : pooled(y, o);
  };
}

// Of images or of sequences, as the options say.
template <class Options>
Variable convolution(const Variable& x, const Variable& kernel, const Variable* bias,
                     const Options& o, Op op) {
  const ConvPlan p = kernels::plan(op, x.shape(), kernel.shape(), o);
  if (p.pools() && o.activation == Activation::gelu)
    throw ValueError(op,
                     "expected an activation that rises with its argument, as maxima are taken "
                     "first, got gelu",
                     "pool in a step of its own?");
  op.flops = p.flops();
  const Scalar* const shift = checked_bias(op, bias, p.kernel().back());
  const Value images = padded(p, x.shared_value());
  auto [result, where] = forward(p, *images, kernel.value(), shift);
  // It rises with its argument, so it may as well follow the maximum.
  const Activated done = o.activation == p.epilogue
                             ? Activated{o.activation, std::move(result)}
                             : finish(std::move(result), nullptr, o.activation);
  return record(
      op, done.y, given(o), through_activation(done),
      wrt(x, [p, kernel = kernel.shared_value(),
              where = where](const Array& g) { return grad_input(p, *kernel, g, where.get()); }),
      wrt(kernel, [p, images, where = where](
                      const Array& g) { return grad_kernel(p, *images, g, where.get()); }),
      WrtBias{bias}, defined(in_steps(o, op.at)));
}

Variable conv_transpose2d_op(const Variable& x, const Variable& kernel, const Variable* bias,
                             const ConvTranspose2DOptions& o, Op op) {
  const ConvPlan p = kernels::plan(op, x.shape(), kernel.shape(), o);
  op.flops = p.flops();
  checked_bias(op, bias, p.images().back());
  const Activated done = finish(grad_input(p, kernel.value(), x.value()), bias, o.activation);
  return record(
      op, done.y, given(o), through_activation(done),
      wrt(x,
          [p, kernel = kernel.shared_value()](const Array& g) { return forward(p, g, *kernel).y; }),
      wrt(kernel, [p, x = x.shared_value()](const Array& g) { return grad_kernel(p, g, *x); }),
      WrtBias{bias}, defined([p, o, op](std::span<const Variable> in) {
        Variable y = bilinear(gradient_of(op), ConvForm{p}, Role::a, in[1], in[0]);
        if (in.size() > 2) y = y + in[2];
        return activate(y, o.activation);
      }));
}

}  // namespace

Variable conv2d(const Variable& x, const Variable& kernel, const Variable& bias,
                const Conv2DOptions& options, Location at) {
  return convolution(x, kernel, &bias, options, {"conv2d", at});
}

Variable conv2d(const Variable& x, const Variable& kernel, const Conv2DOptions& options,
                Location at) {
  return convolution(x, kernel, nullptr, options, {"conv2d", at});
}

Variable conv1d(const Variable& x, const Variable& kernel, const Variable& bias,
                const Conv1DOptions& options, Location at) {
  return convolution(x, kernel, &bias, options, {"conv1d", at});
}

Variable conv1d(const Variable& x, const Variable& kernel, const Conv1DOptions& options,
                Location at) {
  return convolution(x, kernel, nullptr, options, {"conv1d", at});
}

Variable conv_transpose2d(const Variable& x, const Variable& kernel, const Variable& bias,
                          const ConvTranspose2DOptions& options, Location at) {
  return conv_transpose2d_op(x, kernel, &bias, options, {"conv_transpose2d", at});
}

Variable conv_transpose2d(const Variable& x, const Variable& kernel,
                          const ConvTranspose2DOptions& options, Location at) {
  return conv_transpose2d_op(x, kernel, nullptr, options, {"conv_transpose2d", at});
}

Variable conv2d_grad_kernel(const Variable& x, const Variable& g,
                            const Conv2DGradKernelOptions& options, Location at) {
  Op op{"conv2d_grad_kernel", at};
  const ConvPlan p = kernels::plan(op, x.shape(), g.shape(), options);
  op.flops = p.flops();
  return bilinear(op, ConvForm{p}, Role::b, x, g, options);
}

}  // namespace xtape::inline XTAPE_ABI
