// SPDX-License-Identifier: MIT
// What a compiler says of the public headers, and of mistakes in the use of them.
#include <paths.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <unistd.h>

namespace {

namespace fs = std::filesystem;

struct Compiled {
  bool good;
  std::string said;

  int count(const std::string& part) const {
    int times = 0;
    for (auto at = said.find(part); at != std::string::npos; at = said.find(part, at + 1)) ++times;
    return times;
  }
};

// A source in a file of its own, and what this build's compiler says of it.
Compiled compile(const std::string& source, const std::string& flags = {}) {
  std::string name = (fs::temp_directory_path() / "xtape-XXXXXX.cpp").string();
  const int descriptor = ::mkstemps(name.data(), 4);
  BOOST_REQUIRE(descriptor >= 0);
  std::ofstream{name} << source;
  const std::string command = "LC_ALL=C " XTAPE_COMPILER " -std=c++20 -fsyntax-only " + flags +
                              " -I '" XTAPE_INCLUDE "' -idirafter '" XTAPE_XTENSOR "' '" + name +
                              "' 2>&1";
  std::FILE* const pipe = ::popen(command.c_str(), "r");
  BOOST_REQUIRE(pipe != nullptr);
  Compiled compiled;
  std::array<char, 4096> part;
  while (const std::size_t read = std::fread(part.data(), 1, part.size(), pipe))
    compiled.said.append(part.data(), read);
  compiled.good = ::pclose(pipe) == 0;
  ::close(descriptor);
  fs::remove(name);
  return compiled;
}

// Checks that each mistake, a line of a function's body, is said in one error, with the hint.
void check_mistakes(const std::vector<std::string>& mistakes, const std::string& hint) {
  std::string source =
      "#include <xtape/ops.hpp>\n#include <xtensor/xmath.hpp>\nusing namespace xtape;\n"
      "void f(const Variable& x, Variable& y, const Array& a, std::span<const Variable> all) {\n";
  for (const std::string& mistake : mistakes) source += mistake + '\n';
  const Compiled compiled = compile(source + "}\n");
  BOOST_TEST(!compiled.good);
  BOOST_TEST(compiled.count("error: ") == static_cast<int>(mistakes.size()), compiled.said);
  for (std::size_t i = 0; i < mistakes.size(); ++i)
    BOOST_TEST(compiled.count(".cpp:" + std::to_string(5 + i) + ':') > 0,
               "nothing is said of " << mistakes[i]);
  BOOST_TEST(compiled.count(hint) >= static_cast<int>(mistakes.size()), compiled.said);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(compiling)

// Users' flags reach the headers, which pkg-config does not name as those of the system.
BOOST_AUTO_TEST_CASE(public_headers_give_no_warnings) {
  std::string source;
  for (const auto& entry : fs::recursive_directory_iterator{fs::path{XTAPE_INCLUDE} / "xtape"})
    if (entry.path().extension() == ".hpp")
      source += "#include <" + fs::relative(entry.path(), fs::path{XTAPE_INCLUDE}).string() + ">\n";
  BOOST_TEST(std::count(source.begin(), source.end(), '\n') > 60);
  const Compiled compiled =
      compile(source, "-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror");
  BOOST_TEST(compiled.good, compiled.said);
}

BOOST_AUTO_TEST_CASE(an_array_where_a_variable_is_expected) {
  check_mistakes(
      {"x * a;", "a * x;", "y + a;", "a - y;", "x / a;", "x * (a + a);", "x < a;", "a >= x;",
       "add(x, a);", "matmul(x, a);", "mse(a, x);", "concatenate({x, a});", "relu(a);"},
      "// use tape.input(array)");
}

BOOST_AUTO_TEST_CASE(a_gradient_function_that_returns_no_array) {
  check_mistakes({"record(\"op\", a, wrt(x, [](const Array& g) { return 2 * g; }));",
                  "record(\"op\", a, wrt(x, [](const Array& g) { static_cast<void>(g); }));",
                  "record(\"op\", a, wrt(all, [](std::size_t, const Array& g) { return 2 * g; }));",
                  "record(\"op\", a, through([](const Array& g) { return 2 * g; }), "
                  "wrt(x, [](const Array& g) -> Array { return 2 * g; }));"},
                 "write [](const Array& g) -> Array");
}

BOOST_AUTO_TEST_CASE(a_gradient_function_for_another_number_of_results) {
  check_mistakes({"record(\"op\", a, wrt(x, [](const Gradients&, Array&) {}));"},
                 "functions of one gradient, const Array&");
  check_mistakes({"record(\"op\", {a, a}, wrt(x, [](Array&) {}));",
                  "record(\"op\", {a, a}, through([](Array&) {}), "
                  "wrt(x, [](const Gradients&) { return Array{}; }));"},
                 "functions of several gradients, const Gradients&");
}

// What is close to those, and right.
BOOST_AUTO_TEST_CASE(what_is_no_mistake) {
  const Compiled compiled = compile(R"(
#include <xtape/ops.hpp>
#include <xtensor/xmath.hpp>
using namespace xtape;
void f(Tape& tape, const Variable& x, const Array& a, std::span<const Variable> all) {
  x * tape.input(a + a) + 2 - 3.0 / x;
  mse(x, a);
  mse(x, a + a);
  const auto pull = [](const Array& g) -> Array { return 2 * g; };
  record("op", a, through(pull), wrt(x, pull));
  record("op", a, wrt(x, [](Array& g) { g *= 2; }));
  record("op", a + a, wrt(all, [](std::size_t, const Array& g) { return g; }));
  record("op", a, wrt(x, [](const Array& g, Array& sum) { sum += g; }));
  record("op", {a, a + a}, wrt(x, [](const Gradients& g) -> Array { return 2 * *g[0]; }),
         wrt(x, [](const Gradients& g, Array& sum) { sum += *g[1]; }));
}
)");
  BOOST_TEST(compiled.good, compiled.said);
}

BOOST_AUTO_TEST_SUITE_END()
