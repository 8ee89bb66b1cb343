// SPDX-License-Identifier: MIT
#include "predictions.hpp"

#include <xtape/train.hpp>

#include <algorithm>

using namespace xtape;

namespace experiment {

void add_predictions(report::Run& run, Sequential& net, const data::Dataset& prepared,
                     const data::ImageDataset& test, std::size_t shown) {
  const std::size_t classes = test.classes();
  ConfusionMatrix confusion{classes};
  run.mistakes.clear();
  std::size_t index = 0;
  for (const auto& [images, targets] : data::batches(prepared, 250)) {
    Tape tape{Mode::eval};
    const Array probabilities = softmax(net(tape.input(images))).value();
    const std::span<const std::int32_t> labels = targets;
    confusion.add(probabilities, labels);
    for (std::size_t i = 0; i < labels.size(); ++i, ++index) {
      const Scalar* const row = probabilities.data() + i * classes;
      const auto predicted = static_cast<std::size_t>(std::max_element(row, row + classes) - row);
      const auto label = static_cast<std::size_t>(labels[i]);
      if (predicted == label) continue;
      run.mistakes.push_back({.index = index,
                              .label = static_cast<int>(label),
                              .predicted = static_cast<int>(predicted),
                              .probability = static_cast<double>(row[predicted])});
    }
  }
  run.confusion.assign(classes, std::vector<int>(classes));
  for (std::size_t label = 0; label < classes; ++label)
    for (std::size_t predicted = 0; predicted < classes; ++predicted)
      run.confusion[label][predicted] = static_cast<int>(confusion.count(label, predicted));
  run.mistake_count = run.mistakes.size();
  std::ranges::stable_sort(run.mistakes, std::greater{}, &report::Mistake::probability);
  run.mistakes.resize(std::min(shown, run.mistakes.size()));
  for (report::Mistake& mistake : run.mistakes) {
    const auto pixels = test.pixels(mistake.index);
    mistake.pixels.assign(pixels.begin(), pixels.end());
  }
}

void add_filters(report::Run& run, Sequential& net) {
  const auto all = parameters(net);
  if (all.empty()) return;
  const Array& kernel = all.front().parameter->value();
  if (kernel.dimension() != 4 || kernel.shape()[2] != 1) return;
  run.filters = {kernel.shape()[0], kernel.shape()[1], kernel.shape()[3],
                 std::vector<double>(kernel.begin(), kernel.end())};
}

}  // namespace experiment
