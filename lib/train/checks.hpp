// SPDX-License-Identifier: MIT
// What fit, evaluate and predict ask of data and models.
#pragma once

#include "text.hpp"

#include <xtape/data/dataset.hpp>
#include <xtape/tape.hpp>

namespace xtape::inline XTAPE_ABI {

/// Throws ValueError for a batch size of 0 and a dataset, called `name`, without samples.
inline void check_data(const Op& op, const char* name, const data::Dataset& dataset,
                       std::size_t batch_size) {
  if (batch_size == 0) throw ValueError(op, "expected a batch size of at least 1, got 0");
  if (dataset.size() == 0) throw ValueError(op, text("the ", name, " set is empty"));
}

/// Throws ShapeError unless what a model made of so many samples is (samples, classes).
inline void check_logits(const Op& op, const Variable& logits, std::size_t samples) {
  if (logits.rank() != 2 || logits.shape()[0] != samples || logits.shape()[1] == 0)
    throw ShapeError(
        op,
        text("the model's output is ", logits.shape(), ", expected logits (", samples,
             ", classes)"),
        "flatten missing, or is it no classifier? Other tasks have a loop of their own");
}

}  // namespace xtape::inline XTAPE_ABI
