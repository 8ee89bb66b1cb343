// SPDX-License-Identifier: MIT
// A graph of ONNX in the making, and which of its values stand for which of ours.
#pragma once

#include "export/onnx_graph.hpp"

#include <xtape/io/layout.hpp>
#include <xtape/ops/index.hpp>
#include <xtape/parameter.hpp>
#include <xtape/tape.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <set>

namespace xtape::inline XTAPE_ABI::onnx {

/// In what order the graph has the elements of a value of ours. ONNX computes on (N, C, H, W); a value is
/// brought into another order only where an operator needs it.
enum class Order {
  same,            ///< as we have them
  channels_first,  ///< (N, C, H, W) for our (N, H, W, C)
  flattened,       ///< (N, C H W) for our (N, H W C)
};

class Builder {
 public:
  /// A graph for a model with these parameters and buffers.
  explicit Builder(const std::vector<NamedArray>& arrays);

  /// The input of the graph.
  void add_input(const Variable& x, Layout layout);
  /// The same of ids, which are known by where they are: they must stay there while the model is applied.
  void add_input(const Ids& ids);
  /// The layer whose operators come next: a part of their names.
  void enter(std::string layer) { layer_ = std::move(layer); }
  /// Adds an operator and returns the name of its output.
  std::string add(const std::string& type, std::vector<std::string> inputs,
                  std::vector<Attribute> attributes = {});
  /// The same for one with several outputs, of which it returns all names.
  std::vector<std::string> add(const std::string& type, std::size_t outputs,
                               std::vector<std::string> inputs, std::vector<Attribute> attributes);
  /// Says that what is called `name` is a value of ours. `channels` is for those that are flattened.
  void define(const Value& value, Order order, std::string name, std::size_t channels = 1);
  /// Says that a value of ours is, in the graph, what `x` is, which must be known.
  void define(const Value& value, const Variable& x);
  /// Ends the graph with its output.
  Graph finish(const Variable& y, Layout layout) &&;

  /// Whether a value depends on no input.
  bool is_constant(const Variable& x) const { return !known_.contains(&x.value()); }
  /// Whether ids are some of the input's.
  bool are_of_input(const Ids& ids) const;
  /// Says that the ids of the input are looked up in a table of this size.
  void look_up(std::size_t size) { vocabulary_ = std::min(vocabulary_, size); }
  /// The size of the smallest of these tables.
  std::size_t vocabulary() const { return vocabulary_; }
  /// The order in which the graph has a value; that of ours where there are several, or for a constant.
  Order order_of(const Variable& x) const;
  /// Of the image that a flattened value was.
  std::size_t channels_of(const Variable& x) const;
  /// The name of a value in an order, into which it is brought if need be. A constant of fewer axes than
  /// an image's gets as many.
  std::string name(const Variable& x, Order order = Order::same);
  /// The name of ids, of the input as a whole or constant; nothing for others.
  std::string name(const Ids& ids);

  /// The name of a constant that is seen as one of the shape `view`, with its axes in another order, and
  /// then of the given shape.
  std::string constant(const Variable& x, const Shape& view, const Axes& order, const Shape& shape);
  /// The name of a constant that was made of one, after which it is called.
  std::string constant(const Variable& of, Array value);
  /// The name of a number.
  std::string constant(Scalar number);
  /// The name of some numbers.
  std::string constant(Array numbers);
  /// The name of some integers.
  std::string constant(const Ints& numbers);

 private:
  struct Known {
    Value value;                            // kept, so that its address stands for nothing else
    std::array<std::string, 3> names = {};  // in each order, or nothing
    std::size_t channels = 1;
  };

  std::string unique(const std::string& name);
  std::string add_initializer(const std::string& name, std::variant<Array, Ints> value);
  std::string converted(const Known& known, Order order);
  std::string padded_constant(const Variable& x);

  Graph graph_;
  Ids ids_{std::span<const std::int32_t>{}};  // of the input
  std::size_t vocabulary_ = std::numeric_limits<std::int32_t>::max();
  std::string layer_;
  std::map<const Array*, Known> known_;
  std::map<const Array*, std::string> names_;  // of parameters and buffers
  struct Constant {
    Value value;  // kept
    Shape view;
    Axes order;
    Shape shape;
    std::string name;
  };
  std::vector<Constant> constants_;
  std::set<std::string> taken_{"input", "output"};
};

}  // namespace xtape::inline XTAPE_ABI::onnx
