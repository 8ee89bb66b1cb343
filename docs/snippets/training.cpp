// SPDX-License-Identifier: MIT
#include <xtape/xtape.hpp>

#include <cstdio>
#include <filesystem>

using namespace xtape;

namespace {

Sequential model(Rng& rng) {
  return Sequential{flatten, Dense{{.in = 784, .out = 32, .activation = Activation::relu}, rng},
                    Dense{{.in = 32, .out = 10}, rng}};
}

}  // namespace

int main() {
  const data::ImageDataset train = data::synthetic_digits({.count = 2000, .seed = 1});
  const data::ImageDataset test = data::synthetic_digits({.count = 500, .seed = 2});
  {
    //! [schedules]
    const int epochs = 3;
    const std::size_t batch_size = 50,
                      steps = epochs * ((train.size() + batch_size - 1) / batch_size);
    Adam adam;
    adam.set_schedule(cosine_decay({.learning_rate = 4e-3, .steps = steps, .warmup_steps = 10}));
    for (const std::uint64_t step : {1, 5, 10, 11, 60, 120})
      std::printf("step %3d: learning rate %.6f\n", int(step), adam.schedule()(step));
    //! [schedules]

    //! [fit]
    Rng rng{1};
    Sequential net = model(rng);
    const FitOptions options{.epochs = epochs, .batch_size = batch_size, .log = nullptr};
    fit(net, train, test, options, rng, ClipNorm{1}, adam);
    std::printf("steps %d, test accuracy %.2f\n", int(adam.steps()),
                evaluate(net, test)["accuracy"]);
    //! [fit]
  }
  {
    //! [groups]
    Rng rng{1};
    Sequential net = model(rng);
    const auto biases = parameters(net, Named{"*.bias"});
    const auto others = parameters(net, std::not_fn(Named{"*.bias"}));
    AdamW decayed{{.weight_decay = 0.05}}, plain{{.weight_decay = 0}};
    const Schedule schedule = cosine_decay({.learning_rate = 4e-3, .steps = 120});
    decayed.set_schedule(schedule);
    plain.set_schedule([schedule](std::uint64_t step) { return 2 * schedule(step); });
    fit(net, train, test, {.epochs = 3, .batch_size = 50, .log = nullptr}, rng, ClipNorm{1},
        only(others, decayed), only(biases, plain));
    std::printf("%d biases without decay, test accuracy %.2f\n", int(biases.size()),
                evaluate(net, test)["accuracy"]);
    //! [groups]
  }
  {
    //! [average]
    Rng rng{1};
    Sequential net = model(rng);
    SGD sgd{{.learning_rate = 0.5}};
    WeightAverage average{{.decay = 0.95}};
    fit(net, train, test, {.epochs = 4, .batch_size = 50, .log = nullptr}, rng, sgd, average);
    std::printf("test accuracy %.2f\n", evaluate(net, test)["accuracy"]);
    //! [average]

    //! [applied]
    {
      const auto averaged =
          average.applied(net);  // the averages are in net, to the end of the scope
      std::printf("with averaged weights %.2f\n", evaluate(net, test)["accuracy"]);
    }
    //! [applied]
  }
  {
    //! [stopping]
    Rng rng{1};
    Sequential net = model(rng);
    Adam adam{{.learning_rate = 0.01}};
    FitOptions options{.epochs = 1000, .restore_best = true, .log = nullptr};
    options.on_epoch = {save_best("best.safetensors", net), csv_log("log.csv"),
                        early_stopping({.patience = 2})};
    const History history = fit(net, train, test, options, rng, adam);
    const int best = history.best().epoch;
    std::printf("stopped %d epochs after the best\n", int(history.epochs.size()) - best);
    const bool restored = evaluate(net, test) == history.best().test;
    std::printf("with the weights of the best: %s\n", restored ? "yes" : "no");
    //! [stopping]
  }
  {
    //! [alone]
    Rng rng{1};
    Sequential net = model(rng);
    FitOptions options{.epochs = 1000, .restore_best = true, .log = nullptr};
    options.on_epoch = {early_stopping({.monitor = "accuracy"})};
    const History history = fit(net, train, options, rng, Adam{{.learning_rate = 0.01}});
    const double best = history.best("accuracy")["train.accuracy"];
    std::printf("without a test set: accuracy %.2f in the training\n", best);
    //! [alone]
  }
  {
    //! [statistics]
    Rng rng{1};
    Sequential net = model(rng);
    Adam adam;
    UpdateStatistics statistics{adam, {.every = 20}};
    fit(net, train, test, {.epochs = 1, .batch_size = 50, .log = nullptr}, rng, statistics);
    const auto names = parameters(net);
    for (const UpdateStatistics::Sample& sample : statistics.samples())
      std::printf("step %2d: %s moved by %.3f of its size\n", int(sample.step),
                  names[0].name.c_str(), sample.update_ratios[0]);
    //! [statistics]
  }
  {
    //! [numerics]
    const auto distance = [](const Variable& x) { return sqrt(sum(square(x), {.axes = {1}})); };
    NumericsCheck check;
    Tape tape;
    Variable x = tape.variable({{3, 4}, {0, 0}});
    try {
      tape.backward(sum(distance(x)));
    } catch (const NumericsError& error) {
      std::printf("%s\n", error.message().c_str());
    }
    //! [numerics]
  }
}
