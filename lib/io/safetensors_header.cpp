// SPDX-License-Identifier: MIT
#include "io/safetensors.hpp"

#include "text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace xtape::inline XTAPE_ABI::safetensors {
namespace {

struct Dtype {
  std::string_view name;
  std::uint64_t bits;  // of an element
};
constexpr Dtype dtypes[] = {{"BOOL", 8},    {"U8", 8},          {"I8", 8},      {"F4", 4},
                            {"F6_E2M3", 6}, {"F6_E3M2", 6},     {"F8_E4M3", 8}, {"F8_E4M3FNUZ", 8},
                            {"F8_E5M2", 8}, {"F8_E5M2FNUZ", 8}, {"F8_E8M0", 8}, {"I16", 16},
                            {"U16", 16},    {"F16", 16},        {"BF16", 16},   {"I32", 32},
                            {"U32", 32},    {"F32", 32},        {"C64", 64},    {"F64", 64},
                            {"I64", 64},    {"U64", 64}};

constexpr std::array<std::string_view, 3> fields{"dtype", "shape", "data_offsets"};
constexpr std::string_view metadata_key = "__metadata__";
constexpr std::size_t most_axes = 64;

// What the parser keeps of the token at hand, and says of it in an error, takes up to eight bytes per
// byte between quotation marks, and two within.
constexpr std::size_t longest_gap = 1 << 16, longest_string = 1 << 19;

// Takes the parser's events and refuses those that a header does not have, so that nothing is kept but
// what the header is about.
class Events final : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit Events(Header& header) : header_{header} {}
  // What is wrong, as it goes on after the path.
  const std::string& error() const noexcept { return error_; }

  bool null() override { return wrong_value(); }
  bool boolean(bool) override { return wrong_value(); }
  bool number_integer(std::int64_t) override { return wrong_value(); }  // a negative one
  bool number_float(double, const std::string&) override { return wrong_value(); }
  bool binary(binary_t&) override { return wrong_value(); }

  bool number_unsigned(std::uint64_t number) override {
    if (place_ != Place::numbers) return wrong_value();
    if (numbers_.size() == most_axes) return fail(text("has more than ", most_axes, " axes"));
    numbers_.push_back(number);
    return true;
  }

  bool string(std::string& value) override {
    if (place_ == Place::metadata) {
      header_.metadata.emplace(key_, std::move(value));
      return true;
    }
    if (place_ != Place::tensor || field_ != 0) return wrong_value();
    const auto* const dtype = std::ranges::find(dtypes, value, &Dtype::name);
    if (dtype == std::end(dtypes)) return fail("has elements of the unknown type " + value);
    tensor_->dtype = dtype->name;
    return true;
  }

  bool start_object(std::size_t) override {
    if (place_ == Place::outside) {
      place_ = Place::header;
    } else if (place_ == Place::header && key_ == metadata_key) {
      place_ = Place::metadata;
    } else if (place_ == Place::header) {
      place_ = Place::tensor;
      name_ = key_;
      tensor_ = &header_.tensors[name_];
      seen_ = 0;
    } else {
      return wrong_value();
    }
    return true;
  }

  bool key(std::string& key) override {
    key_ = std::move(key);
    if (place_ == Place::tensor) {
      field_ = static_cast<std::size_t>(std::ranges::find(fields, key_) - fields.begin());
      if (field_ == fields.size()) return fail("has the unknown field " + key_);
      if (seen_ & 1u << field_) return fail(text("has two of the field ", key_));
      seen_ |= 1u << field_;
      return true;
    }
    const bool taken = place_ == Place::metadata ? header_.metadata.contains(key_)
                       : key_ == metadata_key    ? std::exchange(has_metadata_, true)
                                                 : header_.tensors.contains(key_);
    return !taken || fail("two things are called " + key_);
  }

  bool end_object() override {
    if (place_ == Place::tensor)
      for (std::size_t i = 0; i < fields.size(); ++i)
        if (!(seen_ & 1u << i)) return fail(text("has no ", fields[i]));
    place_ = place_ == Place::header ? Place::outside : Place::header;
    return true;
  }

  bool start_array(std::size_t) override {
    if (place_ != Place::tensor || field_ == 0) return wrong_value();
    place_ = Place::numbers;
    numbers_.clear();
    return true;
  }

  bool end_array() override {
    place_ = Place::tensor;
    if (fields[field_] == "shape") {
      tensor_->shape.assign(numbers_.begin(), numbers_.end());
    } else {
      if (numbers_.size() != 2) return wrong_value();
      tensor_->begin = numbers_[0];
      tensor_->end = numbers_[1];
    }
    return true;
  }

  bool parse_error(std::size_t, const std::string&,
                   const nlohmann::detail::exception& error) override {
    place_ = Place::outside;
    return fail(error.what());
  }

 private:
  enum class Place { outside, header, metadata, tensor, numbers };

