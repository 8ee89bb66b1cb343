// SPDX-License-Identifier: MIT
#include <xtape/xtape.hpp>

#include <cstdio>
#include <fstream>

using namespace xtape;

namespace {

void pictures() {
  //! [pictures]
  const data::ImageDataset train = data::synthetic_pictures({.count = 512});  // or data::cifar10()
  const data::ChannelStatistics numbers = data::channel_statistics(train);
  const auto augmented =
      data::augment(train, {data::flip(), data::crop({.padding = 4}), data::normalize(numbers)});
  Rng rng{1};
  for (const auto& [images, labels] : data::batches(augmented, 128, rng))
    std::printf("%s %s\n", to_string(images.shape()).c_str(), to_string(labels.shape()).c_str());
  //! [pictures]

  //! [own]
  const data::Augmentation darker = [](data::ImageView image, Rng& rng) {
    const auto light = static_cast<Scalar>(0.5 + 0.5 * rng.uniform());
    for (Scalar& x : image.pixels) x *= light;
  };
  const auto evening = data::augment(train, {darker, data::rotate({.degrees = 10})});
  //! [own]

  //! [combined]
  const auto noisy = data::map(evening, [](data::Batch batch, Rng& rng) {
    for (Scalar& x : batch.inputs[0].numbers()) x += static_cast<Scalar>(0.05 * rng.normal());
    return batch;
  });
  const auto both = data::concat({train, noisy});
  const auto [most, last] = data::split(train, 0.25);
  const auto balanced = data::oversample(train, train.labels());
  std::printf("%d together, %d and %d, %d balanced\n", int(both.size()), int(most.size()),
              int(last.size()), int(balanced.size()));
  //! [combined]
}

void files() {
  for (const char* const name : {"0.bin", "1.bin"})
    std::ofstream{name} << std::string(100 * 3073, '\1');
  //! [files]
  const data::ImageFiles train = data::open_cifar({"0.bin", "1.bin"});
  const auto augmented = data::augment(train, {data::flip(), data::crop({.padding = 4})});
  std::printf("%d pictures %s, in files\n", int(augmented.size()),
              to_string(train.sample_shape()).c_str());
  //! [files]
}

void characters() {
  std::string text;
  for (int i = 0; i < 50; ++i) text += "the cat sat on the mat and the rat sat on the cat ";
  //! [vocabulary]
  const data::Vocabulary vocabulary{text};  // text = data::read_text("file.txt")
  const auto [train, validation] =
      data::split(data::TextDataset{vocabulary.encode(text), {.context = 16, .shift = true}}, 0.1);
  std::printf("%d characters, %d windows to train with and %d to validate\n",
              int(vocabulary.size()), int(train.size()), int(validation.size()));
  //! [vocabulary]

  //! [windows]
  Rng rng{1};
  for (const auto& [input, target] : data::batches(validation, 1)) {
    std::printf("[%s] [%s]\n", vocabulary.decode(input.ids()).c_str(),
                vocabulary.decode(target.ids()).c_str());
    break;
  }
  //! [windows]

  Dense net{{.in = 2, .out = 2}, rng};
  //! [settings]
  save("net.safetensors", net, {.settings = {{"vocabulary", vocabulary.characters()}}});
  const data::Vocabulary same{load_settings("net.safetensors").at("vocabulary")};
  //! [settings]
  std::printf("the same vocabulary: %s\n",
              same.characters() == vocabulary.characters() ? "yes" : "no");
}

void tables() {
  std::ofstream{"houses.csv"} << "rooms,area,street,price\n"
                                 "3,70.5,High Street,210\n"
                                 "5,120,\"Main Street, north\",340\n"
                                 "2,48,High Street,150\n";
  //! [csv]
  const data::Table houses = data::read_csv("houses.csv");
  const auto [streets, names] = houses.categories("street");
  const data::ArrayDataset dataset{{.inputs = {houses.numbers({"rooms", "area"}), streets},
                                    .targets = {houses.numbers({"price"})}}};
  std::printf("%d houses in %d streets, the first is %s\n", int(dataset.size()), int(names.size()),
              names[0].c_str());
  //! [csv]
}

}  // namespace

int main() {
  pictures();
  files();
  characters();
  tables();
}
