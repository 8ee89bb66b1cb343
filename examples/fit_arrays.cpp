// SPDX-License-Identifier: MIT
// Predicts numbers from arrays in memory: some samples are kept for validation, and the training ends with the
// weights that did best on them.
#include <xtape/xtape.hpp>

#include <cmath>
#include <cstdio>

using namespace xtape;

int main() {
  Rng rng{1};
  //! [data]
  Array x = zeros({2000, 2}), y = zeros({2000, 1});
  for (Scalar& each : x) each = Scalar(2 * rng.uniform() - 1);
  for (std::size_t i = 0; i < 2000; ++i)
    y(i, 0) = std::sin(3 * x(i, 0)) + x(i, 1) * x(i, 1) + Scalar(0.1 * rng.normal());

  const data::ArrayDataset points{x, y};
  const auto [train, validation] = data::split(points, 0.2, rng);
  //! [data]

  //! [fit]
  Sequential net{Dense{{.in = 2, .out = 32, .activation = Activation::tanh}, rng},
                 Dense{{.in = 32, .out = 1}, rng}};
  Adam adam{{.learning_rate = 0.01}};
  FitOptions options{.epochs = 200, .restore_best = true, .log = nullptr};
  options.on_epoch = {early_stopping({.patience = 20})};
  const History history = fit(regression(net), train, validation, options, rng, adam);
  //! [fit]

  //! [asking]
  const Metrics metrics = evaluate(regression(net), validation);
  std::printf("mean absolute error %.3f\n", metrics["mean_absolute_error"]);
  std::printf("the best of all epochs: %s\n", metrics == history.best().test ? "yes" : "no");
  const Array point{{0.5, -0.5}};
  std::printf("at (0.5, -0.5): %.1f\n", double(predict(net, point)(0, 0)));
  //! [asking]
}
