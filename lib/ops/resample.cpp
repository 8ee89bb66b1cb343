// SPDX-License-Identifier: MIT
#include "ops/resample.hpp"

#include "kernels/dispatch.hpp"
#include "kernels/resample.hpp"
#include "ops/multilinear.hpp"
#include "ranges.hpp"

#include <xtape/record.hpp>

#include <algorithm>

namespace xtape::inline XTAPE_ABI {
namespace {

void check_pixels(const Op& op, const Shape& x) {
  if (x.size() != 4) throw ShapeError(op, text("expected (N, H, W, C), got ", x));
  if (x[1] == 0 || x[2] == 0) throw ShapeError(op, text("the images ", x, " have no pixels"));
}

void check_result(const Op& op, const Size2D& size) {
  check_option(op, "size", std::min(size.height, size.width), std::min(size.height, size.width) > 0,
               "at least 1");
  check_size(op, "size", std::max(size.height, size.width));
}

Weights nearest(std::size_t from, std::size_t to) {
  return {to, [=](std::size_t i, auto add) { add(i * from / to, Scalar{1}); }};
}

Weights linear(std::size_t from, std::size_t to, bool align_corners) {
  const auto last = static_cast<double>(from - 1);
  const double step = !align_corners ? static_cast<double>(from) / static_cast<double>(to)
                      : to > 1       ? last / static_cast<double>(to - 1)
                                     : 0;
  const double shift = align_corners ? 0 : step / 2 - 0.5;
  return {to, [=](std::size_t i, auto add) {
            const double place = std::clamp(step * static_cast<double>(i) + shift, 0.0, last);
            const auto before = static_cast<std::size_t>(place);
            const double share = place - static_cast<double>(before);
            add(before, static_cast<Scalar>(1 - share));
            if (share > 0) add(before + 1, static_cast<Scalar>(share));
          }};
}

Weights means(std::size_t from, std::size_t to) {
  return {to, [=](std::size_t i, auto add) {
            const std::size_t begin = i * from / to, end = ((i + 1) * from + to - 1) / to;
            for (std::size_t at = begin; at < end; ++at)
              add(at, 1 / static_cast<Scalar>(end - begin));
          }};
}

// Images of `result` made of those of `images`.
Array resampled(const Shape& images, const Array& x, const Shape& result, const Weights& rows,
                const Weights& columns) {
  Array y = uninitialized(result);
  kernels::best<kernels::ResampleKernels>().resample(
      {images[0], images[1], images[2], images[3], rows.table(), columns.table()}, x.data(),
      y.data());
  return y;
}

template <class Options>
Variable resample(const Variable& x, const Options& options, const Op& op) {
  const Resampling r = resampling(op, x.shape(), options);
  return record(op, resampled(r.images, x.value(), r.result, r.rows, r.columns), given(options),
                wrt(x, Transposed{[images = r.images, op, options](const Array& a) {
                                    const Resampling r = resampling(op, images, options);
                                    return resampled(r.images, a, r.result, r.rows, r.columns);
                                  },
                                  [images = r.images, op, options](const Array& g) {
                                    const Resampling r = resampling(op, images, options);
                                    return resampled(r.result, g, r.images,
                                                     r.rows.transposed(r.images[1]),
                                                     r.columns.transposed(r.images[2]));
                                  }}));
}

}  // namespace

Resampling resampling(const Op& op, const Shape& x, const Upsample2DOptions& o) {
  check_pixels(op, x);
  check_count(op, "factor", std::min(o.factor.height, o.factor.width));
  check_size(op, "factor", std::max(o.factor.height, o.factor.width));
  const Size2D size{o.size.height == 0 ? x[1] * o.factor.height : o.size.height,
                    o.size.width == 0 ? x[2] * o.factor.width : o.size.width};
  check_result(op, size);
  const bool interpolates = o.mode == Interpolation::bilinear;
  if (o.align_corners && !interpolates)
    throw ValueError(op, "align_corners is for Interpolation::bilinear");
  const auto weights = [&](std::size_t from, std::size_t to) {
    return interpolates ? linear(from, to, o.align_corners) : nearest(from, to);
  };
  return {x,
          {x[0], size.height, size.width, x[3]},
          weights(x[1], size.height),
          weights(x[2], size.width)};
}

Resampling resampling(const Op& op, const Shape& x, const AdaptivePool2DOptions& o) {
  check_pixels(op, x);
  check_result(op, o.size);
  return {x,
          {x[0], o.size.height, o.size.width, x[3]},
          means(x[1], o.size.height),
          means(x[2], o.size.width)};
}

Variable upsample2d(const Variable& x, const Upsample2DOptions& options, Location at) {
  return resample(x, options, {"upsample2d", at});
}

Variable adaptive_avg_pool2d(const Variable& x, const AdaptivePool2DOptions& options, Location at) {
  return resample(x, options, {"adaptive_avg_pool2d", at});
}

}  // namespace xtape::inline XTAPE_ABI
