// SPDX-License-Identifier: MIT
/// \file
/// Models for other runtimes, in the format ONNX.
#pragma once

#include <xtape/io/layout.hpp>
#include <xtape/layers/layer.hpp>
#include <xtape/ops/index.hpp>

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// What an op of one's own computes, said in xtape's ops: a function of the op's inputs, or of these and of
/// the options that the op was recorded with through `given`.
/// ```
/// [](std::span<const Variable> in, const RmsOptions& o) {
///   return sqrt(mean(square(in[0]), {.axes = {o.axis}, .keep_dims = true}));
/// }
/// ```
class OpDefinition {
  using Inputs = std::span<const Variable>;
  using Function = std::function<std::optional<Variable>(Inputs, const OptionsView&)>;

  // Above the constructor, whose constraint asks for them.
  static Function bound(std::function<Variable(Inputs)> define) {
    return [define = std::move(define)](Inputs inputs, const OptionsView&) {
      return std::optional{define(inputs)};
    };
  }
  template <class Options>
  static Function bound(std::function<Variable(Inputs, Options)> define) {
    return [define = std::move(define)](Inputs inputs, const OptionsView& view) {
      const auto* const options = view.as<std::remove_cvref_t<Options>>();
      return options == nullptr ? std::nullopt : std::optional{define(inputs, *options)};
    };
  }

 public:
  /// `define` is a lambda or a function: `Variable(std::span<const Variable>)`, or with a second parameter of
  /// the type of the op's options. The inputs are in the order of the op's `wrt`s.
  template <class F>
  requires requires(F define) { bound(std::function{define}); }
  OpDefinition(F define) : function_{bound(std::function{std::move(define)})} {}

  /// What the definition makes of an op's inputs; nothing if it takes other options than these.
  std::optional<Variable> apply(std::span<const Variable> inputs,
                                const OptionsView& options) const {
    return function_(inputs, options);
  }

 private:
  Function function_;
};

/// Options of export_onnx.
struct OnnxOptions {
  /// How the runtime gives images and gets them: (N, C, H, W), as is usual there, or (N, H, W, C).
  Layout layout = Layout::torch;
  /// Definitions of ops, by name: of one's own, or in the place of how xtape would write one that it knows.
  /// The model need not have them all.
  std::map<std::string, OpDefinition> ops = {};
};

/// See `export_onnx`, which calls this.
void export_onnx_model(const std::string& path,
                       const std::function<Variable(const Variable&)>& model,
                       const std::vector<NamedArray>& arrays, const Shape& sample,
                       const OnnxOptions& options, Location at);
/// The same of a model that starts from ids.
void export_onnx_model(const std::string& path,
                       const std::function<Variable(Tape&, const Ids&)>& model,
                       const std::vector<NamedArray>& arrays, const Shape& sample,
                       const OnnxOptions& options, Location at);

/// Writes a trained model for onnxruntime and others that read ONNX:
/// ```
/// export_onnx("net.onnx", net, {28, 28, 1});  // the shape of one image, (H, W, C)
/// ```
/// The model is applied twice, on tapes in Mode::eval, and what its ops do becomes operators of ONNX
/// (opset 17, IR version 8). The graph has one input, `input`, and one output, `output`, of floats, whose
/// first axis may have any size. Parameters and buffers keep their names, such as `0.weight`, and are rounded
/// to float; kernels are (out, in, kh, kw). Dense weights that read images flattened after a convolution, a
/// pooling or an input of Layout::torch have rows in the order of (C, H, W). A value that depends on no input is
/// a constant.
///
/// A model that is called with a tape and ids, as one of text that begins with an `Embedding`, has an input of int64:
/// ```
/// export_onnx("text.onnx", model, {64});  // ids (N, 64)
/// ```
/// The model must look up the ids where they are, all at once: what it makes of a copy is a constant.
///
/// It knows all that is computed element by element from formulas, also of your own (see `Elementwise`), and all other
/// ops whose results keep the samples apart, which losses do not, nor does conv2d_grad_kernel. Ids and masks that are
/// no variables, such as those that top_k found, are constants. An op of your own is exported by its definition:
/// ```
/// export_onnx("net.onnx", net, {28, 28, 1}, {.ops = {{"rms", [](std::span<const Variable> in) {
///   return sqrt(mean(square(in[0]), {.axes = {-1}, .keep_dims = true}));
/// }}}});
/// ```
/// The definition may use ops that have definitions, too. What it gives must have the op's shape and values,
/// to 1e-4 of the largest, on batches of three and of four samples of fixed pseudo-random numbers, the first in
/// (0, 1) and the others in (-1, 1); or of ids, all 0 and then below the size of the smallest table. What a model
/// decides by looking at values, it decides for these.
///
/// Throws ValueError for an op without a definition; for a definition that gives something else, needs the op
/// itself, depends on no input, takes other options, or cannot be compared, as the op gives no finite number;
/// where a result does not keep the batch as its first axis and no other, and where samples are mixed; and if
/// the graph for four samples is not the one for three, as the model looks at the size of the batch or does not
/// compute the same each time. Throws DataError if the file cannot be written, and then what was there before
/// stays; and what the model and the definitions throw.
template <class Model>
void export_onnx(const std::string& path, Model& model, const Shape& sample,
                 const OnnxOptions& options = {}, Location at = Location::current()) {
  const auto write = [&](const auto& function) {
    export_onnx_model(path, function, detail::arrays_of(model), sample, options, at);
  };
  if constexpr (ReadsIds<Model>)
    write([&](Tape& tape, const Ids& ids) { return apply(model, tape, ids, at); });
  else
    write([&](const Variable& x) { return apply(model, x, at); });
}

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop
