// SPDX-License-Identifier: MIT
// The fields of what results.json holds, each with its name: one list to write, to read and to check by.
#pragma once

#include "results.hpp"

#include <concepts>
#include <type_traits>

namespace report {

template <class T, class Struct>
concept Is = std::same_as<std::remove_const_t<T>, Struct>;

// Calls visit(name, member) for each member.
template <Is<Epoch> T>
void fields(T& epoch, auto&& visit) {
  visit("train_loss", epoch.train_loss);
  visit("train_accuracy", epoch.train_accuracy);
  visit("test_loss", epoch.test_loss);
  visit("test_accuracy", epoch.test_accuracy);
  visit("data_seconds", epoch.data_seconds);
  visit("forward_seconds", epoch.forward_seconds);
  visit("backward_seconds", epoch.backward_seconds);
  visit("update_seconds", epoch.update_seconds);
  visit("test_seconds", epoch.test_seconds);
  visit("learning_rate", epoch.learning_rate);
  visit("images_per_second", epoch.images_per_second);
}

template <Is<UpdateSample> T>
void fields(T& sample, auto&& visit) {
  visit("step", sample.step);
  visit("gradient_norms", sample.gradient_norms);
  visit("update_ratios", sample.update_ratios);
}

template <Is<Mistake> T>
void fields(T& mistake, auto&& visit) {
  visit("index", mistake.index);
  visit("label", mistake.label);
  visit("predicted", mistake.predicted);
  visit("probability", mistake.probability);
  visit("pixels", mistake.pixels);
}

template <Is<Filters> T>
void fields(T& filters, auto&& visit) {
  visit("height", filters.height);
  visit("width", filters.width);
  visit("count", filters.count);
  visit("weights", filters.weights);
}

template <Is<Text> T>
void fields(T& text, auto&& visit) {
  visit("title", text.title);
  visit("text", text.text);
}

template <Is<Picture> T>
void fields(T& picture, auto&& visit) {
  visit("title", picture.title);
  visit("height", picture.height);
  visit("width", picture.width);
  visit("pixels", picture.pixels);
}

template <Is<Run> T>
void fields(T& run, auto&& visit) {
  visit("optimizer", run.optimizer);
  visit("seed", run.seed);
  visit("learning_rate", run.learning_rate);
  visit("complete", run.complete);
  visit("epochs", run.epochs);
  visit("parameters", run.parameters);
  visit("updates", run.updates);
  visit("confusion", run.confusion);
  visit("mistakes", run.mistakes);
  visit("mistake_count", run.mistake_count);
  visit("filters", run.filters);
  visit("texts", run.texts);
  visit("pictures", run.pictures);
}

template <Is<Reference> T>
void fields(T& reference, auto&& visit) {
  visit("optimizer", reference.optimizer);
  visit("accuracy", reference.accuracy);
  visit("loss", reference.loss);
  visit("seconds", reference.seconds);
}

template <Is<Results> T>
void fields(T& results, auto&& visit) {
  visit("title", results.title);
  visit("command", results.command);
  visit("settings", results.settings);
  visit("versions", results.versions);
  visit("titles", results.titles);
  visit("epochs", results.epochs);
  visit("test_samples", results.test_samples);
  visit("accuracies", results.accuracies);
  visit("loss", results.loss);
  visit("classes", results.classes);
  visit("image_height", results.image_height);
  visit("image_width", results.image_width);
  visit("runs", results.runs);
  visit("reference_source", results.reference_source);
  visit("references", results.references);
}

}  // namespace report
