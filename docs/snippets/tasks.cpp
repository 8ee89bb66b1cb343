// SPDX-License-Identifier: MIT
#include <xtape/xtape.hpp>

#include <algorithm>
#include <cstdio>
#include <numeric>
#include <string>

using namespace xtape;

namespace {

Sequential model(Rng& rng) {
  return Sequential{flatten, Dense{{.in = 784, .out = 32, .activation = Activation::relu}, rng},
                    Dense{{.in = 32, .out = 10}, rng}};
}

//! [text]
// A text cut into lines of 16 letters: (lines, 16, 27) ones and zeros, and the letter that follows each.
data::ArrayDataset letters(const std::string& text) {
  const std::size_t lines = (text.size() - 1) / 16;
  const auto id = [&](std::size_t i) { return text[i] == ' ' ? 26 : text[i] - 'a'; };
  Array letter = zeros({lines, 16, 27});
  data::Column next = data::ids({lines, 16});
  for (std::size_t i = 0; i < lines * 16; ++i) {
    letter.data()[i * 27 + std::size_t(id(i))] = 1;
    next.ids()[i] = id(i + 1);
  }
  return {letter, next};
}
//! [text]

//! [models]
struct Gan {
  Dense generator;
  Sequential critic;
  void parameters(ParameterList& list) { list("generator", generator), list("critic", critic); }
};

struct ClipWeights : Visitor {
  void visit(Parameter& p) override {
    for (Scalar& w : p.value()) w = std::clamp(w, Scalar(-0.3), Scalar(0.3));
  }
};
//! [models]

Array normal(std::size_t count, double mean, Rng& rng) {
  Array x = zeros({count, 1});
  for (Scalar& each : x) each = Scalar(mean + rng.normal());
  return x;
}

void train_in_turns() {
  Rng rng{1};
  const data::ArrayDataset numbers{{.inputs = {normal(600, 3, rng), normal(600, 0, rng)}}};
  Gan gan{Dense{{.in = 1, .out = 1}, rng},
          Sequential{Dense{{.in = 1, .out = 16, .activation = Activation::relu}, rng},
                     Dense{{.in = 16, .out = 1}, rng}}};
  //! [turns]
  const auto step = [&](Tape& tape, const data::Batch& batch) -> StepResult {
    const bool criticise = tape.mode() == Mode::train && batch.number % 6 < 5;
    const Frozen still{criticise ? unique_parameters(gan.generator)
                                 : unique_parameters(gan.critic)};
    const Variable real = tape.input(batch.inputs[0]);
    const Variable made = gan.generator(tape.input(batch.inputs[1]));
    const Variable distance = mean(gan.critic(real)) - mean(gan.critic(made));
    return {criticise ? -distance : distance, {made}};
  };
  const Task task{.arrays = named_arrays(gan), .step = step};
  RMSprop critic{{.learning_rate = 1e-2}}, generator{{.learning_rate = 1e-2}};
  fit(task, numbers, {.epochs = 100, .batch_size = 20, .log = nullptr}, rng,
      only(gan.critic, critic), only(gan.critic, ClipWeights{}), only(gan.generator, generator));
  std::printf("steps: critic %d, generator %d\n", int(critic.steps()), int(generator.steps()));
  //! [turns]
  const Array made = predict(task, numbers)[0];
  const double sum = std::accumulate(made.begin(), made.end(), 0.0);
  std::printf("the mean of what it makes: %.0f\n", sum / 600);
}

}  // namespace

int main() {
  const data::ImageDataset train = data::synthetic_digits({.count = 2000, .seed = 1});
  const data::ImageDataset test = data::synthetic_digits({.count = 500, .seed = 2});
  {
    //! [metrics]
    Rng rng{1};
    Sequential net = model(rng);
    const Task task = classification(net, {.metrics = {accuracy(), top_k(3)}});
    const History history = fit(task, train, test, {.epochs = 2, .log = nullptr}, rng, Adam{});
    const Metrics& m = history.test();
    std::printf("right %.2f, among the first three %.2f\n", m["accuracy"], m["top_3_accuracy"]);
    //! [metrics]

    //! [confusion]
    const ConfusionMatrix confusion = confusion_matrix(net, test);
    std::printf("nines taken for fours: %.1f\n", double(confusion.count(9, 4)) / 50);
    std::printf("nines: precision %.1f, recall %.1f\n", confusion.precision(9),
                confusion.recall(9));
    //! [confusion]
  }
  {
    //! [weights]
    Rng rng{1};
    Sequential net = model(rng);
    std::vector<Scalar> of_classes(10, 1);
    of_classes[9] = 4;  // a nine that is missed costs as much as four others
    const Task task = classification(net, {.class_weights = of_classes});
    fit(task, train, test, {.epochs = 2, .log = nullptr}, rng, Adam{});
    std::printf("nines: recall %.1f\n", confusion_matrix(net, test).recall(9));

    const data::Weighted later_ones_twice{train, [&] {
                                            std::vector<Scalar> weights(train.size(), 1);
                                            std::fill(weights.begin() + 1000, weights.end(),
                                                      Scalar{2});
                                            return weights;
                                          }()};
    fit(net, later_ones_twice, test, {.epochs = 1, .log = nullptr}, rng, Adam{});
    //! [weights]
  }
  {
    //! [letters]
    std::string text;
    for (int i = 0; i < 50; ++i) text += "the cat sat on the mat and the rat sat on the cat ";
    const data::ArrayDataset lines = letters(text);
    Rng rng{1};
    Sequential net{Dense{{.in = 27, .out = 27}, rng}};  // applied to each letter of a line
    const History history =
        fit(net, lines, lines, {.epochs = 40, .log = nullptr}, rng, Adam{{.learning_rate = 0.1}});
    std::printf("the next letter: right %.2f\n", history.test()["accuracy"]);
    //! [letters]
  }
  train_in_turns();
}
