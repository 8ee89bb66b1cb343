// SPDX-License-Identifier: MIT
#include <xtape/xtape.hpp>

#include <cstdio>
#include <filesystem>

using namespace xtape;

namespace {

//! [model]
Sequential model(Rng& rng) {
  return Sequential{flatten, Dense{{.in = 784, .out = 16, .activation = Activation::relu}, rng},
                    Dropout{0.2}, Dense{{.in = 16, .out = 10}, rng}};
}
//! [model]

bool same_weights(Sequential& a, Sequential& b) {
  const auto left = parameters(a), right = parameters(b);
  for (std::size_t i = 0; i < left.size(); ++i)
    if (left[i].parameter->value() != right[i].parameter->value()) return false;
  return true;
}

// From a trained network to one for another task, which has a last layer of its own.
void fine_tuning() {
  Rng rng{1};
  Sequential net = model(rng);
  save("net.safetensors", net);
  {
    //! [part]
    Sequential letters{flatten, Dense{{.in = 784, .out = 16, .activation = Activation::relu}, rng},
                       Dropout{0.2}, Dense{{.in = 16, .out = 26}, rng}};
    const LoadReport report = load("net.safetensors", letters, {.partial = true});
    for (const std::string& name : report.loaded) std::printf("read: %s\n", name.c_str());
    for (const std::string& name : report.missing) std::printf("not read: %s\n", name.c_str());
    for (const std::string& name : report.unused) std::printf("left: %s\n", name.c_str());
    //! [part]
  }
  {
    //! [rename]
    Sequential encoder{flatten, Dense{{.in = 784, .out = 16}, rng}};
    Sequential both{std::move(encoder), relu, Dense{{.in = 16, .out = 10}, rng}};
    load("net.safetensors", both, {.rename = {{"0.1", "1"}, {"2", "3"}}});
    //! [rename]
  }
}

// Files that others read, and that others may have written.
void for_others() {
  {
    //! [numpy]
    Rng rng{1};
    Sequential net = model(rng), other = model(rng);
    save_npz("net.npz", net);
    load_npz("net.npz", other);
    std::printf("the same weights: %s\n", same_weights(net, other) ? "yes" : "no");
    //! [numpy]
  }
  {
    //! [pytorch]
    Rng rng{1};
    Sequential net{Conv2D{{.in = 1, .out = 8, .kernel = 3}, rng}, relu, MaxPool2D{2}, flatten,
                   Dense{{.in = 13 * 13 * 8, .out = 10}, rng}};
    const FlattenedImages flattened = flattened_images(net, {28, 28, 1});
    for (const auto& [name, channels] : flattened)
      std::printf("%s reads images of %d channels\n", name.c_str(), int(channels));
    save_npz("torch.npz", net, {.layout = Layout::torch, .flattened = flattened});
    save("torch.safetensors", net, {.layout = Layout::torch, .flattened = flattened});
    //! [pytorch]

    //! [not said]
    try {
      save_npz("torch.npz", net, {.layout = Layout::torch});
    } catch (const ValueError& error) {
      std::printf("%s\n", error.what());
    }
    //! [not said]

    //! [onnx]
    export_onnx("net.onnx", net, {28, 28, 1});  // the shape of one image, (H, W, C)
    //! [onnx]
  }
}

}  // namespace

int main() {
  {
    //! [weights]
    Rng rng{1};
    Sequential net = model(rng), other = model(rng);
    save("net.safetensors", net);
    load("net.safetensors", other);
    std::printf("the same weights: %s\n", same_weights(net, other) ? "yes" : "no");
    //! [weights]

    //! [another model]
    Sequential smaller{flatten, Dense{{.in = 784, .out = 8}, rng}};
    try {
      load("net.safetensors", smaller);
    } catch (const DataError& error) {
      std::printf("%s\n", error.what());
    }
    //! [another model]
  }

  const data::ImageDataset train = data::synthetic_digits({.count = 1000, .seed = 1});
  const data::ImageDataset test = data::synthetic_digits({.count = 200, .seed = 2});
  //! [resume]
  const auto run = [&](int epochs, const std::string& path) {
    Rng rng{7};
    Sequential net = model(rng);
    Adam adam;
    FitOptions options{.epochs = epochs, .log = nullptr};
    options.checkpoint = {.path = path, .every_steps = 5, .resume = true};
    fit(net, train, test, options, rng, adam);
    return net;
  };
  Sequential at_once = run(4, "once.safetensors");
  run(2, "twice.safetensors");                       // a training that ends early, ...
  Sequential resumed = run(4, "twice.safetensors");  // ... and goes on
  std::printf("the same bits: %s\n", same_weights(at_once, resumed) ? "yes" : "no");
  //! [resume]

  {
    //! [own loop]
    Rng rng{7};
    Sequential net = model(rng);
    Adam adam;
    std::uint64_t epoch = 0;
    Checkpoint checkpoint{net};
    checkpoint.add("adam", adam).add("rng", rng).add("epoch", epoch).set("model", "784-16-10");
    while (epoch < 2) {
      for (const auto& [images, labels] : data::batches(train, 100, rng)) {
        Tape tape{Mode::train, rng};
        tape.backward(softmax_cross_entropy(net(tape.input(images)), labels), adam);
      }
      ++epoch;
      checkpoint.save("own.safetensors");
    }
    adam.reset(), epoch = 0;
    checkpoint.load("own.safetensors");
    std::printf("epoch %d, step %d\n", int(epoch), int(adam.steps()));
    //! [own loop]
  }

  fine_tuning();
  for_others();
  for (const char* file :
       {"net.safetensors", "once.safetensors", "twice.safetensors", "own.safetensors", "net.npz",
        "torch.npz", "torch.safetensors", "net.onnx"})
    std::filesystem::remove(file);
}
