// SPDX-License-Identifier: MIT
// The graph as a drawing: the text, and that Graphviz takes it.
#include "../support.hpp"

#include <xtape/layers.hpp>
#include <xtape/ops.hpp>
#include <xtape/watch/dot.hpp>

#include <boost/test/unit_test.hpp>

#include <cstdio>
#include <cstdlib>

#include <unistd.h>

using namespace test;

BOOST_AUTO_TEST_SUITE(drawings)

namespace {

// What `dot -Tplain` makes of a graph, or its complaint.
std::string laid_out(const std::string& graph) {
  std::FILE* in = std::tmpfile();
  BOOST_REQUIRE(in != nullptr);
  std::fwrite(graph.data(), 1, graph.size(), in);
  std::fflush(in);
  const std::string command = "dot -Tplain /proc/" + std::to_string(::getpid()) + "/fd/" +
                              std::to_string(::fileno(in)) + " 2>&1";
  std::FILE* out = ::popen(command.c_str(), "r");
  BOOST_REQUIRE(out != nullptr);
  std::string text;
  for (int c; (c = std::fgetc(out)) != EOF;) text += static_cast<char>(c);
  BOOST_TEST(::pclose(out) == 0);
  std::fclose(in);
  return text;
}

std::size_t lines_with(const std::string& text, const std::string& word) {
  std::size_t count = 0;
  for (std::size_t at = text.find(word); at != text.npos; at = text.find(word, at + 1)) ++count;
  return count;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_small_model) {
  Rng rng{1};
  Sequential net{Sequential{Dense{{.in = 3, .out = 2}, rng}, Tanh{}},
                 Dense{{.in = 2, .out = 1, .bias = false}, rng}};
  Tape tape;
  const Variable v = tape.variable(zeros({1}));
  const Variable loss = sum(net(tape.input(zeros({4, 3}))) + v);
  const std::string expected = R"dot(digraph tape {
  node [shape=box];
  n0 [label="variable\n(1,)", shape=ellipse];
  n7 [label="add\n(4, 1)"];
  n8 [label="sum\n()"];
  subgraph "cluster 0" {
    label="layer 0";
    subgraph "cluster 0.0" {
      label="layer 0.0";
      n1 [label="0.0.weight\n(3, 2)", shape=ellipse];
      n2 [label="0.0.bias\n(2,)", shape=ellipse];
      n3 [label="dense\n(4, 2)"];
    }
    subgraph "cluster 0.1" {
      label="layer 0.1";
      n4 [label="tanh\n(4, 2)"];
    }
  }
  subgraph "cluster 1" {
    label="layer 1";
    n5 [label="1.weight\n(2, 1)", shape=ellipse];
    n6 [label="dense\n(4, 1)"];
  }
  n1 -> n3;
  n2 -> n3;
  n3 -> n4;
  n4 -> n6;
  n5 -> n6;
  n6 -> n7;
  n0 -> n7;
  n7 -> n8;
}
)dot";
  BOOST_TEST(dot(tape, parameters(net)) == expected);
}

BOOST_AUTO_TEST_CASE(names_are_quoted_and_optional) {
  Parameter p{zeros({2})};
  Tape tape;
  square(tape.parameter(p));
  BOOST_TEST(lines_with(dot(tape), "label=\"parameter\\n(2,)\"") == 1u);
  const std::vector<NamedParameter> names{{"a \"quoted\\\" name", &p}};
  const std::string label = R"dot(label="a \"quoted\\\" name\n(2,)")dot";
  BOOST_TEST(lines_with(dot(tape, names), label) == 1u);
}

BOOST_AUTO_TEST_CASE(an_input_used_twice_has_two_arrows) {
  Tape tape;
  const Variable x = tape.variable(zeros({2}));
  mul(x, x);
  BOOST_TEST(lines_with(dot(tape), "n0 -> n1;") == 2u);
}

BOOST_AUTO_TEST_CASE(in_evaluation_there_is_nothing_to_draw) {
  Tape tape{Mode::eval};
  square(tape.variable(zeros({2})));
  BOOST_TEST(dot(tape) == "digraph tape {\n  node [shape=box];\n}\n");
}

BOOST_AUTO_TEST_CASE(a_consumed_tape_is_an_error) {
  Tape tape;
  tape.backward(sum(tape.variable(zeros({2}))));
  BOOST_CHECK_EXCEPTION(dot(tape), TapeError, [](const TapeError& error) {
    BOOST_TEST(error.message() == "the tape was consumed by backward");
    return std::string{error.what()}.find("dot_test.cpp") != std::string::npos;
  });
}

BOOST_AUTO_TEST_CASE(graphviz_takes_it) {
  if (std::system("dot -V >/dev/null 2>&1") != 0) {
    std::fprintf(stderr, "notice: skipped, there is no Graphviz\n");
    return;
  }
  Rng rng{1};
  Sequential net{Dense{{.in = 3, .out = 2}, rng}, relu};
  Parameter odd{zeros({2})};
  Tape tape;
  mul(net(tape.input(zeros({4, 3}))), tape.parameter(odd));
  auto names = parameters(net);
  names.push_back({"a \"quoted\\\" name", &odd});
  const std::string plain = laid_out(dot(tape, names));
  BOOST_TEST(lines_with(plain, "\nnode ") == tape.size());
  BOOST_TEST(lines_with(plain, "\nedge ") == 5u);
}

BOOST_AUTO_TEST_SUITE_END()
