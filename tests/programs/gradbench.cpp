// SPDX-License-Identifier: MIT
// The tool for GradBench: its protocol, what GradBench has recorded, and, by gradbench.py, the definitions in numpy.
#include "../pattern.hpp"
#include "support.hpp"

#include <paths.hpp>

#include <cmath>
#include <cstdio>
#include <fstream>
#include <sstream>

BOOST_AUTO_TEST_SUITE(gradbench)

namespace {

Outcome answers(const std::string& messages) {
  std::ofstream{Workspace::path() / "messages"} << messages;
  return run("\"$BIN/gradbench\" <messages");
}

std::string evaluation(const std::string& module, const std::string& function,
                       const std::string& input) {
  return R"({"id": 7, "kind": "evaluate", "module": ")" + module + R"(", "function": ")" +
         function + R"(", "input": )" + input + "}\n";
}

// What is said of an evaluation that fails, after which there are others.
void check_refused(const std::string& message, const std::string& error) {
  const Outcome outcome = answers(message + evaluation("hello", "square", "3"));
  BOOST_TEST_CONTEXT(outcome.out) {
    BOOST_TEST(outcome.status == 0);
    const auto all = lines(outcome.out);
    BOOST_REQUIRE(all.size() == 2u);
    BOOST_TEST(all[0] == R"({"error":")" + error + R"(","id":7,"success":false})");
    BOOST_TEST(contains(all[1], R"("output":9.0)"));
  }
}

}  // namespace

BOOST_AUTO_TEST_CASE(each_message_has_its_answer) {
  const Outcome outcome = answers(R"({"id": 0, "kind": "start", "eval": "hello"}
{"id": 1, "kind": "define", "module": "hello"}
{"id": 2, "kind": "evaluate", "module": "hello", "function": "double", "input": 1.5}
{"id": 3, "kind": "analysis", "of": 2, "valid": true}
{"id": 4, "kind": "define", "module": "nothing"}
)");
  BOOST_TEST(outcome.status == 0);
  BOOST_TEST(outcome.err == "");
  const std::string expected =
      R"(\{"id":0,"tool":"xtape"\}
\{"id":1,"success":true\}
\{"id":2,"output":3.0,"success":true,"timings":\[\{"name":"evaluate","nanoseconds":[0-9]+\}\]\}
\{"id":3\}
\{"error":"there is no module nothing","id":4,"success":false\}
)";
  BOOST_TEST(test::fits(outcome.out, expected), outcome.out);
}

BOOST_AUTO_TEST_CASE(it_ends_with_its_input) {
  const Outcome outcome = answers("");
  BOOST_TEST(outcome.status == 0);
  BOOST_TEST(outcome.out + outcome.err == "");
}

BOOST_AUTO_TEST_CASE(what_is_no_message_ends_it) {
  for (const char* const line : {"id 1", "[]", "{}", R"({"id": 1})", R"({"kind": "start"})", ""}) {
    const Outcome outcome = answers(std::string{R"({"id": 0, "kind": "start"})"} + "\n" + line +
                                    "\n" + R"({"id": 2, "kind": "start"})" + "\n");
    BOOST_TEST_CONTEXT(line << ": " << outcome.err) {
      BOOST_TEST(outcome.status == 1);
      BOOST_TEST(lines(outcome.out).size() == 1u);
      BOOST_TEST(outcome.err.starts_with("gradbench: line 2 is no message: "));
    }
  }
}

BOOST_AUTO_TEST_CASE(what_cannot_be_evaluated_is_said) {
  check_refused(evaluation("nothing", "square", "1"), "there is no module nothing");
  check_refused(evaluation("hello", "cube", "1"), "hello has no function cube");
  check_refused(evaluation("hello", "square", R"("one")"),
                R"(the input: expected numbers, got \"one\")");
  check_refused(evaluation("lse", "primal", R"({"y": [1]})"), "the input has no x");
  check_refused(evaluation("lse", "primal", R"({"x": [[1, 2], [3]]})"),
                "the input x: expected lists of equal lengths");
  check_refused(evaluation("ode", "primal", R"({"x": [1], "s": 1.5})"),
                "the input s is to be a whole number of at least 1");
  check_refused(evaluation("ode", "primal", R"({"x": [1], "s": [1]})"),
                "the input s is to have 0 axes, and has the shape (1,)");
  check_refused(evaluation("saddle", "rr", R"({"start": [1e200, 1e200]})"),
                "the descent begins at what is not finite");
  check_refused(evaluation("particle", "rr", R"({"w": 1000})"),
                "the particle does not come to the x-axis");
  check_refused(evaluation("det", "primal", R"({"A": [1], "ell": 21})"),
                "minors are too many for more than 20 rows");
}

BOOST_AUTO_TEST_CASE(it_runs_as_often_as_it_is_asked) {
  const auto timings = [](const std::string& asked) {
    const Outcome outcome = answers(evaluation("lse", "primal", R"({"x": [0], )" + asked + "}"));
    const std::string& out = outcome.out;
    std::size_t count = 0;
    for (auto at = out.find("evaluate"); at != std::string::npos; at = out.find("evaluate", at + 1))
      ++count;
    return count;
  };
  BOOST_TEST(timings(R"("min_runs": 3)") == 3u);
  BOOST_TEST(timings(R"("min_runs": 1, "min_seconds": 0.01)") > 3u);
}

// By GradBench's evals, for the inputs that these send.
BOOST_AUTO_TEST_CASE(nested_descents_end_where_gradbench_says) {
  const auto outputs = [](const std::string& module, const std::string& function,
                          const std::string& input) {
    const Outcome outcome = answers(evaluation(module, function, input));
    const auto found = test::search(outcome.out, R"("output":\[?([-0-9.e,]+))");
    BOOST_REQUIRE_MESSAGE(!found.empty(), outcome.out);
    std::istringstream in{found[1]};
    std::vector<double> all;
    for (std::string each; std::getline(in, each, ',');) all.push_back(std::stod(each));
    return all;
  };
  for (const char* const function : {"rr", "fr", "rf"}) {
    const auto point = outputs("saddle", function, R"({"start": [1.0, 1.0]})");
    BOOST_TEST(point.size() == 4u);
    for (const double x : point) BOOST_TEST(std::abs(x - 8.246324826140356e-06) < 1e-15);
  }
  const auto w = outputs("particle", "rr", R"({"w": 0.0})");
  BOOST_TEST(w.size() == 1u);
  BOOST_TEST(std::abs(w[0] - 0.2071918746486116) < 1e-12);
}

BOOST_AUTO_TEST_CASE(the_others_are_what_they_are_defined_as) {
  const std::string python = "/usr/bin/python3";
  if (run(python + " -c 'import numpy'").status != 0) {
    std::fprintf(stderr, "notice: skipped, there is no %s with numpy\n", python.c_str());
    return;
  }
  const Outcome outcome =
      run(python + " -B \"" XTAPE_EXAMPLES "/../tests/programs/gradbench.py\" \"$BIN/gradbench\"");
  BOOST_TEST(outcome.status == 0, outcome.out << outcome.err);
  BOOST_TEST(outcome.out == "42 answers of 8 modules, 0 wrong\n");
}

BOOST_AUTO_TEST_SUITE_END()
