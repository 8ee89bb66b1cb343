// SPDX-License-Identifier: MIT
#include <xtape/record.hpp>

#include <xtape/tape.hpp>

namespace xtape::inline XTAPE_ABI::detail {

void Recorder::join(const Variable& input) {
  Tape* const own = &input.tape(op_);
  if (tape_ == nullptr) tape_ = own;
  if (tape_ != own)
    throw TapeError(op_, "the inputs are on different tapes", "use one Tape for one pass");
  needed_ |= input.needs_grad();
}

void Recorder::check_joined() const {
  if (tape_ == nullptr) throw TapeError(op_, "expected at least one input");
  if (results_.empty()) throw TapeError(op_, "expected at least one result");
}

// As observers see the op: in a gradient that is made of ops it is where the op was that it is the gradient of.
Op Recorder::seen() const {
  Op op = op_;
  if (tape_->place_ != nullptr) op.at = *tape_->place_;
  return op;
}

void Recorder::begin() {
  node_ = tape_->add_node(op_, NodeKind::op, results_[0]->shape());
  keeps_ = tape_->derives_;
  if (!keeps_) return;
  tape_->kept_.resize(node_ + 1);
  tape_->kept_[node_].reset(new Defined{seen()});
}

void Recorder::add_edge(const Variable& input, Pullback pull) {
  tape_->nodes_.add_edge(input.node_, std::move(pull));
}

void Recorder::set_through(Pullback step) { tape_->nodes_[node_].through = std::move(step); }

void Recorder::keep(const Variable& input) { tape_->kept_[node_]->kept.inputs.push_back(input); }

void Recorder::set_definition(Definition definition) {
  tape_->kept_[node_]->definition = std::move(definition);
}

void Recorder::end() {
  for (const Value& result : results_.subspan(1))
    tape_->add_node(op_, NodeKind::result, result->shape());
  if (keeps_)
    for (std::uint32_t i = 0; i < results_.size(); ++i)
      tape_->kept_[node_]->kept.results.push_back(result(results_[i], i));
}

Variable Recorder::result(Value value, std::uint32_t i) const {
  return {tape_->lifetime_, needed_ ? node_ + i : Variable::constant, std::move(value)};
}

}  // namespace xtape::inline XTAPE_ABI::detail
