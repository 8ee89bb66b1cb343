// SPDX-License-Identifier: MIT
// What a checkpoint does with the state of a visitor, without a file.
#pragma once

#include "dataset.hpp"

namespace test {

/// Gives `to`, which is used with the second model, the state that `from` has with the first one.
template <class Model>
void copy_state(Visitor& from, Model& a, Visitor& to, Model& b) {
  const std::vector<NamedParameter> of_a = parameters(a), of_b = parameters(b);
  StateList saved{of_a}, loaded{of_b};
  from.state(saved), to.state(loaded);
  BOOST_REQUIRE(saved.items().size() == loaded.items().size());
  for (std::size_t i = 0; i < saved.items().size(); ++i) {
    BOOST_REQUIRE(saved.items()[i].name == loaded.items()[i].name);
    std::visit([&](auto* place) { *std::get<decltype(place)>(loaded.items()[i].place) = *place; },
               saved.items()[i].place);
  }
}

/// The names of what a visitor lists, each followed by a space.
template <class Model>
std::string state_names(Visitor& visitor, Model& model) {
  const std::vector<NamedParameter> named = parameters(model);
  StateList list{named};
  visitor.state(list);
  std::string names;
  for (const auto& item : list.items()) names += item.name + ' ';
  return names;
}

/// Two parameters, of which the first is cut into slices, and gradients that change from step to step.
struct Pair {
  Parameter weight{random({300, 150}, -1, 1, 1)}, bias{zeros({7})};

  void parameters(ParameterList& list) { list("weight", weight), list("bias", bias); }
  void set_gradients(int step) {
    weight.grad() = random({300, 150}, -1, 1, static_cast<std::uint64_t>(2 * step));
    bias.grad() = random({7}, -1, 1, static_cast<std::uint64_t>(2 * step + 1));
  }
  std::vector<double> values() const {
    std::vector<double> all = elements(weight.value());
    for (double w : elements(bias.value())) all.push_back(w);
    return all;
  }
};

}  // namespace test
