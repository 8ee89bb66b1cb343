// SPDX-License-Identifier: MIT
// Products, softmax and losses against plain loops and closed formulas in double.
#include "reference.hpp"

#include <xtape/ops.hpp>

#include <array>
#include <numbers>

using namespace test;

BOOST_AUTO_TEST_SUITE(linear)

namespace {

// a (m, k) times b (k, n).
std::vector<double> product(const Array& a, const Array& b, std::size_t m, std::size_t k,
                            std::size_t n) {
  std::vector<double> c(m * n);
  for (std::size_t i = 0; i < m; ++i)
    for (std::size_t l = 0; l < k; ++l) {
      const auto x = static_cast<double>(a.data()[i * k + l]);
      for (std::size_t j = 0; j < n; ++j)
        c[i * n + j] += x * static_cast<double>(b.data()[l * n + j]);
    }
  return c;
}

double activated(Activation activation, double x) {
  switch (activation) {
    case Activation::none: return x;
    case Activation::relu: return std::max(x, 0.0);
    case Activation::tanh: return std::tanh(x);
    case Activation::sigmoid: return 1 / (1 + std::exp(-x));
    case Activation::gelu: return x * std::erfc(-x / std::numbers::sqrt2) / 2;
  }
  return x;
}

// Sizes around registers and blocks, and such that the work is cut along rows or columns.
constexpr std::size_t sizes[][3] = {
    {1, 1, 1},       {1, 7, 1},      {5, 1, 9},       {2, 3, 4},       {17, 33, 9},
    {64, 10, 84},    {64, 300, 64},  {65, 129, 300},  {300, 129, 65},  {200, 200, 200},
    {31, 2000, 257}, {700, 90, 130}, {1, 4000, 1100}, {1100, 4000, 1},
};

// A reference for log(softmax(x)) of one row.
std::vector<double> log_softmax_of(std::span<const double> x) {
  const double largest = *std::max_element(x.begin(), x.end());
  double sum = 0;
  for (double v : x) sum += std::exp(v - largest);
  std::vector<double> y;
  for (double v : x) y.push_back(v - largest - std::log(sum));
  return y;
}

}  // namespace

BOOST_AUTO_TEST_CASE(matrix_products) {
  for (const auto& [m, k, n] : sizes) {
    const Array a = random({m, k}, -1, 1, 1), b = random({k, n}, -1, 1, 2);
    Tape tape;
    const std::string what = to_string(Shape{m, k, n});
    check_value(what, matmul(tape.input(a), tape.input(b)), {m, n}, product(a, b, m, k, n),
                epsilon * static_cast<double>(k + 8));
  }
}

// Leading axes that broadcast, operands that are stored transposed, and the gradients of all that: each product is added
// up term by term. Some stacks are of many matrices, some of large ones.
BOOST_AUTO_TEST_CASE(stacks_of_matrices) {
  struct Row {
    Shape a, b, leading;
    std::size_t m, k, n;
  };
  for (const Row& row : {
           Row{{3}, {}, {3}, 4, 5, 2},
           Row{{}, {3}, {3}, 4, 5, 2},
           Row{{2, 3}, {2, 3}, {2, 3}, 4, 5, 2},
           Row{{2, 3}, {3}, {2, 3}, 4, 5, 16},
           Row{{2, 1}, {4, 1, 3}, {4, 2, 3}, 3, 1, 9},
           Row{{1, 3}, {1, 1}, {1, 3}, 2, 6, 1},
           Row{{48}, {48}, {48}, 33, 32, 20},
           Row{{3}, {3}, {3}, 130, 300, 65},
           Row{{2}, {1}, {2}, 9, 700, 100},
       })
    for (const bool ta : {false, true})
      for (const bool tb : {false, true}) {
        const auto shape = [](Shape leading, std::size_t rows, std::size_t columns, bool turned) {
          leading.push_back(turned ? columns : rows);
          leading.push_back(turned ? rows : columns);
          return leading;
        };
        const Shape of_a = shape(row.a, row.m, row.k, ta), of_b = shape(row.b, row.k, row.n, tb),
                    of_c = shape(row.leading, row.m, row.n, false);
        const Array a = random(of_a, -1, 1, 1), b = random(of_b, -1, 1, 2),
                    g = random(of_c, -1, 1, 3);
        std::vector<double> c, da(a.size()), db(b.size());
        const std::size_t rank = of_c.size();
        for_each_index(of_c, [&](const Shape& i) {
          Shape to_a = i, to_b = i;
          std::size_t &a_row = to_a[rank - 2], &a_column = to_a[rank - 1], &b_row = to_b[rank - 2],
                      &b_column = to_b[rank - 1];
          if (ta) std::swap(a_row, a_column);
          if (tb) std::swap(b_row, b_column);
          double sum = 0;
          for (std::size_t l = 0; l < row.k; ++l) {
            (ta ? a_row : a_column) = l;
            (tb ? b_column : b_row) = l;
            const double x = at(a, to_a), y = at(b, to_b), slope = at(g, i);
            sum += x * y;
            da[place(a, to_a)] += slope * y;
            db[place(b, to_b)] += slope * x;
          }
          c.push_back(sum);
        });
        Tape tape;
        const Variable x = tape.variable(a), y = tape.variable(b);
        const MatmulOptions options{.transpose_a = ta, .transpose_b = tb};
        const Variable z = matmul(x, y, options);
        const std::string what = to_string(of_a) + " by " + to_string(of_b);
        const std::size_t terms = std::max(row.m, row.n) * element_count(row.leading) + 8;
        check_value(what, z, of_c, c, epsilon * static_cast<double>(row.k + 8));
        tape.backward(sum(z * tape.input(g)));
        BOOST_TEST(difference(x.grad(), of_a, da, epsilon * static_cast<double>(terms)) == "",
                   what);
        BOOST_TEST(difference(y.grad(), of_b, db, epsilon * static_cast<double>(terms)) == "",
                   what);
      }
}

// The gradients of products are products with one operand transposed, cut in other ways.
BOOST_AUTO_TEST_CASE(gradients_of_products) {
  for (const auto& [m, k, n] : sizes) {
    const Array a = random({m, k}, -1, 1, 1), b = random({k, n}, -1, 1, 2),
                g = random({m, n}, -1, 1, 3);
    std::vector<double> da(m * k), db(k * n);
    for (std::size_t i = 0; i < m; ++i)
      for (std::size_t l = 0; l < k; ++l)
        for (std::size_t j = 0; j < n; ++j) {
          const auto c = static_cast<double>(g.data()[i * n + j]);
          da[i * k + l] += c * static_cast<double>(b.data()[l * n + j]);
          db[l * n + j] += c * static_cast<double>(a.data()[i * k + l]);
        }
    const bool as_layer = n % 2 == 0;
    Tape tape;
    const Variable x = tape.variable(a), y = tape.variable(b);
    tape.backward(sum((as_layer ? dense(x, y) : matmul(x, y)) * tape.input(g)));
    BOOST_TEST(difference(x.grad(), {m, k}, da, epsilon * static_cast<double>(n + 8)) == "");
    BOOST_TEST(difference(y.grad(), {k, n}, db, epsilon * static_cast<double>(m + 8)) == "");
  }
}

BOOST_AUTO_TEST_CASE(dense_is_product_bias_and_activation) {
  for (const auto& [m, k, n] : sizes)
    for (const bool with_bias : {true, false})
      for (Activation activation : {Activation::none, Activation::relu, Activation::tanh,
                                    Activation::sigmoid, Activation::gelu}) {
        const Array x = random({m, k}, -1, 1, 1), w = random({k, n}, -0.1, 0.1, 2);
        const Array bias = random({n}, -0.5, 0.5, 3);
        std::vector<double> expected = product(x, w, m, k, n);
        for (std::size_t i = 0; i < expected.size(); ++i)
          expected[i] = activated(
              activation, expected[i] + (with_bias ? static_cast<double>(bias.data()[i % n]) : 0));
        Tape tape;
        const Variable v = tape.input(x), u = tape.input(w);
        const Variable y =
            with_bias ? dense(v, u, tape.input(bias), {activation}) : dense(v, u, {activation});
        check_value("dense", y, {m, n}, expected, epsilon * static_cast<double>(k + 16));
      }
}

// While training, the slope of the activation is kept.
BOOST_AUTO_TEST_CASE(dense_and_gelu_are_what_they_are_apart) {
  for (const auto& [m, k, n] : sizes) {
    const Array x = random({m, k}, -3, 3, 1), w = random({k, n}, -1, 1, 2),
                bias = random({n}, -0.5, 0.5, 3), g = random({m, n}, -1, 1, 4);
    const auto run = [&](auto op) {
      Tape tape;
      const Variable v = tape.variable(x), u = tape.variable(w), b = tape.variable(bias);
      const Variable y = op(v, u, b);
      tape.backward(sum(y * tape.input(g)));
      return std::array{y.value(), v.grad(), u.grad(), b.grad()};
    };
    const auto fused = run([](auto&... of) { return dense(of..., {Activation::gelu}); });
    const auto apart = run([](auto&... of) { return gelu(dense(of...)); });
    for (std::size_t i = 0; i < fused.size(); ++i)
      BOOST_TEST(difference(fused[i], apart[i].shape(), elements(apart[i]),
                            epsilon * static_cast<double>(k + m + n + 16)) == "");
  }
}

BOOST_AUTO_TEST_CASE(add_dense_is_a_sum) {
  for (const auto& [m, k, n] : sizes)
    for (const bool with_bias : {true, false}) {
      const Array x = random({m, k}, -1, 1, 1), w = random({k, n}, -0.1, 0.1, 2),
                  bias = random({n}, -0.5, 0.5, 3), around = random({m, n}, -1, 1, 5),
                  g = random({m, n}, -1, 1, 4);
      std::vector<double> expected = product(x, w, m, k, n);
      for (std::size_t i = 0; i < expected.size(); ++i)
        expected[i] += (with_bias ? static_cast<double>(bias.data()[i % n]) : 0) +
                       static_cast<double>(around.data()[i]);
      Tape tape;
      const Variable z = tape.variable(around), v = tape.variable(x), u = tape.variable(w),
                     b = tape.variable(bias);
      const Variable y = with_bias ? add_dense(z, v, u, b) : add_dense(z, v, u);
      check_value("add_dense", y, {m, n}, expected, epsilon * static_cast<double>(k + 16));
      tape.backward(sum((with_bias ? y : y + b) * tape.input(g)));
      Tape other;
      const Variable p = other.variable(x), q = other.variable(w), r = other.variable(bias);
      other.backward(sum(dense(p, q, r) * other.input(g)));
      BOOST_TEST((z.grad() == g));
      BOOST_TEST((v.grad() == p.grad() && u.grad() == q.grad()));
      if (with_bias) BOOST_TEST((b.grad() == r.grad()));
    }
}

// The gradient of the bias is found in the product for that of the weight, or alone.
BOOST_AUTO_TEST_CASE(gradients_of_biases) {
  for (const auto& [m, k, n] : sizes) {
    const Array x = random({m, k}, -1, 1, 1), w = random({k, n}, -1, 1, 2),
                g = random({m, n}, -1, 1, 4);
    std::vector<double> expected(n);
    for (std::size_t i = 0; i < m * n; ++i) expected[i % n] += static_cast<double>(g.data()[i]);
    for (const bool frozen : {false, true}) {
      Tape tape;
      const Variable b = tape.variable(zeros({n}));
      const Variable u = frozen ? tape.input(w) : tape.variable(w);
      tape.backward(sum(dense(tape.input(x), u, b) * tape.input(g)));
      BOOST_TEST(difference(b.grad(), {n}, expected, epsilon * static_cast<double>(m + 8)) == "");
    }
  }
}

