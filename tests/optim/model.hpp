// SPDX-License-Identifier: MIT
// Three parameters, and gradients that change from step to step.
#pragma once

#include <xtape/optim.hpp>

#include <cmath>
#include <random>
#include <string>
#include <vector>

namespace test {

using namespace xtape;

static_assert(std::is_same_v<Scalar, double>, "these tests compare to 1e-12");

/// The second tensor is cut into slices, the third has no axes.
struct Model {
  Parameter small = make({2, 3, 5}), large = make({201, 200}), scalar = make({});

  void parameters(ParameterList& list) {
    list("small", small);
    list("large", large);
    list("scalar", scalar);
  }
  std::vector<Parameter*> all() { return {&small, &large, &scalar}; }

  static Parameter make(const Shape& shape) {
    Array value = uninitialized(shape);
    for (std::size_t i = 0; i < value.size(); ++i)
      value.data()[i] = std::sin(1.0 + static_cast<double>(i));
    return Parameter{value};
  }
};

/// Gradients of many sizes; some elements never have one, and in some steps others have none.
inline void set_gradients(Model& model, int step) {
  constexpr double magnitudes[] = {1, 0.1, 0.01, 0.001};
  std::mt19937 random{static_cast<unsigned>(step)};
  for (Parameter* parameter : model.all())
    for (std::size_t i = 0; i < parameter->size(); ++i) {
      const double g = (0x1p-31 * static_cast<double>(random()) - 1) * magnitudes[i % 4];
      const bool none = i % 11 == 5 || (i + static_cast<std::size_t>(step)) % 13 == 0;
      parameter->grad().data()[i] = none ? 0 : g;
    }
}

/// All elements of a model's parameters.
inline std::vector<double> values(Model& model) {
  std::vector<double> all;
  for (Parameter* p : model.all())
    all.insert(all.end(), p->value().data(), p->value().data() + p->size());
  return all;
}

}  // namespace test
