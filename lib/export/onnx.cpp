// SPDX-License-Identifier: MIT
#include <xtape/export/onnx.hpp>

#include "export/onnx_ops.hpp"
#include "io/new_file.hpp"
#include "text.hpp"

#include <algorithm>

namespace xtape::inline XTAPE_ABI {
namespace {

// A size of the batch by which its axis is told from others'.
constexpr std::size_t samples = 3;
constexpr std::size_t largest_message = std::size_t{1} << 31;  // of protocol buffers

// Builds the graph while the model is applied.
class Exporter : public Observer {
 public:
  explicit Exporter(onnx::Builder& builder) : builder_{builder} {}

  void forward(const Forward& call) override {
    const auto constant = [&](const Variable* x) { return builder_.is_constant(*x); };
    if (std::ranges::all_of(call.inputs, constant)) return;  // and so is the result
    const Shape& shape = call.result.shape();
    if (shape.empty() || shape[0] != samples)
      throw ValueError({"export_onnx", call.op.at},
                       text("the result of ", call.op.name, ", ", shape, ", for a batch of ",
                            samples, " does not keep the batch as its first axis"));
    builder_.enter(call.tape.layer());
    onnx::translate(builder_, call);
  }

 private:
  onnx::Builder& builder_;
};

}  // namespace

void export_onnx_model(const std::string& path,
                       const std::function<Variable(const Variable&)>& model,
                       const std::vector<NamedParameter>& parameters, const Shape& sample,
                       const OnnxOptions& options, Location at) {
  const Op op{"export_onnx", at};
  Shape shape{samples};
  shape.insert(shape.end(), sample.begin(), sample.end());
  onnx::Builder builder{parameters};
  Tape tape{Mode::eval};
  const Variable x = tape.input(zeros(shape));
  builder.add_input(x, options.layout);
  const Variable y = [&] {
    const Exporter exporter{builder};
    return model(x);
  }();
  if (builder.is_constant(y)) throw ValueError(op, "the result does not depend on the input");
  const std::string bytes = serialized(std::move(builder).finish(y, options.layout));
  if (bytes.size() >= largest_message)
    throw DataError(op, text("cannot write ", path, ": an ONNX file is smaller than 2 GB"));
  NewFile file{path};
  file.write(bytes.data(), bytes.size());
  file.commit();
}

}  // namespace xtape::inline XTAPE_ABI
