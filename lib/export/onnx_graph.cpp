// SPDX-License-Identifier: MIT
#include "export/onnx_graph.hpp"

#include "io/protobuf.hpp"

namespace xtape::inline XTAPE_ABI::onnx {
namespace {

using protobuf::field;

constexpr std::int64_t ir_version = 8, opset = 17;
enum ElementType : std::int64_t { float_elements = 1, int64_elements = 7 };  // TensorProto.DataType

template <class Value>
std::string fields(unsigned number, const std::vector<Value>& values) {
  std::string text;
  for (const Value& value : values) text += field(number, value);
  return text;
}

// AttributeProto: name 1, the value under a number of its own, and its kind 20.
struct ToAttribute {
  std::string operator()(float value) const { return field(2, value) + kind(1); }
  std::string operator()(std::int64_t value) const { return field(3, value) + kind(2); }
  std::string operator()(const Ints& values) const { return fields(8, values) + kind(7); }
  std::string operator()(const std::string& value) const { return field(4, value) + kind(3); }
  std::string operator()(const std::vector<std::string>& values) const {
    return fields(9, values) + kind(8);
  }
  static std::string kind(std::int64_t number) { return field(20, number); }
};

// NodeProto: input 1, output 2, name 3, op_type 4, attribute 5.
std::string message(const Node& node) {
  std::string text = fields(1, node.inputs) + fields(2, node.outputs);
  text += field(3, node.outputs.front()) + field(4, node.type);
  for (const Attribute& attribute : node.attributes)
    text += field(5, field(1, attribute.name) + std::visit(ToAttribute{}, attribute.value));
  return text;
}

// TensorProto: dims 1, data_type 2, raw_data 9, which is little-endian.
struct ToTensor {
  std::string operator()(const Array& array) const {
    std::string raw;
    raw.reserve(array.size() * sizeof(float));
    for (const Scalar x : array.storage()) raw += protobuf::bytes(static_cast<float>(x));
    return fields(1, Ints(array.shape().begin(), array.shape().end())) +
           field(2, std::int64_t{float_elements}) + field(9, raw);
  }
  std::string operator()(const Ints& numbers) const {
    std::string raw;
    for (const std::int64_t number : numbers) raw += protobuf::bytes(number);
    return field(1, static_cast<std::int64_t>(numbers.size())) +
           field(2, std::int64_t{int64_elements}) + field(9, raw);
  }
};

// ValueInfoProto: name 1, type 2. TypeProto: tensor_type 1. Its elem_type is 1, its shape 2. A
// TensorShapeProto has dims 1, and each a dim_value 1 or a dim_param 2.
std::string message(const Endpoint& end) {
  std::string shape = field(1, field(2, "N"));
  for (const std::size_t size : end.sample)
    shape += field(1, field(1, static_cast<std::int64_t>(size)));
  const std::string tensor =
      field(1, std::int64_t{end.ids ? int64_elements : float_elements}) + field(2, shape);
  return field(1, end.name) + field(2, field(1, tensor));
}

// GraphProto: node 1, name 2, initializer 5, input 11, output 12.
std::string message(const Graph& graph) {
  std::string text;
  for (const Node& node : graph.nodes) text += field(1, message(node));
  text += field(2, "xtape");
  for (const auto& [name, value] : graph.initializers)
    text += field(5, std::visit(ToTensor{}, value) + field(8, name));  // TensorProto: name 8
  return text + field(11, message(graph.input)) + field(12, message(graph.output));
}

}  // namespace

bool Attribute::operator==(const Attribute& other) const {
  return name == other.name &&
         std::visit(ToAttribute{}, value) == std::visit(ToAttribute{}, other.value);
}

bool Initializer::operator==(const Initializer& other) const {
  return name == other.name && std::visit(ToTensor{}, value) == std::visit(ToTensor{}, other.value);
}

// ModelProto: ir_version 1, producer_name 2, graph 7, opset_import 8, whose version is 2.
std::string serialized(const Graph& graph) {
  return field(1, ir_version) + field(2, "xtape") + field(7, message(graph)) +
         field(8, field(2, opset));
}

}  // namespace xtape::inline XTAPE_ABI::onnx
