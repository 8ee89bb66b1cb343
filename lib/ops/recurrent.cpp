// SPDX-License-Identifier: MIT
#include <xtape/ops/recurrent.hpp>

#include "kernels/half_product.hpp"
#include "kernels/recurrence.hpp"
#include "kernels/strided.hpp"
#include "ops/recurrent.hpp"
#include "ops/recurrent_steps.hpp"
#include "text.hpp"

#include <xtape/record.hpp>

#include <algorithm>

namespace xtape::inline XTAPE_ABI {
namespace {

using kernels::Cell;

// What an op is called with, as far as there is.
struct SequenceInputs {
  const Variable *x, *w, *u, *b = nullptr, *v = nullptr, *h = nullptr, *c = nullptr;

  SequenceInputs(const Variable& given, const RecurrentWeights& weights,
                 const std::optional<RecurrentState>& initial)
      : x{&given}, w{&weights.input}, u{&weights.recurrent} {
    if (weights.input_bias) b = &*weights.input_bias;
    if (weights.recurrent_bias) v = &*weights.recurrent_bias;
    if (!initial) return;
    h = &initial->h;
    if (initial->c) c = &*initial->c;
  }
};

void check_sized(const Op& op, const char* what, const Variable* x, const Shape& expected) {
  if (x != nullptr && x->shape() != expected)
    throw ShapeError(op, text("expected ", what, " of shape ", expected, ", got ", x->shape()));
}

kernels::Recurrence checked_recurrence(const Op& op, Cell cell, const SequenceInputs& in,
                                       bool reverse) {
  const Shape &x = in.x->shape(), &u = in.u->shape();
  const std::size_t blocks = kernels::gates_of(cell);
  if (x.size() != 3 || x[1] == 0)
    throw ShapeError(op, text("expected sequences (N, T, C) of a step or more, got ", x),
                     x.size() == 2 ? "a single step is (N, 1, C)" : "");
  if (u.size() != 2 || u[1] != blocks * u[0])
    throw ShapeError(op, text("expected recurrent weights (H, ", blocks, " H), got ", u));
  check_sized(op, "weights", in.w, {x[2], u[1]});
  check_sized(op, "a bias", in.b, {u[1]});
  check_sized(op, "a recurrent bias", in.v, {u[1]});
  check_sized(op, "a state h", in.h, {x[0], u[0]});
  check_sized(op, "a state c", in.c, {x[0], u[0]});
  if (in.h != nullptr && (in.c != nullptr) != (cell == Cell::lstm))
    throw ValueError(op, cell == Cell::lstm ? "the state has no c" : "the state has a c",
                     "the state of an LSTM is h and c, that of others h");
  return {cell, x[0], x[1], u[0], reverse, kernels::half_unit_for(u[0], u[1])};
}

// A pass, with what its gradient reads.
class SequencePass {
 public:
  SequencePass(const kernels::Recurrence& of, const SequenceInputs& in) : of_{of} {
    const auto keep = [](const Variable* x) {
      return x == nullptr ? std::optional<Value>{} : std::optional{x->shared_value()};
    };
    x_ = keep(in.x), w_ = keep(in.w), u_ = keep(in.u), h_ = keep(in.h), c_ = keep(in.c);
    set_biases(in);
    half_ = kernels::half_unit_for(channels(), of.gates());
    gates_ = product(half_, {of.sequences, of.steps, of.gates()}, {(*x_)->data(), channels()},
                     {(*w_)->data(), of.gates()}, channels());
    if (of.is_apart()) hidden_ = uninitialized(gates_.shape());
    if (of.cell == Cell::lstm) cells_ = uninitialized({of.sequences, of.steps, of.width});
    y_.emplace(uninitialized({of.sequences, of.steps, of.width}));
    kernels::forward(of, arrays());
  }

  PooledVector<Value> results() const {
    PooledVector<Value> all{*y_, last(**y_)};
    if (of_.cell == Cell::lstm) all.emplace_back(last(cells_));
    return all;
  }

