// SPDX-License-Identifier: MIT
// What GradBench asks for, beside its protocol: modules of functions, of arrays by name.
#pragma once

#include <xtape/xtape.hpp>

#include <array>
#include <concepts>
#include <functional>
#include <map>
#include <string>
#include <tuple>
#include <variant>

namespace gradbench {

/// The arrays of a message. A number is one without axes; what an input is that has no names is named "".
class Input {
 public:
  explicit Input(std::map<std::string, xtape::Value> arrays);
  bool has(const std::string& name) const { return arrays_.contains(name); }
  /// An array of so many axes. Throws std::invalid_argument where it is another, as the two below.
  const xtape::Value& operator()(const std::string& name, std::size_t axes) const;
  double number(const std::string& name) const { return (*(*this)(name, 0))(); }
  /// A whole number of at least 1.
  std::size_t count(const std::string& name) const;

 private:
  std::map<std::string, xtape::Value> arrays_;
};

/// An array, or several by name.
using Output = std::variant<xtape::Array, std::map<std::string, xtape::Array>>;
using Function = std::function<Output(const Input&)>;
using Module = std::map<std::string, Function>;

Module det();
Module gmm();
Module hello();
Module kmeans();
Module llsq();
Module lse();
Module lstm();
Module ode();
Module particle();
Module saddle();

/// A function of variables at some arrays.
template <class F, std::same_as<xtape::Value>... Values>
xtape::Array value(F f, const Values&... arrays) {
  xtape::Tape tape{xtape::Mode::eval};
  return f(tape.input(arrays)...).value();
}

/// Its gradient by each of them.
template <class F, std::same_as<xtape::Value>... Values>
std::array<xtape::Array, sizeof...(Values)> gradients(F f, const Values&... arrays) {
  xtape::Tape tape;
  const std::array<xtape::Variable, sizeof...(Values)> xs{tape.variable(arrays)...};
  tape.backward(std::apply(f, xs));
  return std::apply([](const auto&... x) { return std::array{x.grad()...}; }, xs);
}

}  // namespace gradbench
