// SPDX-License-Identifier: MIT
#include <xtape/xtape.hpp>

#include <cstdio>
#include <iostream>

using namespace xtape;

int main() {
  const auto train = data::synthetic_digits({.count = 3000, .seed = 1});
  const auto test = data::synthetic_digits({.count = 500, .seed = 2});
  //! [model]
  // keras.Sequential([Conv2D(8, 3, activation="relu"), MaxPooling2D(2), Flatten(), Dropout(0.25),
  //                   Dense(10)])
  Rng rng{42};
  Sequential net{
      Conv2D{{.in = 1, .out = 8, .kernel = 3, .activation = Activation::relu}, rng},
      MaxPool2D{2},
      flatten,
      Dropout{0.25},
      Dense{{.in = 13 * 13 * 8, .out = 10}, rng},
  };
  // model.summary()
  std::cout << summary(net, {28, 28, 1});
  //! [model]

  //! [fit]
  // model.compile(Adam(2e-3), SparseCategoricalCrossentropy(from_logits=True), ["accuracy"])
  // model.fit(x_train, y_train, batch_size=32, epochs=3, validation_data=(x_test, y_test),
  //           callbacks=[ModelCheckpoint("best.keras", save_best_only=True),
  //                      EarlyStopping(patience=3)])
  Adam adam{{.learning_rate = 2e-3}};
  FitOptions options{.epochs = 3, .batch_size = 32, .log = nullptr};
  options.on_epoch = {save_best("best.safetensors", net), early_stopping({.patience = 3})};
  fit(net, train, test, options, rng, adam);
  //! [fit]

  //! [evaluate]
  // model.evaluate(x_test, y_test); model.predict(x); model.save_weights("net.weights.h5")
  std::printf("accuracy %.2f\n", evaluate(net, test)["accuracy"]);
  const Array logits = predict(net, zeros({1, 28, 28, 1}));
  std::printf("logits %s\n", to_string(logits.shape()).c_str());
  save("net.safetensors", net);
  //! [evaluate]
}
