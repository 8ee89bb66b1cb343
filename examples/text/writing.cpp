// SPDX-License-Identifier: MIT
#include "writing.hpp"

#include <algorithm>
#include <array>
#include <vector>

using namespace xtape;

namespace text {
namespace {

std::vector<std::int32_t> beginning(const Writer& writer, const std::string& prompt) {
  if (!prompt.empty()) try {
      return writer.vocabulary.encode(prompt);
    } catch (const ValueError& error) {
      throw ValueError(Op::nowhere("text"), "--prompt: " + error.message());
    }
  const std::string known = writer.vocabulary.characters();
  return known.find('\n') == std::string::npos ? std::vector<std::int32_t>{0}
                                               : writer.vocabulary.encode("\n");
}

}  // namespace

void check_prompt(const Writer& writer, const std::string& prompt) { beginning(writer, prompt); }

std::string write(Writer& writer, const Writing& how) {
  std::vector<std::int32_t> ids = beginning(writer, how.prompt);
  const std::size_t begin = ids.size();
  Rng rng{how.seed};
  Tape tape{Mode::eval};
  models::ReadText read;
  while (ids.size() < begin + how.length) {
    if (ids.size() > writer.context) read = {};  // of a window that moves, each id has a new place
    const std::size_t seen = std::min(ids.size(), writer.context) - read.steps;
    const std::span<const std::int32_t> last = std::span{ids}.last(seen);
    const Variable logits = (*writer.model)(tape, {last, {1, seen}}, read);
    const Variable next = slice(logits, {.axis = 1, .begin = -1});
    ids.push_back(sample(next.value(), rng, {.temperature = how.temperature})[0]);
  }
  return writer.vocabulary.decode(std::span{ids}.subspan(begin));
}

std::string made_up() {
  constexpr std::size_t length = 50'000;
  constexpr std::array who{"the miller", "a fox", "the old king", "my sister"};
  constexpr std::array does{"looks for", "dreams of", "sings to", "runs from"};
  constexpr std::array what{"the river", "a golden key", "the moon", "seven stones"};
  constexpr std::array when{"at dawn", "in winter", "when it rains", "every evening"};
  Rng rng{1};
  const auto one_of = [&](const auto& words) { return words[rng.below(words.size())]; };
  std::string text;
  while (text.size() < length) {
    std::string sentence = one_of(who);
    for (const char* const words : {one_of(does), one_of(what), one_of(when)})
      (sentence += ' ') += words;
    sentence[0] = static_cast<char>(sentence[0] - 'a' + 'A');
    text += sentence + ".\n";
  }
  return text;
}

}  // namespace text
