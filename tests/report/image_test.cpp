// SPDX-License-Identifier: MIT
#include <image.hpp>

#include <boost/test/unit_test.hpp>

#include <limits>
#include <string_view>

#include <png.h>

using namespace report;

BOOST_AUTO_TEST_SUITE(image)

namespace {

std::vector<std::uint8_t> decode(const std::vector<std::uint8_t>& bytes, const Image& like) {
  png_image png{};
  png.version = PNG_IMAGE_VERSION;
  BOOST_TEST_REQUIRE(png_image_begin_read_from_memory(&png, bytes.data(), bytes.size()) != 0);
  BOOST_TEST(png.width == like.width);
  BOOST_TEST(png.height == like.height);
  png.format = like.channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
  std::vector<std::uint8_t> pixels(PNG_IMAGE_SIZE(png));
  BOOST_TEST_REQUIRE(png_image_finish_read(&png, nullptr, pixels.data(), 0, nullptr) != 0);
  return pixels;
}

std::string base64_of(std::string_view text) {
  return base64({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

using Pixels = std::vector<std::uint8_t>;

}  // namespace

BOOST_AUTO_TEST_CASE(a_png_has_the_pixels_that_it_was_given) {
  for (std::size_t channels : {1u, 3u}) {
    Image image{5, 7, channels, {}};
    for (std::size_t i = 0; i < 5 * 7 * channels; ++i)
      image.pixels.push_back(static_cast<std::uint8_t>(i * 37 + 11));
    BOOST_TEST(decode(encode_png(image), image) == image.pixels, boost::test_tools::per_element());
  }
}

BOOST_AUTO_TEST_CASE(base64_as_in_the_rfc) {
  BOOST_TEST(base64_of("") == "");
  BOOST_TEST(base64_of("f") == "Zg==");
  BOOST_TEST(base64_of("fo") == "Zm8=");
  BOOST_TEST(base64_of("foo") == "Zm9v");
  BOOST_TEST(base64_of("foob") == "Zm9vYg==");
  BOOST_TEST(base64_of("fooba") == "Zm9vYmE=");
  BOOST_TEST(base64_of("foobar") == "Zm9vYmFy");
  BOOST_TEST(base64(Pixels{0xfb, 0xff, 0xfe}) == "+//+");
}

BOOST_AUTO_TEST_CASE(digits_are_dark_on_light) {
  Mistake mistake;
  mistake.pixels = {0, 255, 55, 128};
  const Image image = picture(mistake, 2, 2);
  BOOST_TEST(image.pixels == (Pixels{255, 0, 200, 127}), boost::test_tools::per_element());
  BOOST_TEST(image.channels == 1u);
}

BOOST_AUTO_TEST_CASE(colours_stay_as_they_are) {
  Mistake mistake;
  mistake.pixels = {0, 255, 55, 128, 1, 2};
  const Image image = picture(mistake, 1, 2);
  BOOST_TEST(image.pixels == mistake.pixels, boost::test_tools::per_element());
  BOOST_TEST(image.channels == 3u);
}

BOOST_AUTO_TEST_CASE(zero_is_white_and_signs_are_colours) {
  const std::vector<double> weights = {0,    -0.5, 0.5,
                                       0.25, 7,    std::numeric_limits<double>::quiet_NaN()};
  const Pixels expected = {255, 255, 255, 33,  102, 172, 178, 24,  43,
                           217, 140, 149, 178, 24,  43,  128, 128, 128};
  BOOST_TEST(diverging(weights, 2, 3, 0.5).pixels == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(weights_of_zero_alone_are_white) {
  BOOST_TEST(diverging(std::vector<double>{0, 0}, 1, 2, 0).pixels == Pixels(6, 255),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
