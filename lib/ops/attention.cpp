// SPDX-License-Identifier: MIT
#include "ops/attention.hpp"

#include "axis.hpp"
#include "kernels/attention.hpp"
#include "ops/steps.hpp"
#include "ranges.hpp"

#include <xtape/compute.hpp>
#include <xtape/ops/arithmetic.hpp>
#include <xtape/ops/linear.hpp>
#include <xtape/ops/shape.hpp>
#include <xtape/ops/softmax.hpp>
#include <xtape/record.hpp>

#include <algorithm>
#include <array>

namespace xtape::inline XTAPE_ABI {
namespace {

using kernels::Attention;
using kernels::Projections;
using kernels::Steps;

// Of queries (N, T, heads depth), keys (N, S, heads depth) and values (N, S, heads width).
Attention attention_of(const Op& op, const Shape& q, const Shape& k, const Shape& v,
                       const AttentionOptions& o) {
  const std::size_t heads = o.heads;
  check_count(op, "heads", heads);
  if (q.back() == 0 || q.back() % heads != 0 || v.back() % heads != 0)
    throw ShapeError(
        op, text("expected heads that divide the last axis of ", q, " and ", v, ", got ", heads));
  if (k[1] == 0) throw ShapeError(op, text("there are no keys in ", k));
  if (o.causal && q[1] != k[1])
    throw ShapeError(
        op, text("expected as many keys as queries, as attention is causal, got ", q, " and ", k));
  const double scale = scale_of(o, q.back() / heads);
  check_positive(op, "scale", scale);
  check_fraction(op, "dropout", o.dropout);
  Attention a{q[0],
              heads,
              q[1],
              k[1],
              q.back() / heads,
              v.back() / heads,
              o.causal,
              static_cast<Scalar>(scale)};
  if (!o.mask) return a;
  const Shape scores{q[0], heads, q[1], k[1]};
  const Shape& mask = (*o.mask)->shape();
  if (!kernels::broadcasts_to(mask, scores))
    throw ShapeError(op, text("expected a mask that broadcasts to ", scores, ", got ", mask));
  a.mask = {(*o.mask)->data(), kernels::strides_over(mask, scores)};
  return a;
}

void draw_dropout(const Op& op, Tape& tape, const AttentionOptions& options, Attention& a) {
  if (options.dropout == 0 || tape.mode() == Mode::eval) return;
  const Tape::RandomStream stream = tape.random_stream(op);
  a.dropout = {stream.key, stream.op, options.dropout};
}

double flops_of(const Attention& a) {
  const double scores = static_cast<double>(a.batch * a.heads * a.queries) *
                        static_cast<double>(a.keys) * (a.causal ? 0.5 : 1);
  return 2 * scores * static_cast<double>(a.depth + a.width);
}

Steps<const Scalar> steps_of(const Array& x) { return {x.data(), x.shape().back()}; }
Steps<Scalar> steps_of(Array& x) { return {x.data(), x.shape().back()}; }

// The three parts of each row of qkv.
template <class T, class A>
Projections<T> parts_of(A& qkv) {
  const std::size_t stride = qkv.shape().back();
  T* const data = qkv.data();
  return {{data, stride}, {data + stride / 3, stride}, {data + stride / 3 * 2, stride}};
}

// What the gradients need beside their inputs: the result, the sums of its rows, and the mask.
struct Attended {
  Attention attention;
  Value y;
  std::shared_ptr<const PooledBuffer<Scalar>> log_sums;
  std::optional<Value> mask;  // kept for `attention`

