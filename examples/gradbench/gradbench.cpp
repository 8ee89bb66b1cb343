// SPDX-License-Identifier: MIT
// xtape as a tool of GradBench, a benchmark of automatic differentiation: reads its messages, a line of JSON each, and
// answers them. The evaluations are in the sources beside this one.
#include "evaluations.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <stdexcept>

using namespace xtape;
using nlohmann::json;

namespace gradbench {
namespace {

void read(const json& from, const Shape& shape, std::size_t axis, Scalar*& to) {
  if (axis == shape.size()) {
    if (!from.is_number()) throw std::invalid_argument{"expected numbers, got " + from.dump()};
    *to++ = from.get<Scalar>();
    return;
  }
  if (!from.is_array() || from.size() != shape[axis])
    throw std::invalid_argument{"expected lists of equal lengths"};
  for (const json& each : from) read(each, shape, axis + 1, to);
}

// Of a number, or of lists of them in as many levels as there are axes.
Array array_of(const json& from) {
  Shape shape;
  for (const json* at = &from; at->is_array(); at = &at->front()) {
    shape.push_back(at->size());
    if (at->empty()) break;
  }
  Array array = uninitialized(shape);
  Scalar* to = array.data();
  read(from, shape, 0, to);
  return array;
}

Input input_of(const json& from) {
  std::map<std::string, Value> arrays;
  const auto add = [&](const std::string& name, const json& value) {
    try {
      arrays.emplace(name, array_of(value));
    } catch (const std::invalid_argument& error) {
      throw std::invalid_argument{"the input" + (name.empty() ? "" : ' ' + name) + ": " +
                                  error.what()};
    }
  };
  if (from.is_object())
    for (const auto& [name, value] : from.items()) add(name, value);
  else
    add("", from);
  return Input{std::move(arrays)};
}

json written(const Shape& shape, std::size_t axis, const Scalar*& from) {
  if (axis == shape.size()) return *from++;
  json list = json::array();
  for (std::size_t i = 0; i < shape[axis]; ++i) list.push_back(written(shape, axis + 1, from));
  return list;
}

json output_of(const Array& array) {
  const Scalar* from = array.data();
  return written(array.shape(), 0, from);
}

json output_of(const std::map<std::string, Array>& arrays) {
  json all = json::object();
  for (const auto& [name, array] : arrays) all[name] = output_of(array);
  return all;
}

const std::map<std::string, Module>& modules() {
  static const std::map<std::string, Module> all{
      {"det", det()},           {"gmm", gmm()},      {"hello", hello()}, {"kmeans", kmeans()},
      {"llsq", llsq()},         {"lse", lse()},      {"lstm", lstm()},   {"ode", ode()},
      {"particle", particle()}, {"saddle", saddle()}};
  return all;
}

const Function& function_of(const json& message) {
  const std::string module = message.at("module"), name = message.at("function");
  if (!modules().contains(module)) throw std::invalid_argument{"there is no module " + module};
  const Module& functions = modules().at(module);
  if (!functions.contains(name)) throw std::invalid_argument{module + " has no function " + name};
  return functions.at(name);
}

json define(const json& message) {
  const std::string module = message.at("module");
  if (modules().contains(module)) return {{"success", true}};
  return {{"success", false}, {"error", "there is no module " + module}};
}

// As often, and for as long, as is asked for.
json evaluated(const json& message) {
  using Clock = std::chrono::steady_clock;
  const Function& function = function_of(message);
  const Input input = input_of(message.at("input"));
  const double runs = input.has("min_runs") ? input.number("min_runs") : 1,
               seconds = input.has("min_seconds") ? input.number("min_seconds") : 0;
  Output output;
  json timings = json::array();
  Clock::duration total{};
  do {
    const auto begin = Clock::now();
    output = function(input);
    const std::chrono::nanoseconds taken = Clock::now() - begin;
    total += taken;
    timings.push_back({{"name", "evaluate"}, {"nanoseconds", taken.count()}});
  } while (static_cast<double>(timings.size()) < runs ||
           std::chrono::duration<double>(total).count() < seconds);
  return {{"success", true},
          {"output", std::visit([](const auto& it) { return output_of(it); }, output)},
          {"timings", timings}};
}

json evaluate(const json& message) try {
  return evaluated(message);
} catch (const std::exception& error) {
  return {{"success", false}, {"error", error.what()}};
}

json answer(const json& message) {
  const std::string kind = message.at("kind");
  json answer = kind == "define"     ? define(message)
                : kind == "evaluate" ? evaluate(message)
                                     : json{};
  if (kind == "start") answer["tool"] = "xtape";
  answer["id"] = message.at("id");
  return answer;
}

}  // namespace

Input::Input(std::map<std::string, Value> arrays) : arrays_{std::move(arrays)} {}

const Value& Input::operator()(const std::string& name, std::size_t axes) const {
  const auto found = arrays_.find(name);
  if (found == arrays_.end())
    throw std::invalid_argument{name.empty() ? "the input is to be a number"
                                             : "the input has no " + name};
  if (const Shape& shape = found->second->shape(); shape.size() != axes)
    throw std::invalid_argument{"the input " + name + " is to have " + std::to_string(axes) +
                                " axes, and has the shape " + to_string(shape)};
  return found->second;
}

std::size_t Input::count(const std::string& name) const {
  const double x = number(name);
  if (!(x >= 1 && x <= 1e15 && x == std::floor(x)))
    throw std::invalid_argument{"the input " + name + " is to be a whole number of at least 1"};
  return static_cast<std::size_t>(x);
}

}  // namespace gradbench

int main() {
  std::size_t number = 0;
  for (std::string line; ++number, std::getline(std::cin, line);) try {
      std::puts(gradbench::answer(json::parse(line)).dump().c_str());
      std::fflush(stdout);
    } catch (const json::exception& error) {
      std::fprintf(stderr, "gradbench: line %zu is no message: %s\n", number, error.what());
      return 1;
    }
}
