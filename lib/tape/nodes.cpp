// SPDX-License-Identifier: MIT
#include <xtape/tape/nodes.hpp>

namespace xtape::inline XTAPE_ABI::detail {

std::string Context::path_of(std::uint32_t of) const {
  std::string path;
  for (; of != Scope::outside; of = scopes[of].parent) {
    const auto& [parent, number, name] = scopes[of];
    const std::string own = name ? *name : std::to_string(number);
    path = path.empty() ? own : own + '.' + path;
  }
  return path;
}

std::uint32_t Nodes::add(const Op& op, NodeKind kind, std::uint32_t scope, const Shape& shape) {
  if (nodes_.empty()) {
    nodes_.reserve(64);
    edges_.reserve(64);
  }
  nodes_.push_back({op, kind, static_cast<std::uint32_t>(edges_.size()), scope, shape});
  return static_cast<std::uint32_t>(nodes_.size() - 1);
}

std::uint32_t Nodes::op_of(std::uint32_t node) const noexcept {
  while (nodes_[node].kind == NodeKind::result) --node;
  return node;
}

std::uint32_t Nodes::behind(std::uint32_t op) const noexcept {
  std::uint32_t node = op + 1;
  while (node < nodes_.size() && nodes_[node].kind == NodeKind::result) ++node;
  return node;
}

}  // namespace xtape::inline XTAPE_ABI::detail
