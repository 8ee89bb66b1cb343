// SPDX-License-Identifier: MIT
/// \file
/// Models for other runtimes, in the format ONNX.
#pragma once

#include <xtape/io/layout.hpp>
#include <xtape/layers/layer.hpp>

#include <functional>
#include <string>
#include <vector>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// Options of export_onnx.
struct OnnxOptions {
  /// How the runtime gives images and gets them: (N, C, H, W), as is usual there, or (N, H, W, C).
  Layout layout = Layout::torch;
};

/// See `export_onnx`, which calls this.
void export_onnx_model(const std::string& path,
                       const std::function<Variable(const Variable&)>& model,
                       const std::vector<NamedParameter>& parameters, const Shape& sample,
                       const OnnxOptions& options, Location at);

/// Writes a trained model for onnxruntime and others that read ONNX:
/// ```
/// export_onnx("net.onnx", net, {28, 28, 1});  // the shape of one image, (H, W, C)
/// ```
/// The model is applied once, on a tape in Mode::eval, and what its ops do becomes operators of ONNX
/// (opset 17, IR version 8). The graph has one input, `input`, and one output, `output`, of floats, whose
/// first axis may have any size. Parameters keep their names, such as `0.weight`, and are rounded to float;
/// kernels are (out, in, kh, kw), and the rows of dense weights that read flattened images are in the order
/// of (C, H, W), whatever the layout. A value that depends on no input is a constant.
///
/// It knows: arithmetic, neg, exp, log, sqrt, square, abs, tanh, sigmoid, relu, leaky_relu, softplus and clip;
/// matmul, dense, conv2d, max_pool2d and avg_pool2d; reshape, flatten, transpose, concatenate and slice;
/// sum, mean, max, softmax and log_softmax; and dropout, which is nothing in evaluation. What a model
/// decides by looking at values, it decides here for zeros.
///
/// Throws ValueError for any other op, and where a result does not keep the batch as its first axis;
/// DataError if the file cannot be written, and then what was there before stays; and what the model throws.
template <class Model>
void export_onnx(const std::string& path, Model& model, const Shape& sample,
                 const OnnxOptions& options = {}, Location at = Location::current()) {
  std::vector<NamedParameter> listed;
  if constexpr (requires(ParameterList & list) { model.parameters(list); })
    listed = parameters(model);
  export_onnx_model(
      path, [&](const Variable& x) { return apply(model, x, at); }, listed, sample, options, at);
}

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop
