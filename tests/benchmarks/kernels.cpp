// SPDX-License-Identifier: MIT
// How fast the kernels are, on one thread, beside what the machine can do in the same run: `machine/sgemm`
// and `machine/triad`. The counters are rates per second: flops and bytes.
//   kernels --benchmark_filter=dense
#include "kernels/conv.hpp"
#include "kernels/dispatch.hpp"
#include "kernels/functions.hpp"
#include "kernels/half_conv.hpp"
#include "kernels/half_product.hpp"
#include "kernels/matmul.hpp"
#include "kernels/pool.hpp"
#include "kernels/random.hpp"
#include "kernels/rows.hpp"
#include "kernels/winograd.hpp"

#include <xtape/xtape.hpp>

#include <benchmark/benchmark.h>
#include <cblas.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace xtape;
using benchmark::State;
using namespace xtape::kernels;

// As in training.
constexpr std::size_t batch = 64;

PooledVector<Scalar> numbers(std::size_t size, double scale = 1) {
  Rng rng{size};
  PooledVector<Scalar> all(size);
  for (Scalar& x : all) x = static_cast<Scalar>(scale * (rng.uniform() - 0.5));
  return all;
}

// Reports the rates of what one iteration does. The amounts are those of one iteration.
void rates(State& state, double flops, double bytes) {
  using Counter = benchmark::Counter;
  if (flops > 0) state.counters["flops"] = Counter(flops, Counter::kIsIterationInvariantRate);
  if (bytes > 0) state.counters["bytes"] = Counter(bytes, Counter::kIsIterationInvariantRate);
}

double size_of(std::size_t elements) { return static_cast<double>(elements * sizeof(Scalar)); }

// What the machine can do.

void sgemm(State& state) {
  constexpr int n = 1024;
  const auto a = numbers(n * n), b = numbers(n * n);
  auto c = numbers(n * n);
  openblas_set_num_threads(1);
  for (auto _ : state)
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, n, n, 1, a.data(), n, b.data(), n, 0,
                c.data(), n);
  rates(state, 2.0 * n * n * n, 0);
}
BENCHMARK(sgemm)->Name("machine/sgemm");

// a = b + 3 c, as in STREAM: three arrays of together as many bytes as Adam works on for the CNN.
void triad(State& state) {
  const std::size_t size = 4 * 1'387'594 / 3;
  const auto b = numbers(size), c = numbers(size);
  auto a = numbers(size);
  for (auto _ : state) {
    for (std::size_t i = 0; i < size; ++i) a[i] = b[i] + 3 * c[i];
    benchmark::DoNotOptimize(a.data());
    benchmark::ClobberMemory();
  }
  rates(state, 0, 3 * size_of(size));
}
BENCHMARK(triad)->Name("machine/triad");

// The products of a dense layer, of (batch, in) and (in, out).

