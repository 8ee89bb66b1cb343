// SPDX-License-Identifier: MIT
/// \file
/// Which classes are taken for which.
#pragma once

#include <xtape/train/predict.hpp>

#include <vector>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// Counts how often each class was taken for each: `confusion_matrix(net, test)`, or batch after batch:
/// ```
/// ConfusionMatrix confusion{10};
/// for (const auto& [images, labels] : data::batches(test, 250)) confusion.add(predict(net, images), labels);
/// ```
/// What is predicted of a row is the class of its largest logit, the first of equal ones.
class ConfusionMatrix {
 public:
  /// Of so many classes. Throws ValueError for none.
  explicit ConfusionMatrix(std::size_t classes, Location at = Location::current());

  /// Counts rows of logits (..., classes), or of anything that is largest at what is predicted. Throws ShapeError
  /// unless there is one label per row and one column per class, ValueError for a label outside [0, classes).
  void add(const Array& logits, std::span<const std::int32_t> labels,
           Location at = Location::current());

  /// Adds up what all ranks have counted, which all get.
  void sum(distributed::World& world);

  /// How often a class was predicted where another, or the same, was right. Throws ValueError for what is no class.
  std::size_t count(std::size_t label, std::size_t predicted,
                    Location at = Location::current()) const;
  std::size_t classes() const noexcept { return classes_; }  ///< the number of classes
  std::size_t total() const noexcept;                        ///< of all counts

  /// The share of all that is right; NaN if there is nothing, as of all these.
  double accuracy() const;
  /// Of what was taken for the class, the share that is of it.
  double precision(std::size_t label, Location at = Location::current()) const;
  /// Of what is of the class, the share that was taken for it.
  double recall(std::size_t label, Location at = Location::current()) const;
  /// The harmonic mean of precision and recall: 2 right / (taken + there).
  double f1(std::size_t label, Location at = Location::current()) const;
  /// The mean of f1 over the classes, each counting alike.
  double macro_f1() const;

 private:
  std::size_t row_sum(std::size_t label) const;
  std::size_t column_sum(std::size_t predicted) const;

  std::size_t classes_;
  std::vector<std::size_t> counts_;  // (label, predicted)
};

/// See `confusion_matrix` for a model, which calls this.
ConfusionMatrix confusion_of_model(const detail::Forward& model, const data::Dataset& dataset,
                                   const PredictOptions& options);

/// Which classes a model takes for which on a dataset, in evaluation mode. The output of the model is logits
/// (N, classes), the target ids (N,). Throws ValueError for a batch size of 0 and an empty dataset, and what
/// ConfusionMatrix::add throws.
template <detail::IsModel Model>
ConfusionMatrix confusion_matrix(Model&& model, const data::Dataset& dataset,
                                 const PredictOptions& options = {}) {
  return confusion_of_model(detail::forward_of(model), dataset, options);
}

/// The same of an output of a task, of which `of` says the place and that of the target:
/// `confusion_matrix(task, test, {.output = 1, .target = 1})`. Throws ValueError where there are not so many, too.
ConfusionMatrix confusion_matrix(const Task& task, const data::Dataset& dataset,
                                 const MetricOptions& of = {}, const PredictOptions& options = {});

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop
