// SPDX-License-Identifier: MIT
// Losses beside PyTorch and plain loops.
#include "reference.hpp"

#include <xtape/ops.hpp>

#include <functional>

using namespace test;

BOOST_AUTO_TEST_SUITE(losses)

namespace {

const Array a = array({2, 3}, {0.5, -1.25, 2, -0.75, 0.1, 1.5}),
            b = array({2, 3}, {0.25, 0.5, -1, 0.75, 0, 1.4}),
            c = array({2, 3}, {1, 0.2, -0.3, 0.4, -2, 0.6}),
            signs = array({2, 3}, {1, -1, 1, -1, 1, 1}),
            shares = array({2, 3}, {1, 0.25, 0, 0, 0.75, 1}),
            probabilities = array({2, 3}, {0.2, 0.5, 0.3, 0.9, 0.1, 0});

// A loss of one to three inputs, its value, and the sum of i times element i - 1 of the gradient of each input.
struct Known {
  const char* name;
  std::function<Variable(std::span<const Variable> x)> loss;
  std::vector<Array> inputs;
  double value;
  std::vector<double> slopes;
};

double sum_by_place(const Array& g) {
  double sum = 0;
  for (std::size_t i = 0; i < g.size(); ++i)
    sum += static_cast<double>(i + 1) * static_cast<double>(g.data()[i]);
  return sum;
}

void check(const Known& known, double tolerance) {
  Tape tape;
  std::vector<Variable> x;
  for (const Array& input : known.inputs) x.push_back(tape.variable(input));
  const Variable loss = known.loss(x);
  tape.backward(loss);
  BOOST_TEST((loss.shape() == Shape{}), known.name);
  BOOST_TEST(close(static_cast<double>(loss.item()), known.value, tolerance),
             known.name << ": " << loss.item() << ", expected " << known.value);
  for (std::size_t i = 0; i < known.slopes.size(); ++i) {
    const double slope = sum_by_place(x[i].grad());
    BOOST_TEST(close(slope, known.slopes[i], tolerance),
               known.name << ", input " << i << ": " << slope << ", expected " << known.slopes[i]);
  }
}

using In = std::span<const Variable>;
constexpr LossOptions added{.reduction = Reduction::sum};

// Numbers of torch.nn.functional (PyTorch 1.13), in double; of torchvision the focal loss. PyTorch's cosine_embedding_loss
// has an epsilon of its own, so that is of its cosine_similarity.
const Known of_pytorch[] = {
    {"mse",
     [](In x) { return mse(x[0], x[1]); },
     {a, b},
     2.3991666666666664,
     {0.28333333333333366, -0.28333333333333366}},
    {"mse", [](In x) { return mse(x[0], x[1], added); }, {a, b}, 14.395, {1.7, -1.7}},
    {"mae", [](In x) { return mae(x[0], x[1]); }, {a, b}, 1.1166666666666667, {1.5, -1.5}},
    {"mae", [](In x) { return mae(x[0], x[1], added); }, {a, b}, 6.7, {9, -9}},
    {"huber_loss",
     [](In x) { return huber_loss(x[0], x[1], {.delta = 0.7}); },
     {a, b},
     0.61354166666666654,
     {-0.125, 0.125}},
    {"sigmoid_cross_entropy",
     [](In x) { return sigmoid_cross_entropy(x[0], shares, {.positive_weight = 2.5}); },
     {a},
     1.1207533436785411,
     {-0.69820480718754985}},
    {"sigmoid_cross_entropy",
     [](In x) {
       return sigmoid_cross_entropy(x[0], shares,
                                    {.positive_weight = 2.5, .reduction = Reduction::sum});
     },
     {a},
     6.724520062071246,
     {-4.1892288431252975}},
    {"focal_loss",
     [](In x) { return focal_loss(x[0], x[1]); },
     {a, shares},
     0.23195238970246912,
     {0.40178610181889468, -2.0494506442661402}},
    {"focal_loss",
     [](In x) { return focal_loss(x[0], x[1], {.gamma = 1.5, .alpha = 0.6}); },
     {a, shares},
     0.16454843967521493,
     {0.13458332193916983, -0.57101595592140231}},
    {"hinge_loss",
     [](In x) { return hinge_loss(x[0], signs); },
     {a},
     0.275,
     {-0.33333333333333326}},
    {"hinge_loss",
     [](In x) { return hinge_loss(x[0], signs, {.squared = true}); },
     {a},
     0.18708333333333335,
     {-1.3333333333333335}},
    {"kl_divergence",
     [](In x) { return kl_divergence(log_softmax(x[0]), probabilities); },
     {a},
     1.634734077054286,
     {1.0386608624715019}},
    {"kl_divergence",
     [](In x) { return kl_divergence(log_softmax(x[0]), probabilities, added); },
     {a},
     3.2694681541085719,
     {2.0773217249430038}},
    {"cosine_similarity",
     [](In x) {
       return sum(cosine_similarity(x[0], x[1]) * x[0].tape().input({1, 2}));
     },
     {a, b},
     0.24729905396793217,
     {5.8801564571793463, -0.09477676403733204}},
    {"cosine_embedding_loss",
     [](In x) {
       return cosine_embedding_loss(x[0], x[1], Array{1, -1}, {.margin = 0.1});
     },
     {a, b},
     1.1906689967941138,
     {1.4780684546887328, -0.204719319889901}},
    {"triplet_loss",
     [](In x) { return triplet_loss(x[0], x[1], x[2], {.margin = 1.5}); },
     {a, b, c},
     1.3332053423932084,
     {-3.6423971286468948, 0.80047023100953218, 2.8419268976373631}},
    {"triplet_loss",
     [](In x) {
       return triplet_loss(x[0], x[1], x[2], {.margin = 1.5, .reduction = Reduction::sum});
     },
     {a, b, c},
     2.6664106847864169,
     {-7.2847942572937896, 1.6009404620190644, 5.6838537952747261}},
};

const Array logits = array({4, 3}, {1, 2, 0.5, 0, -1, 3, 2, 2, 1, 0.3, -0.2, 0.1});
const std::vector<std::int32_t> labels{2, 0, 1, 2};
const std::vector<Scalar> of_classes{0.5, 1, 3};

Known of_labels(const std::vector<std::int32_t>& ids, const CrossEntropyOptions& options,
                double value, double slope) {
  return {"softmax_cross_entropy",
          [=](In x) { return softmax_cross_entropy(x[0], ids, options); },
          {logits},
          value,
          {slope}};
}

}  // namespace

BOOST_AUTO_TEST_CASE(as_in_pytorch) {
  for (const Known& known : of_pytorch) check(known, 32 * epsilon);
}

BOOST_AUTO_TEST_CASE(weighted_cross_entropy_as_in_pytorch) {
  const CrossEntropyOptions weighted{.class_weights = of_classes},
      total{.class_weights = of_classes, .reduction = Reduction::sum},
      ignoring_one{.class_weights = of_classes, .ignore = 2},
      smoothed{.label_smoothing = 0.2, .ignore = 0};
  const double tolerance = 64 * epsilon;
  check(of_labels(labels, weighted, 1.5394481415021557, -0.77590772224214133), tolerance);
  check(of_labels(labels, total, 11.545861061266168, -5.819307916816058), tolerance);
  check(of_labels({2, -100, 1, -100}, {.ignore = -100}, 1.413181794083098, -0.67896795460530757),
        tolerance);
  check(of_labels(labels, ignoring_one, 1.5966245039579772, 0.45190471326314174), tolerance);
  check(of_labels(labels, smoothed, 1.284100968611551, -0.67755935233049236), tolerance);
}

// Whatever the padding holds.
BOOST_AUTO_TEST_CASE(rows_that_are_ignored_are_not_read) {
  Array x = logits;
  x(1, 0) = x(3, 2) = NAN;
  check({"softmax_cross_entropy",
         [](In in) {
           return softmax_cross_entropy(in[0], std::vector<std::int32_t>{2, -1, 1, -1},
                                        {.ignore = -1});
         },
         {x},
         1.413181794083098,
         {-0.67896795460530757}},
        64 * epsilon);
  for (const Reduction reduction : {Reduction::mean, Reduction::sum})
    check({"softmax_cross_entropy",
           [reduction](In in) {
             return softmax_cross_entropy(in[0], std::vector<std::int32_t>(4, 7),
                                          {.ignore = 7, .reduction = reduction});
           },
           {x},
           0,
           {0}},
          0);
}

// Sequences are rows; a sample is a sequence.
BOOST_AUTO_TEST_CASE(cross_entropy_of_sequences) {
  Array sequences = logits, flat = logits;
  sequences.reshape({2, 2, 3});
  const std::vector<Scalar> of_samples{2, 0.5}, of_rows{2, 2, 0.5, 0.5};
  for (const Reduction reduction : {Reduction::mean, Reduction::sum}) {
    const CrossEntropyOptions by_sample{
        .class_weights = of_classes, .weights = of_samples, .reduction = reduction},
        by_row{.class_weights = of_classes, .weights = of_rows, .reduction = reduction};
    Tape tape;
    const Variable x = tape.variable(sequences), y = tape.variable(flat);
    const Variable deep = softmax_cross_entropy(x, labels, by_sample),
                   shallow = softmax_cross_entropy(y, labels, by_row);
    BOOST_TEST(deep.item() == shallow.item());
    tape.backward(deep + shallow);
    BOOST_TEST(elements(x.grad()) == elements(y.grad()), boost::test_tools::per_element());
    double sum = 0, weights = 0;
    for (std::size_t r = 0; r < 4; ++r) {
      double powers = 0;
      for (std::size_t k = 0; k < 3; ++k) powers += std::exp(at(logits, {r, k}));
      const auto label = static_cast<std::size_t>(labels[r]);
      const auto w = static_cast<double>(of_rows[r] * of_classes[label]);
      sum += w * (std::log(powers) - at(logits, {r, label})), weights += w;
    }
    const double expected = reduction == Reduction::sum ? sum : sum / weights;
    BOOST_TEST(close(static_cast<double>(deep.item()), expected, 16 * epsilon));
  }
}

