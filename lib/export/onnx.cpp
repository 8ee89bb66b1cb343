// SPDX-License-Identifier: MIT
#include <xtape/export/onnx.hpp>

#include "export/onnx_call.hpp"
#include "export/onnx_ops.hpp"
#include "files/errors.hpp"
#include "files/new_file.hpp"
#include "ops/index.hpp"

#include <algorithm>
#include <cmath>

namespace xtape::inline XTAPE_ABI {
namespace {

// A size of the batch by which its axis is told from others', and another by which what depends on it is found.
constexpr std::size_t samples = 3, other_samples = 4;
constexpr std::size_t largest_message = std::size_t{1} << 31;  // of protocol buffers
// By how much a definition may differ from its op, of the largest value: what some thousand roundings to
// float make, in which the runtimes compute.
constexpr double tolerance = 1e-4;

// As no result mixes the samples, the first one tests definitions where only positive numbers have values.
// A larger batch begins with the samples of a smaller one.
Array test_samples(const Shape& shape) {
  Array x = uninitialized(shape);
  Rng rng{1};
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double u = rng.uniform();
    x.data()[i] = static_cast<Scalar>(i < x.size() / shape[0] ? u : 2 * u - 1);
  }
  return x;
}

std::vector<std::int32_t> test_ids(const Shape& shape, std::size_t below) {
  std::vector<std::int32_t> ids(element_count(shape));
  Rng rng{1};
  for (std::int32_t& id : ids) id = static_cast<std::int32_t>(rng.below(below));
  return ids;
}

// Throws ValueError if a definition does not compute what its op does.
void check_same(const onnx::Call& call, const Array& defined) {
  if (defined.shape() != call.result()->shape())
    onnx::fail(call, "the definition of the op ", call.op.name, " gives the shape ",
               defined.shape(), ", the op ", call.result()->shape());
  double largest = -1;
  for (const Scalar x : call.result()->storage())
    if (std::isfinite(x)) largest = std::max(largest, std::abs(static_cast<double>(x)));
  if (largest < 0)
    onnx::fail(call, "the op ", call.op.name,
               " gives no finite number by which its definition could be tested");
  for (std::size_t i = 0; i < defined.size(); ++i) {
    const double expected = static_cast<double>(call.result()->data()[i]);
    const double found = static_cast<double>(defined.data()[i]);
    const bool same = std::isfinite(expected)
                          ? std::abs(found - expected) <= tolerance * largest
                          : found == expected || (std::isnan(found) && std::isnan(expected));
    if (!same)
      onnx::fail(call, "the definition of the op ", call.op.name, " gives ", found,
                 " where the op gives ", expected);
  }
}

// Builds the graph while the model is applied.
class Exporter : public Observer {
 public:
  Exporter(onnx::Builder& builder, std::size_t samples,
           const std::map<std::string, OpDefinition>& definitions)
      : builder_{builder}, samples_{samples}, definitions_{definitions} {}

  void forward(const Forward& call) override {
    const auto constant = [&](const Variable* x) { return builder_.is_constant(*x); };
    const auto* const by_ids = call.options.as<Gathered>();
    const bool looks_up = by_ids != nullptr && builder_.are_of_input(by_ids->ids);
    if (!looks_up && std::ranges::all_of(call.inputs, constant)) return;  // and so is the result
    for (const Value& result : call.results) check_batch(call, result->shape());
    const auto own = definitions_.find(call.op.name);
    if (own != definitions_.end()) return define(call, own->second);
    builder_.enter(call.tape.layer());
    onnx::translate(builder_, call);
  }

 private:
  void check_batch(const Forward& call, const Shape& shape) const {
    if (shape.empty() || shape[0] != samples_)
      onnx::fail(call, "the result of ", call.op.name, ", ", shape, ", for a batch of ", samples_,
                 " does not keep the batch as its first axis");
  }