// Each row counts, whatever the axes before the last are: to the bit.
BOOST_AUTO_TEST_CASE(dense_takes_any_leading_axes) {
  const Array w = random({4, 5}, -1, 1, 2), bias = random({5}, -1, 1, 3);
  for (const Shape& leading : {Shape{2, 3}, {1, 6}, {3, 1, 2}, {6, 1, 1}}) {
    Shape in = leading, out = leading;
    in.push_back(4), out.push_back(5);
    const auto gradients = [&](const Shape& shape, const Shape& result) {
      Array x = random({6, 4}, -1, 1, 1), g = random({6, 5}, -1, 1, 4);
      x.reshape(shape), g.reshape(result);
      Tape tape;
      const Variable v = tape.variable(x), u = tape.variable(w), b = tape.variable(bias);
      const Variable y = dense(v, u, b, {.activation = Activation::tanh});
      BOOST_TEST((y.shape() == result));
      tape.backward(sum(y * tape.input(g)));
      BOOST_TEST((v.grad().shape() == shape));
      std::vector<double> all = elements(y.value());
      for (const Array* part : {&v.grad(), &u.grad(), &b.grad()})
        for (const double d : elements(*part)) all.push_back(d);
      return all;
    };
    BOOST_TEST((gradients(in, out) == gradients({6, 4}, {6, 5})));
  }
}

BOOST_AUTO_TEST_CASE(softmax_along_each_axis) {
  const Shape shape{3, 5, 18};
  for (const auto& [low, high] : {std::pair{-1.0, 1.0}, {-1000.0, 1000.0}, {1000.0, 1010.0}})
    for (std::ptrdiff_t axis = -3; axis < 3; ++axis) {
      const Array x = random(shape, low, high);
      const auto a = static_cast<std::size_t>(axis < 0 ? axis + 3 : axis);
      const auto logs = tabulate(shape, [&](Shape index) {
        const std::size_t here = index[a];
        std::vector<double> row;
        for (index[a] = 0; index[a] < shape[a]; ++index[a]) row.push_back(at(x, index));
        return log_softmax_of(row)[here];
      });
      std::vector<double> shares;
      for (double v : logs) shares.push_back(std::exp(v));
      Tape tape;
      check_value("log_softmax", log_softmax(tape.input(x), {axis}), shape, logs, 16 * epsilon);
      // x - max has the rounding error of x, so e^x a relative one of |x| epsilon.
      check_value("softmax", softmax(tape.input(x), {axis}), shape, shares, 16 * epsilon);
      for (double s : elements(sum(softmax(tape.input(x), {axis}), {.axes = {axis}}).value()))
        BOOST_TEST(close(s, 1, 16 * epsilon));
    }
}

BOOST_AUTO_TEST_CASE(softmax_at_the_edge) {
  Tape tape;
  const double inf = infinity;
  const auto check = [&tape](std::initializer_list<double> x, std::vector<double> expected) {
    const Variable row = tape.input(array({1, x.size()}, x));
    check_value("softmax", softmax(row), {1, x.size()}, expected, 8 * epsilon);
  };
  check({1000, 1000}, {0.5, 0.5});
  check({-1000, 1000}, {0, 1});
  check({-inf, 0, 0}, {0, 0.5, 0.5});
  check({7}, {1});
  check({1e30, -1e30, 1e30, 1e30}, {1 / 3.0, 0, 1 / 3.0, 1 / 3.0});
  for (double v : elements(softmax(tape.input(array({3}, {0, NAN, 1}))).value()))
    BOOST_TEST(std::isnan(v));
}

