// SPDX-License-Identifier: MIT
// What a user may write, compiled with any flags: prints the sizes of the types that the library and the
// program share, and results of the library alone, whose bits do not depend on the program's flags.
#include <xtape/xtape.hpp>

#include <cstdio>

using namespace xtape;

namespace {

template <class T>
void print_size(const char* name) {
  std::printf("%s %zu %zu\n", name, sizeof(T), alignof(T));
}
#define PRINT_SIZE(type) print_size<type>(#type)

void print_sizes() {
  PRINT_SIZE(Array);
  PRINT_SIZE(Shape);
  PRINT_SIZE(Axes);
  PRINT_SIZE(Value);
  PRINT_SIZE(Variable);
  PRINT_SIZE(Tape);
  PRINT_SIZE(Parameter);
  PRINT_SIZE(Rng);
  PRINT_SIZE(Location);
  PRINT_SIZE(Observer::Forward);
  PRINT_SIZE(Sequential);
  PRINT_SIZE(Conv2D);
  PRINT_SIZE(Adam);
  PRINT_SIZE(WeightAverage);
  PRINT_SIZE(data::Batch);
  PRINT_SIZE(data::ImageDataset);
  PRINT_SIZE(FitOptions);
  PRINT_SIZE(History);
  PRINT_SIZE(OnnxOptions);
  PRINT_SIZE(Checkpoint);
}

// An op, a layer and an optimizer of the program's, which the library calls.
Variable twice(const Variable& x, Location at = Location::current()) {
  Array y = x.value();
  for (Scalar& v : y) v *= 2;
  return record({"twice", at}, std::move(y), wrt(x, [](Array& g) {
                  for (Scalar& v : g) v *= 2;
                }));
}

class Shift {
 public:
  explicit Shift(std::size_t features) : bias_{zeros({features})} {}
  Variable operator()(const Variable& x) { return twice(x + x.tape().parameter(bias_)); }
  void parameters(ParameterList& list) { list("bias", bias_); }

 private:
  Parameter bias_;
};

class Descent : public Optimizer {
 public:
  Descent() : Optimizer{"descent", 0.125, {}} {}

 protected:
  void update(Parameter& parameter, std::span<Array>) override {
    const auto rate =
        static_cast<Scalar>(learning_rate());  // a power of two, so nothing is rounded
    for (std::size_t i = 0; i < parameter.size(); ++i)
      parameter.value().data()[i] -= rate * parameter.grad().data()[i];
  }
};

}  // namespace

int main() try {
  print_sizes();
  Rng rng{7};
  Sequential net{Conv2D{{.in = 1, .out = 4, .kernel = 3}, rng}, relu, flatten, Shift{4 * 26 * 26},
                 Dense{{.in = 4 * 26 * 26, .out = 10}, rng}};
  Descent descent;
  Adam adam;
  const data::ImageDataset digits = data::synthetic_digits({.count = 64});
  for (int step = 0; step < 4; ++step)
    for (const auto& [images, labels] : data::batches(digits, 32, rng)) {
      Tape tape{Mode::train, rng};
      const Variable loss = softmax_cross_entropy(net(tape.input(images)), labels);
      if (step % 2 == 0)
        tape.backward(loss, ClipNorm{1}, descent);
      else
        tape.backward(loss, adam);
    }
  for (const auto& [name, parameter] : parameters(net)) {
    Tape tape{Mode::eval};
    std::printf("%s %a\n", name.c_str(), double(sum(tape.parameter(*parameter)).item()));
  }
  std::printf("accuracy %a\n", evaluate(net, digits)["accuracy"]);
  try {
    Tape tape;
    net(tape.input(zeros({1, 5, 5, 1})));
  } catch (const ShapeError& error) {  // is recognised across the border
    std::puts(error.what());
  }
} catch (const Error& error) {
  std::puts(error.what());
  return 1;
}
