// SPDX-License-Identifier: MIT
#pragma once

#include <xtape/array.hpp>
#include <xtape/detail/pullback.hpp>
#include <xtape/memory.hpp>
#include <xtape/op.hpp>
#include <xtape/peers.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI::detail {

/// A layer that is applied, and the one around it.
struct Scope {
  static constexpr std::uint32_t outside = ~std::uint32_t{0};
  std::uint32_t parent;                     ///< a scope, or `outside`
  std::uint32_t number;                     ///< of the layer in its parent
  std::shared_ptr<const std::string> name;  ///< of the layer, or null
};

/// What ops are told of the pass that they are in.
struct Context {
  std::optional<std::uint64_t> key = {};  ///< of its random numbers
  std::uint64_t random_ops = 0;
  Peers* peers = nullptr;
  PooledVector<Scope> scopes = {};
  std::uint32_t scope = Scope::outside;  ///< that of the layer

  /// The path of the layer that is a scope, such as `2.0`.
  std::string path_of(std::uint32_t of) const;
};

/// An op is the node of its first result; the nodes of the others follow.
enum class NodeKind : std::uint8_t { op, result, variable, parameter };

/// A value that a tape has recorded.
struct Node {
  Op op;
  NodeKind kind;
  std::uint32_t first_edge;  ///< its edges end where those of the next node begin
  std::uint32_t scope;
  Shape shape;
  Pullback through = {};  ///< empty: none
};

/// From an op to one of its inputs.
struct Edge {
  std::uint32_t input;
  Pullback pull;
};

/// All that a tape has recorded, in the order in which it was.
class Nodes {
 public:
  std::size_t size() const noexcept { return nodes_.size(); }
  Node& operator[](std::size_t node) { return nodes_[node]; }
  const Node& operator[](std::size_t node) const { return nodes_[node]; }
  /// Adds one, and returns its number.
  std::uint32_t add(const Op& op, NodeKind kind, std::uint32_t scope, const Shape& shape);
  /// The node of the first result of the op that a node is a result of.
  std::uint32_t op_of(std::uint32_t node) const noexcept;
  /// Behind the results of an op, by its node.
  std::uint32_t behind(std::uint32_t op) const noexcept;

  /// The edges of a node are from `first_edge` to before this.
  std::size_t end_of_edges(std::uint32_t node) const noexcept {
    return node + 1 < nodes_.size() ? nodes_[node + 1].first_edge : edges_.size();
  }
  std::span<const Edge> edges(std::uint32_t node) const noexcept {
    return std::span{edges_}.subspan(nodes_[node].first_edge,
                                     end_of_edges(node) - nodes_[node].first_edge);
  }
  Edge& edge(std::size_t edge) { return edges_[edge]; }
  const Edge& edge(std::size_t edge) const { return edges_[edge]; }
  /// Adds one of the last node.
  void add_edge(std::uint32_t input, Pullback pull) { edges_.push_back({input, std::move(pull)}); }
  void clear_edges() { edges_.clear(); }

 private:
  PooledVector<Node> nodes_;
  PooledVector<Edge> edges_;
};

}  // namespace xtape::inline XTAPE_ABI::detail
#pragma GCC visibility pop
