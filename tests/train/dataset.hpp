// SPDX-License-Identifier: MIT
// A small dataset that a small model learns, and what writes down what visitors are asked.
#pragma once

#include "../support.hpp"

#include <xtape/data.hpp>
#include <xtape/layers.hpp>
#include <xtape/ops.hpp>
#include <xtape/optim.hpp>
#include <xtape/train.hpp>

#include <boost/test/unit_test.hpp>

#include <numbers>

namespace test {

/// Points on a circle, whose class is the third of it that they are on.
class Circle : public data::Dataset {
 public:
  explicit Circle(std::size_t size, double turn = 0) : size_{size}, turn_{turn} {}
  std::size_t size() const override { return size_; }
  data::Batch make_batch(std::size_t count) const override {
    return {.inputs = {uninitialized({count, 2})}, .targets = {data::ids({count})}};
  }
  void gather(std::span<const std::uint32_t> indices, data::Batch& batch, Rng&) const override {
    auto points = batch.inputs[0].numbers().begin();
    auto labels = batch.targets[0].ids().begin();
    for (std::uint32_t i : indices) {
      const double share = std::fmod(i * 0.618 + turn_, 1);  // spread evenly
      *points++ = static_cast<Scalar>(std::cos(2 * std::numbers::pi * share));
      *points++ = static_cast<Scalar>(std::sin(2 * std::numbers::pi * share));
      *labels++ = static_cast<std::int32_t>(3 * share);
    }
  }

 private:
  std::size_t size_;
  double turn_;
};

/// All samples of a dataset, in order.
inline data::Batch all_of(const data::Dataset& dataset) {
  std::vector<std::uint32_t> indices(dataset.size());
  for (std::uint32_t i = 0; i < indices.size(); ++i) indices[i] = i;
  data::Batch all = dataset.make_batch(dataset.size());
  Rng rng{0};
  dataset.gather(indices, all, rng);
  return all;
}

/// A model for it.
inline Sequential small_net(Rng& rng) {
  return Sequential{Dense{{.in = 2, .out = 16, .activation = Activation::tanh}, rng},
                    Dense{{.in = 16, .out = 3}, rng}};
}

/// Takes a running mean away, which is a buffer.
class Centre {
 public:
  explicit Centre(std::size_t width) : mean_{zeros({width})} {}
  Variable operator()(const Variable& x) {
    const Variable mean = x.tape().input(mean_.value);
    if (x.tape().mode() == Mode::train)
      mean_.value = (0.9 * mean + 0.1 * xtape::mean(x.detach(), {.axes = {0}})).shared_value();
    return x - mean;
  }
  void parameters(ParameterList& list) { list("mean", mean_); }

 private:
  Buffer mean_;
};

/// The elements of all parameters and buffers.
inline std::vector<double> weights(Sequential& net) {
  std::vector<double> all;
  for (const NamedArray& array : named_arrays(net))
    for (double w : elements(*array.value())) all.push_back(w);
  return all;
}

/// Checks that `run` throws a ValueError, or another, of this text, in which `@` is the place of this call.
template <class E = ValueError, class F>
void check_error(F run, std::string text, Location here = Location::current()) {
  const std::string path = here.file_name(), file = path.substr(path.find_last_of('/') + 1);
  if (const auto at = text.find('@'); at != std::string::npos)
    text.replace(at, 1, "at " + file + ':' + std::to_string(here.line()));
  BOOST_CHECK_EXCEPTION(run(), E, [&](const E& error) {
    BOOST_TEST(error.what() == text);
    return true;
  });
}

}  // namespace test
