// SPDX-License-Identifier: MIT
/// \file
/// Architectures for images of ten classes.
#pragma once

#include <xtape/layers.hpp>

#include <map>
#include <string>

namespace xtape::inline XTAPE_ABI::models {

/// A multi-layer perceptron for images of 28 x 28 x 1: Dense 256 ReLU, Dense 128 ReLU, Dense 10.
/// 235,146 parameters.
Sequential mlp(Rng& rng);

/// LeNet-5 (LeCun et al., 1998) as it is built today: convolutions of 6 and 16 channels with 5 x 5 taps
/// and ReLU, max-pooling, Dense 120, 84 and 10, for images of 28 x 28 x 1. 61,706 parameters.
Sequential lenet5(Rng& rng);

/// The article's CNN: Conv 3 x 3 x 32 ReLU, MaxPool 2 x 2, Dropout 0.25, Flatten, Dense 256 ReLU, Dropout
/// 0.5, Dense 10, for images of 28 x 28 x 1. 1,387,594 parameters.
Sequential cnn(Rng& rng);
/// The same for images of another shape, (H, W, C): 1,846,922 parameters for 32 x 32 x 3.
Sequential cnn(Rng& rng, const Shape& image);

/// A small network after VGG (Simonyan and Zisserman, 2014): six convolutions with 3 x 3 taps and ReLU, two
/// each of 32, 64 and 128 channels, each pair max-pooled; Dense 128 ReLU and Dense 10, with dropout; for
/// images of 32 x 32 x 3. 550,570 parameters.
Sequential vgg(Rng& rng);

/// A residual network of 20 layers (He et al., 2016, section 4.2): a convolution of 16 channels, three stages of three
/// blocks of two convolutions with 16, 32 and 64 channels, the mean over the pixels, Dense 10; batch normalisation
/// with PyTorch's options, shortcuts that learn nothing, He's normal initialiser; for images of 32 x 32 x 3.
/// 269,722 parameters.
Sequential resnet20(Rng& rng);

/// The same with nine blocks per stage: 56 layers, 853,018 parameters.
Sequential resnet56(Rng& rng);

/// An architecture that programs offer by its name.
struct Architecture {
  Sequential (*make)(Rng&);  ///< makes the model, with initial weights drawn from the generator
  Shape input;               ///< of one image, (H, W, C)
};

/// All of the above but resnet56, under the names of their functions.
const std::map<std::string, Architecture>& by_name();

}  // namespace xtape::inline XTAPE_ABI::models
