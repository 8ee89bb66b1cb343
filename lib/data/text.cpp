// SPDX-License-Identifier: MIT
#include <xtape/data/text.hpp>

#include "data/checks.hpp"
#include "files/errors.hpp"
#include "files/input_file.hpp"
#include "json.hpp"

#include <algorithm>
#include <set>

namespace xtape::inline XTAPE_ABI::data {
namespace {

// The bytes of the first character of a text, which is UTF-8: how many is in the first of them.
std::string_view first_character(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  return text.substr(0, lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4);
}

template <class F>
void for_each_character(std::string_view text, const Op& op, F f) {
  if (!is_utf8(text)) throw ValueError(op, "expected a text in UTF-8, got other bytes");
  for (std::size_t count = 0; !text.empty(); ++count) {
    const std::string_view character = first_character(text);
    f(character, count);
    text.remove_prefix(character.size());
  }
}

}  // namespace

std::string read_text(const std::string& path) {
  const Op op = Op::nowhere("text");
  const files::InputFile file{path, file_errors(op)};
  if (file.size() == 0) throw DataError(op, path + ": expected a text, found an empty file");
  std::string text(file.size(), '\0');
  file.read_at(0, text.data(), text.size());
  if (!is_utf8(text)) throw DataError(op, path + ": expected a text in UTF-8, found other bytes");
  return text;
}

Vocabulary::Vocabulary(std::string_view text, Location at) {
  const Op op{"vocabulary", at};
  if (text.empty()) throw ValueError(op, "expected a text, got an empty one");
  // The order of the bytes of UTF-8 is that of the code points.
  std::set<std::string, std::less<>> characters;
  for_each_character(text, op, [&](std::string_view character, std::size_t) {
    if (!characters.contains(character)) characters.emplace(character);
  });
  for (const std::string& character : characters) {
    ids_[character] = static_cast<std::int32_t>(characters_.size());
    characters_.push_back(character);
  }
}

std::string Vocabulary::characters() const {
  std::string text;
  for (const std::string& character : characters_) text += character;
  return text;
}

std::vector<std::int32_t> Vocabulary::encode(std::string_view text, Location at) const {
  const Op op{"encode", at};
  std::vector<std::int32_t> ids;
  ids.reserve(text.size());
  for_each_character(text, op, [&](std::string_view character, std::size_t place) {
    const auto id = ids_.find(character);
    if (id == ids_.end())
      throw ValueError(op, xtape::text("expected characters of the vocabulary, got ",
                                       json_string(character), " at ", place));
    ids.push_back(id->second);
  });
  return ids;
}

std::string Vocabulary::decode(std::span<const std::int32_t> ids, Location at) const {
  std::string text;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (ids[i] < 0 || static_cast<std::size_t>(ids[i]) >= size())
      throw ValueError({"decode", at},
                       xtape::text("expected ids less than ", size(), ", got ", ids[i], " at ", i));
    text += characters_[static_cast<std::size_t>(ids[i])];
  }
  return text;
}

TextDataset::TextDataset(std::vector<std::int32_t> text, const WindowOptions& options, Location at)
    : text_{std::move(text)}, options_{options} {
  const Op op{"dataset", at};
  check_count(op, "context", options_.context);
  if (options_.stride == 0) options_.stride = options_.context;
  if (text_.size() <= options_.context)
    throw ValueError(op,
                     xtape::text("expected more than ", options_.context,
                                 " ids, as the context has, got ", text_.size()),
                     text_.empty() ? "the text is empty" : "use a shorter context");
}

std::size_t TextDataset::size() const noexcept {
  if (options_.draws > 0) return options_.draws;
  return (text_.size() - 1 - options_.context) / options_.stride + 1;
}

Batch TextDataset::make_batch(std::size_t count) const {
  const Shape shape{count, options_.context};
  return {.inputs = {data::ids(shape)}, .targets = {data::ids(shape)}};
}

void TextDataset::gather(std::span<const std::uint32_t> indices, Batch& batch, Rng& rng) const {
  const std::size_t last = text_.size() - 1 - options_.context;
  std::int32_t* input = batch.inputs[0].ids().data();
  std::int32_t* target = batch.targets[0].ids().data();
  for (const std::uint32_t index : indices) {
    check_index(Op::nowhere("gather"), index, size());
    std::size_t start = index * options_.stride;
    if (options_.draws > 0)
      start = rng.below(last + 1);
    else if (options_.shift)
      start += rng.below(std::min(options_.stride, last - start + 1));
    const std::int32_t* const window = text_.data() + start;
    input = std::copy_n(window, options_.context, input);
    target = std::copy_n(window + 1, options_.context, target);
  }
}

std::pair<TextDataset, TextDataset> split(const TextDataset& text, double share, Location at) {
  check_share({"split", at}, "share", share);
  const std::span<const std::int32_t> all = text.ids();
  const auto second =
      static_cast<std::size_t>(std::lround(share * static_cast<double>(all.size())));
  const auto part = [&](std::span<const std::int32_t> ids) {
    return TextDataset{{ids.begin(), ids.end()}, text.options(), at};
  };
  return {part(all.first(all.size() - second)), part(all.last(second))};
}

}  // namespace xtape::inline XTAPE_ABI::data