BOOST_AUTO_TEST_CASE(cross_entropy) {
  for (const auto& [rows, classes] :
       {std::pair<std::size_t, std::size_t>{1, 2}, {64, 10}, {33, 17}, {5, 1}})
    for (double scale : {1.0, 1000.0})
      for (double smoothing : {0.0, 0.1, 1.0}) {
        const Array x = random({rows, classes}, -scale, scale), p = random({rows, classes}, 0, 1);
        std::vector<std::int32_t> labels;
        double by_label = 0, by_probability = 0;
        for (std::size_t r = 0; r < rows; ++r) {
          labels.push_back(static_cast<std::int32_t>(r * r % classes));
          const auto row = elements(x);
          const auto logs = log_softmax_of(std::span{row}.subspan(r * classes, classes));
          for (std::size_t c = 0; c < classes; ++c) {
            const double share = smoothing / static_cast<double>(classes);
            const double hit = static_cast<std::size_t>(labels[r]) == c ? 1 : 0;
            by_label -= ((1 - smoothing) * hit + share) * logs[c];
            by_probability -= ((1 - smoothing) * at(p, {r, c}) + share) * logs[c];
          }
        }
        const double n = static_cast<double>(rows);
        Tape tape;
        const Variable logits = tape.input(x);
        const CrossEntropyOptions options{smoothing};
        check_value("labels", softmax_cross_entropy(logits, labels, options), {},
                    std::vector<double>{by_label / n}, 32 * epsilon);
        check_value("probabilities", softmax_cross_entropy(logits, p, options), {},
                    std::vector<double>{by_probability / n}, 32 * epsilon);
      }
}

// Numbers of torch.nn.functional.cross_entropy (PyTorch 1.13).
BOOST_AUTO_TEST_CASE(cross_entropy_as_in_pytorch) {
  Tape tape;
  const Variable x = tape.input(array({2, 3}, {1, 2, 0.5, 0, -1, 3}));
  const std::vector<std::int32_t> labels{2, 0};
  const Array p = array({2, 3}, {0.2, 0.5, 0.3, 0.9, 0.4, 0});
  const auto check = [](const Variable& loss, double expected) {
    BOOST_TEST(close(static_cast<double>(loss.item()), expected, 4 * epsilon));
  };
  check(softmax_cross_entropy(x, labels), 2.515126343932687);
  check(softmax_cross_entropy(x, labels, {.label_smoothing = 0.1}), 2.4484596772660208);
  check(softmax_cross_entropy(x, p), 2.7500089294963015);
  check(softmax_cross_entropy(x, p, {.label_smoothing = 0.2}), 2.5696990790502454);
  // Classes can be masked by logits of minus infinity, as long as they are not the label.
  const Variable masked = tape.input(array({1, 3}, {-INFINITY, 0, 1}));
  const std::vector<std::int32_t> one{1}, zero{0};
  check(softmax_cross_entropy(masked, one), 1.3132616875182228);
  check(softmax_cross_entropy(masked, one, {.label_smoothing = 0.1}), INFINITY);
  check(softmax_cross_entropy(masked, zero), INFINITY);
}

BOOST_AUTO_TEST_CASE(mean_squared_error) {
  const Array x = random({7, 9}, -2, 2, 1), y = random({7, 9}, -2, 2, 2);
  double expected = 0;
  for (std::size_t i = 0; i < x.size(); ++i)
    expected +=
        std::pow(static_cast<double>(x.data()[i]) - static_cast<double>(y.data()[i]), 2) / 63;
  Tape tape;
  check_value("mse", mse(tape.input(x), tape.input(y)), {}, std::vector<double>{expected});
  check_value("mse", mse(tape.input(x), y), {}, std::vector<double>{expected});
  BOOST_TEST(mse(tape.input(x), tape.input(x)).item() == Scalar{0});
}

BOOST_AUTO_TEST_SUITE_END()