// Of each loss, the weighted mean of the losses of the samples alone.
BOOST_AUTO_TEST_CASE(samples_have_weights) {
  using Loss = std::function<Variable(const Variable&, const Target&, const LossOptions&)>;
  const std::pair<Loss, Array> all[] = {
      {[](auto& y, auto& t, auto& o) { return mse(y, t, o); }, b},
      {[](auto& y, auto& t, auto& o) { return mae(y, t, o); }, b},
      {[](auto& y, auto& t, auto& o) {
         return huber_loss(y, t, {.reduction = o.reduction, .weights = o.weights});
       },
       b},
      {[](auto& y, auto& t, auto& o) {
         return sigmoid_cross_entropy(y, t, {.reduction = o.reduction, .weights = o.weights});
       },
       shares},
      {[](auto& y, auto& t, auto& o) {
         return focal_loss(y, t, {.reduction = o.reduction, .weights = o.weights});
       },
       shares},
      {[](auto& y, auto& t, auto& o) {
         return hinge_loss(y, t, {.reduction = o.reduction, .weights = o.weights});
       },
       signs},
      {[](auto& y, auto& t, auto& o) { return kl_divergence(y, t, o); }, probabilities},
      {[](auto& y, auto& t, auto& o) {
         return triplet_loss(y, t, y * 0, {.reduction = o.reduction, .weights = o.weights});
       },
       b},
      {[](auto& y, auto& t, auto& o) {
         const Array alike = full({y.shape()[0]}, 1);
         return cosine_embedding_loss(y, t, alike,
                                      {.reduction = o.reduction, .weights = o.weights});
       },
       b},
  };
  const std::vector<Scalar> weights{3, 0.5}, none{0, 0};
  for (const auto& [loss, target] : all) {
    Tape tape;
    const Variable x = tape.input(a), t = tape.input(target);
    const auto alone = [&, &f = loss](std::ptrdiff_t i, Reduction reduction) {
      const SliceOptions row{.begin = i, .end = i + 1};
      return static_cast<double>(f(slice(x, row), slice(t, row), {reduction, {}}).item());
    };
    for (const Reduction reduction : {Reduction::mean, Reduction::sum}) {
      const double sum = 3 * alone(0, reduction) + 0.5 * alone(1, reduction);
      const double expected = reduction == Reduction::mean ? sum / 3.5 : sum;
      BOOST_TEST(close(static_cast<double>(loss(x, t, {reduction, weights}).item()), expected,
                       16 * epsilon));
      BOOST_TEST(loss(x, t, {reduction, none}).item() == 0);
    }
  }
}

// Where e^x overflows, and where a term of the other sign would be lost beside 1.
BOOST_AUTO_TEST_CASE(sigmoid_cross_entropy_far_out) {
  const double tiny = std::exp(-50.0);
  Tape tape;
  const Variable x = tape.variable(array({4}, {1000, -1000, 50, -50}));
  const Variable loss =
      sigmoid_cross_entropy(x, array({4}, {1, 0, 1, 0}), {.reduction = Reduction::sum}) / tiny;
  BOOST_TEST(close(static_cast<double>(loss.item()), 2, 64 * epsilon));
  tape.backward(loss);
  check_value("slopes", tape.input(x.grad()), {4}, std::vector<double>{0, 0, -1, 1}, 64 * epsilon);
  Tape other;
  const Variable wrong = other.variable(array({2}, {1000, -1000}));
  other.backward(sigmoid_cross_entropy(wrong, array({2}, {0, 1}), {.reduction = Reduction::sum}));
  BOOST_TEST((wrong.grad() == Array{1, -1}));
}

BOOST_AUTO_TEST_CASE(vectors_without_direction) {
  Tape tape;
  const Variable x = tape.variable(zeros({2, 3}));
  const Variable cosine = cosine_similarity(x, tape.input(a));
  BOOST_TEST((cosine.value() == zeros({2})));
  tape.backward(sum(cosine) + triplet_loss(x, x, x));
  BOOST_TEST(std::isfinite(sum_by_place(x.grad())));
}

BOOST_AUTO_TEST_SUITE_END()
