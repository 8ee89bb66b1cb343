// SPDX-License-Identifier: MIT
// Invented results that look like those of a comparison on MNIST.
#pragma once

#include <results.hpp>

namespace test {

// Six optimizers, three seeds, ten epochs; everything a report can show.
report::Results sample();
// The same, interrupted: one run is in progress, four diverged, three have not begun.
report::Results interrupted_sample();
// One run of a model without a convolution, after one epoch.
report::Results small_sample();
// Nine optimizers that end close to each other, with long names, after many epochs, on images in colour.
report::Results crowded_sample();

// One run of a model that draws, and has losses alone.
report::Results drawn_sample();

}  // namespace test
