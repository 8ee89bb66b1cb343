// SPDX-License-Identifier: MIT
#include <xtape/layers/checkpoint.hpp>

#include <xtape/record.hpp>

#include <algorithm>
#include <cmath>
#include <memory>

namespace xtape::inline XTAPE_ABI {
namespace detail {

// A function of a variable that is applied on tapes of its own, once forward and once forward and back, with the same
// random numbers and buffers.
class Recomputation {
 public:
  using Function = std::function<Variable(const Variable&)>;

  Recomputation(const Variable& x, Function function, const std::vector<NamedBuffer>& buffers)
      : x_{x.shared_value()}, derives_x_{x.needs_grad()}, function_{std::move(function)} {
    for (const auto& [name, buffer] : buffers) buffers_.emplace_back(buffer, buffer->value);
  }

  // The value.
  Value forward(Tape& outer) {
    context_ = outer.context_;
    Tape tape;
    const Variable y = function_(begin(tape));
    outer.context_.random_ops = tape.context_.random_ops;
    parameters_.assign(tape.parameters().begin(), tape.parameters().end());
    return y.shared_value();
  }

  // Those that were used.
  std::span<Parameter* const> parameters() const { return parameters_; }

  // The gradient of the i-th of x and the parameters; the first that is asked for has all computed.
  Array gradient(std::size_t i, const Array& g) {
    if (gradients_.empty()) go_back(g);
    return std::move(gradients_[i]);
  }

 private:
  Variable begin(Tape& tape) const {
    tape.context_ = context_;
    return derives_x_ ? tape.variable(x_) : tape.input(x_);
  }

  void go_back(const Array& g) {
    Tape tape;
    const Variable x = begin(tape), y = applied_again(x);
    if (y.needs_grad()) tape.go_back(y, make_gradient([&]() -> Array { return g; }));
    const auto taken = [&](std::uint32_t node, const Shape& shape) {
      const bool reached = node < tape.gradients_.size() && tape.gradients_[node];
      return reached ? std::move(tape.gradients_[node]->array) : zeros(shape);
    };
    gradients_.push_back(derives_x_ ? taken(x.node_, x.shape()) : Array{});
    for (Parameter* parameter : parameters_) {
      const std::size_t place = tape.parameters_.place_of(*parameter);
      gradients_.push_back(place < tape.parameters_.size()
                               ? taken(tape.parameters_.node(place), parameter->shape())
                               : zeros(parameter->shape()));
    }
  }

  // With the buffers as they were and the same parameters learning; what was made of both since then stays.
  Variable applied_again(const Variable& x) {
    struct Swapped {
      explicit Swapped(Recomputation& of) : again{of}, learns(of.parameters_.size()) { swap(); }
      Swapped(const Swapped&) = delete;
      Swapped& operator=(const Swapped&) = delete;
      ~Swapped() { swap(); }
      void swap() {
        for (auto& [buffer, value] : again.buffers_) std::swap(buffer->value, value);
        for (std::size_t i = 0; i < learns.size(); ++i)
          std::swap(again.parameters_[i]->trainable, learns[i].is);
      }
      struct Learns {
        bool is = true;
      };
      Recomputation& again;
      PooledVector<Learns> learns;
    } swapped{*this};
    return function_(x);
  }

  Value x_;
  bool derives_x_;
  Function function_;
  PooledVector<std::pair<Buffer*, Value>> buffers_;  // as they were before
  Context context_ = {};                             // likewise
  PooledVector<Parameter*> parameters_;
  PooledVector<Array> gradients_;
};

Variable recomputed(const Variable& x, std::function<Variable(const Variable&)> function,
                    const std::vector<NamedBuffer>& buffers, const Location& at) {
  const Op op{"checkpoint", at};
  Tape& tape = x.tape(op);
  if (tape.mode() == Mode::eval || tape.derives()) return function(x);
  Recomputation again{x, std::move(function), buffers};
  Value y = again.forward(tape);
  PooledVector<Variable> inputs{x};
  for (Parameter* parameter : again.parameters()) inputs.push_back(tape.parameter(*parameter, at));
  return record(op, std::move(y),
                wrt(std::span<const Variable>{inputs},
                    [again = std::move(again)](std::size_t i, const Array& g) mutable {
                      return again.gradient(i, g);
                    }));
}

}  // namespace detail

CheckpointedRuns::CheckpointedRuns(Sequential layers, std::size_t runs)
    : layers_{std::move(layers)}, runs_{std::max<std::size_t>(runs, 1)} {}

Variable CheckpointedRuns::operator()(const Variable& x, Location at) {
  const auto buffers = detail::buffers_of(detail::arrays_of(layers_));
  Variable y = x;
  for (std::size_t run = 0; run < runs_; ++run) {
    const std::size_t begin = run * layers_.size() / runs_,
                      end = (run + 1) * layers_.size() / runs_;
    y = detail::recomputed(
        y, [this, begin, end, at](const Variable& v) { return layers_.apply(v, begin, end, at); },
        buffers, at);
  }
  return y;
}

CheckpointedRuns every_sqrt(Sequential layers) {
  const double count = static_cast<double>(layers.size());
  return {std::move(layers), static_cast<std::size_t>(std::lround(std::sqrt(count)))};
}

}  // namespace xtape::inline XTAPE_ABI
