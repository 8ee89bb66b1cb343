// SPDX-License-Identifier: MIT
// What cannot be exported is refused.
#include "runtime.hpp"

#include <models/models.hpp>
#include <xtape/layers.hpp>
#include <xtape/ops.hpp>

using namespace test;

BOOST_AUTO_TEST_SUITE(onnx_refusals)

BOOST_AUTO_TEST_CASE(what_cannot_be_said_is_refused) {
  Rng rng{1};
  using V = const Variable&;
  const auto refuse = [&](auto layer, const std::string& what) {
    Sequential net{relu, std::move(layer)};
    check_refused(net, {4, 4, 2}, what);
  };
  refuse([](V x) { return record("swish", x.value(), wrt(x, [](Array&) {})); },
         "layer 1: there is nothing in ONNX known for the op swish at onnx_refusals_test.cpp:");
  refuse([](V x) { return record("slice", x.value(), wrt(x, [](Array&) {})); },
         "layer 1: the op slice does not say its options");
  refuse(
      [](V x) {
        static const Elementwise first{[](Term a, Term) { return a; },
                                       [](Term g, Term, Term, Term) { return g; },
                                       [](Term g, Term, Term, Term) { return 0 * g; }};
        return first("first", slice(x, {.axis = 3, .end = 1}), x);
      },
      "layer 1: the formula of the op first does not read an input that gives the result its "
      "shape");
  refuse([](V x) { return mean(x); },
         "layer 1: the result of mean, (), for a batch of 3 does not keep the batch as its first "
         "axis");
  refuse([](V x) { return reshape(x, {-1, 2}); }, "layer 1: the result of reshape, (48, 2), for");
  refuse([](V x) { return sum(x, {.axes = {0}, .keep_dims = true}); },
         "layer 1: the result of sum, (1, 4, 4, 2), for");
  refuse([](V x) { return softmax(x, {.axis = 0}); },
         "layer 1: the result of transpose, (2, 4, 4, 3)");
  refuse([](V x) { return slice(x, {.axis = 0}); },
         "layer 1: the op slice takes a part of the batch");
  refuse(
      [](V x) {
        return gather(x, std::vector<std::int32_t>{2, 1, 0});
      },
      "layer 1: the op gather takes parts of the batch");
  refuse([](V x) { return flip(x); }, "layer 1: the op flip turns round the batch");
  refuse([](V x) { return cumsum(x); }, "layer 1: the op cumsum goes over the batch");
  refuse([](V x) { return stddev(x); }, "layer 1: the result of stddev, (), for");
  refuse(
      [](V x) {
        return pad(x, {{1, 0}, {}, {}, {}});
      },
      "layer 1: the result of pad, (4, 4, 4, 2), for");
  refuse(
      [](V x) {
        return tile(x, {2, 1, 1, 1});
      },
      "layer 1: the result of tile, (6, 4, 4, 2), for");
  refuse([](V x) { return split(x, {.parts = 1})[0]; },
         "layer 1: the op split takes a part of the batch");
  refuse(
      [](V x) {
        return x + x.tape().input(zeros({3, 4, 4, 2}));
      },
      "layer 1: the op add has a constant of shape (3, 4, 4, 2), whose first axis is the batch's");
  refuse(
      [](V x) {
        return conv2d(x, reshape(slice(x, {.axis = 1, .end = 1}), {3, 2, 2, 2}));
      },
      "layer 1: the kernel of the op conv2d is no constant");
  refuse(
      [](V x) {
        return conv_transpose2d(x, reshape(slice(x, {.axis = 1, .end = 1}), {3, 2, 2, 2}));
      },
      "layer 1: the kernel of the op conv_transpose2d is no constant");
  refuse(
      [](V x) {
        const Variable one = x.tape().input(full({2}, 1));
        return batch_norm(x, one, one);
      },
      "layer 1: the op batch_norm takes the statistics of its batch");
  refuse(
      [](V x) {
        const Variable one = slice(slice(x, {.axis = 1, .end = 1}), {.axis = 2, .end = 1});
        const Variable gamma = reshape(slice(one, {.axis = 3, .end = 1}), {3});
        return rms_norm(concatenate({x, slice(x, {.axis = 3, .end = 1})}, {.axis = 3}), gamma);
      },
      "layer 1: the gamma of the op rms_norm is no constant");
  refuse([](V x) { return conv2d_grad_kernel(x, x, {.kernel = 1}); },
         "layer 1: the result of conv2d_grad_kernel, (1, 1, 2, 2), for");
  refuse(
      [](V x) {
        return x.tape().input(zeros({3, 2}));
      },
      "the result does not depend on the input");
}

// Which a batch of the size that is tried would not show.
BOOST_AUTO_TEST_CASE(what_is_right_for_one_size_of_the_batch_is_refused) {
  using V = const Variable&;
  const auto refuse = [](const Shape& sample, auto layer, const std::string& what) {
    Sequential net{std::move(layer)};
    check_refused(net, sample, what);
  };
  refuse(
      {1, 1, 2},
      [](V x) {
        return avg_pool2d(flatten(x) * x, {.window = 3, .stride = 2, .padding = Padding::same});
      },
      "layer 0: the op mul has the batch of (3, 2) along another axis of (3, 1, 3, 2) than the "
      "first");
  refuse(
      {3, 2}, [](V x) { return x - mean(x, {.axes = {1}}); },
      "layer 0: the op sub has the batch of (3, 2) along another axis of (3, 3, 2) than the first");
  refuse(
      {3}, [](V x) { return matmul(x, relu(x)); },
      "layer 0: the second factor of the op matmul is no constant");
  refuse(
      {3, 2},
      [](V x) {
        return scaled_dot_product_attention(x, x, x, {.mask = zeros({3, 1, 1, 3})});
      },
      "layer 0: the op scaled_dot_product_attention has a mask of shape (3, 1, 1, 3), a constant "
      "whose first axis is the batch's");
  refuse(
      {3, 3},
      [](V x) {
        return scaled_dot_product_attention(x, x, x, {.heads = 3, .mask = relu(x).shared_value()});
      },
      "layer 0: the op scaled_dot_product_attention has a mask of shape (3, 3, 3), whose batch is "
      "another axis of the scores");
  refuse(
      {3},
      [](V x) {
        return matmul(x, x.tape().input(zeros({3, 3})), {.transpose_a = true});
      },
      "layer 0: the op matmul moves the batch's axis");
  refuse(
      {3, 4},
      [](V x) {
        return matmul(x, transpose(x, {.axes = {0, 2, 1}})) + mean(x, {.axes = {2}});
      },
      "layer 0: the op add has the batch of (3, 3) along another axis of (3, 3, 3) than the first");
  refuse(
      {4},
      [](V x) {
        return dense(x, x.tape().input(zeros({4, 3})), mean(x, {.axes = {1}}));
      },
      "layer 0: the bias of the op dense is no constant");
  refuse(
      {2, 2, 1},
      [](V x) {
        return conv2d(x, x.tape().input(zeros({1, 1, 1, 3})), mean(x, {.axes = {1, 2, 3}}));
      },
      "layer 0: the bias of the op conv2d is no constant");
  refuse(
      {2}, [](V x) { return softmax(mean(x, {.axes = {1}})); },
      "layer 0: the op softmax goes over the batch");
  refuse(
      {}, [](V x) { return log_softmax(x); }, "layer 0: the op log_softmax goes over the batch");
}

