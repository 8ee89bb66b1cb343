// SPDX-License-Identifier: MIT
// What each op makes of images, between a convolution and a dense layer: the rows of its weight are listed for
// PyTorch as they are there, or it is an error.
#include "../declared.hpp"
#include "flattened_rows.hpp"
#include "runtime.hpp"

#include <xtape/layers.hpp>
#include <xtape/ops.hpp>

#include <set>

using namespace test;

BOOST_AUTO_TEST_SUITE(image_order)

namespace {

using V = const Variable&;

Variable flat(V x) { return x.rank() == 2 ? x : flatten(x); }

}  // namespace

BOOST_AUTO_TEST_CASE(each_op_lists_them_right_or_throws) {
  Rng rng{1};
  int number = 0;
  for (const ImageRow& row : image_rows()) {
    Tape tape{Mode::eval};
    const Variable made = flat(row.make(tape.input(zeros({1, 4, 5, 3}))));
    Sequential net{row.make, flat, Dense{{.in = made.shape()[1], .out = 2}, rng}};
    const auto right = [&](const ValueError& error) {
      BOOST_TEST(error.message().ends_with(row.error + ": their order in PyTorch is not known"),
                 error.message());
      return true;
    };
    BOOST_TEST_CONTEXT(row.op << ", row " << number++) {
      if (!row.error.empty()) {
        BOOST_CHECK_EXCEPTION(flattened_images(net, {4, 5, 3}), ValueError, right);
        continue;
      }
      FlattenedImages expected;
      if (row.channels > 0) expected["2.weight"] = row.channels;
      BOOST_TEST((flattened_images(net, {4, 5, 3}) == expected));
    }
  }
}

BOOST_AUTO_TEST_CASE(each_op_has_a_row) {
  std::set<std::string> with_row;
  for (const ImageRow& row : image_rows()) with_row.insert(row.op);
  // What is computed element by element keeps the order, see ops_of_elements_tell_their_formulas.
  std::set<std::string> ops = declared("ops", op_pattern);
  for (const char* const header : elementwise_headers)
    for (const std::string& op : declared_in(header, op_pattern)) ops.erase(op);
  // Losses are scalars.
  for (const std::string& op : declared_in("ops/loss.hpp", op_pattern)) ops.erase(op);
  BOOST_TEST(ops.size() > 15u);
  for (const std::string& op : ops) BOOST_TEST(with_row.count(op) == 1u, op);
}

// As PyTorch computes it: of images (N, C, H, W) the mean over H is (N, C, W), and flattened (N, C W).
BOOST_AUTO_TEST_CASE(images_without_rows_are_read_in_the_order_of_torch) {
  const Directory directory;
  Rng rng{1};
  Sequential net{[](V x) { return mean(x, {.axes = {1}}); }, flatten,
                 Dense{{.in = 15, .out = 2}, rng}};
  save_npz(directory / "net", net,
           {.layout = Layout::torch, .flattened = flattened_images(net, {4, 5, 3})});
  Parameter w{zeros({2, 15})}, bias{zeros({2})};
  load_npz_weights(directory / "net", {{"2.weight", &w}, {"2.bias", &bias}});
  const Array x = random({2, 4, 5, 3});
  Tape tape{Mode::eval};
  const Array y = net(tape.input(x)).value();
  for (std::size_t n = 0; n < 2; ++n)
    for (std::size_t o = 0; o < 2; ++o) {
      double sum = static_cast<double>(bias.value()(o));
      for (std::size_t c = 0; c < 3; ++c)
        for (std::size_t column = 0; column < 5; ++column)
          for (std::size_t row = 0; row < 4; ++row)
            sum += static_cast<double>(w.value()(o, c * 5 + column) * x(n, row, column, c)) / 4;
      BOOST_TEST(std::abs(sum - static_cast<double>(y(n, o))) < 1e-5);
    }
}

BOOST_AUTO_TEST_SUITE_END()
