// SPDX-License-Identifier: MIT
#include <xtape/xtape.hpp>

#include <cstdio>

using namespace xtape;

namespace {

//! [unlisted]
struct Forgetful {  // has a parameter and lists none
  explicit Forgetful(Rng& rng) : hidden{{.in = 784, .out = 10}, rng} {}
  Variable operator()(const Variable& x) { return hidden(flatten(x)); }
  Dense hidden;
};
//! [unlisted]

template <class F>
void expect_error(F&& f) {
  try {
    f();
  } catch (const Error& error) {
    std::printf("%s\n", error.message().c_str());
    if (!error.hint().empty()) std::printf("  hint: %s\n", error.hint().c_str());
  }
}

}  // namespace

int main() {
  Rng rng{1};
  {
    //! [braces]
    const Array values{3, 4};           // two elements, 3 and 4
    const Array shape = zeros({3, 4});  // twelve elements
    std::printf("%d and %d elements\n", int(values.size()), int(shape.size()));
    //! [braces]
  }
  {
    //! [options]
    const Adam::Options options{.learning_rate = 1e-3};
    Adam adam{options};
    //! [options]
  }
  {
    //! [lazy]
    const Array a{1, 2, 3};
    const Array right = a + a;  // an array of its own
    // auto wrong = a + a;      // an expression, computed at each use
    //! [lazy]
    std::printf("%d elements\n", int(right.size()));
  }
  {
    //! [tanh]
    Sequential net{Dense{{.in = 2, .out = 4}, rng}, Tanh{}};
    //! [tanh]
    std::printf("%d layers\n", int(net.size()));
  }
  {
    //! [function]
    Sequential net{Dense{{.in = 2, .out = 4}, rng},
                   [](const Variable& x) { return gelu(x, {.tanh = true}); }};
    //! [function]
    std::printf("%d layers\n", int(net.size()));
  }
  {
    //! [copy]
    const auto make = [&] { return Sequential{Dense{{.in = 2, .out = 4}, rng}, relu}; };
    Sequential net = make(), copy = make();
    copy_weights(net, copy);
    //! [copy]
    const Array x{{1, 2}};
    std::printf("%s\n", predict(net, x) == predict(copy, x) ? "equal outputs" : "others");
  }
  {
    //! [twice]
    Tape tape;
    Variable x = tape.variable({1, 2});
    Variable y = sum(square(x));
    tape.backward(y);
    expect_error([&] { tape.backward(y); });
    //! [twice]
  }
  {
    //! [grad]
    Tape tape;
    Variable x = tape.variable({1, 2});
    Variable y = square(x);
    tape.backward(sum(y));
    expect_error([&] { y.grad(); });
    //! [grad]
  }
  {
    //! [generator]
    Dropout dropout{0.5};
    Tape tape;  // should be Tape tape{Mode::train, rng};
    expect_error([&] { dropout(tape.variable({1, 2})); });
    //! [generator]
  }
  {
    //! [outlives]
    const auto logits_of = [&](auto& net, const Array& x) {
      Tape tape{Mode::eval};
      return net(tape.input(x));  // should be predict(net, x), an array
    };
    Dense net{{.in = 2, .out = 3}, rng};
    expect_error([&] { softmax(logits_of(net, {{1, 2}})); });
    //! [outlives]
  }
  {
    //! [flatten]
    Sequential net{Dense{{.in = 784, .out = 10}, rng}};
    Tape tape{Mode::eval};
    expect_error([&] { net(tape.input(zeros({64, 28, 28, 1}))); });
    //! [flatten]
  }
  {
    const auto digits = data::synthetic_digits({.count = 100});
    //! [fit]
    Forgetful net{rng};
    Adam adam;
    expect_error([&] { fit(net, digits, digits, {.epochs = 1, .log = nullptr}, rng, adam); });
    //! [fit]
  }
  {
    //! [mse]
    Tape tape;
    Variable prediction = tape.variable(zeros({4, 1}));
    expect_error([&] { mse(prediction, Array{1, 2, 3, 4}); });
    //! [mse]
  }
}
