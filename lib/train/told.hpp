// SPDX-License-Identifier: MIT
// Visitors whose turn comes when a step is done, after its passes.
#pragma once

#include <xtape/visitor.hpp>

#include <initializer_list>

namespace xtape::inline XTAPE_ABI {

/// Tells them in a pass which gradients are there, and no more.
class Told final : public Visitor {
 public:
  explicit Told(std::initializer_list<Visitor*> visitors) : visitors_(visitors) {}
  std::span<Parameter* const> select(std::span<Parameter* const>) override { return {}; }
  void ready(Parameter& parameter) override {
    for (Visitor* const visitor : visitors_) visitor->ready(parameter);
  }
  void visit(Parameter&) override {}

 private:
  std::initializer_list<Visitor*> visitors_;
};

}  // namespace xtape::inline XTAPE_ABI
