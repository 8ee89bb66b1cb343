// SPDX-License-Identifier: MIT
#include "derivatives/gradient.hpp"

#include "digest.hpp"
#include "kernels/strided.hpp"
#include "ops/steps.hpp"
#include "text.hpp"

#include <xtape/ops/arithmetic.hpp>

#include <algorithm>
#include <utility>

namespace xtape::inline XTAPE_ABI {
namespace detail {

// A walk from some results back to some variables, on which each gradient is a variable, too: what the rules of ops
// record comes behind the nodes that it goes over. Nothing before the first of the variables depends on one, and its
// costs are those of the nodes from there on: a long tape may have many gradients of what is near.
class Derivation {
 public:
  Derivation(Tape& tape, std::span<const Variable> to)
      : tape_{tape}, scope_{tape.context_.scope}, place_{tape.place_}, first_{tape.nodes_.size()} {
    for (const Variable& x : to) first_ = std::min<std::size_t>(first_, x.node_);
    extend();
    for (const Variable& x : to) leads_[x.node_ - first_] = true;
    find_leading(first_);
  }
  Derivation(const Derivation&) = delete;
  Derivation& operator=(const Derivation&) = delete;
  ~Derivation() {
    tape_.context_.scope = scope_;
    tape_.place_ = place_;
  }

  // Adds to the gradient of a variable.
  void add(const Variable& x, const Variable& gradient) {
    if (leads(x.node_)) add(x.node_, gradient);
  }
  // Goes back over all that was there.
  void walk() { walk(first_, first_ + leads_.size()); }
  const std::optional<Variable>& sum(const Variable& x) const { return sums_[x.node_ - first_]; }

 private:
  // Goes back over the nodes from `first` to before `behind`.
  void walk(std::size_t first, std::size_t behind) {
    while (behind-- > first)
      if (leads(behind) && tape_.nodes_[behind].kind == NodeKind::op) step(behind);
  }
  void extend() {
    sums_.resize(tape_.nodes_.size() - first_);
    leads_.resize(tape_.nodes_.size() - first_);
  }
  // Whether a node depends on a variable that is asked for.
  bool leads(std::size_t node) const { return node >= first_ && leads_[node - first_]; }

  // Of the nodes from `first` on, those that depend on one that is asked for.
  void find_leading(std::size_t first) {
    for (std::size_t i = first; i < tape_.nodes_.size(); ++i) {
      const auto node = static_cast<std::uint32_t>(i);
      const std::uint32_t op = tape_.nodes_.op_of(node);
      if ((op != node && leads(op)) || goes_on(op)) leads_[i - first_] = true;
    }
  }

  void add(std::uint32_t node, const Variable& gradient) {
    const Shape shape = tape_.nodes_[node].shape;  // what is recorded below moves the nodes
    if (!kernels::broadcasts_to(shape, gradient.shape()))
      throw ShapeError(
          *op_,
          text("the gradient of an input of shape ", shape, " has the shape ", gradient.shape()),
          "check the function of variables given to wrt() or defined()");
    const Variable part = summed_to(gradient, shape);
    std::optional<Variable>& sum = sums_[node - first_];
    sum = sum ? *sum + part : part;
  }

  // Whether what is asked for is behind an op, and not its result alone.
  bool goes_on(std::uint32_t node) const {
    return std::ranges::any_of(tape_.nodes_.edges(node),
                               [this](const Edge& edge) { return leads(edge.input); });
  }

  void step(std::size_t node) {
    const auto of = static_cast<std::uint32_t>(node);
    if (!goes_on(of)) return;
    const Defined& op = *tape_.kept_[node];
    PooledVector<std::optional<Variable>> gradients;
    for (std::size_t i = 0; i < op.kept.results.size(); ++i)
      gradients.push_back(sums_[node + i - first_]);
    if (std::ranges::none_of(gradients, [](const auto& g) { return g.has_value(); })) return;
    op_ = &op.kept.op;
    tape_.place_ = &op.kept.op.at;
    tape_.context_.scope = tape_.nodes_[node].scope;
    if (op.definition)
      through_definition(op, gradients);
    else
      through_edges(of, op.kept, gradients);
  }

  // The rules of the op, for those inputs that lead somewhere.
  void through_edges(std::uint32_t node, const Kept& op,
                     const PooledVector<std::optional<Variable>>& gradients) {
    PooledVector<std::optional<Variable>> g = gradients;
    if (tape_.nodes_[node].through) g = {made(tape_.nodes_[node].through, g, op)};
    const std::size_t end = tape_.nodes_.end_of_edges(node);
    for (std::size_t e = tape_.nodes_[node].first_edge; e < end; ++e)
      if (const std::uint32_t input = tape_.nodes_.edge(e).input; leads(input))
        add(input, made(tape_.nodes_.edge(e).pull, g, op));
  }
  // What it calls may move `pull`, but not what that holds.
  static Variable made(const Pullback& pull, VariableGradients g, const Kept& op) {
    const std::optional<Variable> gradient = pull.again(g, op);
    if (!gradient) throw_missing(op.op);
    return *gradient;
  }

