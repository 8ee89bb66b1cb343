// SPDX-License-Identifier: MIT
#include <xtape/watch/dot.hpp>

#include "text.hpp"

#include <algorithm>
#include <string_view>

namespace xtape::inline XTAPE_ABI {
namespace {

// Nodes by the path of their layer, layers inside layers.
struct Cluster {
  std::string path;
  std::vector<std::uint32_t> nodes = {};
  std::vector<Cluster> inner = {};

  // The one of a layer in it, made where there is none.
  Cluster& at(const std::string& layer) {
    if (layer == path) return *this;
    const std::size_t begin = path.empty() ? 0 : path.size() + 1;
    const std::string next = layer.substr(0, layer.find('.', begin));
    auto known = std::ranges::find(inner, next, &Cluster::path);
    if (known == inner.end()) known = inner.insert(known, Cluster{next});
    return known->at(layer);
  }
};

// A text as a string of the language. By another name than std::quoted, which a std::string would find.
std::string literal(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    if (c == '\n')
      result += "\\n";
    else
      result += c;
  }
  return result + '"';
}

class Drawing {
 public:
  Drawing(const Tape& tape, std::span<const NamedParameter> names, const Location& at)
      : tape_{tape}, names_{names}, at_{at} {}

  std::string text() {
    Cluster all{""};
    for (std::uint32_t i = 0; i < tape_.size(); ++i) all.at(tape_.layer(i)).nodes.push_back(i);
    out_ = "digraph tape {\n  node [shape=box];\n";
    draw(all, "  ");
    for (std::uint32_t i = 0; i < tape_.size(); ++i)
      for (const std::uint32_t input : tape_.node(i, at_).inputs)
        out_ += xtape::text("  n", input, " -> n", i, ";\n");
    return out_ + "}\n";
  }

 private:
  void draw(const Cluster& cluster, const std::string& indent) {
    for (const std::uint32_t i : cluster.nodes) {
      const Tape::Recorded node = tape_.node(i, at_);
      const bool leaf = node.parameter != nullptr || std::string_view{node.op.name} == "variable";
      out_ += xtape::text(indent, 'n', i,
                          " [label=", literal(name_of(node) + '\n' + to_string(node.shape)),
                          leaf ? ", shape=ellipse" : "", "];\n");
    }
    for (const Cluster& inner : cluster.inner) {
      out_ += xtape::text(indent, "subgraph ", literal("cluster " + inner.path), " {\n", indent,
                          "  label=", literal("layer " + inner.path), ";\n");
      draw(inner, indent + "  ");
      out_ += indent + "}\n";
    }
  }

  std::string name_of(const Tape::Recorded& node) const {
    const auto named = std::ranges::find(names_, node.parameter, &NamedParameter::parameter);
    return node.parameter == nullptr || named == names_.end() ? node.op.name : named->name;
  }

  const Tape& tape_;
  std::span<const NamedParameter> names_;
  Location at_;
  std::string out_;
};

}  // namespace

std::string dot(const Tape& tape, std::span<const NamedParameter> names, Location at) {
  return Drawing{tape, names, at}.text();
}

}  // namespace xtape::inline XTAPE_ABI
