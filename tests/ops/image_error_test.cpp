// SPDX-License-Identifier: MIT
// What ops on images and sequences say of groups, lengths and sizes that do not fit, as error_test has it.
#include "errors.hpp"

#include <xtape/ops.hpp>

using namespace test;

namespace {

struct Images {
  Tape tape;
  Variable image = of({2, 5, 6, 4}), sequence = of({2, 5, 3}), kernel1 = of({3, 3, 4}),
           kernel2 = of({3, 3, 2, 6});

  Variable of(const Shape& shape) { return tape.variable(zeros(shape)); }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(image_errors, Images)

BOOST_AUTO_TEST_CASE(groups) {
  const std::string divide =
      "expected groups that divide the 6 channels along the kernel's last axis, ";
  check_failures<ValueError>({
      {"[conv2d] " + divide + "got 4 @", XTAPE_CALL(conv2d(image, kernel2, {.groups = 4}))},
      {"[conv2d] " + divide + "got 0 @", XTAPE_CALL(conv2d(image, kernel2, {.groups = 0}))},
      {"[conv1d] expected groups that divide the 4 channels along the kernel's last axis, got 3 @",
       XTAPE_CALL(conv1d(sequence, kernel1, {.groups = 3}))},
      {"[conv2d] expected groups that divide the 0 channels along the kernel's last axis, got 5 @",
       XTAPE_CALL(conv2d(image, of({3, 3, 4, 0}), {.groups = 5}))},
      {"[conv_transpose2d] " + divide + "got 5 @",
       XTAPE_CALL(conv_transpose2d(image, kernel2, {.groups = 5}))},
      {"[conv2d_grad_kernel] " + divide + "got 4 @",
       XTAPE_CALL(conv2d_grad_kernel(image, of({2, 3, 4, 6}), {.groups = 4}))},
      {"[conv1d] expected an activation that rises with its argument, as maxima are taken first, "
       "got "
       "gelu @; pool in a step of its own?",
       XTAPE_CALL(
           conv1d(sequence, of({3, 3, 4}), {.activation = Activation::gelu, .max_pool = 2}))},
  });
  check_failures<ShapeError>({
      {"[conv2d] expected (N, H, W, 2), got (2, 5, 6, 4) @", XTAPE_CALL(conv2d(image, kernel2))},
      {"[conv2d] expected (N, H, W, 6), got (2, 5, 6, 4) @",
       XTAPE_CALL(conv2d(image, kernel2, {.groups = 3}))},
      {"[conv2d] expected a bias of shape (6,), got (3,) @",
       XTAPE_CALL(conv2d(image, kernel2, of({3}), {.groups = 2}))},
      {"[conv_transpose2d] expected a bias of shape (4,), got (6,) @",
       XTAPE_CALL(conv_transpose2d(of({2, 5, 6, 6}), kernel2, of({6}), {.groups = 2}))},
      {"[conv2d_grad_kernel] expected (N, H, W, 3), got (2, 5, 6, 4) @",
       XTAPE_CALL(conv2d_grad_kernel(image, of({2, 3, 4, 6}), {.groups = 3}))},
  });
}

BOOST_AUTO_TEST_CASE(sequences) {
  const std::string fit = " @; use Padding::same or a smaller window?";
  check_failures<ShapeError>({
      {"[conv1d] expected a kernel (k, in, out), got (3, 3, 2, 6) @",
       XTAPE_CALL(conv1d(sequence, kernel2))},
      {"[conv1d] expected (N, T, 3), got (2, 5, 6, 4) @", XTAPE_CALL(conv1d(image, kernel1))},
      {"[conv1d] expected (N, T, 3), got (2, 3, 5) @; sequences are channels-last",
       XTAPE_CALL(conv1d(of({2, 3, 5}), kernel1))},
      {"[conv1d] the kernel (0, 3, 4) has no taps @", XTAPE_CALL(conv1d(sequence, of({0, 3, 4})))},
      {"[conv1d] a window of length 7 does not fit into 5" + fit,
       XTAPE_CALL(conv1d(sequence, kernel1, {.dilation = 3}))},
      {"[conv1d] a window of length 4 does not fit into 3" + fit,
       XTAPE_CALL(conv1d(sequence, kernel1, {.max_pool = 4}))},
      {"[conv1d] expected a bias of shape (4,), got (3,) @",
       XTAPE_CALL(conv1d(sequence, kernel1, of({3})))},
      {"[max_pool1d] expected (N, T, C), got (2, 5, 6, 4) @", XTAPE_CALL(max_pool1d(image))},
      {"[avg_pool1d] a window of length 9 does not fit into 5" + fit,
       XTAPE_CALL(avg_pool1d(sequence, {.window = 9}))},
  });
  check_failures<ValueError>({
      {"[conv1d] expected a window and a stride of at least 1, got lengths 3 and 0 @",
       XTAPE_CALL(conv1d(sequence, kernel1, {.stride = 0}))},
      {"[conv1d] expected a dilation of at least 1 and at most 2^31 @",
       XTAPE_CALL(conv1d(sequence, kernel1, {.dilation = 0}))},
      {"[conv1d] expected a length of window, stride and padding of at most 2^31 @",
       XTAPE_CALL(conv1d(sequence, kernel1, {.padding = static_cast<std::size_t>(-1)}))},
      {"[max_pool1d] expected a window and a stride of at least 1, got lengths 0 and 0 @",
       XTAPE_CALL(max_pool1d(sequence, {.window = 0}))},
      {"[max_pool1d] expected a window of at most 256 elements, got 1 x 257 @; max over the axes "
       "{1, 2} takes whole images",
       XTAPE_CALL(max_pool1d(of({1, 300, 1}), {.window = 257}))},
      {"[avg_pool1d] expected less padding than the window 1 x 2 is large @",
       XTAPE_CALL(avg_pool1d(sequence, {.padding = 2}))},
  });
}

BOOST_AUTO_TEST_CASE(resampling) {
  constexpr auto minus_one = static_cast<std::size_t>(-1);
  check_failures<ShapeError>({
      {"[upsample2d] expected (N, H, W, C), got (2, 5, 3) @", XTAPE_CALL(upsample2d(sequence))},
      {"[upsample2d] the images (2, 0, 6, 4) have no pixels @",
       XTAPE_CALL(upsample2d(of({2, 0, 6, 4})))},
      {"[adaptive_avg_pool2d] expected (N, H, W, C), got (2, 5, 3) @",
       XTAPE_CALL(adaptive_avg_pool2d(sequence))},
  });
  check_failures<ValueError>({
      {"[upsample2d] factor must be at least 1, got 0 @",
       XTAPE_CALL(upsample2d(image, {.factor = {2, 0}}))},
      {"[upsample2d] factor must be at most 2^31, got 18446744073709551615 @",
       XTAPE_CALL(upsample2d(image, {.factor = minus_one}))},
      {"[upsample2d] size must be at most 2^31, got 18446744073709551615 @",
       XTAPE_CALL(upsample2d(image, {.size = {3, minus_one}}))},
      {"[upsample2d] align_corners is for Interpolation::bilinear @",
       XTAPE_CALL(upsample2d(image, {.align_corners = true}))},
      {"[adaptive_avg_pool2d] size must be at least 1, got 0 @",
       XTAPE_CALL(adaptive_avg_pool2d(image, {.size = {1, 0}}))},
  });
}

BOOST_AUTO_TEST_SUITE_END()