// In half precision by a unit, or without one in Scalar.
void product(State& state, const HalfUnit* unit, std::size_t m, std::size_t n, std::size_t k,
             bool ta, bool tb) {
  const auto a = numbers(m * k), b = numbers(k * n);
  auto c = numbers(m * n);
  for (auto _ : state)
    kernels::matmul(unit, m, n, k, {a.data(), ta ? m : k, ta}, {b.data(), tb ? k : n, tb},
                    c.data());
  rates(state, 2.0 * static_cast<double>(m * n * k), size_of(m * n + m * k + k * n));
}
void dense(State& state, std::size_t in, std::size_t out) {
  product(state, nullptr, batch, out, in, false, false);
}
void dense_grad_input(State& state, std::size_t in, std::size_t out) {
  product(state, nullptr, batch, in, out, false, true);
}
void dense_grad_weight(State& state, std::size_t in, std::size_t out) {
  product(state, nullptr, in, out, batch, true, false);
}
#define XTAPE_DENSE(in, out)                                                  \
  BENCHMARK_CAPTURE(dense, in##x##out, in, out)->Name("dense/" #in "x" #out); \
  BENCHMARK_CAPTURE(dense_grad_input, in##x##out, in, out)                    \
      ->Name("dense_grad_input/" #in "x" #out);                               \
  BENCHMARK_CAPTURE(dense_grad_weight, in##x##out, in, out)->Name("dense_grad_weight/" #in "x" #out)
XTAPE_DENSE(5408, 256);
XTAPE_DENSE(784, 256);
XTAPE_DENSE(400, 120);
XTAPE_DENSE(256, 10);

// Products of large matrices.
#define XTAPE_PRODUCT(m, n, k)                                   \
  BENCHMARK_CAPTURE(product, ab, nullptr, m, n, k, false, false) \
      ->Name("product/" #m "x" #n "x" #k);                       \
  BENCHMARK_CAPTURE(product, tb, nullptr, m, n, k, true, false)  \
      ->Name("product/" #m "x" #n "x" #k "/a^T");                \
  BENCHMARK_CAPTURE(product, at, nullptr, m, n, k, false, true)  \
      ->Name("product/" #m "x" #n "x" #k "/b^T")
XTAPE_PRODUCT(300, 300, 300);
XTAPE_PRODUCT(1024, 1024, 1024);
XTAPE_PRODUCT(192, 512, 784);

// Convolutions of images of size x size pixels, without padding.

// Windows over an axis, `stride` apart.
Slide slide(std::size_t size, std::size_t window, std::size_t stride) {
  return {size, window, stride, 1, 0, 0, (size - window) / stride + 1};
}
ConvSizes convolution(std::size_t size, std::size_t in, std::size_t kernel, std::size_t out) {
  const Slide rows = slide(size, kernel, 1);
  return {batch, in, out, rows, rows};
}
std::size_t image(const ConvSizes& s) { return s.batch * s.rows.size * s.columns.size * s.in; }
std::size_t result(const ConvSizes& s) { return s.batch * s.rows.count * s.columns.count * s.out; }
std::size_t weights(const ConvSizes& s) { return s.rows.window * s.columns.window * s.in * s.out; }
double flops(const ConvSizes& s) {
  return 2.0 * static_cast<double>(result(s)) * static_cast<double>(weights(s)) /
         static_cast<double>(s.out);
}

// By run(x, kernel, bias, y).
template <class Run>
void forward(State& state, const ConvSizes& s, Run run) {
  const auto x = numbers(image(s)), kernel = numbers(weights(s)), bias = numbers(s.out);
  auto y = numbers(result(s));
  for (auto _ : state) run(x.data(), kernel.data(), bias.data(), y.data());
  rates(state, flops(s), size_of(image(s) + weights(s) + result(s)));
}
// By run(x, g, dk).
template <class Run>
void grad_kernel(State& state, const ConvSizes& s, Run run) {
  const auto x = numbers(image(s)), g = numbers(result(s));
  auto dk = numbers(weights(s));
  for (auto _ : state) run(x.data(), g.data(), dk.data());
  rates(state, flops(s), size_of(image(s) + weights(s) + result(s)));
}

void conv2d(State& state, ConvSizes s) {
  forward(state, s, [&](auto x, auto kernel, auto bias, auto y) {
    best<ConvKernels>().conv2d(s, x, kernel, bias, Activation::relu, y);
  });
}
void conv2d_grad_kernel(State& state, ConvSizes s) {
  grad_kernel(state, s, [&](auto x, auto g, auto dk) {
    best<ConvGradKernels>().conv2d_grad_kernel(s, x, g, dk);
  });
}
#define XTAPE_CONV(name, size, in, kernel, out)                                               \
  BENCHMARK_CAPTURE(conv2d, name, convolution(size, in, kernel, out))->Name("conv2d/" #name); \
  BENCHMARK_CAPTURE(conv2d_grad_kernel, name, convolution(size, in, kernel, out))             \
      ->Name("conv2d_grad_kernel/" #name)
XTAPE_CONV(cnn, 28, 1, 3, 32);
XTAPE_CONV(lenet5_1, 32, 1, 5, 6);
XTAPE_CONV(lenet5_2, 14, 6, 5, 16);
XTAPE_CONV(vgg_1, 34, 3, 3, 32);
XTAPE_CONV(vgg_2, 34, 32, 3, 32);
XTAPE_CONV(vgg_4, 18, 64, 3, 64);
XTAPE_CONV(vgg_6, 10, 128, 3, 128);

// The same in other ways, where there are enough channels: by few multiplications, which are rated as if there were
// all, and in half precision, by the best unit of the machine.
const HalfUnit* half() { return half_units().empty() ? nullptr : &half_units().back(); }

void winograd_conv2d(State& state, ConvSizes s) {
  forward(state, s, [&](auto x, auto kernel, auto bias, auto y) {
    best<WinogradKernels>().conv2d(s, x, kernel, bias, Activation::relu, y);
  });
}
void winograd_grad_kernel(State& state, ConvSizes s) {
  grad_kernel(state, s, [&](auto x, auto g, auto dk) {
    best<WinogradKernels>().conv2d_grad_kernel(s, x, g, dk);
  });
}
void half_conv2d(State& state, ConvSizes s) {
  forward(state, s, [&](auto x, auto kernel, auto bias, auto y) {
    best<HalfConvKernels>().conv2d(*half(), s, x, kernel, bias, Activation::relu, y);
  });
}
void half_grad_kernel(State& state, ConvSizes s) {
  grad_kernel(state, s, [&](auto x, auto g, auto dk) {
    best<HalfConvGradKernels>().conv2d_grad_kernel(*half(), s, x, g, dk);
  });
}

void register_other_ways() {
  using benchmark::RegisterBenchmark;
  struct Layer {
    std::string name;
    std::size_t size, channels;
  };
  for (const auto& [name, size, channels] :
       {Layer{"vgg_2", 34, 32}, {"vgg_4", 18, 64}, {"vgg_6", 10, 128}, {"resnet_1", 34, 16}}) {
    const ConvSizes s = convolution(size, channels, 3, channels);
    RegisterBenchmark(("winograd/conv2d/" + name).c_str(), winograd_conv2d, s);
    RegisterBenchmark(("winograd/conv2d_grad_kernel/" + name).c_str(), winograd_grad_kernel, s);
    if (half() == nullptr) continue;
    RegisterBenchmark(("half/conv2d/" + name).c_str(), half_conv2d, s);
    RegisterBenchmark(("half/conv2d_grad_kernel/" + name).c_str(), half_grad_kernel, s);
  }
  if (half() == nullptr) return;
  RegisterBenchmark("half/dense/5408x256", product, half(), batch, 256, 5408, false, false);
  RegisterBenchmark("half/dense_grad_input/5408x256", product, half(), batch, 5408, 256, false,
                    true);
  RegisterBenchmark("half/dense_grad_weight/5408x256", product, half(), 5408, 256, batch, true,
                    false);
  RegisterBenchmark("half/product/1024x1024x1024", product, half(), 1024, 1024, 1024, false, false);
  RegisterBenchmark("half/product/4096x512x128", product, half(), 4096, 512, 128, false, false);
}

PoolSizes pooling(const ConvSizes& s) {
  return {s.batch, s.out, slide(s.rows.count, 2, 2), slide(s.columns.count, 2, 2)};
}
std::size_t result(const PoolSizes& s) {
  return s.batch * s.rows.count * s.columns.count * s.channels;
}

void conv2d_max_pool(State& state, ConvSizes s) {
  const PoolSizes p = pooling(s);
  const auto x = numbers(image(s)), kernel = numbers(weights(s)), bias = numbers(s.out);
  auto y = numbers(result(p));
  PooledVector<std::uint8_t> position(result(p));
  for (auto _ : state)
    best<ConvKernels>().conv2d_max_pool(s, p, x.data(), kernel.data(), bias.data(),
                                        Activation::relu, y.data(), position.data());
  rates(state, flops(s), size_of(image(s) + weights(s) + result(p)));
}
void conv2d_max_pool_grad_kernel(State& state, ConvSizes s) {
  const PoolSizes p = pooling(s);
  const auto x = numbers(image(s)), g = numbers(result(p));
  auto dk = numbers(weights(s));
  PooledVector<std::uint8_t> position(result(p), 1);
  for (auto _ : state)
    best<ConvGradKernels>().conv2d_max_pool_grad_kernel(s, p, x.data(), position.data(), g.data(),
                                                        dk.data());
  rates(state, flops(s), size_of(image(s) + weights(s) + result(p)));
}
BENCHMARK_CAPTURE(conv2d_max_pool, cnn, convolution(28, 1, 3, 32))->Name("conv2d_max_pool/cnn");
BENCHMARK_CAPTURE(conv2d_max_pool_grad_kernel, cnn, convolution(28, 1, 3, 32))
    ->Name("conv2d_max_pool_grad_kernel/cnn");

void max_pool2d(State& state) {
  const PoolSizes p = pooling(convolution(28, 1, 3, 32));
  const auto x = numbers(p.batch * p.rows.size * p.columns.size * p.channels);
  auto y = numbers(result(p));
  PooledVector<std::uint8_t> position(result(p));
  for (auto _ : state) best<PoolKernels>().max_pool2d(p, x.data(), y.data(), position.data());
  rates(state, 0, size_of(x.size() + y.size()));
}
BENCHMARK(max_pool2d);

// Loops over memory: the activations of the CNN's first layer.
constexpr std::size_t features = batch * 5408;

void dropout(State& state) {
  const auto x = numbers(features);
  auto y = numbers(features);
  PooledVector<std::uint8_t> mask(features);
  for (auto _ : state)
    best<RandomKernels>().dropout(1, 2, 0.75, Scalar{4} / 3, x.data(), y.data(), mask.data(),
                                  features);
  rates(state, 0, 2 * size_of(features) + features);
}
BENCHMARK(dropout);

void dropout_grad(State& state) {
  auto g = numbers(features);
  const PooledVector<std::uint8_t> mask(features, 1);
  for (auto _ : state)
    best<RandomKernels>().dropout_grad(mask.data(), 1, g.data(), g.data(), features);
  rates(state, 0, 2 * size_of(features) + features);
}
BENCHMARK(dropout_grad);

void exp(State& state) {
  const auto x = numbers(features);
  auto y = numbers(features);
  const Source from{x.data()};
  for (auto _ : state)
    best<FunctionKernels>().apply[std::size_t(Function::exp)](&from, y.data(), features);
  rates(state, 0, 2 * size_of(features));
}
BENCHMARK(exp);

void softmax_cross_entropy(State& state) {
  const auto x = numbers(batch * 10);
  auto dx = numbers(batch * 10);
  const std::vector<std::int32_t> labels(batch, 3);
  for (auto _ : state)
    benchmark::DoNotOptimize(best<RowKernels>().cross_entropy({batch, 10}, x.data(), labels.data(),
                                                              {0, nullptr, batch}, dx.data()));
  rates(state, 0, 2 * size_of(x.size()));
}
BENCHMARK(softmax_cross_entropy);

// The optimizers' passes over the CNN's parameters, with the visitor that users call.
void update(State& state, std::string_view optimizer_name) {
  Parameter p{zeros({1'387'594})};
  std::ranges::copy(numbers(p.size()), p.value().begin());
  std::ranges::copy(numbers(p.size()), p.grad().begin());
  const auto optimizer = make_optimizer(optimizer_name);
  Parameter* const all[] = {&p};
  for (auto _ : state) walk(all, *optimizer);
  rates(state, 0, static_cast<double>(p.size() * optimizer->bytes_per_element()));
}
BENCHMARK_CAPTURE(update, adam, "adam")->Name("update/adam");
BENCHMARK_CAPTURE(update, rmsprop, "rmsprop")->Name("update/rmsprop");
BENCHMARK_CAPTURE(update, momentum, "momentum")->Name("update/momentum");
BENCHMARK_CAPTURE(update, sgd, "sgd")->Name("update/sgd");

// What the tape itself costs per op, forward and backward, on arrays of one element: a hundred ops, as
// many as a deep network has.
template <class F>
void tape_ops(State& state, F op) {
  constexpr int ops = 100;
  for (auto _ : state) {
    Tape tape;
    Variable x = tape.variable(full({1}, 1));
    for (int i = 0; i < ops; ++i) x = op(x);
    tape.backward(x);
  }
  state.counters["ops"] = benchmark::Counter(ops, benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK_CAPTURE(tape_ops, square, [](const Variable& x) {
  return square(x);
})->Name("tape/square");
BENCHMARK_CAPTURE(tape_ops, relu, [](const Variable& x) { return relu(x); })->Name("tape/relu");
BENCHMARK_CAPTURE(tape_ops, add, [](const Variable& x) { return x + x; })->Name("tape/add");
BENCHMARK_CAPTURE(tape_ops, mul, [](const Variable& x) { return x * x; })->Name("tape/mul");

}  // namespace

int main(int argc, char** argv) {
  const ThreadLimit one{1};
  register_other_ways();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
}
