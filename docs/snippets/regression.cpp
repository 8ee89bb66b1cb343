// SPDX-License-Identifier: MIT
#include <xtape/xtape.hpp>

#include <cstdio>

using namespace xtape;

int main() {
  //! [data]
  Rng rng{1};
  Array x = zeros({100, 1}), y = zeros({100, 1});
  for (std::size_t i = 0; i < 100; ++i) {
    x(i, 0) = static_cast<Scalar>(rng.uniform());
    y(i, 0) = 3 * x(i, 0) - 1 + static_cast<Scalar>(0.1 * rng.normal());
  }
  //! [data]
  {
    //! [by hand]
    Parameter slope{zeros({1, 1})}, offset{zeros({1})};
    for (int step = 0; step < 500; ++step) {
      Tape tape;
      Variable prediction = matmul(tape.input(x), tape.parameter(slope)) + tape.parameter(offset);
      tape.backward(mse(prediction, y));
      for (Parameter* p : {&slope, &offset})
        for (std::size_t i = 0; i < p->size(); ++i)
          p->value().data()[i] -= Scalar(0.3) * p->grad().data()[i];
    }
    std::printf("by hand:   y = %.2f x + %.2f\n", double(slope.value()(0, 0)),
                double(offset.value()(0)));
    //! [by hand]
  }
  {
    //! [with a layer]
    Dense line{{.in = 1, .out = 1}, rng};
    SGD sgd{{.learning_rate = 0.3}};
    for (int step = 0; step < 500; ++step) {
      Tape tape;
      tape.backward(mse(line(tape.input(x)), y), sgd);
    }
    for (const auto& [name, parameter] : parameters(line))
      std::printf("%s: %.2f\n", name.c_str(), double(parameter->value().data()[0]));
    //! [with a layer]
  }
}
