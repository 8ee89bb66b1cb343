// SPDX-License-Identifier: MIT
// Passes over parts of a batch that are made one: a BatchNorm does in them what it does with the whole batch.
#include "../ops/errors.hpp"

#include <xtape/derivatives.hpp>
#include <xtape/layers.hpp>
#include <xtape/ops.hpp>

#include <barrier>
#include <mutex>
#include <numeric>
#include <thread>

using namespace test;

BOOST_AUTO_TEST_SUITE(peers)

namespace {

// Threads that are each other's peers.
class Threads final : public Peers {
 public:
  explicit Threads(std::size_t size)
      : size_{size}, in_{std::ptrdiff_t(size)}, out_{std::ptrdiff_t(size), Clear{sums_}} {}

  std::size_t size() const noexcept override { return size_; }
  void sum(std::span<double> numbers) override {
    {
      const std::lock_guard lock{mutex_};
      sums_.resize(numbers.size());
      for (std::size_t i = 0; i < numbers.size(); ++i) sums_[i] += numbers[i];
    }
    in_.arrive_and_wait();
    std::ranges::copy(sums_, numbers.begin());
    out_.arrive_and_wait();
  }

 private:
  struct Clear {
    std::vector<double>& sums;
    void operator()() noexcept { sums.clear(); }
  };
  std::size_t size_;
  std::mutex mutex_;
  std::vector<double> sums_;
  std::barrier<> in_;
  std::barrier<Clear> out_;
};

struct Pass {
  std::vector<double> y, dx;          // of each element
  std::vector<double> sums, running;  // gradients of weight and bias; buffers
};

template <class Layer>
Pass pass(Layer layer, const Array& x, const Array& g, Peers* peers) {
  Tape tape;
  if (peers != nullptr) tape.synchronise(*peers);
  const Variable in = tape.variable(x), y = layer(in);
  tape.backward(sum(y * tape.input(g)));
  Pass all{elements(y.value()), elements(in.grad()), {}, {}};
  const auto append = [](std::vector<double>& to, const Array& array) {
    const auto more = elements(array);
    to.insert(to.end(), more.begin(), more.end());
  };
  for (const NamedParameter& named : parameters(layer)) append(all.sums, named.parameter->grad());
  for (const NamedBuffer& named : buffers(layer)) append(all.running, *named.buffer->value);
  return all;
}

// The rows [begin, end).
Array rows(const Array& x, std::size_t begin, std::size_t end) {
  const std::size_t row = x.size() / x.shape()[0];
  Shape shape = x.shape();
  shape[0] = end - begin;
  Array part = uninitialized(shape);
  std::copy(x.data() + begin * row, x.data() + end * row, part.data());
  return part;
}

void check(const std::vector<double>& a, const std::vector<double>& expected, const char* what) {
  BOOST_REQUIRE(a.size() == expected.size());
  for (std::size_t i = 0; i < a.size(); ++i)
    BOOST_TEST(close(a[i], expected[i], 64 * epsilon),
               what << ' ' << i << ": " << a[i] << ", expected " << expected[i]);
}

// What three make of 7 samples. make() is a layer for batches of them.
template <class Make>
std::vector<Pass> parts_of(const Array& x, const Array& g, Make make) {
  const std::vector<std::size_t> ends{0, 2, 6, 7};
  Threads threads{3};
  std::vector<Pass> parts(3);
  {
    std::vector<std::jthread> running;
    for (std::size_t i = 0; i < 3; ++i)
      running.emplace_back([&, i] {
        parts[i] =
            pass(make(), rows(x, ends[i], ends[i + 1]), rows(g, ends[i], ends[i + 1]), &threads);
      });
  }
  return parts;
}

// make() is a layer for batches of that shape, of 7 samples.
template <class Make>
void check_as_one(const Shape& shape, Make make) {
  const Array x = random(shape, 4, 9, 1), g = random(shape, -1, 1, 2);
  const Pass whole = pass(make(), x, g, nullptr);
  const std::vector<Pass> parts = parts_of(x, g, make);
  Pass together{{}, {}, std::vector<double>(whole.sums.size()), {}};
  for (const Pass& part : parts) {
    together.y.insert(together.y.end(), part.y.begin(), part.y.end());
    together.dx.insert(together.dx.end(), part.dx.begin(), part.dx.end());
    std::ranges::transform(together.sums, part.sums, together.sums.begin(), std::plus<>{});
    check(part.running, whole.running, "running");
  }
  check(together.y, whole.y, "y");
  check(together.dx, whole.dx, "dx");
  check(together.sums, whole.sums, "gradient");
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_batch_norm_takes_statistics_of_all) {
  for (const Activation activation : {Activation::none, Activation::relu, Activation::tanh}) {
    check_as_one({7, 2, 3}, [=] { return BatchNorm{BatchNorm::keras(3, activation)}; });
    check_as_one({7, 1}, [=] { return BatchNorm{BatchNorm::torch(1, activation)}; });
    check_as_one({7, 2, 3}, [=] {
      return Residual{Sequential{BatchNorm{BatchNorm::keras(3)}}, Sequential{}, activation};
    });
  }
}

BOOST_AUTO_TEST_CASE(so_it_does_where_it_is_computed_again) {
  check_as_one({7, 4, 3}, [] {
    return checkpoint(Sequential{BatchNorm{BatchNorm::torch(3)}, Tanh{}});
  });
}

// Also far from 0, where sums of squares would have 8 digits fewer. The means of the parts are exact.
BOOST_AUTO_TEST_CASE(so_it_does_far_from_0) {
  Array x = zeros({7, 3});
  for (std::size_t i = 0; i < x.size(); ++i)
    x.data()[i] = Scalar((i % 3 == 1 ? 8192 : 0) + double(i * i % 11) / 8);
  const auto variances = [](const Pass& pass) {
    return std::vector<double>(pass.running.begin() + 3, pass.running.begin() + 6);
  };
  const std::vector<Pass> parts = parts_of(x, x, [] { return BatchNorm{BatchNorm::torch(3)}; });
  const auto expected = variances(pass(BatchNorm{BatchNorm::torch(3)}, x, x, nullptr));
  for (const Pass& part : parts) check(variances(part), expected, "variance");
}

// One alone has what it has without.
BOOST_AUTO_TEST_CASE(one_without_peers_asks_nobody) {
  Threads one{1};
  const Array x = random({5, 3}), g = random({5, 3}, -1, 1, 2);
  const Pass alone = pass(BatchNorm{{.channels = 3}}, x, g, nullptr),
             same = pass(BatchNorm{{.channels = 3}}, x, g, &one);
  BOOST_TEST((alone.y == same.y && alone.dx == same.dx && alone.running == same.running));
  Tape tape;
  tape.synchronise(one);
  BatchNorm layer{{.channels = 3}};
  BOOST_CHECK_THROW(layer(tape.input(random({1, 3}))), ShapeError);
}

BOOST_AUTO_TEST_CASE(gradients_of_its_gradient_are_refused) {
  struct Twin final : Peers {  // one with the same numbers
    std::size_t size() const noexcept override { return 2; }
    void sum(std::span<double> numbers) override {
      for (double& number : numbers) number *= 2;
    }
  } twin;
  Tape tape{Mode::derive};
  tape.synchronise(twin);
  BatchNorm layer{{.channels = 3}};
  const Variable x = tape.variable(random({4, 3})), y = sum(square(layer(x)));
  BOOST_CHECK_THROW(tape.gradient(y, x), TapeError);
}

BOOST_AUTO_TEST_SUITE_END()
