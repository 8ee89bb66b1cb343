// SPDX-License-Identifier: MIT
#include "kernels/elementwise.hpp"

#include "kernels/dispatch.hpp"
#include "kernels/parallel.hpp"
#include "kernels/strided.hpp"
#include "text.hpp"

#include <xtape/memory.hpp>

#include <algorithm>
#include <array>
#include <optional>

namespace xtape::inline XTAPE_ABI::kernels {
namespace {

// So many elements go through all steps before the next do: four kilobytes, of which a first-level cache holds
// what the steps of a formula read and write.
constexpr std::size_t block = 4096 / sizeof(Scalar);

// Elements that are for at most so many others are repeated by permutations of vectors.
constexpr std::size_t most_repeats = 32;

// An input as the loops read it. What is broadcast is first copied, a block at a time.
class Input {
 public:
  Input() = default;
  explicit Input(const Scalar& number) : data_{&number}, kind_{Kind::number} {}
  Input(const Array& a, const Shape& shape) : data_{a.data()} {
    if (a.size() == 1) {
      kind_ = Kind::number;
    } else if (!same(a.shape(), shape)) {
      nest_.emplace(shape, std::array{strides_over(a.shape(), shape)});
      const Shape& sizes = nest_->sizes();
      const auto is = [&](std::ptrdiff_t first, std::ptrdiff_t second, std::size_t most) {
        return sizes.size() == 2 && nest_->steps(0)[0] == first && nest_->steps(1)[0] == second &&
               sizes[1] <= most;
      };
      kind_ = is(0, 1, block) ? Kind::row : is(1, 0, most_repeats) ? Kind::column : Kind::copied;
    }
  }

  bool is_in_place() const { return kind_ == Kind::number || kind_ == Kind::whole; }
  // What a slice needs of an input that is not in place.
  struct Buffer {
    alignas(64) Scalar elements[2 * block];
    std::uint16_t rows[block + most_repeats];  // the numbers of the rows to which they belong
  };
  // Before a slice.
  void prepare(Buffer& buffer) const {
    if (kind_ == Kind::row) {
      const Shape& sizes = nest_->sizes();
      nest_->copy(data_, 0, std::min(sizes[0] * sizes[1], 2 * block), buffer.elements);
    } else if (kind_ == Kind::column) {
      std::uint16_t* to = buffer.rows;
      for (std::uint16_t row = 0; to < std::end(buffer.rows); ++row)
        for (std::size_t i = 0; i < nest_->sizes()[1] && to < std::end(buffer.rows); ++i)
          *to++ = row;
    }
  }
  // The elements [begin, begin + count), at most a block. What must be copied or repeated goes to `copy`.
  Source source(std::size_t begin, std::size_t count, const Buffer* buffer, Scalar* copy) const {
    switch (kind_) {
      case Kind::number: return {data_, true};
      case Kind::whole: return {data_ + begin};
      case Kind::row: return {buffer->elements + begin % nest_->sizes()[1]};
      case Kind::column: {
        const Scalar* const from = data_ + begin / nest_->sizes()[1];
        const std::uint16_t* const row = buffer->rows + begin % nest_->sizes()[1];
        best<FunctionKernels>().repeat(from, row, copy, count);
        break;
      }
      case Kind::copied: nest_->copy(data_, begin, count, copy);
    }
    return {copy};
  }

 private:
  enum class Kind {
    whole,   // element by element, as the result
    number,  // one for all
    row,     // the same row for all rows, of at most a block
    column,  // one for each row, all of whose few elements it is for
    copied   // any other
  };

  const Scalar* data_ = nullptr;
  Kind kind_ = Kind::whole;
  std::optional<Nest<1>> nest_;  // unless in place
};

// A program and its inputs.
class Evaluation {
 public:
  Evaluation(const Program& program, std::span<const Array* const> arrays,
             std::span<const Scalar> numbers, const Shape& shape)
      : program_{program} {
    std::size_t i = 0;
    for (const Array* a : arrays) inputs_[i++] = Input{*a, shape};
    for (const Scalar& number : numbers) inputs_[i++] = Input{number};
    buffers_ = inputs_.size() -
               static_cast<std::size_t>(std::ranges::count_if(inputs_, &Input::is_in_place));
  }

