// SPDX-License-Identifier: MIT
// Text that a model writes, and text that is made up for one to learn from.
#pragma once

#include "training.hpp"

namespace text {

/// How a text is written.
struct Writing {
  std::size_t length = 0;    ///< characters to be written
  double temperature = 0.8;  ///< what logits are divided by; 0: the likeliest character each time
  std::uint64_t seed = 1;    ///< of the draws
  std::string prompt =
      {};  ///< what is written on from; a new line, or the first character, if empty
};

/// Throws ValueError for a prompt with characters that the model does not know.
void check_prompt(const Writer& writer, const std::string& prompt);

/// Characters that follow the prompt, each drawn by what the model says of those before it, of which it looks back on
/// as many as its context has. Throws ValueError for a prompt with characters that the model does not know.
std::string write(Writer& writer, const Writing& how);

/// Sentences of few words, the same each time.
std::string made_up();

}  // namespace text