  // Applies the definition, whose ops come here, too.
  void define(const Forward& call, const OpDefinition& definition) {
    const std::string_view name = call.op.name;
    if (std::ranges::find(open_, name) != open_.end())
      onnx::fail(call, "the definition of the op ", name, " needs the op itself");
    if (call.results.size() > 1)
      onnx::fail(call, "the op ", name, " has several results, a definition gives one");
    open_.push_back(name);
    std::vector<Variable> inputs;
    for (const Variable* const x : call.inputs) inputs.push_back(*x);
    const std::optional<Variable> y = definition.apply(inputs, call.options);
    open_.pop_back();
    if (!y)
      onnx::fail(call, "the definition of the op ", name,
                 " takes options that it was not recorded with");
    if (builder_.is_constant(*y))
      onnx::fail(call, "the definition of the op ", name, " does not depend on the input");
    check_same(call, y->value());
    builder_.define(call.result(), *y);
  }

  onnx::Builder& builder_;
  std::size_t samples_;
  const std::map<std::string, OpDefinition>& definitions_;
  std::vector<std::string_view> open_;  // the ops whose definitions are being applied
};

// Adds an input, of the shape of a batch, to the graph and applies a model to it.
using Trial = std::function<Variable(Tape&, onnx::Builder&, const Shape&)>;

// What the model does with a batch of so many samples.
onnx::Graph graph_of(const Trial& trial, const std::vector<NamedArray>& arrays, std::size_t count,
                     const Shape& sample, const OnnxOptions& options, const Op& op) {
  onnx::Builder builder{arrays};
  Tape tape{Mode::eval};
  Shape shape{count};
  shape.insert(shape.end(), sample.begin(), sample.end());
  const Variable y = [&] {
    const Exporter exporter{builder, count, options.ops};
    return trial(tape, builder, shape);
  }();
  if (builder.is_constant(y)) throw ValueError(op, "the result does not depend on the input");
  return std::move(builder).finish(y, options.layout);
}

// Throws ValueError if two graphs of a model, for batches of different sizes, are not the same.
void check_same(const Op& op, const onnx::Graph& graph, const onnx::Graph& other) {
  if (graph == other) return;
  std::string what = "the result";
  const auto initializer = std::ranges::mismatch(graph.initializers, other.initializers).in1;
  if (initializer != graph.initializers.end()) what = "the initializer " + initializer->name;
  const auto node = std::ranges::mismatch(graph.nodes, other.nodes).in1;
  if (node != graph.nodes.end()) what = "the operator " + node->type;
  throw ValueError(op,
                   text(what, " is another for a batch of ", other_samples,
                        " samples than for one of ", samples),
                   "a model must compute the same each time, whatever the size of the batch, and "
                   "what it makes of a "
                   "copy of ids is a constant");
}

void export_trial(const std::string& path, const Trial& trial,
                  const std::vector<NamedArray>& arrays, const Shape& sample,
                  const OnnxOptions& options, Location at) {
  const Op op{"export_onnx", at};
  const onnx::Graph graph = graph_of(trial, arrays, samples, sample, options, op);
  check_same(op, graph, graph_of(trial, arrays, other_samples, sample, options, op));
  const std::string bytes = serialized(graph);
  if (bytes.size() >= largest_message)
    throw DataError(op, text("cannot write ", path, ": an ONNX file is smaller than 2 GB"));
  files::NewFile file{path, file_errors(op)};
  file.write(bytes);
  file.commit();
}

}  // namespace

void export_onnx_model(const std::string& path,
                       const std::function<Variable(const Variable&)>& model,
                       const std::vector<NamedArray>& arrays, const Shape& sample,
                       const OnnxOptions& options, Location at) {
  const auto trial = [&](Tape& tape, onnx::Builder& builder, const Shape& shape) {
    const Variable x = tape.input(test_samples(shape));
    builder.add_input(x, options.layout);
    return model(x);
  };
  export_trial(path, trial, arrays, sample, options, at);
}

void export_onnx_model(const std::string& path,
                       const std::function<Variable(Tape&, const Ids&)>& model,
                       const std::vector<NamedArray>& arrays, const Shape& sample,
                       const OnnxOptions& options, Location at) {
  std::size_t vocabulary = 1;  // until the first batch has shown it
  const auto trial = [&](Tape& tape, onnx::Builder& builder, const Shape& shape) {
    const std::vector<std::int32_t> ids = test_ids(shape, vocabulary);
    builder.add_input({ids, shape});
    Variable y = model(tape, {ids, shape});
    vocabulary = builder.vocabulary();
    return y;
  };
  export_trial(path, trial, arrays, sample, options, at);
}

}  // namespace xtape::inline XTAPE_ABI