  bool fail(const std::string& what) {
    const bool of_tensor = place_ == Place::tensor || place_ == Place::numbers;
    error_ = of_tensor ? text(": the array ", name_, ' ', what)
                       : text(" is no safetensors file: ", what);
    return false;
  }
  // A value that is of another type than its place asks for.
  bool wrong_value() {
    switch (place_) {
      case Place::outside: return fail("its header is no object");
      case Place::header: return fail(key_ + " is no object");
      case Place::metadata: return fail("its metadata are not only texts");
      default: break;
    }
    constexpr std::array<const char*, 3> types{"text", "list of sizes", "pair of offsets"};
    return fail(text("has a ", fields[field_], " that is no ", types[field_]));
  }

  Header& header_;
  std::string error_;
  Place place_ = Place::outside;
  std::string key_, name_;
  bool has_metadata_ = false;
  Tensor* tensor_ = nullptr;  // called name_
  std::size_t field_ = 0;     // of it, in `fields`
  unsigned seen_ = 0;         // bit i: `fields[i]` was there
  std::vector<std::uint64_t> numbers_;
};

// What is wrong with a text that is not to be given to the parser, or nothing.
const char* unfit(std::string_view text) {
  if (!text.starts_with('{')) return "its header does not begin with {";
  if (text.find('\0') != text.npos)
    return "its header has a zero byte";  // the parser would stop there
  bool quoted = false;
  std::size_t run = 0;
  for (std::size_t i = 0; i < text.size(); ++i, ++run) {
    if (quoted && text[i] == '\\') {
      ++i, ++run;
    } else if (text[i] == '"') {
      quoted = !quoted;
      run = 0;
    }
    if (run > (quoted ? longest_string : longest_gap))
      return "its header has a text that is too long";
  }
  return nullptr;
}

// Whether type and shape of a tensor say that it has so many bytes.
bool has_length(const Tensor& tensor, std::uint64_t bytes) {
  std::uint64_t bits = 1;
  bool overflow = false;
  for (const std::size_t size : tensor.shape)
    overflow |= __builtin_mul_overflow(bits, std::uint64_t{size}, &bits);
  const auto* const dtype = std::ranges::find(dtypes, tensor.dtype, &Dtype::name);
  overflow |= __builtin_mul_overflow(bits, dtype->bits, &bits);
  return !overflow && bits % 8 == 0 && bits / 8 == bytes;
}

// What is wrong with where the tensors are, or nothing.
std::string misplaced(const Tensors& tensors, std::uint64_t data_size) {
  std::vector<const Tensors::value_type*> order;
  order.reserve(tensors.size());
  for (const auto& entry : tensors) order.push_back(&entry);
  std::ranges::sort(order, {}, [](const auto* entry) {
    return std::pair{entry->second.begin, entry->second.end};
  });
  std::uint64_t end = 0;
  for (const auto* const entry : order) {
    const Tensor& tensor = entry->second;
    const auto wrong = [&](const auto&... what) {
      return text(": the array ", entry->first, ' ', what...);
    };
    if (tensor.begin > tensor.end || tensor.end > data_size)
      return wrong("lies outside the file: expected bytes of 0 to ", data_size, ", got ",
                   tensor.begin, " to ", tensor.end);
    if (!has_length(tensor, tensor.end - tensor.begin))
      return wrong("has ", tensor.end - tensor.begin, " bytes, not what ", tensor.dtype,
                   " and the shape ", tensor.shape, " need");
    if (tensor.begin != end)
      return wrong("begins at byte ", tensor.begin, ", expected ", end,
                   ", where the one before it ends");
    end = tensor.end;
  }
  if (end == data_size) return {};
  return text(" is no safetensors file: expected ", end, " bytes after its header, got ",
              data_size);
}

}  // namespace

Header parse_header(const std::string& path, std::string_view header_text,
                    std::uint64_t data_size) {
  const Op op = Op::nowhere("load");
  header_text = header_text.substr(0, header_text.find_last_not_of(" \t\r\n") + 1);
  if (const char* const what = unfit(header_text))
    throw DataError(op, text(path, " is no safetensors file: ", what));
  Header header;
  Events events{header};
  if (!nlohmann::json::sax_parse(header_text.begin(), header_text.end(), &events))
    throw DataError(op, path + events.error());
  if (const std::string what = misplaced(header.tensors, data_size); !what.empty())
    throw DataError(op, path + what);
  return header;
}

std::string header_of(const std::vector<Item>& items, const Metadata& metadata) {
  const auto fail = [](const std::string& what) { throw DataError(Op::nowhere("save"), what); };
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!metadata.empty()) header[std::string{metadata_key}] = metadata;
  std::size_t offset = 0;
  for (const auto& [name, dtype, shape, data, size] : items) {
    if (name == metadata_key) fail(text("no array can be called ", metadata_key));
    if (header.contains(name)) fail("two arrays are called " + name);
    header[name] = {{"dtype", dtype},
                    {"shape", std::vector<std::size_t>(shape.begin(), shape.end())},
                    {"data_offsets", {offset, offset + size}}};
    offset += size;
  }
  try {
    std::string text = header.dump();
    text.resize((text.size() + 7) / 8 * 8, ' ');  // so that the elements are aligned
    return text;
  } catch (const nlohmann::json::exception&) {
    throw DataError(Op::nowhere("save"), "a name or setting is no UTF-8 text");
  }
}

}  // namespace xtape::inline XTAPE_ABI::safetensors
