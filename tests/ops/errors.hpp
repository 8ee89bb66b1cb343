// SPDX-License-Identifier: MIT
// A table of calls that must fail, with what the errors must say.
#pragma once

#include "../support.hpp"

#include <xtape/error.hpp>

#include <boost/test/unit_test.hpp>

#include <functional>
#include <typeinfo>

namespace test {

/// A call that fails. It sets `line` to its own.
struct Failure {
  std::string text;  ///< the whole text, with `@` for the place
  std::function<void(unsigned& line)> call;
};

/// A Failure's call: an expression on this line.
#define XTAPE_CALL(...)               \
  [&](unsigned& called_at) {          \
    called_at = __LINE__;             \
    static_cast<void>((__VA_ARGS__)); \
  }

/// Checks that each call throws an E whose text, place and parts are right.
template <class E>
void check_failures(const std::vector<Failure>& failures, Location here = Location::current()) {
  const std::string path = here.file_name();
  const std::string file = path.substr(path.find_last_of('/') + 1);
  for (const auto& [text, call] : failures) {
    unsigned line = 0;
    try {
      call(line);
      BOOST_ERROR("no error: " << text);
    } catch (const Error& error) {
      std::string expected = text;
      if (const auto at = expected.find('@'); at != std::string::npos)
        expected.replace(at, 1, "at " + file + ':' + std::to_string(line));
      BOOST_TEST(error.what() == expected);
      BOOST_TEST(typeid(error).name() == typeid(E).name(), "the wrong class for: " << error.what());
      // The text is made of the parts that can be asked for.
      const std::string what = error.what();
      BOOST_TEST(what.find(error.message()) != std::string::npos);
      BOOST_TEST(what.ends_with(error.hint().empty() ? "" : "; " + error.hint()));
      if (!error.layer().empty())
        BOOST_TEST(what.find("] layer " + error.layer() + ": ") != std::string::npos);
    } catch (const std::exception& other) {
      BOOST_ERROR("expected " << text << ", got " << other.what());
    }
  }
}

}  // namespace test