  // The elements [begin, end): place(i) tells where those from i on go, and done(y, count) is called when they
  // are there, a block at most if `blocks`, else maybe all.
  template <class Place, class Done>
  void slice(std::size_t begin, std::size_t end, bool blocks, Place place, Done done) const {
    // From the pool: on the stack, whose pages are touched one by one, they would take longer than a small op.
    std::optional<PooledBuffer<Input::Buffer>> memory;
    std::optional<PooledBuffer<Scalar>> registers;
    if (buffers_ > 0) memory.emplace(buffers_);
    if (program_.registers > 0) registers.emplace(program_.registers * block);
    std::array<Input::Buffer*, most_inputs> buffers = {};
    std::array<Source, most_inputs + most_numbers + most_registers> slots;
    Input::Buffer* next = memory ? memory->data() : nullptr;
    for (std::size_t i = 0; i < program_.inputs; ++i)
      if (!inputs_[i].is_in_place()) inputs_[i].prepare(*(buffers[i] = next++));
    std::size_t free = program_.inputs;
    for (const Scalar& number : program_.numbers) slots[free++] = {&number, true};
    for (std::size_t r = 0; r < program_.registers; ++r)
      slots[free + r] = {registers->data() + r * block};
    const bool step_by_step = program_.registers > 0 || buffers_ > 0;
    const std::size_t most = blocks || step_by_step ? block : end - begin;
    for (std::size_t at = begin; at < end; at += most) {
      const std::size_t count = std::min(most, end - at);
      Scalar* const y = place(at);
      for (std::size_t i = 0; i < program_.inputs; ++i)
        slots[i] = inputs_[i].source(
            at, count, buffers[i],
            program_.is_input(i) || buffers[i] == nullptr ? y : buffers[i]->elements);
      for (const Step& step : program_.steps) {
        Source from[most_sources];
        for (std::size_t i = 0; i < most_sources; ++i) from[i] = slots[step.from[i]];
        Scalar* const to =
            &step == &program_.steps.back() ? y : registers->data() + (step.to - free) * block;
        if (step.function == Function::copy && from[0].data == to && !from[0].repeated) continue;
        kernels_.apply[static_cast<std::size_t>(step.function)](from, to, count);
      }
      done(y, count);
    }
  }

  const FunctionKernels& kernels() const { return kernels_; }

 private:
  const FunctionKernels& kernels_ = best<FunctionKernels>();
  const Program& program_;
  std::array<Input, most_inputs> inputs_;
  std::size_t buffers_;  // of inputs that are not in place
};

}  // namespace

Shape broadcast_shape(const Op& op, std::span<const Array* const> arrays) {
  Shape shape = arrays[0]->shape();
  for (const Array* a : arrays.subspan(1)) {
    Shape common;
    if (same(a->shape(), shape)) continue;
    if (!broadcast_shape(shape, a->shape(), common))
      throw ShapeError(op, text("the shapes ", shape, " and ", a->shape(), " do not broadcast"),
                       "sizes must be equal or 1, counted from the last axis");
    shape = common;
  }
  return shape;
}

void elementwise(const Program& program, std::span<const Array* const> arrays,
                 std::span<const Scalar> numbers, Array& out) {
  const Evaluation evaluation{program, arrays, numbers, out.shape()};
  Scalar* const y = out.data();
  const auto place = [y](std::size_t i) { return y + i; };
  const auto run = [&](std::size_t begin, std::size_t end) {
    evaluation.slice(begin, end, false, place, [](const Scalar*, std::size_t) {});
  };
  // Denormals are kept: 1 / x may be large where x is one.
  parallel_ranges(out.size(), elementwise_grain, run, Denormals::kept);
}

Array elementwise(const Op& op, const Program& program, std::span<const Array* const> arrays,
                  std::span<const Scalar> numbers) {
  Array out = uninitialized(broadcast_shape(op, arrays));
  elementwise(program, arrays, numbers, out);
  return out;
}

void elementwise(std::span<const Assignment> assignments) {
  PooledVector<Evaluation> evaluations;
  evaluations.reserve(assignments.size());
  for (const Assignment& a : assignments)
    evaluations.emplace_back(*a.program, a.arrays, a.numbers, a.out->shape());
  // Of a few arrays in double, a second-level cache holds that much.
  constexpr std::size_t piece = 8 * block;
  parallel_ranges(assignments[0].out->size(), elementwise_grain,
                  [&](std::size_t begin, std::size_t end) {
                    for (std::size_t at = begin; at < end; at += piece)
                      for (const Evaluation& evaluation : evaluations) {
                        Scalar* const y = assignments[&evaluation - evaluations.data()].out->data();
                        const auto place = [y](std::size_t k) { return y + k; };
                        evaluation.slice(at, std::min(at + piece, end), false, place,
                                         [](const Scalar*, std::size_t) {});
                      }
                  });
}

double sum(const Program& program, std::span<const Array* const> arrays,
           std::span<const Scalar> numbers, const Shape& shape) {
  const Evaluation evaluation{program, arrays, numbers, shape};
  const std::size_t size = element_count(shape);
  PooledVector<double> sums((size + elementwise_grain - 1) / elementwise_grain);
  parallel_ranges(size, elementwise_grain, [&](std::size_t begin, std::size_t end) {
    alignas(64) Scalar results[block];
    evaluation.slice(
        begin, end, true, [&](std::size_t) { return results; },
        [&](const Scalar* y, std::size_t count) {
          sums[begin / elementwise_grain] += evaluation.kernels().sum(y, count);
        });
  });
  double total = 0;
  for (double sum : sums) total += sum;
  return total;
}

}  // namespace xtape::inline XTAPE_ABI::kernels
