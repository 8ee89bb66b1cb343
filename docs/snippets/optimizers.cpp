// SPDX-License-Identifier: MIT
#include <xtape/xtape.hpp>

#include <cstdio>

using namespace xtape;

int main() {
  //! [choose]
  Adam by_default;               // as Keras
  Adam as_torch{Adam::torch()};  // as PyTorch
  Adam own{{.learning_rate = 3e-4, .beta2 = 0.99}};
  auto by_name = make_optimizer("adam", Preset::paper, 0.002);
  //! [choose]

  //! [sgd]
  SGD plain{{.learning_rate = 0.1}};
  SGD momentum{{.learning_rate = 0.01, .momentum = 0.9}};
  SGD nesterov{{.learning_rate = 0.01, .momentum = 0.9, .nesterov = true}};
  //! [sgd]
  //! [adagrad]
  Adagrad adagrad{{.learning_rate = 0.05}};
  //! [adagrad]
  //! [adadelta]
  Adadelta adadelta{Adadelta::paper()};
  //! [adadelta]
  //! [rmsprop]
  RMSprop rmsprop{{.momentum = 0.9, .centered = true}};
  //! [rmsprop]
  //! [adam]
  Adam adam{{.learning_rate = 0.001}};
  Adam amsgrad{{.amsgrad = true}};
  //! [adam]
  //! [adamw]
  AdamW adamw{{.learning_rate = 0.001, .weight_decay = 0.01}};
  //! [adamw]

  const std::initializer_list<Optimizer*> all = {
      &by_default, &as_torch, &own,     by_name.get(), &plain,   &momentum, &nesterov,
      &adagrad,    &adadelta, &rmsprop, &adam,         &amsgrad, &adamw};
  std::printf("learning rates:");
  for (const Optimizer* const optimizer : all) std::printf(" %g", optimizer->learning_rate());
  std::printf("\n");
}
