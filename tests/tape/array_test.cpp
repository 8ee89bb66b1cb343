// SPDX-License-Identifier: MIT
// Arrays, their shapes, and the values that share them.
#include "../support.hpp"

#include <xtape/ops.hpp>

#include <boost/test/unit_test.hpp>

#include <thread>

using namespace test;

BOOST_AUTO_TEST_SUITE(arrays)

BOOST_AUTO_TEST_CASE(shapes_as_text) {
  BOOST_TEST(to_string(Shape{}) == "()");
  BOOST_TEST(to_string(Shape{5}) == "(5,)");
  BOOST_TEST(to_string(Shape{64, 10}) == "(64, 10)");
  BOOST_TEST(to_string(Shape{0, 1, 2, 3, 4, 5}) == "(0, 1, 2, 3, 4, 5)");
}

BOOST_AUTO_TEST_CASE(numbers_of_elements) {
  constexpr std::size_t large = std::size_t{1} << 40;
  BOOST_TEST(element_count({}) == 1u);
  BOOST_TEST(element_count({2, 3, 4}) == 24u);
  BOOST_TEST(element_count({2, 0, 4}) == 0u);
  BOOST_TEST(element_count({large, 0, large}) == 0u);
  BOOST_TEST(element_count({std::size_t{1} << 31, std::size_t{1} << 31}) == std::size_t{1} << 62);
  for (const Shape& shape : {Shape{large, large}, Shape{(std::size_t{1} << 62) + 1},
                             Shape{std::size_t{1} << 32, std::size_t{1} << 32}})
    BOOST_CHECK_EXCEPTION(element_count(shape), ShapeError, [&](const ShapeError& error) {
      return error.message() == "the shape " + to_string(shape) + " has too many elements";
    });
}

BOOST_AUTO_TEST_CASE(making_arrays) {
  BOOST_TEST(elements(zeros({2, 2})) == std::vector<double>(4, 0));
  BOOST_TEST(elements(full({3}, Scalar{0.5})) == std::vector<double>(3, 0.5));
  BOOST_TEST(full({}, 7).size() == 1u);
  BOOST_TEST(zeros({0, 3}).size() == 0u);
  BOOST_TEST((uninitialized({4, 1, 2}).shape() == Shape{4, 1, 2}));
}

