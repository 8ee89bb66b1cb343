// SPDX-License-Identifier: MIT
// What holds for all optimizers.
#include "cases.hpp"

#include <xtape/record.hpp>
#include <xtape/tape.hpp>

#include <boost/test/unit_test.hpp>
#include <tbb/global_control.h>

#include <limits>
#include <map>

using namespace test;

BOOST_AUTO_TEST_SUITE(optimizer)

namespace {

void run(Model& model, Optimizer& optimizer, int first, int last) {
  for (int t = first; t <= last; ++t) {
    set_gradients(model, t);
    visit(model, optimizer);
  }
}

// The example of the documentation.
struct HeavyBall : Optimizer {
  HeavyBall() : Optimizer{"heavy_ball", 0.01, {"velocity"}} {}

 protected:
  void update(Parameter& p, std::span<Array> state) override {
    state[0] = 0.9 * state[0] + p.grad();
    p.value() -= learning_rate() * state[0];
  }
};

}  // namespace

BOOST_AUTO_TEST_CASE(each_follows_its_formula) {
  for (const Case& each : cases()) {
    const auto o = each.make();
    check_trajectory(std::move(*o), o->learning_rate(), each.rule, each.initial);
  }
}

BOOST_AUTO_TEST_CASE(a_pass_is_one_step_whatever_it_visits) {
  for (const Case& each : cases()) {
    const auto o = each.make();
    Model model;
    BOOST_TEST(o->steps() == 0u);
    run(model, *o, 1, 3);
    BOOST_TEST(o->steps() == 3u, o->name());
  }
}

BOOST_AUTO_TEST_CASE(steps_are_counted_per_pass_or_per_parameter) {
  Adam keras, torch{Adam::torch()};
  Model model;
  run(model, keras, 1, 2), run(model, torch, 1, 2);
  model.small.trainable = false;
  run(model, keras, 3, 5), run(model, torch, 3, 5);
  BOOST_TEST((keras.steps() == 5u && torch.steps() == 5u));
  BOOST_TEST(keras.steps(model.small) == 5u);
  BOOST_TEST(torch.steps(model.small) == 2u);
  BOOST_TEST(torch.steps(model.large) == 5u);
  BOOST_TEST(torch.steps(Model::make({1})) == 0u);
}

// What a checkpoint keeps; files of optimizers that count per pass have no count for each parameter.
BOOST_AUTO_TEST_CASE(steps_per_parameter_are_state) {
  const auto listed = [](Optimizer& o, Model& model) {
    const auto named = parameters(model);
    StateList list{named};
    o.state(list);
    std::map<std::string, std::uint64_t*> counts;
    for (const auto& [name, place] : list.items())
      if (const auto* const count = std::get_if<std::uint64_t*>(&place)) counts[name] = *count;
    return counts;
  };
  Model model;
  Adam keras, torch{Adam::torch()};
  model.small.trainable = false;
  run(model, torch, 1, 3);
  BOOST_TEST(listed(keras, model).size() == 1u);
  const auto counts = listed(torch, model);
  BOOST_REQUIRE(counts.size() == 4u);
  BOOST_TEST(*counts.at("steps") == 3u);
  BOOST_TEST(*counts.at("small.steps") == 0u);
  BOOST_TEST(*counts.at("large.steps") == 3u);
  *counts.at("large.steps") = 7;
  BOOST_TEST(torch.steps(model.large) == 7u);
  const auto named = parameters(model);
  StateList list{named};
  torch.state(list);
  BOOST_TEST(list.wrong() == "large.steps is 7, after 3 steps");
}

BOOST_AUTO_TEST_CASE(gradients_are_only_read) {
  for (const Case& each : cases()) {
    const auto o = each.make();
    Model model, same;
    run(model, *o, 1, 2);
    set_gradients(same, 2);
    for (std::size_t i = 0; i < model.all().size(); ++i)
      BOOST_TEST((model.all()[i]->grad() == same.all()[i]->grad()), o->name());
  }
}

BOOST_AUTO_TEST_CASE(state_follows_a_parameter_that_moves) {
  for (const Case& each : cases()) {
    const auto moving = each.make(), still = each.make();
    Model a, b;
    run(a, *moving, 1, 5);
    run(b, *still, 1, 10);
    Model moved{std::move(a)};
    run(moved, *moving, 6, 10);
    BOOST_TEST((values(moved) == values(b)), each.name);
  }
}

BOOST_AUTO_TEST_CASE(a_new_parameter_has_state_of_its_own) {
  Adam adam;
  Parameter first = Model::make({4});
  Parameter* pass[] = {&first};
  first.grad().fill(1);
  walk(pass, adam);
  BOOST_TEST((adam.state(first)[0] != zeros({4})));
  first = Model::make({4});
  BOOST_TEST((adam.state(first)[0] == zeros({4})));
}