  // Records what the op is in other ops, and goes back over these.
  void through_definition(const Defined& op,
                          const PooledVector<std::optional<Variable>>& gradients) {
    const std::size_t first = tape_.nodes_.size();
    const PooledVector<Variable> results = op.definition(op.kept.inputs);
    const std::size_t behind = tape_.nodes_.size();
    check_definition(op.kept, results);
    extend();
    find_leading(first);
    for (std::size_t i = 0; i < results.size(); ++i)
      if (gradients[i] && results[i].needs_grad()) add(results[i], *gradients[i]);
    walk(first, behind);
  }
  static void check_definition(const Kept& op, const PooledVector<Variable>& results) {
    const char* const hint = "check the function given to defined()";
    if (results.size() != op.results.size())
      throw ShapeError(op.op,
                       text("what it is defined as has ", results.size(), " results, expected ",
                            op.results.size()),
                       hint);
    for (std::size_t i = 0; i < results.size(); ++i)
      if (const Shape& is = results[i].shape(), &expected = op.results[i].shape(); is != expected)
        throw ShapeError(
            op.op,
            text("what it is defined as has a result of shape ", is, ", expected ", expected),
            hint);
  }

  [[noreturn]] static void throw_missing(const Op& op) {
    throw TapeError(op, "its gradient has no gradient",
                    "give wrt() a second function, of variables, or say what the op is defined as");
  }

  Tape& tape_;
  const std::uint32_t scope_;
  const Location* const place_;
  std::size_t first_;                           // node that is looked at
  const Op* op_ = nullptr;                      // whose rule is asked
  PooledVector<std::optional<Variable>> sums_;  // of each node from there on
  PooledVector<char> leads_;                    // likewise
};

Derivatives::Derivatives(const Op& op, Tape& tape, std::span<const Variable> ys,
                         std::span<const Variable> xs)
    : op_{op}, tape_{tape}, ys_{ys}, xs_{xs} {
  tape.check_open(op);
  if (!tape.derives_)
    throw TapeError(op, "the tape keeps nothing for gradients of gradients",
                    "make it with Mode::derive");
  for (const Variable& y : ys) check_tape("a y", y);
  for (const Variable& x : xs) {
    check_tape("an x", x);
    if (!x.needs_grad())
      throw TapeError(op, "an x is a constant", "make it with tape.variable() or tape.parameter()");
  }
  for (std::size_t i = 0; i < tape.parameters_.size(); ++i)
    if (const Value& value = tape.parameters()[i]->shared_value();
        digest_of(value) != tape.digests_[i])
      throw TapeError(
          op, text("a parameter of shape ", value->shape(), " has changed since the tape read it"),
          "update parameters after the last gradient?");
}

PooledVector<Variable> Derivatives::times(std::span<const Variable> vectors,
                                          const char* name) const {
  for (const Variable& vector : vectors) check_tape(text("a ", name), vector);
  if (ys_.size() != vectors.size())
    throw ShapeError(op_, text("expected a ", name, " for each of ",
                               counted(ys_.size(), "variable"), ", got ", vectors.size()));
  for (std::size_t i = 0; i < ys_.size(); ++i)
    if (ys_[i].shape() != vectors[i].shape())
      throw ShapeError(op_, text("expected a ", name, " of shape ", ys_[i].shape(), ", got ",
                                 vectors[i].shape()));
  Derivation derivation{tape_, xs_};
  for (std::size_t i = 0; i < ys_.size(); ++i)
    if (ys_[i].needs_grad()) derivation.add(ys_[i], vectors[i]);
  derivation.walk();
  PooledVector<Variable> gradients;
  for (const Variable& x : xs_)
    gradients.push_back(derivation.sum(x) ? *derivation.sum(x) : tape_.input(zeros(x.shape())));
  return gradients;
}

PooledVector<Variable> Derivatives::of_one(const char* hint) const {
  const Shape& shape = ys_[0].shape();
  if (ys_[0].size() != 1)
    throw ShapeError(op_, text("expected a y of a single element, got ", shape), hint);
  const Variable one = tape_.input(full(shape, 1));
  return times({&one, 1});
}

void Derivatives::check_tape(std::string_view what, const Variable& v) const {
  if (&v.tape(op_) != &tape_) throw TapeError(op_, text(what, " is on another tape"));
}

}  // namespace detail

PooledVector<Variable> Tape::gradient(const Located& y, std::span<const Variable> xs,
                                      const std::optional<Variable>& cotangent) {
  const detail::Derivatives of{{"gradient", y.at}, *this, {&y.variable, 1}, xs};
  return cotangent ? of.times({&*cotangent, 1})
                   : of.of_one("take sum() first, or give a cotangent?");
}

PooledVector<Variable> Tape::gradient(std::span<const Variable> ys, std::span<const Variable> xs,
                                      std::span<const Variable> cotangents, Location at) {
  return detail::Derivatives{{"gradient", at}, *this, ys, xs}.times(cotangents);
}

}  // namespace xtape::inline XTAPE_ABI
