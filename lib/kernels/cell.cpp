// SPDX-License-Identifier: MIT
#include "kernels/cell.hpp"

#include "kernels/exponential.hpp"

namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA {
namespace {

// Calls f(row, element, lanes) for each vector of a step.
template <class F>
void for_each(const CellStep& s, F f) {
  for (std::size_t r = 0; r < s.rows; ++r)
    for_each_vector(s.width, [&](std::size_t i, auto part) { f(r, i, part); });
}

// The gates of a row, by their numbers.
struct Gates {
  Scalar* row;
  std::size_t width;
  template <class Part>
  Vec get(std::size_t gate, std::size_t i, Part part) const {
    return load(row + gate * width + i, part);
  }
  template <class Part>
  void set(std::size_t gate, std::size_t i, Part part, Vec v) const {
    store(row + gate * width + i, v, part);
  }
};

// (i, f, g, o) = (sigmoid, sigmoid, tanh, sigmoid)(sums), c = f c' + i g, h = o tanh(c)
void lstm(const CellStep& s) {
  for_each(s, [&](std::size_t r, std::size_t k, auto part) {
    const Gates gates{s.gates[r], s.width};
    const auto sum = [&](std::size_t gate) {
      return gates.get(gate, k, part) + load(s.bias + gate * s.width + k, part);
    };
    const Vec i = sigmoid_of(sum(0)), f = sigmoid_of(sum(1)), g = tanh_of(sum(2)),
              o = sigmoid_of(sum(3));
    gates.set(0, k, part, i);
    gates.set(1, k, part, f);
    gates.set(2, k, part, g);
    gates.set(3, k, part, o);
    const Vec c = f * load(s.c_before[r] + k, part) + i * g;
    store(s.c[r] + k, c, part);
    store(s.h[r] + k, o * tanh_of(c), part);
  });
}

void lstm_grad(const CellStep& s, const CellGradient& d) {
  for_each(s, [&](std::size_t r, std::size_t k, auto part) {
    const Gates gates{s.gates[r], s.width};
    const Vec i = gates.get(0, k, part), f = gates.get(1, k, part), g = gates.get(2, k, part),
              o = gates.get(3, k, part), t = tanh_of(load(s.c[r] + k, part));
    const Vec dh = load(d.g[r] + k, part) + load(d.dh[r] + k, part);
    const Vec dc = load(d.dc[r] + k, part) + dh * o * (1 - t * t);
    gates.set(0, k, part, dc * g * i * (1 - i));
    gates.set(1, k, part, dc * load(s.c_before[r] + k, part) * f * (1 - f));
    gates.set(2, k, part, dc * i * (1 - g * g));
    gates.set(3, k, part, dh * t * o * (1 - o));
    store(d.dc[r] + k, dc * f, part);
    store(d.dh[r] + k, Vec{}, part);
  });
}

// (r, z) = sigmoid(sums + sums over h), n = tanh(sum + r (sum over h)), h = (1 - z) n + z h'
void gru(const CellStep& s) {
  for_each(s, [&](std::size_t row, std::size_t k, auto part) {
    const Gates gates{s.gates[row], s.width}, hidden{s.hidden[row], s.width};
    const auto sum = [&](std::size_t gate) {
      return gates.get(gate, k, part) + load(s.bias + gate * s.width + k, part);
    };
    const Vec r = sigmoid_of(sum(0) + hidden.get(0, k, part)),
              z = sigmoid_of(sum(1) + hidden.get(1, k, part)),
              over_h = hidden.get(2, k, part) + load(s.hidden_bias + k, part),
              n = tanh_of(sum(2) + r * over_h);
    gates.set(0, k, part, r);
    gates.set(1, k, part, z);
    gates.set(2, k, part, n);
    hidden.set(2, k, part, over_h);
    store(s.h[row] + k, (1 - z) * n + z * load(s.h_before[row] + k, part), part);
  });
}

void gru_grad(const CellStep& s, const CellGradient& d) {
  for_each(s, [&](std::size_t row, std::size_t k, auto part) {
    const Gates gates{s.gates[row], s.width}, hidden{s.hidden[row], s.width};
    const Vec r = gates.get(0, k, part), z = gates.get(1, k, part), n = gates.get(2, k, part);
    const Vec dh = load(d.g[row] + k, part) + load(d.dh[row] + k, part);
    const Vec dn = dh * (1 - z) * (1 - n * n);
    const Vec dr = dn * hidden.get(2, k, part) * r * (1 - r);
    const Vec dz = dh * (load(s.h_before[row] + k, part) - n) * z * (1 - z);
    gates.set(0, k, part, dr);
    gates.set(1, k, part, dz);
    gates.set(2, k, part, dn);
    hidden.set(0, k, part, dr);
    hidden.set(1, k, part, dz);
    hidden.set(2, k, part, dn * r);
    store(d.dh[row] + k, dh * z, part);
  });
}

// h = activation(sum)
template <bool rectified>
void rnn(const CellStep& s) {
  for_each(s, [&](std::size_t r, std::size_t k, auto part) {
    const Vec sum = load(s.gates[r] + k, part) + load(s.bias + k, part);
    store(s.h[r] + k, rectified ? at_least(Vec{}, sum) : tanh_of(sum), part);
  });
}

template <bool rectified>
void rnn_grad(const CellStep& s, const CellGradient& d) {
  for_each(s, [&](std::size_t r, std::size_t k, auto part) {
    const Vec h = load(s.h[r] + k, part);
    const Vec dh = load(d.g[r] + k, part) + load(d.dh[r] + k, part);
    const Vec passed = h > 0 ? dh : Vec{};
    store(s.gates[r] + k, rectified ? passed : dh * (1 - h * h), part);
    store(d.dh[r] + k, Vec{}, part);
  });
}

}  // namespace

void fill(CellKernels& kernels, Set) {
  const auto set = [&](Cell cell, auto forward, auto backward) {
    kernels.forward[static_cast<std::size_t>(cell)] = forward;
    kernels.backward[static_cast<std::size_t>(cell)] = backward;
  };
  set(Cell::lstm, lstm, lstm_grad);
  set(Cell::gru, gru, gru_grad);
  set(Cell::rnn_tanh, rnn<false>, rnn_grad<false>);
  set(Cell::rnn_relu, rnn<true>, rnn_grad<true>);
}

}  // namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA
