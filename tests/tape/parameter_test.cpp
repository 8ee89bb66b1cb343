// SPDX-License-Identifier: MIT
// Parameters: their gradients and identity, and the visitors that go over them.
#include "../support.hpp"
#include "../timing.hpp"

#include <xtape/layers.hpp>
#include <xtape/ops.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <set>

using namespace test;

BOOST_AUTO_TEST_SUITE(parameter_nodes)

namespace {

void check_elements(const Array& a, std::initializer_list<double> expected) {
  BOOST_TEST(elements(a) == std::vector<double>(expected), boost::test_tools::per_element());
}

// Writes down what it is asked to do.
struct Scribe : Visitor {
  Scribe(std::string name, std::vector<std::string>& log) : name{std::move(name)}, log{log} {}
  void begin(std::span<Parameter* const> parameters) override {
    log.push_back(name + " begins " + std::to_string(parameters.size()));
  }
  void visit(Parameter& p) override {
    log.push_back(name + " visits " + std::to_string(p.size()));
    gradient_sums.push_back(sum_of(p.grad()));
  }
  void end() override { log.push_back(name + " ends"); }

  std::string name;
  std::vector<std::string>& log;
  std::vector<double> gradient_sums;
};

struct Pair {
  Parameter first{zeros({2})}, second{zeros({3})};
  void parameters(ParameterList& list) { list("first", first), list("second", second); }
};

}  // namespace

BOOST_AUTO_TEST_CASE(backward_overwrites_and_accumulate_adds) {
  Parameter p{array({2}, {1, 2})};
  const auto pass = [&p](bool accumulate) {
    Tape tape;
    const Variable loss = sum(square(tape.parameter(p)));
    accumulate ? tape.accumulate(loss) : tape.backward(loss);
  };
  check_elements(p.grad(), {0, 0});
  p.grad() = full({2}, not_a_number);
  pass(false);
  check_elements(p.grad(), {2, 4});
  pass(true);
  check_elements(p.grad(), {4, 8});
  pass(true);
  check_elements(p.grad(), {6, 12});
  pass(false);
  check_elements(p.grad(), {2, 4});
}

BOOST_AUTO_TEST_CASE(micro_batches_add_up_to_the_batch) {
  Parameter w{random({3, 2})};
  const Array x = random({4, 3});
  const auto loss = [&w](Tape& tape, const Array& rows) {
    return sum(square(matmul(tape.input(rows), tape.parameter(w))));
  };
  Array halves[2] = {uninitialized({2, 3}), uninitialized({2, 3})};
  std::copy_n(x.data(), 6, halves[0].data());
  std::copy_n(x.data() + 6, 6, halves[1].data());
  Tape whole, first, second;
  whole.backward(loss(whole, x));
  const Array expected = w.grad();
  first.backward(loss(first, halves[0]));
  second.accumulate(loss(second, halves[1]));
  BOOST_TEST(difference(w.grad(), {3, 2}, elements(expected), 10 * epsilon) == "");
}

BOOST_AUTO_TEST_CASE(a_parameter_that_the_loss_does_not_reach_gets_zeros) {
  Pair pair;
  pair.second.grad() = full({3}, not_a_number);
  Tape tape;
  const Variable used = tape.parameter(pair.first), unused = tape.parameter(pair.second);
  tape.backward(sum(used + 0 * sum(unused).detach()));
  check_elements(pair.first.grad(), {1, 1});
  check_elements(pair.second.grad(), {0, 0, 0});
}

BOOST_AUTO_TEST_CASE(accumulating_leaves_a_parameter_that_the_loss_does_not_reach) {
  Pair pair;
  pair.second.grad() = full({3}, 7);
  Tape tape;
  tape.parameter(pair.second);
  tape.accumulate(sum(tape.parameter(pair.first)));
  check_elements(pair.second.grad(), {7, 7, 7});
}

BOOST_AUTO_TEST_CASE(a_frozen_parameter_is_a_constant) {
  Pair pair;
  pair.second.trainable = false;
  pair.second.grad() = full({3}, 7);
  Tape tape;
  const Variable frozen = tape.parameter(pair.second);
  BOOST_TEST(!frozen.needs_grad());
  std::vector<std::string> log;
  tape.backward(sum(tape.parameter(pair.first)) + sum(frozen), Scribe{"s", log});
  check_elements(pair.second.grad(), {7, 7, 7});
  BOOST_TEST(log == (std::vector<std::string>{"s begins 1", "s visits 2", "s ends"}),
             boost::test_tools::per_element());
  log.clear();
  visit(pair, Scribe{"s", log});
  BOOST_TEST(log.front() == "s begins 1");
  BOOST_TEST(parameters(pair).size() == 2u);  // it still has a name, to be saved under
}

// A loss behind a frozen model is not its own; one from before is.
BOOST_AUTO_TEST_CASE(a_model_is_frozen_for_a_while) {
  struct Two {
    Parameter judge{full({1}, 3)}, fixed{full({1}, 7)};
    void parameters(ParameterList& list) { list("judge", judge), list("fixed", fixed); }
  } model;
  model.fixed.trainable = false;
  Parameter made{full({1}, 2)};
  Tape tape;
  const Variable x = tape.parameter(made);
  const Variable judged = tape.parameter(model.judge) * x.detach();  // d judge = 2
  Variable pleased = judged;
  {
    const Frozen still{unique_parameters(model)};
    BOOST_TEST(!model.judge.trainable);
    pleased = square(tape.parameter(model.judge)) * x * tape.parameter(model.fixed);  // d x = 9 * 7
  }
  BOOST_TEST(model.judge.trainable);
  BOOST_TEST(!model.fixed.trainable);  // as it was
  tape.backward(sum(judged + pleased));
  check_elements(model.judge.grad(), {2});
  check_elements(made.grad(), {63});
  check_elements(model.fixed.grad(), {0});
}

// As a layer does with running statistics.
BOOST_AUTO_TEST_CASE(a_buffer_may_be_written_to_during_a_pass) {
  Parameter w{array({2}, {1, 2})};
  Buffer mean{array({2}, {3, 4})};
  Tape tape;
  const Variable used = tape.input(mean.value);
  BOOST_TEST(&used.value() == &*mean.value);
  BOOST_TEST(!used.needs_grad());
  const Variable y = sum(tape.parameter(w) * used);
  mean.value = array({2}, {50, 60});
  tape.backward(y);
  check_elements(w.grad(), {3, 4});
  check_elements(used.value(), {3, 4});
  check_elements(*mean.value, {50, 60});
  BOOST_TEST(tape.parameters().size() == 1u);
}

BOOST_AUTO_TEST_CASE(buffers_are_listed_beside_parameters) {
  struct Layer {
    Parameter weight{zeros({2})};
    Buffer mean{zeros({3})}, variance{full({3}, 1)};
    void parameters(ParameterList& list) {
      list("mean", mean), list("weight", weight), list("variance", variance);
    }
  };
  std::vector<Layer> model(2);
  struct Outer {
    std::vector<Layer>& layers;
    void parameters(ParameterList& list) { list("layers", layers); }
  } outer{model};
  const auto parameters = xtape::parameters(outer);
  const auto buffers = xtape::buffers(outer);
  const auto all = named_arrays(outer);
  BOOST_TEST(parameters.size() == 2u);
  BOOST_TEST(parameters[1].name == "layers.1.weight");
  BOOST_TEST(buffers.size() == 4u);
  BOOST_TEST(buffers[2].name == "layers.1.mean");
  BOOST_TEST(buffers[2].buffer == &model[1].mean);
  BOOST_TEST(all.size() == 6u);
  BOOST_TEST(all[4].name == "layers.1.weight");
  BOOST_TEST(&*all[4].value() == &model[1].weight.value());
  BOOST_TEST(&*all[5].value() == &*model[1].variance.value);
  BOOST_TEST(parameter_count(outer) == 4u);
  BOOST_TEST(unique_parameters(outer).size() == 2u);
  std::vector<std::string> log;
  visit(outer, Scribe{"s", log});
  BOOST_TEST(log.front() == "s begins 2");
}

BOOST_AUTO_TEST_CASE(values_of_buffers_are_kept_and_put_back) {
  struct Layer {
    Buffer mean{counting({2})};
    void parameters(ParameterList& list) { list("mean", mean); }
  } layer;
  const Value before = layer.mean.value;
  {
    KeptBuffers kept{layer};
    layer.mean.value = array({2}, {8, 9});
    kept.restore();
    BOOST_TEST(&*layer.mean.value == &*before);
    layer.mean.value = array({2}, {7, 7});
  }
  BOOST_TEST(&*layer.mean.value == &*before);
  check_elements(*before, {0, 1});
}

