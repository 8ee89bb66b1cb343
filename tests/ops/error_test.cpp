// SPDX-License-Identifier: MIT
// What every op says of shapes and options that do not fit: the exact text, the class, and the line
// of the caller, at the `@`.
#include "errors.hpp"

#include <xtape/ops.hpp>

using namespace test;

namespace {

struct Operands {
  Tape tape;
  std::vector<std::int32_t> labels{0, 2};
  Variable scalar = of({}), v2 = of({2}), v3 = of({3}), m23 = of({2, 3}), m32 = of({3, 2}),
           m45 = of({4, 5}), t234 = of({2, 3, 4}), t345 = of({3, 4, 5}), empty = of({0, 3}),
           image = of({2, 5, 6, 3}), kernel = of({3, 3, 3, 4});

  Variable of(const Shape& shape) { return tape.variable(zeros(shape)); }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(errors, Operands)

BOOST_AUTO_TEST_CASE(arithmetic) {
  const std::string hint = " @; sizes must be equal or 1, counted from the last axis";
  check_failures<ShapeError>({
      {"[add] the shapes (2, 3) and (2,) do not broadcast" + hint, XTAPE_CALL(add(m23, v2))},
      {"[add] the shapes (2, 3) and (2,) do not broadcast" + hint, XTAPE_CALL(m23 + v2)},
      {"[sub] the shapes (2,) and (3,) do not broadcast" + hint, XTAPE_CALL(v2 - v3)},
      {"[mul] the shapes (2, 3) and (3, 2) do not broadcast" + hint, XTAPE_CALL(m23 * m32)},
      {"[div] the shapes (2, 3, 4) and (3,) do not broadcast" + hint, XTAPE_CALL(t234 / v3)},
      {"[pow] the shapes (0, 3) and (2, 3) do not broadcast" + hint, XTAPE_CALL(pow(empty, m23))},
      {"[greater] the shapes (2, 3) and (2,) do not broadcast" + hint, XTAPE_CALL(m23 > v2)},
      {"[where] the shapes (2, 3) and (2,) do not broadcast" + hint, XTAPE_CALL(where(m23, v2, 1))},
      {"[mul] the shapes (4, 5) and (2, 3) do not broadcast" + hint, XTAPE_CALL(2 * (m45 * m23))},
  });
  check_failures<TapeError>({
      {"[add] expected a Variable, got two numbers @", XTAPE_CALL(add(1, 2))},
      {"[less] expected a Variable, got two numbers @", XTAPE_CALL(less(1, 2))},
      {"[pow] expected a Variable, got two numbers @", XTAPE_CALL(xtape::pow(1.5, 2.5))},
  });
}

BOOST_AUTO_TEST_CASE(unary) {
  check_failures<ValueError>({
      {"[leaky_relu] slope must be at least 0, got -1 @", XTAPE_CALL(leaky_relu(v2, {-1}))},
      {"[leaky_relu] slope must be at least 0, got nan @",
       XTAPE_CALL(leaky_relu(v2, {.slope = not_a_number}))},
      {"[elu] alpha must be finite and at least 0, got -1 @", XTAPE_CALL(elu(v2, {.alpha = -1}))},
      {"[clip] expected min <= max, got 2 and 1 @", XTAPE_CALL(clip(v2, {.min = 2, .max = 1}))},
      {"[clip] expected min <= max, got nan and 1 @",
       XTAPE_CALL(clip(v2, {.min = not_a_number, .max = 1}))},
  });
}

BOOST_AUTO_TEST_CASE(reductions) {
  check_failures<ShapeError>({
      {"[sum] there is no axis 2 in the shape (2, 3) @", XTAPE_CALL(sum(m23, {.axes = {2}}))},
      {"[sum] there is no axis -3 in the shape (2, 3) @", XTAPE_CALL(sum(m23, {.axes = {-3}}))},
      {"[sum] there is no axis 0 in the shape () @", XTAPE_CALL(sum(scalar, {.axes = {0}}))},
      {"[sum] the axis -1 is given twice @", XTAPE_CALL(sum(m23, {.axes = {1, -1}}))},
      {"[mean] there is no axis 5 in the shape (2, 3) @", XTAPE_CALL(mean(m23, {.axes = {0, 5}}))},
      {"[mean] the axis 0 is given twice @", XTAPE_CALL(mean(m23, {.axes = {0, 0}}))},
      {"[mean] nothing to reduce in an array of shape (0, 3) @", XTAPE_CALL(mean(empty))},
      {"[mean] nothing to reduce in an array of shape (0, 3) @",
       XTAPE_CALL(mean(empty, {.axes = {0}}))},
      {"[max] there is no axis -4 in the shape (2, 3, 4) @", XTAPE_CALL(max(t234, {.axes = {-4}}))},
      {"[max] nothing to reduce in an array of shape (0, 3) @", XTAPE_CALL(max(empty))},
      {"[min] nothing to reduce in an array of shape (0, 3) @", XTAPE_CALL(min(empty))},
      {"[logsumexp] nothing to reduce in an array of shape (0, 3) @", XTAPE_CALL(logsumexp(empty))},
      {"[norm] the axis 1 is given twice @", XTAPE_CALL(norm(m23, {.axes = {1, 1}}))},
      {"[prod] there is no axis 2 in the shape (2, 3) @", XTAPE_CALL(prod(m23, {.axes = {2}}))},
      {"[variance] expected more elements than the correction 0, got 0 of an array of shape (0, 3) "
       "@",
       XTAPE_CALL(variance(empty))},
      {"[stddev] expected more elements than the correction 3, got 3 of an array of shape (2, 3) @",
       XTAPE_CALL(stddev(m23, {.axes = {1}, .correction = 3}))},
      {"[cumsum] there is no axis 0 in the shape () @", XTAPE_CALL(cumsum(scalar))},
  });
}

BOOST_AUTO_TEST_CASE(shapes) {
  constexpr std::ptrdiff_t huge = std::ptrdiff_t{1} << 40;
  check_failures<ShapeError>({
      {"[reshape] cannot reshape (2, 3), 6 elements, to (4,) @", XTAPE_CALL(reshape(m23, {4}))},
      {"[reshape] cannot reshape (2, 3), 6 elements, to () @", XTAPE_CALL(reshape(m23, {}))},
      {"[reshape] cannot reshape (2, 3), 6 elements, to (7, 0) @",
       XTAPE_CALL(reshape(m23, {7, 0}))},
      {"[reshape] cannot reshape (2, 3), 6 elements, to (1099511627776, 1099511627776) @",
       XTAPE_CALL(reshape(m23, {huge, huge}))},
      {"[reshape] cannot reshape (2, 3), 6 elements, to (-1, 0) @",
       XTAPE_CALL(reshape(m23, {-1, 0}))},
      {"[reshape] any size fits the -1 when (0, 3) becomes (-1, 0) @; give the size?",
       XTAPE_CALL(reshape(empty, {-1, 0}))},
      {"[reshape] any size fits the -1 when (0, 3) becomes (0, -1, 2) @; give the size?",
       XTAPE_CALL(reshape(empty, {0, -1, 2}))},
      {"[reshape] expected sizes of at least 0 and at most one -1 @",
       XTAPE_CALL(reshape(m23, {-1, -1}))},
      {"[reshape] expected sizes of at least 0 and at most one -1 @",
       XTAPE_CALL(reshape(m23, {-2}))},
      {"[flatten] expected (N, ...), got a scalar @", XTAPE_CALL(flatten(scalar))},
      {"[transpose] there is no axis 2 in the shape (2, 3) @",
       XTAPE_CALL(transpose(m23, {.axes = {0, 2}}))},
      {"[transpose] the axis 1 is given twice @", XTAPE_CALL(transpose(m23, {.axes = {1, -1}}))},
      {"[transpose] expected all 3 axes of (2, 3, 4), got 2 @",
       XTAPE_CALL(transpose(t234, {.axes = {1, 0}}))},
      {"[concatenate] expected at least one array @",
       XTAPE_CALL(concatenate(std::span<const Variable>{}))},
      {"[concatenate] there is no axis 2 in the shape (2, 3) @",
       XTAPE_CALL(concatenate({m23, m23}, {.axis = 2}))},
      {"[concatenate] there is no axis 0 in the shape () @",
       XTAPE_CALL(concatenate({scalar, scalar}))},
      {"[concatenate] the shapes (2, 3) and (3, 2) differ in more than axis 0 @",
       XTAPE_CALL(concatenate({m23, m32}))},
      {"[concatenate] the shapes (2, 3) and (3,) differ in more than axis 1 @",
       XTAPE_CALL(concatenate({m23, m23, v3}, {.axis = -1}))},
      {"[slice] there is no axis 2 in the shape (2, 3) @", XTAPE_CALL(slice(m23, {.axis = 2}))},
      {"[slice] there is no axis 0 in the shape () @", XTAPE_CALL(slice(scalar, {}))},
      {"[split] there is no axis 2 in the shape (2, 3) @", XTAPE_CALL(split(m23, {.axis = 2}))},
      {"[split] cannot cut axis 1 of (2, 3) into 2 equal parts @; give their sizes?",
       XTAPE_CALL(split(m23, {.axis = 1}))},
      {"[split] the sizes (1, 1) of the parts do not add up to axis 1 of (2, 3) @",
       XTAPE_CALL(split(m23, {.axis = 1, .sizes = {1, 1}}))},
      {"[split] the sizes (4, 0) of the parts do not add up to axis 1 of (2, 3) @",
       XTAPE_CALL(split(m23, {.axis = 1, .sizes = {4, 0}}))},
  });
  check_failures<ValueError>({
      {"[slice] step must be at least 1, got 0 @", XTAPE_CALL(slice(m23, {.step = 0}))},
      {"[slice] step must be at least 1, got -2 @", XTAPE_CALL(slice(m23, {.step = -2}))},
      {"[split] parts must be at least 1, got 0 @", XTAPE_CALL(split(m23, {.parts = 0}))},
  });
}

BOOST_AUTO_TEST_CASE(axes_and_borders) {
  constexpr auto minus_one = static_cast<std::size_t>(-1);
  check_failures<ShapeError>({
      {"[squeeze] expected size 1, got axis 1 of (2, 3) @",
       XTAPE_CALL(squeeze(m23, {.axes = {-1}}))},
      {"[expand_dims] expected an axis of the result from -3 to 2, got 3 @",
       XTAPE_CALL(expand_dims(m23, 3))},
      {"[broadcast_to] the shape (2, 3) does not broadcast to (3,) @",
       XTAPE_CALL(broadcast_to(m23, {3}))},
      {"[tile] expected a number for each axis of (2, 3), got (2,) @", XTAPE_CALL(tile(m23, {2}))},
      {"[flip] the axis -1 is given twice @", XTAPE_CALL(flip(m23, {.axes = {1, -1}}))},
      {"[pad] expected a width for each axis of (2, 3), got 1 @", XTAPE_CALL(pad(m23, {{1, 1}}))},
      {"[pad] a width of 2 cannot be reflected in axis 0 of (2, 3) @",
       XTAPE_CALL(pad(m23, {{0, 2}, {}}, {.mode = PadMode::reflect}))},
      {"[stack] expected at least one array @", XTAPE_CALL(stack(std::span<const Variable>{}))},
      {"[stack] the shapes (2, 3) and (3, 2) differ @", XTAPE_CALL(stack({m23, m32}))},
      {"[stack] expected an axis of the result from -3 to 2, got -4 @",
       XTAPE_CALL(stack({m23}, {.axis = -4}))},
      {"[gather] there is no axis 2 in the shape (2, 3) @",
       XTAPE_CALL(gather(m23, labels, {.axis = 2}))},
      {"[gather] expected ids of shape (3,), got 2 @", XTAPE_CALL(gather(m23, {labels, {3}}))},
      {"[scatter_add] expected a source of shape (2, 2), got (2, 3) @",
       XTAPE_CALL(scatter_add(m23, labels, m23, {.axis = 1}))},
      {"[top_k] there is no axis 2 in the shape (2, 3) @", XTAPE_CALL(top_k(m23, 1, {.axis = 2}))},
      {"[glu] the axis -1 has the odd size 3 in the shape (2, 3) @", XTAPE_CALL(glu(m23))},
      {"[argmax] the axis -1 has size 0 in the shape (2, 0) @", XTAPE_CALL(argmax(zeros({2, 0})))},
      {"[argmin] there is no axis -1 in the shape () @", XTAPE_CALL(argmin(zeros({})))},
  });
  check_failures<ValueError>({
      {"[gather] id 1 is 2, expected 0 to 1 @", XTAPE_CALL(gather(m23, labels))},
      {"[scatter_add] id 1 is 2, expected 0 to 1 @", XTAPE_CALL(scatter_add(m23, labels, m23))},
      {"[top_k] expected a k of at most the 3 elements of axis -1 of (2, 3), got 4 @",
       XTAPE_CALL(top_k(m23, 4))},
      {"[gather] id 0 is 0, where there are none @", XTAPE_CALL(gather(empty, labels))},
      {"[one_hot] id 1 is 2, expected 0 to 1 @", XTAPE_CALL(one_hot(labels, 2))},
      {"[tile] a number of repeats must be at most 2^31, got 18446744073709551615 @",
       XTAPE_CALL(tile(m23, {1, minus_one}))},
      {"[pad] a width must be at most 2^31, got 18446744073709551615 @",
       XTAPE_CALL(pad(m23, {{}, {0, minus_one}}))},
  });
}

BOOST_AUTO_TEST_CASE(linear) {
  const std::string vector = " @; reshape a vector to a matrix of one row or column?";
  const auto rule = [](const std::string& got) {
    return "[matmul] expected (..., M, K) and (..., K, N), got " + got;
  };
  check_failures<ShapeError>({
      {rule("(2, 3) and (3,)") + vector, XTAPE_CALL(matmul(m23, v3))},
      {rule("(2,) and (2, 3)") + vector, XTAPE_CALL(matmul(v2, m23))},
      {"[matmul] expected (..., K, M) and (..., N, K), got (3,) and (2, 3)" + vector,
       XTAPE_CALL(matmul(v3, m23, {.transpose_a = true, .transpose_b = true}))},
      {"[matmul] the leading axes of (2, 3, 4) and (3, 4, 5) do not broadcast @",
       XTAPE_CALL(matmul(t234, t345))},
      {"[matmul] the inner sizes of (2, 3) and (3, 2) differ: 2 and 3 @; transpose one of them?",
       XTAPE_CALL(matmul(m23, m32, {.transpose_a = true}))},
      {"[matmul] the inner sizes of (2, 3) and (2, 3) differ: 3 and 2 @; transpose one of them?",
       XTAPE_CALL(matmul(m23, m23))},
      {"[dense] expected weights (in, out), got (3,) @", XTAPE_CALL(dense(m23, v3))},
      {"[dense] expected (N, 4), got (2, 3) @", XTAPE_CALL(dense(m23, m45))},
      {"[dense] expected (N, 4), got (3,) @", XTAPE_CALL(dense(v3, m45))},
      {"[dense] expected (..., 3), got (2, 3, 4) @", XTAPE_CALL(dense(t234, m32))},
      {"[dense] expected a bias of shape (2,), got (3,) @", XTAPE_CALL(dense(m23, m32, v3))},
      {"[dense] expected a bias of shape (2,), got () @", XTAPE_CALL(dense(m23, m32, scalar))},
      {"[add_dense] expected (2, 2) to add to, got (2, 3) @; should the shortcut have that shape?",
       XTAPE_CALL(add_dense(m23, m23, m32))},
      {"[add_dense] expected (N, 4), got (2, 3) @", XTAPE_CALL(add_dense(m23, m23, m45))},
      {"[add_batch_norm] expected (2, 3) to add to, got (3, 2) @; should the shortcut have that "
       "shape?",
       XTAPE_CALL(add_batch_norm(m32, m23, v3, v3))},
  });
}

BOOST_AUTO_TEST_CASE(convolution) {
  const Variable channels_first = of({2, 3, 5, 6});
  const std::string fit = " @; use Padding::same or a smaller window?";
  check_failures<ShapeError>({
      {"[conv2d] expected a kernel (kh, kw, in, out), got (4, 5) @",
       XTAPE_CALL(conv2d(image, m45))},
      {"[conv2d] expected (N, H, W, 3), got (2, 3) @", XTAPE_CALL(conv2d(m23, kernel))},
      {"[conv2d] expected (N, H, W, 3), got (2, 3, 5, 6) @; images are channels-last",
       XTAPE_CALL(conv2d(channels_first, kernel))},
      {"[conv2d] a window of height 4 does not fit into 3" + fit,
       XTAPE_CALL(conv2d(image, kernel, {.max_pool = {4, 1}}))},
      {"[conv2d] the kernel (0, 3, 3, 4) has no taps @",
       XTAPE_CALL(conv2d(image, of({0, 3, 3, 4})))},
      {"[conv2d] a window of height 7 does not fit into 5" + fit,
       XTAPE_CALL(conv2d(image, kernel, {.dilation = 3}))},
      {"[conv2d] a window of width 9 does not fit into 8 (padding included)" + fit,
       XTAPE_CALL(conv2d(image, kernel, {.padding = 1, .dilation = {1, 4}}))},
      {"[conv2d] a window of height 3 does not fit into 0" + fit,
       XTAPE_CALL(conv2d(of({2, 0, 6, 3}), kernel, {.padding = Padding::same}))},
      {"[conv2d] expected a bias of shape (4,), got (3,) @", XTAPE_CALL(conv2d(image, kernel, v3))},
  });
  check_failures<ValueError>({
      {"[conv2d] expected a window and a stride of at least 1, got widths 0 and 0 @",
       XTAPE_CALL(conv2d(image, kernel, {.max_pool = {1, 0}}))},
      {"[conv2d] expected a dilation of at least 1 and at most 2^31 @",
       XTAPE_CALL(conv2d(image, kernel, {.dilation = {1, 0}}))},
      {"[conv2d] expected a dilation of at least 1 and at most 2^31 @",
       XTAPE_CALL(conv2d(image, kernel, {.dilation = static_cast<std::size_t>(-1)}))},
      {"[conv2d] expected a window and a stride of at least 1, got widths 3 and 0 @",
       XTAPE_CALL(conv2d(image, kernel, {.stride = {1, 0}}))},
  });
}

BOOST_AUTO_TEST_CASE(transposed_convolution) {
  const Variable k = of({3, 3, 4, 3});
  check_failures<ShapeError>({
      {"[conv_transpose2d] expected a kernel (kh, kw, out, in), got (4, 5) @",
       XTAPE_CALL(conv_transpose2d(image, m45))},
      {"[conv_transpose2d] expected (N, H, W, 4), got (2, 5, 6, 3) @",
       XTAPE_CALL(conv_transpose2d(image, kernel))},
      {"[conv_transpose2d] expected (N, H, W, 3), got (2, 3, 5, 6) @; images are channels-last",
       XTAPE_CALL(conv_transpose2d(of({2, 3, 5, 6}), k))},
      {"[conv_transpose2d] the kernel (3, 0, 4, 3) has no taps @",
       XTAPE_CALL(conv_transpose2d(image, of({3, 0, 4, 3})))},
      {"[conv_transpose2d] expected a width of at least 1 and at most 2^31, got 0 @",
       XTAPE_CALL(conv_transpose2d(of({2, 5, 0, 3}), k))},
      {"[conv_transpose2d] a padding of 8 leaves nothing of a height of 7 @",
       XTAPE_CALL(conv_transpose2d(image, k, {.padding = {4, 0}}))},
      {"[conv_transpose2d] expected a bias of shape (4,), got (3,) @",
       XTAPE_CALL(conv_transpose2d(image, k, v3))},
  });
  check_failures<ValueError>({
      {"[conv_transpose2d] expected a window and a stride of at least 1, got widths 3 and 0 @",
       XTAPE_CALL(conv_transpose2d(image, k, {.stride = {1, 0}}))},
      {"[conv_transpose2d] expected a dilation of at least 1 and at most 2^31 @",
       XTAPE_CALL(conv_transpose2d(image, k, {.dilation = 0}))},
      {"[conv_transpose2d] expected an output padding smaller than the stride, got heights 2 and 2 "
       "@",
       XTAPE_CALL(conv_transpose2d(image, k, {.stride = 2, .output_padding = 2}))},
      {"[conv_transpose2d] expected no output padding with Padding::same, got a width of 1 @",
       XTAPE_CALL(conv_transpose2d(
           image, k, {.stride = 2, .padding = Padding::same, .output_padding = {0, 1}}))},
  });
}

BOOST_AUTO_TEST_CASE(the_gradient_of_a_kernel) {
  check_failures<ShapeError>({
      {"[conv2d_grad_kernel] expected images (N, H, W, in) and a gradient (N, H', W', out), got "
       "(2, 5, 6, 3) and (2, 3) @",
       XTAPE_CALL(conv2d_grad_kernel(image, m23))},
      {"[conv2d_grad_kernel] expected a gradient of shape (2, 3, 4, 7), got (1, 3, 4, 7) @",
       XTAPE_CALL(conv2d_grad_kernel(image, of({1, 3, 4, 7})))},
      {"[conv2d_grad_kernel] the kernel (0, 2, 3, 7) has no taps @",
       XTAPE_CALL(conv2d_grad_kernel(image, of({2, 3, 4, 7}), {.kernel = {0, 2}}))},
  });
  check_failures<ValueError>({
      {"[conv2d_grad_kernel] expected a height of window, stride and padding of at most 2^31 @",
       XTAPE_CALL(
           conv2d_grad_kernel(image, of({2, 3, 4, 7}), {.kernel = static_cast<std::size_t>(-1)}))},
  });
}

BOOST_AUTO_TEST_CASE(pooling) {
  const std::string fit = " @; use Padding::same or a smaller window?";
  const Variable large = of({1, 300, 300, 1});
  check_failures<ShapeError>({
      {"[max_pool2d] expected (N, H, W, C), got (2, 3, 4) @", XTAPE_CALL(max_pool2d(t234))},
      {"[max_pool2d] a window of height 6 does not fit into 5" + fit,
       XTAPE_CALL(max_pool2d(image, {.window = 6}))},
      {"[avg_pool2d] expected (N, H, W, C), got () @", XTAPE_CALL(avg_pool2d(scalar))},
      {"[avg_pool2d] a window of width 9 does not fit into 8 (padding included)" + fit,
       XTAPE_CALL(avg_pool2d(image, {.window = {3, 9}, .padding = {0, 0, 1, 1}}))},
  });
  check_failures<ValueError>({
      {"[max_pool2d] expected a window and a stride of at least 1, got heights 0 and 0 @",
       XTAPE_CALL(max_pool2d(image, {.window = {0, 2}}))},
      {"[max_pool2d] expected a window of at most 256 elements, got 16 x 17 @; max over the axes "
       "{1, 2} takes "
       "whole images",
       XTAPE_CALL(max_pool2d(large, {.window = {16, 17}}))},
      {"[max_pool2d] expected less padding than the window 2 x 2 is large @",
       XTAPE_CALL(max_pool2d(image, {.padding = 2}))},
      {"[avg_pool2d] expected less padding than the window 3 x 2 is large @",
       XTAPE_CALL(avg_pool2d(image, {.window = {3, 2}, .padding = {0, 0, 0, 2}}))},
  });
}

BOOST_AUTO_TEST_CASE(a_negative_size_is_refused) {
  constexpr auto minus_one = static_cast<std::size_t>(-1);  // what `.padding = -1` means
  const std::string text = "expected a height of window, stride and padding of at most 2^31 @";
  check_failures<ValueError>({
      {"[conv2d] " + text, XTAPE_CALL(conv2d(image, kernel, {.padding = minus_one}))},
      {"[conv2d] " + text, XTAPE_CALL(conv2d(image, kernel, {.stride = minus_one}))},
      {"[conv_transpose2d] " + text,
       XTAPE_CALL(conv_transpose2d(of({2, 5, 6, 4}), kernel, {.padding = minus_one}))},
      {"[max_pool2d] " + text, XTAPE_CALL(max_pool2d(image, {.window = minus_one}))},
      {"[avg_pool2d] " + text, XTAPE_CALL(avg_pool2d(image, {.padding = minus_one}))},
  });
}

BOOST_AUTO_TEST_CASE(random) {
  check_failures<ValueError>({
      {"[dropout] rate must be in [0, 1), got 1 @", XTAPE_CALL(dropout(v2, {.rate = 1}))},
      {"[dropout] rate must be in [0, 1), got -0.1 @", XTAPE_CALL(dropout(v2, {.rate = -0.1}))},
      {"[dropout] rate must be in [0, 1), got nan @", XTAPE_CALL(dropout(v2, {not_a_number}))},
  });
  check_failures<TapeError>({
      {"[dropout] the tape has no random generator @; make it with Tape{mode, rng}",
       XTAPE_CALL(dropout(v2))},
  });
}

BOOST_AUTO_TEST_SUITE_END()
