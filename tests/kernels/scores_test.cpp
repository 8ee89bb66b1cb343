// SPDX-License-Identifier: MIT
#include "kernel_test.hpp"

#include "kernels/scores.hpp"

using namespace test;

BOOST_AUTO_TEST_SUITE(scores)

using kernels::score_columns;
using kernels::ScoreBlock;
using Kernels = Table<kernels::ScoreKernels>;

// Two blocks one after the other, of which a row sees more and more.
BOOST_AUTO_TEST_CASE(weights_of_blocks_are_those_of_the_whole_row) {
  const std::size_t rows = 19, first = score_columns, second = 21, width = 19;
  const Guarded<Scalar> scores = numbers(2 * rows * score_columns, 1, -30, 30);
  const auto score = [&](std::size_t r, std::size_t c) {
    const std::size_t block = c / score_columns;
    return 0.5 *
           static_cast<double>(scores[(block * rows + r) * score_columns + c % score_columns]);
  };
  const auto seen = [&](std::size_t r) { return first + std::min<std::size_t>(second, 5 + r); };
  std::vector<double> sums(rows);
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t c = 0; c < seen(r); ++c) sums[r] += std::exp(score(r, c));
  for_each_set<Kernels>([&](const Kernels& table) {
    Guarded<Scalar> s{scores}, most{rows, -infinity}, out{rows * width, 1};
    std::vector<double> sum(rows);
    const ScoreBlock whole{rows, first, first, Scalar{0.5}, {}},
        part{rows, second, 5, Scalar{0.5}, {}};
    table.weigh(whole, s.data(), most.data(), sum.data(), out.data(), width, width);
    std::fill_n(out.data(), rows * width, Scalar{1});
    const Guarded<Scalar> before = most;
    table.weigh(part, s.data() + rows * score_columns, most.data(), sum.data(), out.data(), width,
                width);
    BOOST_TEST((s.intact() && out.intact()));
    for (std::size_t r = 0; r < rows; ++r) {
      const double scale = std::exp(static_cast<double>(most[r]));
      BOOST_TEST(close(sum[r] * scale, sums[r], 1e3 * epsilon));
      for (std::size_t c = first; c < first + second; ++c) {
        const double w = static_cast<double>(s[(rows + r) * score_columns + c - first]);
        BOOST_TEST(close(w * scale, c < seen(r) ? std::exp(score(r, c)) : 0, 1e3 * epsilon));
      }
      const double factor = std::exp(static_cast<double>(before[r] - most[r]));
      for (std::size_t c = 0; c < width; ++c)
        BOOST_TEST(close(static_cast<double>(out[r * width + c]), factor, 64 * epsilon));
    }
    table.finish(rows, most.data(), sum.data(), out.data(), width, width);
    for (std::size_t r = 0; r < rows; ++r)
      BOOST_TEST(close(static_cast<double>(most[r]), std::log(sums[r]), 64 * epsilon));
  });
}

BOOST_AUTO_TEST_CASE(slopes_of_scores) {
  const std::size_t rows = 4, columns = 37;
  const Guarded<Scalar> scores = numbers(rows * score_columns, 1, -3, 3),
                        slopes = numbers(rows * score_columns, 2), sums = numbers(rows, 3, 2, 4),
                        dots = numbers(rows, 4);
  for_each_set<Kernels>([&](const Kernels& table) {
    Guarded<Scalar> s = scores, d = slopes;
    table.weigh_grad({rows, columns, 33, Scalar{0.25}, {}}, s.data(), d.data(),
                     Guarded<Scalar>{sums}.data(), Guarded<Scalar>{dots}.data());
    BOOST_TEST((s.intact() && d.intact()));
    for (std::size_t r = 0; r < rows; ++r)
      for (std::size_t c = 0; c < columns; ++c) {
        const std::size_t i = r * score_columns + c;
        const double w =
            c < 33 + r
                ? std::exp(0.25 * static_cast<double>(scores[i]) - static_cast<double>(sums[r]))
                : 0;
        BOOST_TEST(close(static_cast<double>(s[i]), w, 16 * epsilon));
        BOOST_TEST(close(static_cast<double>(d[i]),
                         0.25 * w * (static_cast<double>(slopes[i]) - static_cast<double>(dots[r])),
                         16 * epsilon));
      }
  });
}

// The same weights are dropped for every instruction set, and when they are computed again.
BOOST_AUTO_TEST_CASE(dropped_weights_are_named_by_their_counter) {
  const std::size_t rows = 3;
  const Guarded<Scalar> ones{rows * score_columns, 1};
  ScoreBlock block{rows, score_columns, score_columns, 1, {1, 2, 0.5, 48, 32}};
  Guarded<Scalar> expected{0};
  for_each_set<Kernels>([&](const Kernels& table) {
    Guarded<Scalar> s = ones, again = ones, most{rows, -infinity}, d{rows * score_columns, 1};
    std::vector<double> sum(rows);
    table.weigh(block, s.data(), most.data(), sum.data(), nullptr, 0, 0);
    table.weigh_grad(block, again.data(), d.data(), most.data(), Guarded<Scalar>{rows}.data());
    if (expected.size() == 0) expected = s;
    for (std::size_t i = 0; i < s.size(); ++i)
      BOOST_TEST((s[i] == expected[i] && s[i] == again[i] && (s[i] == 0 || s[i] == 2)));
    // A row that begins at the counter of the second one.
    ScoreBlock later = block;
    later.rows = 1;
    later.dropout.counter += later.dropout.step;
    Guarded<Scalar> one{score_columns, 1}, other{1, -infinity};
    double total = 0;
    table.weigh(later, one.data(), other.data(), &total, nullptr, 0, 0);
    for (std::size_t i = 0; i < score_columns; ++i) BOOST_TEST(one[i] == s[score_columns + i]);
  });
}

BOOST_AUTO_TEST_SUITE_END()