// One model after another under the same optimizer, each of which was once left behind.
BOOST_AUTO_TEST_CASE(state_goes_with_its_parameters) {
  const auto bytes_after = [](Optimizer& o, int models) {
    for (int i = 0; i < models; ++i) {
      Model model;
      run(model, o, 1, 2);
    }
    Model last;
    run(last, o, 1, 1);
    return memory_stats().in_use;
  };
  for (const Case& each : cases()) {
    const auto o = each.make();
    const std::size_t after_one = bytes_after(*o, 1);
    BOOST_TEST(bytes_after(*o, 50) == after_one, o->name());
  }
}

BOOST_AUTO_TEST_CASE(state_stays_while_its_parameter_lives) {
  Model model, other;
  Adam adam;
  run(model, adam, 1, 3);
  Array* const m = adam.state(model.large).data();
  const Array before = *m;
  for (int i = 0; i < 50; ++i) {
    Model gone;
    run(gone, adam, 1, 1);
  }
  run(other, adam, 1, 1);
  const Model moved{std::move(model)};
  BOOST_TEST(adam.state(moved.large).data() == m);
  BOOST_TEST((*m == before));
}

BOOST_AUTO_TEST_CASE(a_training_resumes_from_saved_state) {
  for (const Case& each : cases()) {
    const auto whole = each.make(), begun = each.make(), resumed = each.make();
    Model a, b;
    run(a, *whole, 1, 10);
    whole->set_learning_rate(1e-4);
    run(a, *whole, 11, 20);

    run(b, *begun, 1, 10);
    Optimizer& o = *resumed;
    o.set_steps(begun->steps());
    o.set_learning_rate(1e-4);
    for (const Parameter* p : b.all()) {
      o.set_steps(*p, begun->steps(*p));
      for (std::size_t slot = 0; slot < o.state(*p).size(); ++slot)
        o.state(*p)[slot] = begun->state(*p)[slot];
    }
    run(b, o, 11, 20);
    BOOST_TEST((values(a) == values(b)), each.name);
  }
}

BOOST_AUTO_TEST_CASE(slots_have_names_and_first_values) {
  for (const Case& each : cases()) {
    const auto o = each.make();
    std::vector<std::string> names;
    for (const Optimizer::Slot& slot : o->slots()) names.emplace_back(slot.name);
    BOOST_TEST(names == each.slots, boost::test_tools::per_element());
  }
  const Parameter p = Model::make({2, 3});
  Adagrad adagrad;
  BOOST_TEST((adagrad.state(p)[0] == full({2, 3}, 0.1)));
  Adam adam;
  BOOST_TEST((adam.state(p)[1] == zeros({2, 3})));
}

BOOST_AUTO_TEST_CASE(reset_starts_afresh) {
  Model model, again;
  Adam adam;
  run(model, adam, 1, 3);
  adam.reset();
  BOOST_TEST(adam.steps() == 0u);
  run(again, adam, 1, 3);
  BOOST_TEST((values(model) == values(again)));
}

BOOST_AUTO_TEST_CASE(later_steps_allocate_nothing) {
  for (const Case& each : cases()) {
    const auto o = each.make();
    Model model;
    set_gradients(model, 1);
    const std::vector<Parameter*> pass = model.all();
    ClipNorm clip{1};
    walk(pass, clip);
    walk(pass, *o);
    const MemoryStats before = memory_stats();
    walk(pass, clip);
    walk(pass, *o);
    BOOST_TEST(memory_stats().in_use == before.in_use);
    BOOST_TEST(memory_stats().system_allocations == before.system_allocations);
  }
}

BOOST_AUTO_TEST_CASE(a_frozen_parameter_is_not_visited) {
  for (const Case& each : cases()) {
    const auto o = each.make();
    Model model, untouched;
    model.large.trainable = false;
    run(model, *o, 1, 2);
    BOOST_TEST((model.large.value() == untouched.large.value()), o->name());
    BOOST_TEST((model.small.value() != untouched.small.value()), o->name());
  }
}

BOOST_AUTO_TEST_CASE(nan_in_a_gradient_shows_in_its_parameter_alone) {
  for (const Case& each : cases()) {
    const auto o = each.make();
    Model model;
    set_gradients(model, 1);
    model.large.grad().data()[777] = std::numeric_limits<double>::quiet_NaN();
    visit(model, *o);
    run(model, *o, 2, 3);
    std::size_t count = 0;
    for (double w : values(model)) count += std::isnan(w);
    BOOST_TEST(count == (each.mixes ? model.large.size() : 1u), o->name());
    BOOST_TEST(std::isnan(model.large.value().data()[777]), o->name());
  }
}

BOOST_AUTO_TEST_CASE(the_same_bits_for_any_number_of_threads) {
  for (const Case& each : cases()) {
    const auto one = each.make(), two = each.make();
    Model a, b;
    ClipNorm clip_a{1}, clip_b{1};
    for (int t = 1; t <= 3; ++t) {
      set_gradients(a, t);
      set_gradients(b, t);
      {
        tbb::global_control limit{tbb::global_control::max_allowed_parallelism, 1};
        visit(a, clip_a, *one);
      }
      tbb::global_control limit{tbb::global_control::max_allowed_parallelism, 2};
      visit(b, clip_b, *two);
      BOOST_TEST(clip_a.norm() == clip_b.norm());
    }
    BOOST_TEST((values(a) == values(b)), each.name);
  }
}

BOOST_AUTO_TEST_CASE(an_own_optimizer_is_written_like_the_built_in_ones) {
  Model a, b;
  HeavyBall own;
  SGD sgd{{.momentum = 0.9, .momentum_form = MomentumForm::rate_outside}};
  run(a, own, 1, 5);
  run(b, sgd, 1, 5);
  const std::vector<double> x = values(a), y = values(b);
  for (std::size_t i = 0; i < x.size(); ++i) BOOST_REQUIRE_SMALL(x[i] - y[i], 1e-14);
  BOOST_TEST(own.steps() == 5u);
}

// A rule of one line, the sum of some arrays and a number.
struct Sum : Optimizer {
  explicit Sum(const Array* second) : Optimizer{"sum", 0.01}, other{second} {}

 protected:
  void update(Parameter& p, std::span<Array>) override {
    compute({});
    compute({{p.value(), sum, {&p.value(), other == nullptr ? &p.grad() : other}, {0.5}}});
  }

 private:
  const Array* other;
  Formula sum{[](Term a, Term b, Term number) { return a + b + number; }};
};

BOOST_AUTO_TEST_CASE(lines_of_a_rule_are_computed_in_their_order) {
  struct Fibonacci : Optimizer {
    Fibonacci() : Optimizer{"fibonacci", 0.01, {{"a", 1}, {"b", 1}}} {}

   protected:
    void update(Parameter& p, std::span<Array> state) override {
      Array &a = state[0], &b = state[1];
      compute({{a, add, {&a, &b}}, {b, add, {&a, &b}}, {p.value(), add, {&a, &b}}});
    }

   private:
    Formula add{[](Term x, Term y) { return x + y; }};
  } rule;
  Model model;  // one tensor is longer than a slice, and than many pieces
  run(model, rule, 1, 2);
  for (const double w : values(model)) BOOST_REQUIRE_EQUAL(w, 13);  // 1 1, 2 3 5, 5 8 13
}

BOOST_AUTO_TEST_CASE(lines_of_a_rule_that_do_not_fit) {
  Parameter p{full({2}, 3)};
  p.grad() = full({2}, 1);
  Parameter* pass[] = {&p};
  Sum fits{nullptr};
  walk(pass, fits);
  BOOST_TEST((p.value() == full({2}, 4.5)));
  const Array number = full({}, 1);
  Sum other_shape{&number};
  BOOST_CHECK_EXCEPTION(walk(pass, other_shape), ShapeError, [](const ShapeError& error) {
    return error.what() ==
           std::string{"[optimizer] expected arrays of the shape (2,) in all lines of a rule"};
  });
  struct OneTerm : Optimizer {
    OneTerm() : Optimizer{"one_term", 0.01} {}
    void update(Parameter& w, std::span<Array>) override {
      compute({{w.value(), negative, {&w.value(), &w.grad()}}});
    }
    Formula negative{[](Term x) { return -x; }};
  } one_term;
  BOOST_CHECK_THROW(walk(pass, one_term), ValueError);
  BOOST_TEST((p.value() == full({2}, 4.5)));
}

BOOST_AUTO_TEST_CASE(it_runs_after_backward) {
  Parameter p{full({2}, 3)};
  Tape tape;
  const Variable w = tape.parameter(p);
  const Variable loss = record("sum", full({}, w.value()(0) + w.value()(1)),
                               wrt(w, [](const Array& g) { return full({2}, g()); }));
  tape.backward(loss, ClipNorm{1}, SGD{{.learning_rate = 1}});
  BOOST_TEST(p.value()(0) == 3 - std::sqrt(0.5), boost::test_tools::tolerance(1e-15));
}

BOOST_AUTO_TEST_SUITE_END()