  // Of an input, by the results' gradients.
  Array of_x(const Gradients& g) {
    run(g);
    return product(half_, (*x_)->shape(), {gates_.data(), of_.gates()},
                   {(*w_)->data(), of_.gates(), true}, of_.gates());
  }
  Array of_w(const Gradients& g) {
    run(g);
    return product(half_, (*w_)->shape(), {(*x_)->data(), channels(), true},
                   {gates_.data(), of_.gates()}, rows());
  }
  Array of_u(const Gradients& g) {
    run(g);
    const Array before = kernels::shifted(of_, arrays());
    return product(of_.half, (*u_)->shape(), {before.data(), of_.width, true},
                   {sums_over_h().data(), of_.gates()}, rows());
  }
  Array of_b(const Gradients& g) {
    run(g);
    if (!db_) db_ = kernels::sum_to(gates_, {of_.gates()});
    return *db_;
  }
  Array of_v(const Gradients& g) {
    if (!of_.is_apart()) return of_b(g);
    run(g);
    return kernels::sum_to(hidden_, {of_.gates()});
  }
  Array of_h(const Gradients& g) {
    run(g);
    return dh_;
  }
  Array of_c(const Gradients& g) {
    run(g);
    return dc_;
  }

 private:
  std::size_t channels() const { return (*x_)->shape()[2]; }
  std::size_t rows() const { return of_.sequences * of_.steps; }
  const Array& sums_over_h() const { return of_.is_apart() ? hidden_ : gates_; }

  // (m, n) = (m, k) (k, n), in a shape whose last axis is n.
  static Array product(const kernels::HalfUnit* half, const Shape& shape, kernels::Factor a,
                       kernels::Factor b, std::size_t k) {
    Array y = uninitialized(shape);
    const std::size_t n = shape.back(), m = n == 0 ? 0 : y.size() / n;
    kernels::matmul(half, m, n, k, a, b, y.data());
    return y;
  }

  // The sum of both, but of a GRU's last block over h, which is apart.
  void set_biases(const SequenceInputs& in) {
    bias_ = in.b != nullptr ? in.b->value() : zeros({of_.gates()});
    hidden_bias_ = zeros({of_.width});
    if (in.v == nullptr) return;
    const Array& v = in.v->value();
    const std::size_t joined = of_.gates() - (of_.is_apart() ? of_.width : 0);
    for (std::size_t i = 0; i < joined; ++i) bias_.data()[i] += v.data()[i];
    std::copy(v.data() + joined, v.data() + v.size(), hidden_bias_.data());
  }

  // The result is written to before anyone shares it.
  kernels::RecurrenceArrays arrays() {
    const auto data = [](const std::optional<Value>& x) { return x ? (*x)->data() : nullptr; };
    return {.weight = data(u_),
            .bias = bias_.data(),
            .hidden_bias = hidden_bias_.data(),
            .first_h = data(h_),
            .first_c = data(c_),
            .gates = gates_.data(),
            .hidden = of_.is_apart() ? hidden_.data() : gates_.data(),
            .h = const_cast<Scalar*>(data(y_)),
            .c = of_.cell == Cell::lstm ? cells_.data() : nullptr};
  }

  // After the step that is done last.
  Array last(const Array& all) const {
    Array state = uninitialized({of_.sequences, of_.width});
    const Scalar* from = all.data() + of_.place(of_.steps - 1) * of_.width;
    for (std::size_t i = 0; i < of_.sequences; ++i)
      std::copy_n(from + i * of_.steps * of_.width, of_.width, state.data() + i * of_.width);
    return state;
  }

  // Goes back through all steps, once.
  void run(const Gradients& g) {
    if (done_) return;
    done_ = true;
    const auto of_state = [&](std::size_t i) {
      return g[i] != nullptr ? *g[i] : zeros({of_.sequences, of_.width});
    };
    dh_ = of_state(1);
    const bool has_cell = of_.cell == Cell::lstm;
    if (has_cell) dc_ = of_state(2);
    kernels::backward(of_, arrays(), g[0] != nullptr ? g[0]->data() : nullptr, dh_.data(),
                      has_cell ? dc_.data() : nullptr);
  }

