// SPDX-License-Identifier: MIT
#include "kernel_test.hpp"

#include "kernels/resample.hpp"

using namespace test;

BOOST_AUTO_TEST_SUITE(resample)

using kernels::TermList;
using Kernels = Table<kernels::ResampleKernels>;

namespace {

// Of some positions of the source, some of them twice, and of none for every fifth position.
TermList<Scalar> terms(std::size_t from, std::size_t to, std::size_t count) {
  return {to, [=](std::size_t i, auto add) {
            for (std::size_t k = 0; k < (i % 5 == 4 ? 0 : count); ++k)
              add((3 * i + 2 * k) % from, static_cast<Scalar>(0.5 + 0.1 * static_cast<double>(k)));
          }};
}

}  // namespace

BOOST_AUTO_TEST_CASE(weighted_sums) {
  for (std::size_t channels : odd_sizes)
    for (std::size_t count : {1, 2, 9}) {
      const TermList<Scalar> rows = terms(5, 7, count), columns = terms(6, 4, count);
      auto x = numbers(2 * 5 * 6 * channels);
      std::vector<double> expected(2 * 7 * 4 * channels);
      for (std::size_t i = 0; i < expected.size(); ++i) {
        const std::size_t c = i % channels, pixel = i / channels;
        for (const auto& [row, a] : rows.table()[pixel / 4 % 7])
          for (const auto& [column, b] : columns.table()[pixel % 4])
            expected[i] +=
                static_cast<double>(a) * static_cast<double>(b) *
                static_cast<double>(x[((pixel / 28 * 5 + row) * 6 + column) * channels + c]);
      }
      for_each_set<Kernels>([&](const Kernels& table) {
        Guarded<Scalar> y{expected.size(), not_a_number};
        table.resample({2, 5, 6, channels, rows.table(), columns.table()}, x.data(), y.data());
        check_close(y, expected, 64 * epsilon, std::to_string(count) + " terms");
      });
    }
}

// Each term, with its factor, from the other side.
BOOST_AUTO_TEST_CASE(transposed_terms) {
  const TermList<Scalar> list = terms(5, 7, 3), back = list.transposed(5),
                         same = back.transposed(7);
  std::vector<double> there(35), away(35), again(35);
  for (std::size_t i = 0; i < 7; ++i) {
    for (const auto& [at, factor] : list.table()[i]) there[i * 5 + at] += factor;
    for (const auto& [at, factor] : same.table()[i]) again[i * 5 + at] += factor;
  }
  for (std::size_t i = 0; i < 5; ++i)
    for (const auto& [at, factor] : back.table()[i]) away[at * 5 + i] += factor;
  BOOST_TEST(there == away, boost::test_tools::per_element());
  BOOST_TEST(there == again, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(threads_do_not_matter) {
  const TermList<Scalar> rows = terms(50, 90, 3), columns = terms(60, 70, 3);
  auto x = numbers(4 * 50 * 60 * 17);
  for_each_set<Kernels>([&](const Kernels& table) {
    check_threads("resample", [&] {
      Guarded<Scalar> y{4 * 90 * 70 * 17};
      table.resample({4, 50, 60, 17, rows.table(), columns.table()}, x.data(), y.data());
      return y;
    });
  });
}

BOOST_AUTO_TEST_SUITE_END()
