// SPDX-License-Identifier: MIT
// Visitors that are made for some parameters, and what they leave alone.
#include "../support.hpp"

#include <xtape/layers.hpp>
#include <xtape/ops.hpp>
#include <xtape/optim.hpp>
#include <xtape/watch/profile.hpp>

#include <boost/test/unit_test.hpp>

using namespace test;

BOOST_AUTO_TEST_SUITE(only_some)

namespace {

struct Pair {
  explicit Pair(std::uint64_t seed = 1)
      : weight{random({3, 2}, -1, 1, seed)}, bias{random({2}, -1, 1, seed + 1)} {}
  Variable operator()(const Variable& x) {
    return matmul(x, x.tape().parameter(weight)) + x.tape().parameter(bias);
  }
  void parameters(ParameterList& list) { list("weight", weight), list("bias", bias); }
  std::vector<double> values() const {
    std::vector<double> all = elements(weight.value());
    for (double b : elements(bias.value())) all.push_back(b);
    return all;
  }

  Parameter weight, bias;
};

// Both models on one tape.
template <class... Visitors>
void learn(Pair& student, Pair& teacher, Visitors&&... visitors) {
  Tape tape;
  const Variable x = tape.input(random({4, 3}));
  tape.backward(mse(student(x), teacher(x)), visitors...);
}

bool chosen(const char* pattern, const char* name) { return Named{pattern}({name, nullptr}); }

// Passes calls on, and knows nothing of selections.
struct Wrapper : Visitor {
  explicit Wrapper(Visitor& inner) : inner{inner} {}
  void begin(std::span<Parameter* const> all) override { inner.begin(all); }
  void visit(Parameter& p) override { inner.visit(p); }
  Visitor& inner;
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_student_learns_and_its_teacher_stays) {
  Pair student{1}, teacher{3};
  const std::vector<double> before = student.values(), taught = teacher.values();
  SGD sgd{{.learning_rate = 0.5}};
  learn(student, teacher, only(student, sgd));
  BOOST_TEST((teacher.values() == taught));
  const std::vector<double> g = elements(student.weight.grad()), now = student.values();
  for (std::size_t i = 0; i < g.size(); ++i)
    BOOST_TEST(close(now[i], before[i] - 0.5 * g[i], 4 * epsilon));
  learn(student, teacher, sgd);  // without a word it is for all
  BOOST_TEST((teacher.values() != taught));
}

BOOST_AUTO_TEST_CASE(each_group_has_its_rate_and_its_decay) {
  Pair net;
  SGD decayed{{.learning_rate = 0.5, .weight_decay = 0.1}}, plain{{.learning_rate = 0.25}};
  const auto biases = parameters(net, Named{"*bias"}),
             others = parameters(net, std::not_fn(Named{"*bias"}));
  net.weight.grad() = random({3, 2}, -1, 1, 5), net.bias.grad() = random({2}, -1, 1, 6);
  std::vector<double> expected;
  for (std::size_t i = 0; i < 6; ++i) {
    const double w = net.weight.value().data()[i], g = net.weight.grad().data()[i];
    expected.push_back(w - 0.5 * (g + 0.1 * w));
  }
  for (std::size_t i = 0; i < 2; ++i)
    expected.push_back(net.bias.value().data()[i] - 0.25 * net.bias.grad().data()[i]);
  visit(net, only(others, decayed), only(biases, plain));
  for (std::size_t i = 0; i < 8; ++i) BOOST_TEST(close(net.values()[i], expected[i], 4 * epsilon));
}

BOOST_AUTO_TEST_CASE(other_visitors_see_no_others_either) {
  Pair student{1}, teacher{3};
  ClipNorm measure{std::numeric_limits<double>::infinity()};
  learn(student, teacher, only(student, measure));
  double squares = 0;
  for (const Parameter* p : {&student.weight, &student.bias})
    for (double g : elements(p->grad())) squares += g * g;
  BOOST_TEST(close(measure.norm(), std::sqrt(squares), 1e-6));

  visit(teacher, only(std::vector<NamedParameter>{{"b", &teacher.bias}}, ZeroGrad{}));
  BOOST_TEST(sum_of(teacher.bias.grad()) == 0);
  BOOST_TEST(sum_of(teacher.weight.grad()) != 0);
}

BOOST_AUTO_TEST_CASE(it_knows_its_parameters_wherever_they_are) {
  Pair net{1}, other{3};
  SGD sgd{{.learning_rate = 1}};
  auto mine = only(net, sgd);
  Pair moved{std::move(net)};
  net = Pair{5};  // another, in the place of the first
  const std::vector<double> before = moved.values(), later = net.values();
  learn(moved, other, mine);
  learn(net, other, mine);
  BOOST_TEST((moved.values() != before));
  BOOST_TEST((net.values() == later));
}

BOOST_AUTO_TEST_CASE(one_in_another_is_for_what_both_are_for) {
  Pair a{1}, b{3};
  const std::vector<double> of_a = elements(a.weight.value()), of_b = b.values();
  SGD sgd{{.learning_rate = 1}};
  std::vector<NamedParameter> biases{{"a", &a.bias}, {"b", &b.bias}};
  learn(a, b, only(a, only(biases, sgd)));
  BOOST_TEST((elements(a.weight.value()) == of_a));
  BOOST_TEST((elements(a.bias.value()) != elements(Pair{1}.bias.value())));
  BOOST_TEST((b.values() == of_b));
}

BOOST_AUTO_TEST_CASE(not_even_a_visitor_around_it_gets_it_to_touch_others) {
  Pair student{1}, teacher{3};
  const std::vector<double> taught = teacher.values();
  SGD sgd;
  ClipNorm measure{std::numeric_limits<double>::infinity()}, alone = measure;
  auto clip = only(student, measure);
  auto step = only(student, sgd);
  learn(student, teacher, Wrapper{clip}, Wrapper{step});
  BOOST_TEST((teacher.values() == taught));
  visit(student, alone);
  BOOST_TEST(measure.norm() == alone.norm());
}

// Nor is it asked about a pass that has none of its parameters: an optimizer counts no step, a schedule stays.
BOOST_AUTO_TEST_CASE(a_pass_without_its_parameters_is_none) {
  Pair student{1}, teacher{3};
  Adam adam;
  std::vector<std::uint64_t> asked;
  adam.set_schedule([&](std::uint64_t step) {
    asked.push_back(step);
    return 0.1;
  });
  auto mine = only(student, adam);
  const std::vector<double> before = student.values();
  visit(teacher, mine);
  BOOST_TEST(adam.steps() == 0u);
  BOOST_TEST((student.values() == before));
  learn(student, teacher, mine);
  BOOST_TEST(adam.steps() == 1u);
  BOOST_TEST(asked == std::vector<std::uint64_t>{1}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(it_keeps_a_visitor_without_a_name) {
  Pair net{1}, other{3};
  const std::vector<double> before = net.values();
  auto sgd = only(net, SGD{{.learning_rate = 0.5}});
  static_assert(std::is_same_v<decltype(sgd), Only<SGD>>);
  sgd->set_learning_rate(0);
  learn(net, other, sgd);
  BOOST_TEST((net.values() == before));
  BOOST_TEST((*sgd).steps() == 1u);
}

// Bytes are those of what was visited: 5 per element of 8, not of 16.
BOOST_AUTO_TEST_CASE(those_who_watch_see_what_was_visited) {
  Pair student{1}, teacher{3};
  SGD sgd{{.momentum = 0.9}};
  const Profiler profiler;
  learn(student, teacher, only(student, sgd));
  double bytes = 0;
  for (const Profiler::Row& row : profiler.rows())
    if (row.name == "sgd") bytes = row.bytes;
  BOOST_TEST(bytes == 8. * 5 * sizeof(Scalar));
}

BOOST_AUTO_TEST_CASE(later_passes_ask_for_no_memory) {
  Pair student{1}, teacher{3};
  Adam adam;
  auto mine = only(student, adam);
  const std::vector<Parameter*> all{&teacher.weight, &student.weight, &student.bias, &teacher.bias};
  walk(all, mine);
  const MemoryStats before = memory_stats();
  for (int i = 0; i < 10; ++i) walk(all, mine);
  BOOST_TEST(memory_stats().in_use == before.in_use);
  BOOST_TEST(memory_stats().system_allocations == before.system_allocations);
}

BOOST_AUTO_TEST_CASE(names_fit_patterns) {
  for (const auto& [pattern, name] :
       std::initializer_list<std::pair<const char*, const char*>>{{"0.bias", "0.bias"},
                                                                  {"*", "0.bias"},
                                                                  {"*", ""},
                                                                  {"*bias", "bias"},
                                                                  {"*bias", "3.0.bias"},
                                                                  {"0.*", "0.bias"},
                                                                  {"0.*", "0."},
                                                                  {"*.0.*", "3.0.bias"},
                                                                  {"*a*ab", "aaaab"},
                                                                  {"a**", "a"},
                                                                  {"", ""},
                                                                  {"*bias*", "bias"}})
    BOOST_TEST(chosen(pattern, name), pattern << " and " << name);
  for (const auto& [pattern, name] :
       std::initializer_list<std::pair<const char*, const char*>>{{"bias", "0.bias"},
                                                                  {"0", "0.bias"},
                                                                  {"", "0.bias"},
                                                                  {"*bias", "0.bias2"},
                                                                  {"0.*", "10.bias"},
                                                                  {"*.bias", "bias"},
                                                                  {"*a*b", "aaaac"},
                                                                  {"0?bias", "0.bias"}})
    BOOST_TEST(!chosen(pattern, name), pattern << " and " << name);
}

BOOST_AUTO_TEST_CASE(parameters_are_chosen_by_a_function) {
  Pair net;
  const auto matrices =
      parameters(net, [](const NamedParameter& p) { return p.parameter->shape().size() == 2; });
  BOOST_REQUIRE(matrices.size() == 1u);
  BOOST_TEST(matrices[0].name == "weight");
  BOOST_TEST(matrices[0].parameter == &net.weight);
}

BOOST_AUTO_TEST_CASE(none_is_an_error) {
  Pair net;
  struct Empty {
    void parameters(ParameterList&) {}
  } empty;
  std::vector<Pair> many(5);
  struct Many {
    std::vector<Pair>& pairs;
    void parameters(ParameterList& list) { list("p", pairs); }
  } large{many};
  const auto check = [](auto f, const std::string& message, const std::string& hint) {
    BOOST_CHECK_EXCEPTION(f(), ValueError, [&](const ValueError& e) {
      BOOST_TEST(std::string{e.what()}.starts_with(message + " at only_test.cpp:"), e.what());
      BOOST_TEST(e.hint() == hint);
      return true;
    });
  };
  check([&] { parameters(net, Named{"*.bias"}); },
        "[parameters] none of the model's 2 parameters is chosen", "they are weight, bias");
  check([&] { parameters(large, Named{"*kernel"}); },
        "[parameters] none of the model's 10 parameters is chosen",
        "they are p.0.weight, p.0.bias, p.1.weight, p.1.bias, p.2.weight, p.2.bias, p.3.weight, "
        "p.3.bias, ...");
  check([&] { parameters(empty, Named{"*"}); },
        "[parameters] none of the model's 0 parameters is chosen", "it lists none");
  check([&] { only(empty, SGD{}); }, "[only] expected some parameters, got none",
        "does each of the model's layers list its parameters?");
}

BOOST_AUTO_TEST_SUITE_END()
