// SPDX-License-Identifier: MIT
// Filters that make patches of images white: uncorrelated and of one variance.
#pragma once

#include <xtape/array.hpp>

namespace records {

/// The patches (k, k) of images (N, H, W, C) as an orthonormal basis in which they are uncorrelated, each direction
/// divided by its deviation, and the negatives of all: (k, k, C, 2 k k C), the weight of a convolution. The variance of
/// a direction is taken to be larger by `epsilon`.
xtape::Array whitening_filters(const xtape::Array& images, std::size_t k, double epsilon);

}  // namespace records
