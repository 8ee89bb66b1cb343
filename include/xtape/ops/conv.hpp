// SPDX-License-Identifier: MIT
/// \file
/// Convolution: three ops, each of which makes one of the images, the kernel and the result of the other two. Their
/// derivatives are one another. And the first for sequences.
#pragma once

#include <xtape/tape.hpp>
#include <xtape/window.hpp>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// The convolution (in the field's sense: the kernel is not flipped) of images x (N, H, W, in) with
/// a kernel (kh, kw, in, out), plus a bias (out,), through an activation. With stride s and dilation d
/// `y[n, i, j, o] = bias[o] + sum_{a, b, c} x[n, i s + a d, j s + b d, c] kernel[a, b, c, o]`.
/// The result is (N, H', W', out) with H' = floor((H + padding - (kh - 1) d - 1) / s) + 1. With `max_pool`
/// p it is `max_pool2d` of that, (N, floor(H' / p), floor(W' / p), out), but the array between is not kept, and
/// mostly never written.
/// With `groups` g the channels are g convolutions side by side, each of in / g to out / g channels: the kernel is
/// (kh, kw, in / g, out). With as many as there are channels, in = out = g, each is convolved for itself: a depthwise
/// convolution, with a kernel (kh, kw, 1, in). The elements of one of Keras, (kh, kw, in, multiplier), are those of a
/// kernel (kh, kw, 1, in * multiplier) here.
/// With kernels of 3 x 3 and at least 16 channels on both sides, without stride, dilation and groups, results and
/// gradients are mostly computed with a quarter of the multiplications (Winograd's minimal filtering, F(4 x 4, 3 x 3)).
/// Their error is then a few epsilon of what the 6 x 6 pixels around add up to in size, two to four times as large as
/// otherwise, and an infinity or NaN in these pixels may make a NaN, even where a window has none. The option `winograd`
/// turns that off.
/// With g the gradient of the result before the activation: `dbias[o] = sum_{n, i, j} g[n, i, j, o]`,
/// `dkernel[a, b, c, o] = sum_{n, i, j} x[n, i s + a d, j s + b d, c] g[n, i, j, o]`, and dx[n, u, v, c] is the
/// sum of `g[n, i, j, o] kernel[a, b, c, o]` over all terms in which x[n, u, v, c] stands above.
/// Throws ShapeError where shapes do not fit or the kernel is larger than the padded image, ValueError
/// for a stride, a dilation or a window of 0, a window of more than 256 elements and groups that do not divide `out`.
Variable conv2d(const Variable& x, const Variable& kernel, const Variable& bias,
                const Conv2DOptions& options = {}, Location at = Location::current());
/// The same without a bias.
Variable conv2d(const Variable& x, const Variable& kernel, const Conv2DOptions& options = {},
                Location at = Location::current());

/// The convolution of sequences x (N, T, in) with a kernel (k, in, out), or (k, in / g, out) with groups g, to
/// (N, T', out): `y[n, t, o] = bias[o] + sum_{a, c} x[n, t s + a d, c] kernel[a, c, o]`. It is `conv2d` of images of
/// one row, with its gradients and errors. `Padding1D::causal` pads before a sequence alone, as much as makes T' = T
/// where the stride is 1, so that no result depends on what comes later.
Variable conv1d(const Variable& x, const Variable& kernel, const Variable& bias,
                const Conv1DOptions& options = {}, Location at = Location::current());
/// The same without a bias.
Variable conv1d(const Variable& x, const Variable& kernel, const Conv1DOptions& options = {},
                Location at = Location::current());

/// The transposed convolution of x (N, H, W, in) with a kernel (kh, kw, out, in), plus a bias (out,), through an
/// activation: each pixel adds its multiple of the kernel to the result, (N, H', W', out),
/// `y[n, i s + a d, j s + b d, o] += sum_c x[n, i, j, c] kernel[a, b, o, c]`, which then loses the padding at its
/// edges. It is the gradient of the images of `conv2d` with the same kernel and options; so
/// H' = (H - 1) s + (kh - 1) d + 1 - padding + output_padding, as in PyTorch, where it has the kernel
/// (in, out, kh, kw). With `Padding::same` H' = H s. With groups g the kernel is (kh, kw, out / g, in).
/// With g the gradient before the activation: dx = conv2d(g, kernel), dkernel = conv2d_grad_kernel(g, x), dbias =
/// sum of g over all pixels.
/// Throws ShapeError where shapes do not fit or the padding leaves nothing, ValueError for a stride or a dilation of
/// 0, groups that do not divide `in`, an output padding as large as the stride, and one with `Padding::same`.
Variable conv_transpose2d(const Variable& x, const Variable& kernel, const Variable& bias,
                          const ConvTranspose2DOptions& options = {},
                          Location at = Location::current());
/// The same without a bias.
Variable conv_transpose2d(const Variable& x, const Variable& kernel,
                          const ConvTranspose2DOptions& options = {},
                          Location at = Location::current());

/// The gradient of the kernel of a convolution of images x (N, H, W, in), whose result has the gradient g
/// (N, H', W', out): `y[a, b, c, o] = sum_{n, i, j} x[n, i s + a d, j s + b d, c] g[n, i, j, o]`, of shape
/// (kh, kw, in, out), or with groups (kh, kw, in / groups, out). With k the gradient of that:
/// dx = conv_transpose2d(g, k), dg = conv2d(x, k).
/// Throws ShapeError where shapes do not fit, and what conv2d throws for the options.
Variable conv2d_grad_kernel(const Variable& x, const Variable& g,
                            const Conv2DGradKernelOptions& options = {},
                            Location at = Location::current());

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop
