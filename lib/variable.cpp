// SPDX-License-Identifier: MIT
#include <xtape/variable.hpp>

#include "text.hpp"

namespace xtape::inline XTAPE_ABI {

Scalar Variable::item(Location at) const {
  if (size() != 1)
    throw ShapeError({"item", at}, text("expected a single element, got ", shape()),
                     "take mean() or sum() first?");
  return *value_->data();
}

void Variable::fail_without_tape(const Op& op) {
  throw TapeError(op, "the tape of a Variable is gone",
                  "keep the Tape as long as ops take it, or return its value(), as predict does");
}

}  // namespace xtape::inline XTAPE_ABI