BOOST_AUTO_TEST_CASE(a_value_from_an_expression) {
  const Array a = counting({2, 2});
  const Value v = a * a + Scalar{1};
  BOOST_TEST(elements(*v) == (std::vector<double>{1, 2, 5, 10}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_value_is_shared) {
  const std::size_t in_use = memory_stats().in_use;
  {
    const Value a{random({1000})};
    const std::size_t with_one = memory_stats().in_use;
    const Value b = a, c{b};
    BOOST_TEST(&*a == &*c);
    BOOST_TEST(b->size() == 1000u);
    BOOST_TEST(memory_stats().in_use == with_one);
  }
  BOOST_TEST(memory_stats().in_use == in_use);
}

BOOST_AUTO_TEST_CASE(a_value_in_another_shape_is_no_copy) {
  const std::size_t in_use = memory_stats().in_use;
  {
    std::optional<Value> a{random({30, 100})};
    const std::vector<double> expected = elements(**a);
    const std::size_t with_one = memory_stats().in_use;
    const Value b = a->reshaped({3000}), c = b.reshaped({2, 5, 300});
    BOOST_TEST((b->data() == (*a)->data() && c->data() == (*a)->data()));
    BOOST_TEST((b->shape() == Shape{3000} && c->shape() == Shape{2, 5, 300}));
    BOOST_TEST((*c)(1, 4, 299) == (**a)(29, 99));
    BOOST_TEST(memory_stats().in_use - with_one < 3000u);  // but for the shapes
    a.reset();
    BOOST_TEST(elements(*b) == expected);
    BOOST_TEST(elements(*c) == expected);
  }
  BOOST_TEST(memory_stats().in_use == in_use);
}

BOOST_AUTO_TEST_CASE(a_shape_of_other_elements_is_refused) {
  BOOST_CHECK_EXCEPTION(
      Value{zeros({2, 3})}.reshaped({5}), ShapeError, [](const ShapeError& error) {
        return error.what() ==
               std::string{"[reshaped] expected a shape of as many elements as (2, 3), got (5,)"};
      });
  BOOST_TEST((Value{zeros({0, 3})}.reshaped({7, 0})->shape() == Shape{7, 0}));
  BOOST_TEST((Value{full({}, 4)}.reshaped({1, 1})->data()[0] == 4));
}

BOOST_AUTO_TEST_CASE(a_copy_of_a_shared_value_is_of_its_elements) {
  const Value a{counting({2, 3})}, b = a.reshaped({3, 2});
  Array copied = *b, assigned = zeros({3, 2});
  assigned = *b;
  BOOST_TEST((copied.data() != a->data() && assigned.data() != a->data()));
  copied.fill(7), assigned.fill(8);
  BOOST_TEST(elements(*a) == (std::vector<double>{0, 1, 2, 3, 4, 5}));
}

// What is assigned to a parameter, copied or moved, takes no memory from a variable that has it in another shape.
BOOST_AUTO_TEST_CASE(a_parameter_leaves_what_is_shared) {
  Parameter p{counting({2, 2})};
  Tape tape;
  const Variable x = flatten(tape.parameter(p));
  BOOST_TEST(x.value().data() == p.value().data());
  const Array ones = full({2, 2}, 1);
  p.value() = ones;
  BOOST_TEST(elements(x.value()) == (std::vector<double>{0, 1, 2, 3}));
  p.value() = full({2, 2}, 2);
  BOOST_TEST(elements(x.value()) == (std::vector<double>{0, 1, 2, 3}));
  tape.backward(sum(square(x)));
  BOOST_TEST(elements(p.grad()) == (std::vector<double>{0, 2, 4, 6}));
}

BOOST_AUTO_TEST_CASE(reshaping_copies_nothing_on_a_tape) {
  const Value data{random({40, 60, 10})};
  const Array weight = random({24000});
  Tape tape;
  const std::size_t in_use = memory_stats().in_use;
  const Variable x = tape.variable(data);
  BOOST_TEST(&x.value() == &*data);
  const Variable y = flatten(reshape(x, {2, -1})), z = reshape(y, {24000});
  BOOST_TEST((y.value().data() == data->data() && z.value().data() == data->data()));
  BOOST_TEST(memory_stats().in_use - in_use < 24000 * sizeof(Scalar) / 2);
  // Gradients change in place; the two ways to x add up.
  tape.backward(sum(z * tape.input(weight)) + sum(y));
  bool right = true;
  for (std::size_t i = 0; i < 24000; ++i) right &= x.grad().data()[i] == weight.data()[i] + 1;
  BOOST_TEST(right);
  BOOST_TEST((x.grad().shape() == data->shape()));
}

// As where threads evaluate one model, in which a layer reshapes a parameter.
BOOST_AUTO_TEST_CASE(threads_share_the_elements_of_a_value) {
  for (int round = 0; round < 50; ++round) {
    const std::size_t in_use = memory_stats().in_use;
    std::optional<Value> value{full({64}, 3)};
    std::vector<std::thread> threads;
    std::array<double, 4> sums{};
    for (double& sum : sums)
      threads.emplace_back([&sum, value = *value]() mutable {
        for (std::size_t i = 1; i <= 64; i *= 2) value = value.reshaped({i, 64 / i});
        sum = sum_of(*value);
      });
    value.reset();
    for (std::thread& thread : threads) thread.join();
    for (const double sum : sums) BOOST_TEST(sum == 192);
    BOOST_TEST(memory_stats().in_use == in_use);
  }
}

BOOST_AUTO_TEST_SUITE_END()
