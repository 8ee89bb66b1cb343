// SPDX-License-Identifier: MIT
// Histories made by hand.
#pragma once

#include "../support.hpp"

#include <xtape/train.hpp>

#include <string>
#include <vector>

namespace test {

/// What a classification has measured.
inline Metrics measured(double loss, double accuracy, std::size_t samples) {
  return {.loss = loss, .samples = samples, .numbers = {{"accuracy", accuracy, true}}};
}

/// A history of epochs with these losses and accuracies in the test; in the training, ten times that.
inline History history_of(const std::vector<double>& losses,
                          const std::vector<double>& accuracies = {}) {
  History history;
  for (std::size_t i = 0; i < losses.size(); ++i) {
    const double accuracy = accuracies.empty() ? 0.5 : accuracies[i];
    history.epochs.push_back({.epoch = static_cast<int>(i) + 1,
                              .train = measured(10 * losses[i], accuracy / 10, 100),
                              .test = measured(losses[i], accuracy, 10)});
  }
  return history;
}

/// Its first epochs.
inline History first(const History& history, std::size_t epochs) {
  History part = history;
  part.epochs.resize(epochs);
  return part;
}

/// The text of the DataError that `run` throws.
template <class F>
std::string data_error(F run) {
  try {
    run();
  } catch (const DataError& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace test
