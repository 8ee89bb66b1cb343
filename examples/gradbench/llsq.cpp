// SPDX-License-Identifier: MIT
#include "evaluations.hpp"

#include <xtensor/xbuilder.hpp>

using namespace xtape;

namespace gradbench {
namespace {

// How far the polynomial with the coefficients x is from the sign at n places from -1 to 1:
// sum_i (sign(t_i) - sum_k x_k t_i^k)^2 / 2.
Variable misfit(std::size_t n, const Variable& x) {
  Tape& tape = x.tape();
  const auto counted = [&](std::size_t end) {
    return tape.input(xt::arange<Scalar>(static_cast<Scalar>(end)));
  };
  const Variable t = 2 * counted(n) / (n - 1) - 1, k = counted(x.size());
  const Variable fitted = einsum("ik,k->i", pow(expand_dims(t, 1), k), x);
  return sum(square(sign(t) - fitted)) / 2;
}

}  // namespace

Module llsq() {
  const auto of = [](const Input& in) { return std::bind_front(misfit, in.count("n")); };
  return {{"primal", [=](const Input& in) { return value(of(in), in("x", 1)); }},
          {"gradient", [=](const Input& in) { return gradients(of(in), in("x", 1))[0]; }}};
}

}  // namespace gradbench
