// SPDX-License-Identifier: MIT
// Products of any shape are about as fast as those of OpenBLAS, at its best for this processor. What goes a wrong way
// takes twice as long; less is no failure, as others may use the same core and caches.
//   test-speed [x86_64_v3]     the kernels of an instruction set, or the best of this machine
#include "../timing.hpp"
#include "kernel_test.hpp"

#include "kernels/matmul.hpp"

#include <xtensor-blas/xblas.hpp>

#include <cstdio>
#include <cstdlib>

#include <unistd.h>

extern "C" {
void openblas_set_num_threads(int threads);
int openblas_get_num_threads(void);
}

using namespace test;

namespace {

const kernels::DenseKernels* dense = &kernels::best<kernels::DenseKernels>();

struct Product {
  std::size_t m, n, k;
  bool a_transposed, b_transposed;
  Guarded<Scalar> a = numbers(m * k, 1), b = numbers(k * n, 2), c{m * n};

  void ours() {
    kernels::matmul(*dense, m, n, k, {a.data(), a_transposed ? m : k, a_transposed},
                    {b.data(), b_transposed ? k : n, b_transposed}, c.data());
  }
  void theirs() {
    using Index = xt::blas_index_t;
    const auto flag = [](bool transposed) {
      return transposed ? cxxblas::Trans : cxxblas::NoTrans;
    };
    const auto size = [](std::size_t x) { return static_cast<Index>(x); };
    cxxblas::gemm<Index>(cxxblas::RowMajor, flag(a_transposed), flag(b_transposed), size(m),
                         size(n), size(k), Scalar{1}, a.data(), size(a_transposed ? m : k),
                         b.data(), size(b_transposed ? k : n), Scalar{0}, c.data(), size(n));
  }
  double flops() const { return 2.0 * static_cast<double>(m * n * k); }
};

// How fast we are, OpenBLAS being 1, or a figure above `enough`.
double ratio(Product& product, double enough) {
  const int calls = std::clamp(static_cast<int>(1e8 / product.flops()), 1, 50);
  const auto repeated = [calls](auto f) {
    return [calls, f] {
      for (int i = 0; i < calls; ++i) f();
    };
  };
  return 1 / time_ratio(repeated([&] { product.ours(); }), repeated([&] { product.theirs(); }),
                        1 / enough);
}

}  // namespace

BOOST_AUTO_TEST_CASE(products_of_any_shape) {
  constexpr double enough = 0.6;
  const ThreadLimit one{1};
  openblas_set_num_threads(1);
  constexpr std::size_t sizes[][3] = {
      {100, 100, 100},   {129, 129, 129},   {200, 200, 200},  {300, 300, 300},  {700, 700, 700},
      {1024, 1024, 512}, {1500, 1500, 200}, {100, 1500, 700}, {1500, 100, 700}, {1500, 700, 100},
      {700, 1500, 100},  {160, 250, 1500},  {1500, 160, 160}};
  for (const auto& [m, n, k] : sizes)
    for (const bool ta : {false, true})
      for (const bool tb : {false, true}) {
        Product product{m, n, k, ta, tb};
        const double reached = ratio(product, enough);
        std::printf("%4zu %4zu %4zu %s %s %5.2f\n", m, n, k, ta ? "a^T" : "a  ", tb ? "b^T" : "b  ",
                    reached);
        BOOST_TEST(reached >= enough, "(" << m << ", " << k << ") times (" << k << ", " << n << ')'
                                          << (ta ? ", a transposed" : "")
                                          << (tb ? ", b transposed" : "") << ": " << reached);
      }
}

// A program that uses OpenBLAS itself keeps its setting.
BOOST_AUTO_TEST_CASE(the_threads_of_openblas_are_left_alone) {
  openblas_set_num_threads(2);
  Product product{300, 300, 300, false, false};
  product.ours();
  BOOST_TEST(openblas_get_num_threads() == 2);
}

int main(int argc, char** argv) {
  const auto sets = kernels::instruction_sets();
  std::string_view isa = sets.back();
  if (argc > 1) {
    isa = argv[1];
    const auto found = std::ranges::find(sets, isa);
    if (found == sets.end()) return std::printf("this processor has no %s\n", argv[1]), 77;
    dense = &kernels::all<kernels::DenseKernels>()[found - sets.begin()];
    --argc, ++argv;
  }
  // OpenBLAS takes a processor that it does not know for a very old one. It asks when it is loaded.
  const char* const core = isa == "x86_64_v4"   ? "SkylakeX"
                           : isa == "x86_64_v3" ? "Haswell"
                                                : nullptr;
  const char* const set = std::getenv("OPENBLAS_CORETYPE");
  if (core != nullptr && (set == nullptr || std::string_view{set} != core)) {
    setenv("OPENBLAS_CORETYPE", core, 1);
    const std::string name{isa};
    execl("/proc/self/exe", argv[0], name.c_str(), nullptr);
  }
  return boost::unit_test::unit_test_main([] { return true; }, argc, argv);
}