BOOST_AUTO_TEST_CASE(shared_weights_are_one_node) {
  Rng rng{1};
  Dense layer{{.in = 2, .out = 2, .bias = false}, rng};
  Parameter& w = *parameters(layer)[0].parameter;
  w.value() = array({2, 2}, {1, 2, 3, 4});
  Tape tape;
  const Variable x = tape.input(array({1, 2}, {1, 1}));
  const Variable loss = sum(layer(layer(x)));
  BOOST_TEST(tape.parameters().size() == 1u);
  tape.backward(loss);
  // d/dW sum(x W W) = x^T (W 1)^T + (x W)^T 1^T
  check_elements(w.grad(), {3 + 4, 7 + 4, 3 + 6, 7 + 6});
}

// As many as are found one by one, and many more.
BOOST_AUTO_TEST_CASE(each_of_many_parameters_is_one_node) {
  for (const std::size_t count : {1u, 31u, 32u, 33u, 64u, 65u, 1000u}) {
    std::vector<Parameter> all;
    for (std::size_t i = 0; i < count; ++i) all.emplace_back(full({}, static_cast<Scalar>(i)));
    Tape tape;
    Variable total = tape.input(zeros({}));
    for (int uses = 1; uses <= 2; ++uses)
      for (Parameter& p : all) total = total + square(tape.parameter(p));
    BOOST_TEST(tape.parameters().size() == count);
    std::size_t known = 0;
    for (std::uint32_t i = 0; i < tape.size(); ++i)
      if (const Parameter* const p = tape.node(i).parameter) known += p == &all[known];
    BOOST_TEST(known == count);
    tape.backward(total);
    for (std::size_t i = 0; i < count; ++i)
      BOOST_REQUIRE(all[i].grad()() == 4 * static_cast<Scalar>(i));
  }
}

// The time of a pass and of a list is in proportion to the number of parameters: eight times as many take far less
// than 64 times as long.
BOOST_AUTO_TEST_CASE(many_parameters_take_no_longer_each) {
  struct Model {
    explicit Model(std::size_t count) {
      for (std::size_t i = 0; i < count; ++i) all.emplace_back(zeros({1}));
    }
    void parameters(ParameterList& list) { list("p", all); }
    std::vector<Parameter> all;
  } few{2000}, many{16000};
  const auto pass = [](Model& model) {
    return [&] {
      Tape tape;
      for (int uses = 1; uses <= 2; ++uses)
        for (Parameter& p : model.all) tape.parameter(p);
    };
  };
  const auto listing = [](Model& model) { return [&] { unique_parameters(model); }; };
  BOOST_TEST(time_ratio(pass(many), pass(few), 30) < 30);
  BOOST_TEST(time_ratio(listing(many), listing(few), 30) < 30);
}

