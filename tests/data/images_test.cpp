// SPDX-License-Identifier: MIT
#include "support.hpp"

#include <boost/test/unit_test.hpp>

using namespace test;

BOOST_AUTO_TEST_SUITE(images)

namespace {

data::ImageData three() {
  return {.pixels = {0, 255, 51, 102, 153, 204},
          .labels = {2, 0, 1},
          .height = 1,
          .width = 2,
          .channels = 1,
          .classes = 3,
          .name = "three",
          .source = "nowhere"};
}

}  // namespace

BOOST_AUTO_TEST_CASE(gathers_bytes_as_fractions) {
  const data::ImageDataset dataset{three()};
  BOOST_TEST(dataset.size() == 3u);
  BOOST_TEST((dataset.sample_shape() == Shape{1, 2, 1}));
  const std::vector<std::uint32_t> indices{2, 0, 2};
  Rng rng{0};
  data::Batch batch = dataset.make_batch(3);
  BOOST_TEST((batch.input().shape() == Shape{3, 1, 2, 1}));
  dataset.gather(indices, batch, rng);
  const std::vector<Scalar> images(batch.input().array().begin(), batch.input().array().end());
  const std::vector<std::int32_t> labels(batch.target().ids().begin(), batch.target().ids().end());
  const auto fraction = [](int byte) { return static_cast<Scalar>(byte) / 255; };
  BOOST_TEST((images == std::vector<Scalar>{fraction(153), fraction(204), 0, 1, fraction(153),
                                            fraction(204)}));
  BOOST_TEST((labels == std::vector<std::int32_t>{1, 2, 1}));
}

BOOST_AUTO_TEST_CASE(refuses_indices_out_of_range) {
  const data::ImageDataset dataset{three()};
  const std::vector<std::uint32_t> indices{3};
  Rng rng{0};
  data::Batch batch = dataset.make_batch(1);
  BOOST_TEST(error_of<ValueError>([&] { dataset.gather(indices, batch, rng); }) ==
             "[gather] expected an index less than 3, got 3");
  BOOST_TEST(error_of<ValueError>([&] {
               dataset.pixels(7);
             }).starts_with("[pixels] expected an index less than 3, got 7 at images_test.cpp:"));
}

BOOST_AUTO_TEST_CASE(shows_its_parts) {
  const data::ImageDataset dataset{three()};
  const auto pixels = dataset.pixels(1);
  BOOST_TEST((Bytes{pixels.begin(), pixels.end()} == Bytes{51, 102}));
  BOOST_TEST(dataset.labels()[0] == 2);
  const data::ImageDataset first = dataset.first(2);
  BOOST_TEST(first.size() == 2u);
  BOOST_TEST(first.pixels(1)[1] == 102);
  BOOST_TEST(first.labels()[1] == 0);
  BOOST_TEST(first.classes() == 3u);
  BOOST_TEST(first.name() == "three");
  BOOST_TEST(first.source() == "nowhere");
  BOOST_TEST(dataset.first(0).size() == 0u);
  BOOST_TEST(error_of<ValueError>([&] {
               dataset.first(4);
             }).starts_with("[first] expected at most 3 samples, got 4 at images_test.cpp:"));
}

BOOST_AUTO_TEST_CASE(refuses_parts_that_do_not_fit) {
  const auto error = []<class E>(std::type_identity<E>, data::ImageData data) {
    std::string text = error_of<E>([&] { data::ImageDataset{std::move(data)}; });
    const std::size_t place = text.find(" at images_test.cpp:");
    BOOST_TEST(place != std::string::npos);
    return text.erase(place, text.find_first_not_of("0123456789", place + 21) - place);
  };
  const std::type_identity<ShapeError> shape;
  const std::type_identity<ValueError> value;
  data::ImageData data = three();
  data.pixels.pop_back();
  BOOST_TEST(error(shape, data) ==
             "[dataset] expected 6 bytes for (3, 1, 2, 1), got 5; is there one label per image?");
  data = three();
  data.labels[1] = 3;
  BOOST_TEST(error(value, data) ==
             "[dataset] expected labels less than 3, got 3 for sample 1; are there more classes?");
  data.labels[1] = -1;
  BOOST_TEST(error(value, data) ==
             "[dataset] expected labels less than 3, got -1 for sample 1; are there more classes?");
  data = three();
  data.channels = 0;
  BOOST_TEST(error(value, data) ==
             "[dataset] expected sizes of at least 1, got images of (1, 2, 0) and 3 classes");
  data = three();
  data.height = std::size_t{1} << 63;
  BOOST_CHECK_THROW(data::ImageDataset{data}, ShapeError);
}

BOOST_AUTO_TEST_SUITE_END()
