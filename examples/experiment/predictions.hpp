// SPDX-License-Identifier: MIT
// What a report shows of a trained model.
#pragma once

#include "../report/results.hpp"

#include <models/models.hpp>
#include <xtape/data.hpp>

namespace experiment {

/// Fills in the confusion matrix and the mistakes, the most confident first; `shown` of them at most are
/// kept. `prepared` are the images as the model gets them.
void add_predictions(report::Run& run, xtape::Sequential& net, const xtape::data::Dataset& prepared,
                     const xtape::data::ImageDataset& test, std::size_t shown = 40);

/// Fills in the kernels of the first convolution, if the model begins with one of a single channel.
void add_filters(report::Run& run, xtape::Sequential& net);

}  // namespace experiment
