// SPDX-License-Identifier: MIT
// The names under which models list their parameters.
#include "../support.hpp"

#include <xtape/layers.hpp>
#include <xtape/ops.hpp>

#include <boost/test/unit_test.hpp>

#include <memory>
#include <optional>
#include <vector>

using namespace test;

BOOST_AUTO_TEST_SUITE(parameter_names)

namespace {

struct Pair {
  Parameter first{zeros({2})}, second{zeros({3})};
  void parameters(ParameterList& list) { list("first", first), list("second", second); }
};

}  // namespace

BOOST_AUTO_TEST_CASE(names_are_paths) {
  struct Outer {
    Pair left, right;
    Parameter own{zeros({1})};
    void parameters(ParameterList& list) {
      list("left", left), list("own", own), list("nothing", relu), list("right", right);
    }
  } outer;
  std::vector<std::string> names;
  for (const auto& [name, parameter] : parameters(outer)) names.push_back(name);
  const std::vector<std::string> expected{"left.first", "left.second", "own", "right.first",
                                          "right.second"};
  BOOST_TEST(names == expected, boost::test_tools::per_element());
  BOOST_TEST(parameter_count(outer) == 11u);
}

BOOST_AUTO_TEST_CASE(containers_and_pointers_list_what_they_hold) {
  struct Outer {
    std::vector<Pair> stack = std::vector<Pair>(2);
    std::unique_ptr<Pair> owned = std::make_unique<Pair>(), none;
    std::optional<Parameter> maybe{Parameter{zeros({1})}}, absent;
    Pair elsewhere;
    std::reference_wrapper<Pair> shared{elsewhere};
    void parameters(ParameterList& list) {
      list("stack", stack), list("owned", owned), list("none", none), list("maybe", maybe);
      list("absent", absent), list("shared", shared);
    }
  } outer;
  std::vector<std::string> names;
  for (const auto& [name, parameter] : parameters(outer)) names.push_back(name);
  const std::vector<std::string> expected{"stack.0.first",  "stack.0.second", "stack.1.first",
                                          "stack.1.second", "owned.first",    "owned.second",
                                          "maybe",          "shared.first",   "shared.second"};
  BOOST_TEST(names == expected, boost::test_tools::per_element());
}

// Behind a pointer to a base that does not list its parameters those of derived classes would be lost.
struct Base {
  virtual ~Base() = default;
  virtual Variable operator()(const Variable& x) = 0;
};
struct Listing : Base {
  virtual void parameters(ParameterList& list) = 0;
};
struct Last final : Base {
  Variable operator()(const Variable& x) override { return x; }
};
static_assert(detail::may_hide_parameters<Base>);
static_assert(!detail::may_hide_parameters<Listing>);
static_assert(!detail::may_hide_parameters<Last>);
static_assert(!detail::may_hide_parameters<std::function<Variable(const Variable&)>>);
static_assert(!detail::may_hide_parameters<Parameter>);

BOOST_AUTO_TEST_CASE(pointers_to_a_base_list_what_derived_classes_have) {
  struct Scale : Listing {
    Variable operator()(const Variable& x) override { return x * x.tape().parameter(weight); }
    void parameters(ParameterList& list) override { list("weight", weight); }
    Parameter weight{zeros({1})};
  };
  struct Outer {
    std::vector<std::unique_ptr<Listing>> layers;
    Last last;
    std::unique_ptr<Last> owned = std::make_unique<Last>();
    void parameters(ParameterList& list) {
      list("layers", layers), list("last", last), list("owned", owned);
    }
  } outer;
  outer.layers.push_back(std::make_unique<Scale>());
  const std::vector<NamedParameter> listed = parameters(outer);
  BOOST_REQUIRE(listed.size() == 1u);
  BOOST_TEST(listed[0].name == "layers.0.weight");
}

BOOST_AUTO_TEST_CASE(a_name_given_twice_is_an_error) {
  struct Twice {
    Pair a, b;
    void parameters(ParameterList& list) { list("x", a), list("x", b); }
  } twice;
  BOOST_CHECK_EXCEPTION(parameters(twice), ValueError, [](const ValueError& e) {
    return e.what() == std::string{"[parameters] the model lists two arrays called x.first"};
  });
}

BOOST_AUTO_TEST_SUITE_END()
