// SPDX-License-Identifier: MIT
// From a table to a model, as docs/tutorial/data.md shows it.
#include <xtape/xtape.hpp>

#include <xtensor/xbuilder.hpp>

#include <cmath>
#include <cstdio>
#include <fstream>

using namespace xtape;

namespace {

// What flats cost by the month, which depends on their area, age and district.
void make_up(const char* path, Rng& rng) {
  const char* const districts[] = {"harbour", "hill", "old town"};
  std::ofstream file{path};
  file << "area,age,district,rent\n";
  for (int i = 0; i < 1500; ++i) {
    const double area = 20 + 100 * rng.uniform(), age = 80 * rng.uniform();
    const std::size_t district = rng.below(3);
    const double rate = 12 + 4.0 * static_cast<double>(district) + 3 * std::sin(age / 12);
    file << area << ',' << age << ',' << districts[district] << ','
         << rate * area + 20 * rng.normal() << '\n';
  }
}

}  // namespace

int main() {
  Rng rng{1};
  make_up("flats.csv", rng);
  //! [features]
  const data::Table flats = data::read_csv("flats.csv");
  const auto [districts, names] = flats.categories("district");
  const Array x = xt::concatenate(
      xt::xtuple(flats.numbers({"area", "age"}), one_hot(districts, names.size())), 1);
  const data::ArrayDataset all{x, flats.numbers({"rent"})};
  const auto [train, validation] = data::split(all, 0.2);
  //! [features]

  //! [model]
  const data::ChannelStatistics in = data::channel_statistics(train),
                                out = data::channel_statistics(train, {.target = true});
  Sequential net{
      Normalization{{.mean = in.mean, .deviation = in.deviation}},
      Dense{{.in = 5, .out = 48, .activation = Activation::tanh}, rng},
      Dense{{.in = 48, .out = 48, .activation = Activation::tanh}, rng},
      Dense{{.in = 48, .out = 1}, rng},
      Normalization{{.mean = out.mean, .deviation = out.deviation, .invert = true}},
  };
  FitOptions options{.epochs = 200, .restore_best = true, .log = nullptr};
  options.on_epoch = {early_stopping({.patience = 10})};
  const History history =
      fit(regression(net), train, validation, options, rng, Adam{{.learning_rate = 3e-3}});
  std::printf("an error of %.1f\n", history.best()["mean_absolute_error"]);
  //! [model]
}
