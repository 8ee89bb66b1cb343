// SPDX-License-Identifier: MIT
// Runs exported models with onnxruntime, and asks onnx's checker about them.
#pragma once

#include "../io/files.hpp"

#include <paths.hpp>
#include <xtape/export.hpp>

#include <boost/test/unit_test.hpp>

#include <set>
#include <sstream>

namespace test {

inline const std::string scripts = XTAPE_INCLUDE "/../tests/export/";

/// Whether a command of the shell succeeds.
inline bool run(const std::string& command) { return std::system(command.c_str()) == 0; }

/// A folder node_modules with onnxruntime-node that node can load, or nothing, after a notice.
inline const std::string& onnxruntime() {
  static const std::string found = [] {
    const char* const given = std::getenv("XTAPE_ONNXRUNTIME");
    for (const std::string& folder :
         {std::string{given == nullptr ? "" : given},
          std::string{XTAPE_INCLUDE "/../.cache/onnxruntime/node_modules"}})
      if (!folder.empty() &&
          run("node -e 'require(\"" + folder + "/onnxruntime-node\")' >/dev/null 2>&1"))
        return folder;
    notice(
        "there is no onnxruntime: ./dev onnx brings it, or XTAPE_ONNXRUNTIME names node_modules");
    return std::string{};
  }();
  return found;
}

/// Whether a python3 that Debian's packages belong to can import a module; else tells so.
inline bool python_has(const std::string& module) {
  const bool has = run("/usr/bin/python3 -c 'import " + module + "' >/dev/null 2>&1");
  if (!has) notice("there is no /usr/bin/python3 with " + module);
  return has;
}

/// Cases that are skipped without them.
inline const auto with_onnxruntime = boost::unit_test::precondition(
    [](boost::unit_test::test_unit_id) { return !onnxruntime().empty(); });
inline const auto with_torch = boost::unit_test::precondition(
    [](boost::unit_test::test_unit_id) { return python_has("torch"); });

inline std::vector<std::string> lines_of(const std::string& path) {
  std::istringstream in{read_bytes(path)};
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

/// Images (N, H, W, C) as (N, C, H, W), and back; other arrays as they are.
inline Array channels_first(const Array& a) {
  if (a.dimension() != 4) return a;
  const Shape& s = a.shape();
  Array b = zeros({s[0], s[3], s[1], s[2]});
  for (std::size_t n = 0; n < s[0]; ++n)
    for (std::size_t h = 0; h < s[1]; ++h)
      for (std::size_t w = 0; w < s[2]; ++w)
        for (std::size_t c = 0; c < s[3]; ++c) b(n, c, h, w) = a(n, h, w, c);
  return b;
}

/// Random biases, and what else begins as zeros or ones, as running statistics.
template <class Model>
void shake(Model& model) {
  std::uint64_t seed = 100;
  for (const NamedArray& array : named_arrays(model)) {
    if (array.value()->dimension() != 1) continue;
    const bool factor = array.name.ends_with("weight") || array.name.ends_with("running_var");
    const double low = factor ? 0.5 : -0.5;
    const Array value = random(array.value()->shape(), low, low + 1, ++seed);
    if (auto* const parameter = std::get_if<Parameter*>(&array.owner))
      (*parameter)->value() = value;
    else
      std::get<Buffer*>(array.owner)->value = value;
  }
}

inline std::string floats(const Array& a) {
  std::string bytes;
  for (const Scalar x : a.storage()) bytes += bytes_of({static_cast<float>(x)});
  return bytes;
}

inline std::string times(const Shape& shape) {
  std::string text;
  for (const std::size_t size : shape) text += (text.empty() ? "" : "x") + std::to_string(size);
  return text;
}

/// Checks that exporting throws `[export_onnx] what`, after the layer, and writes nothing.
template <class Model>
void check_refused(Model& model, const Shape& sample, const std::string& what,
                   const OnnxOptions& options = {}, Location at = Location::current()) {
  const Directory directory;
  BOOST_CHECK_EXCEPTION(export_onnx(directory / "net", model, sample, options, at), ValueError,
                        [&](const ValueError& error) {
                          const std::string found = error.what();
                          BOOST_TEST(found.starts_with("[export_onnx] " + what), found);
                          return true;
                        });
  BOOST_TEST(directory.files() == 0u);
}

/// What onnx's checker shows of a model's operators.
inline std::string operators(const std::string& shown) {
  std::istringstream in{shown};
  std::string all;
  for (std::string word; in >> word;)
    if (std::isupper(static_cast<unsigned char>(word[0])) && word.find('[') == std::string::npos)
      all += (all.empty() ? "" : " ") + word;
  return all;
}

/// Words in the order of the alphabet: which of a function's arguments comes first is the compiler's choice.
inline std::string sorted(const std::string& text) {
  std::istringstream in{text};
  std::multiset<std::string> words;
  for (std::string word; in >> word;) words.insert(word);
  std::string all;
  for (const std::string& word : words) all += word + ' ';
  return all;
}

/// Models that are exported, to be run one after the other.
class Models {
 public:
  explicit Models(std::map<std::string, OpDefinition> ops = {}) : ops_{std::move(ops)} {}

  /// Exports a model and applies it, here, to a batch of random samples.
  template <class Model>
  void add(const std::string& name, Model& model, const Shape& sample,
           Layout layout = Layout::torch, std::size_t batch = 5, double low = -1) {
    export_onnx(file(name, ".onnx"), model, sample, {.layout = layout, .ops = ops_});
    Shape shape{batch};
    shape.insert(shape.end(), sample.begin(), sample.end());
    const Array x = random(shape, low, 1, 11);
    Tape tape{Mode::eval};
    const Array y = model(tape.input(x)).value();
    const auto outside = [&](const Array& a) {
      return layout == Layout::torch ? channels_first(a) : a;
    };
    cases_.push_back({name, "float32", floats(outside(x)), outside(x).shape(), outside(y)});
  }
  /// The same for a model of ids.
  template <class Model>
  void add_ids(const std::string& name, Model& model, const Shape& shape,
               std::span<const std::int32_t> ids) {
    export_onnx(file(name, ".onnx"), model, {shape.begin() + 1, shape.end()}, {.ops = ops_});
    std::string bytes;
    for (const std::int64_t id : ids) bytes += bytes_of({id});
    Tape tape{Mode::eval};
    cases_.push_back({name, "int64", bytes, shape, model(tape, {ids, shape}).value()});
  }

  /// Runs all with onnxruntime and compares.
  void compare() const {
    std::string list;
    for (const Case& c : cases_) {
      write_bytes(file(c.name, ".in"), c.input);
      list += file(c.name, ".onnx") + ' ' + file(c.name, ".in") + ' ' + c.type + ' ' +
              times(c.shape) + ' ' + file(c.name, ".out") + '\n';
    }
    write_bytes(directory_ / "list", list);
    BOOST_REQUIRE(run("node " + scripts + "run_onnx.js " + onnxruntime() + " <" +
                      directory_ / "list" + " >" + directory_ / "shown"));
    const std::vector<std::string> shown = lines_of(directory_ / "shown");
    BOOST_REQUIRE(shown.size() == cases_.size());
    for (std::size_t i = 0; i < cases_.size(); ++i) {
      const Case& c = cases_[i];
      BOOST_TEST(shown[i] == "input " + times(c.shape) + " output " + times(c.result.shape()),
                 c.name << ": " << shown[i]);
      check_result(c);
    }
  }

  /// What onnx's own checker shows of each model, if it is there.
  std::vector<std::string> checked() const {
    if (!python_has("onnx")) return {};
    std::string files;
    for (const Case& c : cases_) files += ' ' + file(c.name, ".onnx");
    BOOST_REQUIRE(run("/usr/bin/python3 " + scripts + "show_onnx.py" + files + " >" +
                      directory_ / "checked"));
    return lines_of(directory_ / "checked");
  }

 private:
  struct Case {
    std::string name, type, input;  // bytes of that type
    Shape shape;                    // of the input
    Array result;                   // ours
  };

  std::string file(const std::string& name, const char* suffix) const {
    return directory_ / (name + suffix);
  }

  void check_result(const Case& c) const {
    const std::string bytes = read_bytes(file(c.name, ".out"));
    const Array& expected = c.result;
    BOOST_REQUIRE(bytes.size() == expected.size() * sizeof(float));
    double largest = 0;
    for (std::size_t j = 0; j < expected.size(); ++j) {
      float found = 0;
      std::memcpy(&found, bytes.data() + j * sizeof found, sizeof found);
      const double e = static_cast<double>(expected.data()[j]);
      const double d = std::abs(static_cast<double>(found) - e) / std::max(1.0, std::abs(e));
      largest = std::isnan(d) ? 1 : std::max(largest, d);
    }
    BOOST_TEST(largest <= 1e-5, c.name << " differs by " << largest);
    BOOST_TEST_MESSAGE(c.name << " differs by " << largest);
  }

  std::map<std::string, OpDefinition> ops_;
  Directory directory_;
  std::vector<Case> cases_;
};

}  // namespace test
