// SPDX-License-Identifier: MIT
#include <xtape/io/weights.hpp>

#include "text.hpp"

#include <nlohmann/json.hpp>

#include <bit>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>
#include <set>

#include <fcntl.h>
#include <unistd.h>

namespace xtape::inline XTAPE_ABI {
namespace {

static_assert(std::endian::native == std::endian::little, "elements are written as they are");

const Op save_op = Op::nowhere("save");
const Op load_op = Op::nowhere("load");
constexpr const char* dtype = sizeof(Scalar) == 4 ? "F32" : "F64";
constexpr std::size_t header_limit = 100'000'000;  // as in the format's reference implementation

// A file that replaces another once it is complete.
class NewFile {
 public:
  explicit NewFile(const std::string& path)
      : path_{target_of(path)}, temporary_{text(path_, ".new-", std::random_device{}())} {
    file_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (file_ < 0) fail("cannot write");
  }
  ~NewFile() {
    if (file_ < 0) return;
    ::close(file_);
    ::unlink(temporary_.c_str());
  }
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  void write(const void* data, std::size_t size) {
    const char* from = static_cast<const char*>(data);
    while (size > 0) {
      const ssize_t written = ::write(file_, from, size);
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) fail("cannot write");
      from += written;
      size -= static_cast<std::size_t>(written);
    }
  }
  void commit() {
    if (::fsync(file_) != 0) fail("cannot flush");
    if (::rename(temporary_.c_str(), path_.c_str()) != 0) fail("cannot rename to");
    ::close(file_);
    file_ = -1;
  }

 private:
  // Where a symbolic link leads. A device or a pipe is not to be replaced by a file.
  static std::string target_of(const std::string& path) {
    std::error_code ignored;
    const std::filesystem::path target = std::filesystem::canonical(path, ignored);
    if (target.empty()) return path;  // there is nothing yet
    if (!std::filesystem::is_regular_file(target, ignored))
      throw DataError(save_op, text("cannot write ", path, ": it is not a regular file"));
    return target.string();
  }
  [[noreturn]] void fail(const char* what) const {
    throw DataError(save_op, text(what, ' ', path_, ": ", std::strerror(errno)));
  }
  std::string path_, temporary_;
  int file_ = -1;
};

std::string header_text(const nlohmann::ordered_json& header) {
  try {
    return header.is_null() ? "{}" : header.dump();
  } catch (const nlohmann::json::exception&) {
    throw DataError(save_op, "the name of a parameter is no UTF-8 text");
  }
}

// The elements of one array in a file, checked against the parameter that they are for.
Array read_array(const std::string& where, const nlohmann::json& entry, const Parameter& parameter,
                 std::span<const char> data) {
  const auto fail = [&](const std::string& what) { throw DataError(load_op, where + what); };
  const std::string type = entry.at("dtype").get<std::string>();
  if (type != "F32" && type != "F64")
    fail("has elements of type " + type + ", expected F32 or F64");
  const auto sizes = entry.at("shape").get<std::vector<std::size_t>>();
  const Shape shape(sizes.begin(), sizes.end());
  if (shape != parameter.shape())
    fail(text("has the shape ", shape, ", the model's is ", parameter.shape()));
  const auto range = entry.at("data_offsets").get<std::vector<std::size_t>>();
  const std::size_t width = type == "F32" ? 4 : 8;
  if (range.size() != 2 || range[0] > range[1] || range[1] > data.size() ||
      range[1] - range[0] != parameter.size() * width)
    fail("lies outside the file or has not the length of its shape");
  Array array = uninitialized(shape);
  const auto read = [&](auto element) {
    for (std::size_t i = 0; i < array.size(); ++i) {
      std::memcpy(&element, data.data() + range[0] + i * width, width);
      array.data()[i] = static_cast<Scalar>(element);
    }
  };
  type == "F32" ? read(float{}) : read(double{});
  return array;
}

std::vector<char> read_file(const std::string& path) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  std::ifstream file{path, std::ios::binary};
  if (error || !file) throw DataError(load_op, text("cannot read ", path));
  std::vector<char> bytes(size);
  if (!file.read(bytes.data(), static_cast<std::streamsize>(size)))
    throw DataError(load_op, text("cannot read ", path));
  return bytes;
}

}  // namespace

void save_weights(const std::string& path, const std::vector<NamedParameter>& parameters) {
  nlohmann::ordered_json header;
  std::size_t offset = 0;
  for (const auto& [name, parameter] : parameters) {
    const std::size_t end = offset + parameter->size() * sizeof(Scalar);
    const Shape& shape = parameter->shape();
    header[name] = {{"dtype", dtype},
                    {"shape", std::vector<std::size_t>(shape.begin(), shape.end())},
                    {"data_offsets", {offset, end}}};
    offset = end;
  }
  std::string text = header_text(header);
  text.resize((text.size() + 7) / 8 * 8, ' ');  // so that the elements are aligned
  const std::uint64_t length = text.size();

  NewFile file{path};
  file.write(&length, sizeof length);
  file.write(text.data(), text.size());
  for (const auto& [name, parameter] : parameters)
    file.write(parameter->value().data(), parameter->size() * sizeof(Scalar));
  file.commit();
}

void load_weights(const std::string& path, const std::vector<NamedParameter>& parameters) {
  const std::vector<char> bytes = read_file(path);
  const auto fail = [&](const std::string& what) { throw DataError(load_op, path + ' ' + what); };
  std::uint64_t length = 0;
  if (bytes.size() < sizeof length) fail("is no safetensors file: it has less than 8 bytes");
  std::memcpy(&length, bytes.data(), sizeof length);
  if (length > bytes.size() - sizeof length || length > header_limit)
    fail("is no safetensors file: its header is longer than the file");
  const std::span<const char> data{
      bytes.begin() + static_cast<std::ptrdiff_t>(sizeof length + length), bytes.end()};
  std::vector<Array> values;
  try {
    const char* const begin = bytes.data() + sizeof length;
    const auto header = nlohmann::json::parse(begin, begin + length);
    std::set<std::string> unread;
    for (const auto& [name, entry] : header.items())
      if (name != "__metadata__") unread.insert(name);
    for (const auto& [name, parameter] : parameters) {
      if (!header.contains(name)) fail("has no array called " + name);
      const std::string where = path + ": the array " + name + ' ';
      values.push_back(read_array(where, header.at(name), *parameter, data));
      unread.erase(name);
    }
    if (!unread.empty())
      fail(text("has the array ", *unread.begin(), ", which the model does not have"));
  } catch (const nlohmann::json::exception& error) {
    fail(text("is no safetensors file: ", error.what()));
  }
  for (std::size_t i = 0; i < parameters.size(); ++i)
    parameters[i].parameter->value() = std::move(values[i]);
}

}  // namespace xtape::inline XTAPE_ABI
