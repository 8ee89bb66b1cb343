// SPDX-License-Identifier: MIT
// A graph of ONNX, and its file: the messages of onnx.proto
// (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto), as far as they are needed.
#pragma once

#include <xtape/array.hpp>

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace xtape::inline XTAPE_ABI::onnx {

using Ints = std::vector<std::int64_t>;

/// An attribute of a node.
struct Attribute {
  std::string name;
  std::variant<float, std::int64_t, Ints, std::string, std::vector<std::string>> value;

  bool operator==(const Attribute&) const;  ///< bit by bit
};

/// An operator with the names of its inputs and its outputs.
struct Node {
  std::string type;                  ///< such as Conv
  std::vector<std::string> inputs;   ///< of one that is left out an empty name
  std::vector<std::string> outputs;  ///< the first is the node's name, too
  std::vector<Attribute> attributes;

  bool operator==(const Node&) const = default;
};

/// A constant: floats, or integers for the shapes and axes that some operators take as inputs.
struct Initializer {
  std::string name;
  std::variant<Array, Ints> value;

  bool operator==(const Initializer&) const;  ///< bit by bit
};

/// What goes into a graph or comes out: the size of the first axis is open.
struct Endpoint {
  std::string name;
  Shape sample;      ///< the sizes of the other axes
  bool ids = false;  ///< whether it has integers, not floats

  bool operator==(const Endpoint&) const = default;
};

struct Graph {
  std::vector<Node> nodes;  ///< each after those that it depends on
  std::vector<Initializer> initializers;
  Endpoint input, output;

  bool operator==(const Graph&) const = default;
};

/// The bytes of a ModelProto.
std::string serialized(const Graph& graph);

}  // namespace xtape::inline XTAPE_ABI::onnx