  kernels::Recurrence of_;
  const kernels::HalfUnit* half_ = nullptr;  // for the sums over the input, or null: in Scalar
  std::optional<Value> x_, w_, u_, h_, c_, y_;
  Array bias_, hidden_bias_;
  Array gates_, hidden_, cells_;  // of all steps; the first two become their gradients
  bool done_ = false;
  Array dh_, dc_;
  std::optional<Array> db_;  // of both biases, where they are added to the same sums
};

// The inputs of a pass that there are, each with its gradient.
struct WrtSequence {
  std::shared_ptr<SequencePass> pass;
  const SequenceInputs& in;

  static constexpr bool suits(bool several) { return several; }
  template <class Visit>
  void each(Visit visit) const {
    const std::pair<const Variable*, Array (SequencePass::*)(const Gradients&)> all[] = {
        {in.x, &SequencePass::of_x}, {in.w, &SequencePass::of_w}, {in.u, &SequencePass::of_u},
        {in.b, &SequencePass::of_b}, {in.v, &SequencePass::of_v}, {in.h, &SequencePass::of_h},
        {in.c, &SequencePass::of_c}};
    for (const auto& [input, gradient] : all)
      if (input != nullptr) visit(*input, gradient);
  }
  void inputs(auto visit) const {
    each([&](const Variable& input, auto) { visit(input); });
  }
  void edges(detail::Recorder& to) const {
    each([&](const Variable& input, auto gradient) {
      to.edge(input, [pass = pass, gradient](const Gradients& g) -> Array {
        return (*pass.*gradient)(g);
      });
    });
  }
};

RecurrentResult recur(Op op, Cell cell, const SequenceInputs& in, bool reverse) {
  const kernels::Recurrence of = checked_recurrence(op, cell, in, reverse);
  const std::size_t terms = in.x->shape()[2] + of.width;
  op.flops =
      2.0 * static_cast<double>(of.sequences * of.steps) * static_cast<double>(of.gates() * terms);
  auto pass = std::allocate_shared<SequencePass>(CachingAllocator<SequencePass>{}, of, in);
  PooledVector<Value> values = pass->results();
  const RecurrentCall call{cell, reverse, in.b != nullptr, in.v != nullptr, in.h != nullptr};
  const auto all =
      record(op, std::move(values), given(call), WrtSequence{std::move(pass), in},
             defined([call, half = kernels::half_unit()](std::span<const Variable> all) {
               const kernels::HalfScope scope{half};
               return recurrence_in_steps(call, all);
             }));
  RecurrentResult result{all[0], {all[1]}};
  if (cell == Cell::lstm) result.state.c = all[2];
  return result;
}

}  // namespace

RecurrentResult lstm(const Variable& x, const RecurrentWeights& weights,
                     const std::optional<RecurrentState>& initial, const RecurrentOptions& options,
                     Location at) {
  return recur({"lstm", at}, Cell::lstm, {x, weights, initial}, options.reverse);
}

RecurrentResult gru(const Variable& x, const RecurrentWeights& weights,
                    const std::optional<RecurrentState>& initial, const RecurrentOptions& options,
                    Location at) {
  return recur({"gru", at}, Cell::gru, {x, weights, initial}, options.reverse);
}

RecurrentResult rnn(const Variable& x, const RecurrentWeights& weights,
                    const std::optional<RecurrentState>& initial, const RNNOptions& options,
                    Location at) {
  const Op op{"rnn", at};
  if (options.activation != Activation::tanh && options.activation != Activation::relu)
    throw ValueError(op, "expected the activation tanh or relu");
  const Cell cell = options.activation == Activation::tanh ? Cell::rnn_tanh : Cell::rnn_relu;
  return recur(op, cell, {x, weights, initial}, options.reverse);
}

}  // namespace xtape::inline XTAPE_ABI