BOOST_AUTO_TEST_CASE(visitors_run_in_turn_when_all_gradients_are_complete) {
  Pair pair;
  std::vector<std::string> log;
  Scribe a{"a", log}, b{"b", log};
  Tape tape;
  const Variable first = tape.parameter(pair.first), second = tape.parameter(pair.second);
  const Variable loss = sum(second) * 2 + sum(first);
  BOOST_TEST(log.empty());
  tape.backward(loss, a, b);
  const std::vector<std::string> expected{"a begins 2", "a visits 2", "a visits 3", "a ends",
                                          "b begins 2", "b visits 2", "b visits 3", "b ends"};
  BOOST_TEST(log == expected, boost::test_tools::per_element());
  BOOST_TEST(a.gradient_sums == (std::vector<double>{2, 6}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_visitor_sees_what_the_one_before_it_did) {
  struct Double : Visitor {
    void visit(Parameter& p) override {
      for (Scalar& g : p.grad()) g *= 2;
    }
  };
  Pair pair;
  std::vector<std::string> log;
  Scribe scribe{"s", log};
  Tape tape;
  tape.accumulate(sum(tape.parameter(pair.first)), Double{}, Double{}, scribe);
  BOOST_TEST(scribe.gradient_sums == std::vector<double>{8}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(ids_are_unique_and_survive_moves) {
  std::set<std::uint64_t> ids;
  std::vector<Parameter> parameters;
  for (int i = 0; i < 100; ++i) parameters.emplace_back(zeros({1}));  // moves them as it grows
  for (const Parameter& p : parameters) ids.insert(p.id());
  BOOST_TEST(ids.size() == 100u);
  const std::uint64_t id = parameters[7].id();
  const Scalar* const data = parameters[7].value().data();
  Parameter moved{std::move(parameters[7])};
  BOOST_TEST(moved.id() == id);
  BOOST_TEST(moved.value().data() == data);
  parameters[8] = std::move(moved);
  BOOST_TEST(parameters[8].id() == id);
  BOOST_TEST(ids.count(Parameter{zeros({})}.id()) == 0u);
}

BOOST_AUTO_TEST_CASE(what_is_kept_for_a_parameter_moves_and_goes_with_it) {
  PerParameter<std::string> kept;
  std::optional<Parameter> first{zeros({1})};
  const Parameter second{zeros({1})};
  BOOST_TEST(kept.find(*first) == nullptr);
  kept[*first] = "first";
  BOOST_TEST(kept.get(second, [] { return "second"; }) == "second");
  BOOST_TEST(kept.get(second, [] { return "again"; }) == "second");
  Parameter moved{std::move(*first)};
  first.reset();  // what was moved from is not the parameter
  kept.begin_pass();
  kept[Parameter{zeros({1})}] = "of one that is gone at once";
  BOOST_TEST(*kept.find(moved) == "first");
  BOOST_TEST(kept.size() == 3u);
  moved = Parameter{zeros({1})};
  kept.begin_pass();
  BOOST_TEST(kept.size() == 3u);  // a pass over known parameters does nothing
  kept[moved] = "new";
  BOOST_TEST(kept.size() == 2u);
  BOOST_TEST(*kept.find(second) == "second");
}

// Also for those who never say that a pass begins.
BOOST_AUTO_TEST_CASE(what_is_kept_is_at_most_twice_what_lives) {
  PerParameter<int> kept;
  std::vector<Parameter> alive;
  for (int i = 0; i < 10; ++i) alive.emplace_back(zeros({1})), kept[alive.back()] = i;
  for (int i = 0; i < 1000; ++i) {
    kept[Parameter{zeros({1})}] = -1;
    BOOST_REQUIRE(kept.size() <= 22u);
  }
  for (int i = 0; i < 10; ++i) BOOST_TEST(*kept.find(alive[static_cast<std::size_t>(i)]) == i);
}

BOOST_AUTO_TEST_CASE(a_parameter_of_two_names_is_visited_once) {
  struct Tied {
    Pair pair;
    void parameters(ParameterList& list) { list("encoder", pair), list("decoder", pair); }
  } tied;
  BOOST_TEST(parameters(tied).size() == 4u);
  BOOST_TEST(parameter_count(tied) == parameter_count(tied.pair));
  std::vector<std::string> log;
  Scribe scribe{"s", log};
  visit(tied, scribe);
  BOOST_TEST(log.size() == 4u);  // begin, two visits, end
}

// A batch in parts, of which each uses other parameters.
BOOST_AUTO_TEST_CASE(gradients_of_parts_add_up) {
  Pair pair;
  pair.first.grad().fill(99);
  pair.second.grad().fill(99);
  visit(pair, ZeroGrad{});
  for (Parameter* p : {&pair.second, &pair.first, &pair.second}) {
    Tape tape;
    tape.accumulate(sum(tape.parameter(*p)));
  }
  check_elements(pair.first.grad(), {1, 1});
  check_elements(pair.second.grad(), {2, 2, 2});
}

BOOST_AUTO_TEST_CASE(a_parameter_starts_at_its_value_with_a_gradient_of_zeros) {
  const Parameter p{array({2, 1}, {4, 5})};
  check_elements(p.value(), {4, 5});
  BOOST_TEST(same_bits(p.grad(), zeros({2, 1})));
  BOOST_TEST((p.shape() == Shape{2, 1}));
  BOOST_TEST(p.size() == 2u);
  BOOST_TEST(p.trainable);
}

BOOST_AUTO_TEST_SUITE_END()
