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
  std::printf("%g %g %g %g\n", by_default.learning_rate(), as_torch.learning_rate(),
              own.learning_rate(), by_name->learning_rate());

  //! [names]
  for (const std::string_view name : optimizer_names())
    std::printf("%s ", std::string{name}.c_str());
  std::printf("\n");
  //! [names]

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
  RMSprop rmsprop{{.learning_rate = 0.001, .momentum = 0.9, .centered = true}};
  //! [rmsprop]
  //! [adam]
  Adam adam{{.learning_rate = 0.001}};
  Adam amsgrad{{.learning_rate = 0.001, .amsgrad = true}};
  //! [adam]
  //! [adamw]
  AdamW adamw{{.learning_rate = 0.001, .weight_decay = 0.01}};
  //! [adamw]

  //! [slots]
  for (Optimizer* optimizer :
       {static_cast<Optimizer*>(&plain), static_cast<Optimizer*>(&nesterov),
        static_cast<Optimizer*>(&adagrad), static_cast<Optimizer*>(&adadelta),
        static_cast<Optimizer*>(&rmsprop), static_cast<Optimizer*>(&adam),
        static_cast<Optimizer*>(&amsgrad), static_cast<Optimizer*>(&adamw)}) {
    std::printf("%s:", optimizer->name());
    for (const Optimizer::Slot& slot : optimizer->slots()) std::printf(" %s", slot.name);
    std::printf("\n");
  }
  //! [slots]
  std::printf("%g\n", momentum.learning_rate());
}
