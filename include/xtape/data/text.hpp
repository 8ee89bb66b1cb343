// SPDX-License-Identifier: MIT
/// \file
/// Text as ids: a vocabulary of characters, and windows over what it makes.
#pragma once

#include <xtape/data/dataset.hpp>

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI::data {

/// A file of text. Throws DataError if it cannot be read, is empty or is no UTF-8.
std::string read_text(const std::string& path);

/// An id for each character, which is a code point of UTF-8: 0, 1, ..., in their order.
/// ```
/// const data::Vocabulary vocabulary{text};
/// save("net.safetensors", net, {.settings = {{"vocabulary", vocabulary.characters()}}});
/// ...
/// const data::Vocabulary same{load_settings("net.safetensors").at("vocabulary")};
/// ```
class Vocabulary {
 public:
  /// The characters that are in a text. Throws ValueError if it is empty or no UTF-8.
  explicit Vocabulary(std::string_view text, Location at = Location::current());

  /// The number of characters; an id is less than it.
  std::size_t size() const noexcept { return characters_.size(); }
  /// All characters, in the order of their ids: a text of which the vocabulary is this one.
  std::string characters() const;
  /// The ids of a text's characters. Throws ValueError if one is not in the vocabulary, and tells where it is, or if
  /// the text is no UTF-8.
  std::vector<std::int32_t> encode(std::string_view text, Location at = Location::current()) const;
  /// The text of ids. Throws ValueError if one is not less than `size()`.
  std::string decode(std::span<const std::int32_t> ids, Location at = Location::current()) const;

 private:
  std::vector<std::string> characters_;
  std::map<std::string, std::int32_t, std::less<>> ids_;
};

/// The windows over a text.
struct WindowOptions {
  std::size_t context = 64;  ///< T, ids in a window
  std::size_t stride = 0;    ///< from the begin of one to that of the next; 0: the context
  bool shift = false;  ///< whether each begins up to `stride - 1` later, drawn for each batch anew
  /// So many windows make an epoch, each of which begins anywhere, drawn for its batch; 0: those of the stride.
  std::size_t draws = 0;
};

/// Windows over a text of ids. The input is ids (count, T), the target the ids that follow each, (count, T):
/// input[i, t] = text[start_i + t], target[i, t] = text[start_i + t + 1], with start_i = i stride. With `shift`
/// every epoch has other windows, and all that a text has come up.
/// ```
/// const auto [train, validation] = data::split(
///     data::TextDataset{vocabulary.encode(text), {.context = 64, .shift = true}}, 0.1);
/// ```
class TextDataset final : public Dataset {
 public:
  /// Takes over the ids of a text. Throws ValueError if the context is 0 or there are no more ids than it.
  explicit TextDataset(std::vector<std::int32_t> text, const WindowOptions& options = {},
                       Location at = Location::current());

  /// The number of whole windows, or of those that are drawn.
  std::size_t size() const noexcept override;
  Batch make_batch(std::size_t count) const override;
  /// Throws ValueError if an index is not less than `size()`.
  void gather(std::span<const std::uint32_t> indices, Batch& batch, Rng& rng) const override;

  /// The text.
  std::span<const std::int32_t> ids() const noexcept { return text_; }
  /// The windows over it.
  const WindowOptions& options() const noexcept { return options_; }

 private:
  std::vector<std::int32_t> text_;
  WindowOptions options_;
};

/// Parts a text by position: the second part is the given share of its ids, rounded, from its end. No window has ids
/// of both, and each part has ids of its own. With `draws` both have so many windows: to validate on fewer, make a
/// dataset of the second part's text. Throws ValueError unless both parts have more ids than the context.
std::pair<TextDataset, TextDataset> split(const TextDataset& text, double share,
                                          Location at = Location::current());

}  // namespace xtape::inline XTAPE_ABI::data
#pragma GCC visibility pop