BOOST_AUTO_TEST_CASE(ids_that_are_not_looked_up_as_they_came_are_refused) {
  struct Model {
    std::function<Variable(const Variable& table, const Ids&)> make;
    Parameter table{random({5, 2})};
    Variable operator()(Tape& tape, const Ids& ids) { return make(tape.parameter(table), ids); }
    void parameters(ParameterList& list) { list("table", table); }
  };
  const auto refuse = [](auto make, const std::string& what) {
    Model model{make};
    check_refused(model, {4}, what);
  };
  using V = const Variable&;
  using I = const Ids&;
  refuse(
      [](V table, I ids) {
        return gather(table, {ids.elements.subspan(4), {ids.shape[0] - 1, 4}});
      },
      "the result of gather, (2, 4, 2), for a batch of 3 does not keep the batch");
  refuse([](V table, I ids) { return gather(table, ids.elements.first(ids.shape[0])); },
         "the op gather has the ids of the input in parts or in the shape (3,)");
  refuse(
      [](V table, I ids) {
        return gather(table, {ids.elements, {ids.shape[0], 2, 2}});
      },
      "the op gather has the ids of the input in parts or in the shape (3, 2, 2)");
  refuse([](V table, I ids) { return gather(transpose(gather(table, ids)), ids, {.axis = 1}); },
         "the result of transpose");
  refuse(
      [](V table, I ids) {
        const Variable rows = sum(gather(table, ids), {.axes = {2}});
        return gather(concatenate({rows, rows}, {.axis = 1}), ids, {.axis = 0});
      },
      "the table of the op gather is no constant");
  refuse(
      [](V table, I ids) {
        const std::vector<std::int32_t> copy(ids.elements.begin(), ids.elements.end());
        return gather(table, {copy, ids.shape});
      },
      "the result does not depend on the input");
  refuse(
      [](V table, I ids) {
        const std::vector<std::int32_t> copy(ids.elements.begin(), ids.elements.end());
        return gather(table, ids) + gather(table, {copy, ids.shape});
      },
      "the op add has a constant of shape (3, 4, 2), whose first axis is the batch's");
  refuse(
      [](V table, I ids) {
        const Variable x = gather(table, ids);
        return scatter_add(x, ids.elements.first(4), x, {.axis = 1});
      },
      "the op scatter_add has the ids of the input");
}

BOOST_AUTO_TEST_CASE(what_depends_on_the_size_of_the_batch_is_refused) {
  using V = const Variable&;
  const auto refuse = [](auto layer, const std::string& what) {
    Sequential net{std::move(layer)};
    check_refused(
        net, {8, 1, 1},
        what + " is another for a batch of 4 samples than for one of 3 at onnx_refusals_test.cpp:");
  };
  refuse([](V x) { return x / static_cast<Scalar>(x.shape()[0]); }, "the initializer constant");
  refuse(
      [](V x) { return slice(x, {.axis = 1, .end = static_cast<std::ptrdiff_t>(x.shape()[0])}); },
      "the initializer shape_2");
  refuse(
      [](V x) {
        return max_pool2d(x, {.window = {x.shape()[0], 1}, .stride = 1});
      },
      "the operator MaxPool");
  refuse([](V x) { return x.shape()[0] % 2 == 0 ? relu(x) : tanh(x); }, "the operator Tanh");
  const Directory directory;
  Sequential net{[](V x) { return x.shape()[0] % 2 == 0 ? relu(x) : tanh(x); }};
  BOOST_CHECK_EXCEPTION(export_onnx(directory / "net", net, {8}), ValueError,
                        [](const ValueError& error) {
                          return std::string_view{error.what()}.ends_with(
                              "; a model must compute the same each time, whatever the size of the "
                              "batch, and what it "
                              "makes of a copy of ids is a constant");
                        });
}

BOOST_AUTO_TEST_CASE(a_file_that_cannot_be_written_and_a_sample_that_does_not_fit) {
  const Directory directory;
  Rng rng{1};
  Sequential net = models::mlp(rng);
  const std::string nowhere = directory / "none/net";
  BOOST_CHECK_EXCEPTION(export_onnx(nowhere, net, {28, 28, 1}), DataError,
                        [&](const DataError& error) {
                          return std::string_view{error.what()}.starts_with(
                              "[export_onnx] cannot write " + nowhere +
                              ": No such file or directory at onnx_refusals_test");
                        });
  BOOST_CHECK_THROW(export_onnx(directory / "net", net, {27, 28, 1}), ShapeError);
  BOOST_TEST(directory.files() == 0u);
  export_onnx(directory / "one", net, {28, 28, 1});
  export_onnx(directory / "two", net, {28, 28, 1});
  BOOST_TEST(read_bytes(directory / "one") == read_bytes(directory / "two"));
}

BOOST_AUTO_TEST_SUITE_END()
