// SPDX-License-Identifier: MIT
// The gradient of a convolution's kernel is a product whose depth is the pixels of all images. Bands of padded rows of
// images, and the gradient of the results in rows just as long, with zeros between, are brought into the form of its
// factors. A channel's pixels lie beside each other there, so that a tap is the same factor from another pixel on.
//
// What is not finite meets these zeros, too, and makes elements of the gradient NaN that it has no part in.
#include "kernels/half_conv.hpp"

#include "kernels/half_simd.hpp"
#include "kernels/image_groups.hpp"

namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA {
namespace {

// So many padded rows of the results, and what they read of images; sizes are in pixels.
struct Band {
  std::size_t rows, depth;  // the depth of the product, in whole steps
  std::size_t images;       // with what the taps of the last pixel reach

  Band(const ConvSizes& s, std::size_t count)
      : rows{count},
        depth{half_steps(rows * s.columns.padded()) * half_depth},
        images{depth + half_steps((s.rows.window - 1) * s.rows.dilation * s.columns.padded() +
                                  (s.columns.window - 1) * s.columns.dilation) *
                           half_depth} {}
  // The largest one: what is made of it stays in the second-level cache.
  explicit Band(const ConvSizes& s)
      : Band{s, std::max<std::size_t>(1, 1024 / (s.columns.padded() + 1))} {}
  // From channel to channel of images: an odd number of cache lines, as lines that are a power of two apart compete for
  // the same places in caches.
  std::size_t channel() const { return (images / half_depth | 1) * half_depth; }
};

// Memory for a band, in which the pixels of images and of the gradient are arrays of Scalars, then factors.
class Scratch {
 public:
  Scratch(const Band& band, const ConvSizes& s)
      : x_{band.images * s.in},
        g_{band.depth * s.out},
        left_{scalars(half_sides(s.in) * half_side * band.channel())},
        right_{scalars(half_sides(s.out) * half_side * band.depth)} {}
  std::size_t size() const { return x_ + g_ + left_ + right_; }
  Scalar* x(Scalar* of) const { return of; }
  Scalar* g(Scalar* of) const { return of + x_; }
  Half* left(Scalar* of) const { return reinterpret_cast<Half*>(of + x_ + g_); }
  HalfPair* right(Scalar* of) const { return reinterpret_cast<HalfPair*>(of + x_ + g_ + left_); }

 private:
  static std::size_t scalars(std::size_t halves) { return halves * sizeof(Half) / sizeof(Scalar); }
  std::size_t x_, g_, left_, right_;
};

// Images, and where they are in padded rows.
struct Pixels {
  const Scalar* data;
  std::size_t height, width, channels, above, left;
};

// So many pixels from padded row `top` on, of which there are `padded` per image, `pitch` pixels long: zeros around images
// and from row `end` on.
void fill_band(const Pixels& from, std::size_t padded, std::size_t pitch, std::size_t top,
               std::size_t end, std::size_t pixels, Scalar* to) {
  const std::size_t row = pitch * from.channels, size = from.width * from.channels;
  Scalar* const last = to + pixels * from.channels;
  for (std::size_t r = top; to < last; ++r) {
    const std::size_t y = r % padded - from.above;
    Scalar* const next = to + std::min<std::size_t>(row, last - to);
    if (r < end && y < from.height) {  // below 0 it wraps round to what is larger
      Scalar* const begin = to + std::min<std::size_t>(from.left * from.channels, next - to);
      const std::size_t count = std::min<std::size_t>(size, next - begin);
      std::fill(to, begin, Scalar{0});
      std::copy_n(from.data + (r / padded * from.height + y) * size, count, begin);
      std::fill(begin + count, next, Scalar{0});
    } else {
      std::fill(to, next, Scalar{0});
    }
    to = next;
  }
}

class GradKernel {
 public:
  GradKernel(const HalfUnit& unit, const ConvSizes& s, const Scalar* x, const Scalar* g)
      : unit_{unit}, shape_{s}, x_{x}, g_{g}, most_{s}, scratch_{most_, s} {}

  std::size_t scratch() const { return scratch_.size(); }

  // Adds what images in [first, last) contribute to dk.
  void add(std::size_t first, std::size_t last, Scalar* memory, Scalar* dk) const {
    const HalfAtWork work{unit_};
    const std::size_t padded = shape_.rows.padded(), end = last * padded;
    for (std::size_t top = first * padded; top < end; top += most_.rows) {
      const Band band{shape_, std::min(most_.rows, end - top)};
      pack(band, top, end, memory);
      multiply(band, memory, dk);
    }
  }

 private:
  void pack(const Band& band, std::size_t top, std::size_t end, Scalar* memory) const {
    const auto& [batch, in, out, down, along] = shape_;
    Scalar *const x = scratch_.x(memory), *const g = scratch_.g(memory);
    const std::size_t pitch = along.padded(), padded = down.padded();
    fill_band({x_, down.size, along.size, in, down.before, along.before}, padded, pitch, top, end,
              band.images, x);
    fill_band({g_, down.count, along.count, out, 0, 0}, padded, pitch, top, top + band.rows,
              band.depth, g);
    for (std::size_t c = 0; c < in; c += half_side)
      pack_left(std::min(half_side, in - c), band.images, {x + c, in, true},
                scratch_.left(memory) + c * band.channel(), {band.channel(), half_depth});
    pack_right(band.depth, out, {g, out}, scratch_.right(memory), half_side * band.depth / 2);
  }

  void multiply(const Band& band, Scalar* memory, Scalar* dk) const {
    const auto& [batch, in, out, down, along] = shape_;
    alignas(64) float sums[half_side * half_side];
    for (std::size_t tap = 0; tap < down.window * along.window; ++tap) {
      const std::size_t place[] = {tap / along.window * down.dilation * along.padded() +
                                   tap % along.window * along.dilation};
      for (std::size_t c = 0; c < in; c += half_side)
        for (std::size_t o = 0; o < out; o += half_side) {
          const std::size_t rows = std::min(half_side, in - c),
                            columns = std::min(half_side, out - o);
          unit_.multiply({rows, columns, scratch_.left(memory) + c * band.channel(), band.channel(),
                          half_depth, place, band.depth / half_depth,
                          scratch_.right(memory) + o * band.depth / 2},
                         sums);
          Scalar* const to = dk + (tap * in + c) * out + o;
          for (std::size_t r = 0; r < rows; ++r)
            for (std::size_t i = 0; i < columns; ++i) to[r * out + i] += sums[r * half_side + i];
        }
    }
  }

  const HalfUnit& unit_;
  const ConvSizes& shape_;
  const Scalar *x_, *g_;
  Band most_;
  Scratch scratch_;
};

void conv2d_grad_kernel(const HalfUnit& unit, const ConvSizes& s, const Scalar* x, const Scalar* g,
                        Scalar* dk) {
  const GradKernel gradient{unit, s, x, g};
  const std::size_t size = s.rows.window * s.columns.window * s.in * s.out;
  const double products = static_cast<double>(size) *
                          static_cast<double>(s.rows.count * s.columns.count) *
                          static_cast<double>(s.batch) / static_cast<double>(unit.speedup);
  over_images(s.batch, size, products, dk, gradient.scratch(),
              [&](std::size_t first, std::size_t last, Scalar* memory, Scalar* part) {
                gradient.add(first, last, memory, part);
              });
}

}  // namespace

void fill(HalfConvGradKernels& k, Set) { k.conv2d_grad_kernel = conv2d_grad_kernel; }

}  // namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA
