// SPDX-License-Identifier: MIT
// Writes what tapes have recorded, for the pages to show: graphs FOLDER
#include <xtape/xtape.hpp>

#include <filesystem>
#include <fstream>

using namespace xtape;

int main(int argc, char** argv) try {
  if (argc != 2) throw std::invalid_argument{"one argument is needed, a folder"};
  std::filesystem::current_path(argv[1]);
  {
    //! [pass]
    Parameter w{Array{{2, 1}, {-1, 1}}};
    Tape tape;
    Variable x = tape.input({{1, 0}, {0, 1}, {1, 1}});
    Variable loss = mean(square(matmul(x, tape.parameter(w))));
    std::ofstream{"pass.dot"} << dot(tape, std::vector<NamedParameter>{{"w", &w}});
    //! [pass]
  }
  {
    //! [model]
    Rng rng{42};
    Sequential net{Conv2D{{.in = 1, .out = 8, .kernel = 3}, rng}, relu, MaxPool2D{2}, flatten,
                   Dense{{.in = 13 * 13 * 8, .out = 10}, rng}};
    const data::ImageDataset digits = data::synthetic_digits({.count = 64});
    for (const auto& [images, labels] : data::batches(digits, 64)) {
      Tape tape{Mode::train, rng};
      Variable loss = softmax_cross_entropy(net(tape.input(images)), labels);
      std::ofstream{"model.dot"} << dot(tape, parameters(net));
    }
    //! [model]
  }
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