  void backward(const Projections<const Scalar>& x, const Array& g,
                const Projections<Scalar>& dx) const {
    attention.backward(x, steps_of(*y), log_sums->data(), steps_of(g), dx);
  }
};

// Of each head, query and key: 1 where the query sees the key, else 0.
Array seen(const Attention& a) {
  Array sees = full({a.batch, a.heads, a.queries, a.keys}, 1);
  Scalar* next = sees.data();
  for (std::size_t head = 0; head < a.batch * a.heads; ++head)
    for (std::size_t query = 0; query < a.queries; ++query)
      for (std::size_t key = 0; key < a.keys; ++key, ++next) {
        if (a.causal && key > query) *next = 0;
        if (!a.mask) continue;
        const std::size_t place[] = {head / a.heads, head % a.heads, query, key};
        std::ptrdiff_t at = 0;
        for (std::size_t i = 0; i < 4; ++i)
          at += static_cast<std::ptrdiff_t>(place[i]) * a.mask->strides[i];
        if (a.mask->data[at] == 0) *next = 0;
      }
  return sees;
}

// By what weights are multiplied for dropout. Without scores and with unit vectors for values the result is the weights,
// alike but for that.
Array dropped(Attention a) {
  a.mask.reset();
  a.causal = false;
  a.width = a.keys;
  const Array zero = zeros({a.batch, std::max(a.queries, a.keys), a.heads * a.depth});
  Array units = zeros({a.batch, a.keys, a.heads * a.keys}),
        weights = uninitialized({a.batch, a.queries, a.heads * a.keys});
  for (std::size_t row = 0; row < a.batch * a.keys; ++row)
    for (std::size_t head = 0; head < a.heads; ++head)
      units.data()[(row * a.heads + head) * a.keys + row % a.keys] = static_cast<Scalar>(a.keys);
  PooledBuffer<Scalar> log_sums{a.batch * a.heads * a.queries};
  a.forward({steps_of(zero), steps_of(zero), steps_of(std::as_const(units))}, steps_of(weights),
            log_sums.data());
  return compute::transpose(reshaped(weights, {a.batch, a.queries, a.heads, a.keys}), {0, 2, 1, 3});
}

// The op in simpler ops, which have a weight for each head, query and key.
Variable attention_in_steps(const Attention& a, const Variable& q, const Variable& k,
                            const Variable& v) {
  const auto heads_of = [&](const Variable& x, std::size_t steps, std::size_t width) {
    return transpose(with_shape(x, {a.batch, steps, a.heads, width}), {.axes = {0, 2, 1, 3}});
  };
  constexpr double hidden = -1e30;  // of which the weight is 0, but in a row that sees nothing
  Tape& tape = q.tape();
  Variable scores =
      matmul(heads_of(q, a.queries, a.depth), heads_of(k, a.keys, a.depth), {.transpose_b = true}) *
      static_cast<double>(a.scale);
  const Variable sees = tape.input(seen(a));
  Variable weights = softmax(where(sees, scores, hidden)) * sees;
  if (a.dropout.rate > 0) weights = weights * tape.input(dropped(a));
  const Variable y = matmul(weights, heads_of(v, a.keys, a.width));
  return with_shape(transpose(y, {.axes = {0, 2, 1, 3}}), {a.batch, a.queries, a.heads * a.width});
}

Attended attend(const Attention& a, const Projections<const Scalar>& x,
                const AttentionOptions& options) {
  Array y = uninitialized({a.batch, a.queries, a.heads * a.width});
  auto log_sums = std::allocate_shared<PooledBuffer<Scalar>>(
      CachingAllocator<PooledBuffer<Scalar>>{}, a.batch * a.heads * a.queries);
  a.forward(x, steps_of(y), log_sums->data());
  return {a, std::move(y), std::move(log_sums), options.mask};
}

}  // namespace

Variable scaled_dot_product_attention(const Variable& q, const Variable& k, const Variable& v,
                                      const AttentionOptions& options, Location at) {
  Op op{"scaled_dot_product_attention", at};
  const Shape &sq = q.shape(), &sk = k.shape(), &sv = v.shape();
  if (sq.size() != 3 || sk.size() != 3 || sv.size() != 3 || sq[0] != sk[0] || sq[0] != sv[0] ||
      sk[1] != sv[1] || sq[2] != sk[2])
    throw ShapeError(
        op, text("expected queries (N, T, C), keys (N, S, C) and values (N, S, D), got ", sq, ", ",
                 sk, " and ", sv));
  Attention a = attention_of(op, sq, sk, sv, options);
  draw_dropout(op, q.tape(op), options, a);
  op.flops = flops_of(a);
  const auto operands = [](const Value& x, const Value& y, const Value& z) {
    return Projections<const Scalar>{steps_of(*x), steps_of(*y), steps_of(*z)};
  };
  const Value &vq = q.shared_value(), &vk = k.shared_value(), &vv = v.shared_value();
  Attended done = attend(a, operands(vq, vk, vv), options);
  const Value y = done.y;
  // All three are computed at once, for the first that is asked for.
  auto pull = [=, done = std::move(done), grads = std::optional<std::array<Array, 3>>{}](
                  std::size_t i, const Array& g) mutable {
    if (!grads) {
      grads = {uninitialized(vq->shape()), uninitialized(vk->shape()), uninitialized(vv->shape())};
      auto& [dq, dk, dv] = *grads;
      done.backward(operands(vq, vk, vv), g, {steps_of(dq), steps_of(dk), steps_of(dv)});
    }
    return std::move((*grads)[i]);
  };
  const std::array inputs{q, k, v};
  return record(op, y, given(options), wrt(std::span<const Variable>{inputs}, std::move(pull)),
                defined([a, mask = options.mask](std::span<const Variable> in) {
                  return attention_in_steps(a, in[0], in[1], in[2]);
                }));
}

Variable scaled_dot_product_attention(const Variable& qkv, const AttentionOptions& options,
                                      Location at) {
  Op op{"scaled_dot_product_attention", at};
  if (qkv.rank() != 3 || qkv.shape()[2] % 3 != 0)
    throw ShapeError(
        op, text("expected queries, keys and values (N, T, 3 heads d), got ", qkv.shape()));
  const Shape one{qkv.shape()[0], qkv.shape()[1], qkv.shape()[2] / 3};
  Attention a = attention_of(op, one, one, one, options);
  draw_dropout(op, qkv.tape(op), options, a);
  op.flops = flops_of(a);
  Attended done = attend(a, parts_of<const Scalar>(qkv.value()), options);
  const Value y = done.y;
  return record(op, y, given(options),
                wrt(qkv,
                    [x = qkv.shared_value(), done = std::move(done)](const Array& g) {
                      Array dx = uninitialized(x->shape());
                      done.backward(parts_of<const Scalar>(*x), g, parts_of<Scalar>(dx));
                      return dx;
                    }),
                defined([a, mask = options.mask](std::span<const Variable> in) {
                  const auto parts = split(in[0], {.parts = 3, .axis = -1});
                  return attention_in_steps(a, parts[0], parts[1], parts[2]);
                }));
}

}  // namespace xtape::inline XTAPE_ABI
