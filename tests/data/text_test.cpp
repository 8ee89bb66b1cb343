// SPDX-License-Identifier: MIT
// Characters as ids, and windows over them.
#include "support.hpp"

#include <xtape/io/npz.hpp>
#include <xtape/io/weights.hpp>
#include <xtape/layers/dense.hpp>

#include <boost/test/unit_test.hpp>

#include <numeric>
#include <set>

using namespace test;

namespace {

template <class F>
std::string refused(F run) {
  return without_place(error_of<ValueError>(run));
}

std::vector<std::int32_t> counted(std::size_t size) {
  std::vector<std::int32_t> ids(size);
  std::iota(ids.begin(), ids.end(), 0);
  return ids;
}

// The windows of a dataset: the first input of each, after a check of all that is in it. The text is 0, 1, 2, ...
std::vector<int> starts(const data::TextDataset& text, std::uint64_t seed = 0) {
  std::vector<std::uint32_t> all(text.size());
  std::iota(all.begin(), all.end(), 0u);
  data::Batch batch = text.make_batch(all.size());
  Rng rng{seed};
  text.gather(all, batch, rng);
  const std::size_t context = text.options().context;
  std::vector<int> starts;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto input = std::as_const(batch.inputs[0]).ids().subspan(i * context, context);
    const auto target = std::as_const(batch.targets[0]).ids().subspan(i * context, context);
    starts.push_back(input[0]);
    for (std::size_t t = 0; t < context; ++t) {
      BOOST_TEST(input[t] == starts.back() + static_cast<int>(t));
      BOOST_TEST(target[t] == input[t] + 1);
    }
  }
  return starts;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(characters)

BOOST_AUTO_TEST_CASE(ids_are_in_the_order_of_code_points) {
  const data::Vocabulary vocabulary{"né\n€b𝄞ab"};
  BOOST_TEST(vocabulary.size() == 7u);
  BOOST_TEST(vocabulary.characters() == "\nabné€𝄞");
  const std::vector<std::int32_t> ids = vocabulary.encode("€ab\n𝄞");
  BOOST_TEST((ids == std::vector<std::int32_t>{5, 1, 2, 0, 6}));
  BOOST_TEST(vocabulary.decode(ids) == "€ab\n𝄞");
  BOOST_TEST(vocabulary.encode("").empty());
  BOOST_TEST(data::Vocabulary{vocabulary.characters()}.characters() == vocabulary.characters());
}

BOOST_AUTO_TEST_CASE(what_is_unknown_is_refused) {
  BOOST_TEST(refused([] { data::Vocabulary{""}; }) ==
             "[vocabulary] expected a text, got an empty one");
  BOOST_TEST(refused([] { data::Vocabulary{"ab\xff"}; }) ==
             "[vocabulary] expected a text in UTF-8, got other bytes");
  const data::Vocabulary vocabulary{"abé"};
  BOOST_TEST(refused([&] { vocabulary.encode("éaxb"); }) ==
             "[encode] expected characters of the vocabulary, got \"x\" at 2");
  BOOST_TEST(refused([&] { vocabulary.encode("\n"); }) ==
             "[encode] expected characters of the vocabulary, got \"\\n\" at 0");
  BOOST_TEST(refused([&] { vocabulary.encode("a\xc3"); }) ==
             "[encode] expected a text in UTF-8, got other bytes");
  const std::vector<std::int32_t> large{0, 3}, negative{-1};
  BOOST_TEST(refused([&] { vocabulary.decode(large); }) ==
             "[decode] expected ids less than 3, got 3 at 1");
  BOOST_TEST(refused([&] { vocabulary.decode(negative); }) ==
             "[decode] expected ids less than 3, got -1 at 0");
}

BOOST_AUTO_TEST_CASE(a_vocabulary_is_saved_with_the_model) {
  const Directory directory;
  const std::string path = directory / "net.safetensors";
  Rng rng{1};
  Dense net{{.in = 2, .out = 3}, rng};
  const data::Vocabulary vocabulary{"To be, or not to be\n\"é\""};
  save(path, net, {.settings = {{"vocabulary", vocabulary.characters()}, {"context", "64"}}});
  const auto settings = load_settings(path);
  BOOST_TEST(settings.size() == 2u);
  BOOST_TEST(settings.at("context") == "64");
  BOOST_TEST(data::Vocabulary{settings.at("vocabulary")}.characters() == vocabulary.characters());
  load(path, net);
  save(path, net);
  BOOST_TEST(load_settings(path).empty());
  BOOST_TEST(error_of<ValueError>([&] {
               save_npz(directory / "net.npz", net, {.settings = {{"context", "64"}}});
             }) == "[save] npz has no place for settings; save as safetensors");
  BOOST_TEST(!fs::exists(directory / "net.npz"));
}

BOOST_AUTO_TEST_CASE(files_of_text_are_read_whole) {
  const Directory directory;
  const auto read = [&](const Bytes& bytes) {
    return data::read_text(write(directory / "text", bytes).string());
  };
  BOOST_TEST(read({'a', '\r', '\n', 0, 0xc3, 0xa9}) == std::string("a\r\n\0é", 6));
  const auto error = [&](const Bytes& bytes) {
    const std::string text = error_of<DataError>([&] { read(bytes); });
    return text.substr(text.rfind('/'));
  };
  BOOST_TEST(error({}) == "/text: expected a text, found an empty file");
  BOOST_TEST(error({'a', 0xc3}) == "/text: expected a text in UTF-8, found other bytes");
  BOOST_TEST(error_of<DataError>([] { data::read_text("none"); }) ==
             "[text] cannot read none: No such file or directory");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(windows)

BOOST_AUTO_TEST_CASE(follow_each_other_by_the_stride) {
  BOOST_TEST((starts(data::TextDataset{counted(13), {.context = 4}}) == std::vector<int>{0, 4, 8}));
  BOOST_TEST((starts(data::TextDataset{counted(12), {.context = 4}}) == std::vector<int>{0, 4}));
  BOOST_TEST((starts(data::TextDataset{counted(8), {.context = 4, .stride = 1}}) ==
              std::vector<int>{0, 1, 2, 3}));
  BOOST_TEST((starts(data::TextDataset{counted(5), {.context = 4}}) == std::vector<int>{0}));
}

BOOST_AUTO_TEST_CASE(begin_anywhere_with_a_shift) {
  const data::TextDataset text{counted(15), {.context = 4, .shift = true}};
  std::vector<std::set<int>> seen(3);
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const std::vector<int> at = starts(text, seed);
    for (std::size_t i = 0; i < 3; ++i) seen[i].insert(at[i]);
  }
  BOOST_TEST((seen[0] == std::set<int>{0, 1, 2, 3}));
  BOOST_TEST((seen[1] == std::set<int>{4, 5, 6, 7}));
  BOOST_TEST((seen[2] == std::set<int>{8, 9, 10}));  // 10 to 14 are the last five
}

BOOST_AUTO_TEST_CASE(are_drawn_from_anywhere) {
  const data::TextDataset text{counted(15), {.context = 4, .draws = 300}};
  BOOST_TEST(text.size() == 300u);
  const std::vector<int> first = starts(text, 1);
  std::vector<int> times(11);  // 0 to 10
  for (const int start : first) ++times.at(static_cast<std::size_t>(start));
  for (const int count : times) BOOST_TEST((count > 10 && count < 50));  // 27 each
  BOOST_TEST((starts(text, 1) == first && starts(text, 2) != first));
}

BOOST_AUTO_TEST_CASE(of_parts_have_nothing_in_common) {
  const auto [train, validation] =
      data::split(data::TextDataset{counted(100), {.context = 4, .stride = 1}}, 0.1);
  BOOST_TEST(train.ids().size() == 90u);
  BOOST_TEST(train.ids().back() == 89);
  BOOST_TEST(validation.ids().front() == 90);
  BOOST_TEST(validation.options().stride == 1u);
  BOOST_TEST(starts(train).back() == 85);
  BOOST_TEST((starts(validation) == std::vector<int>{90, 91, 92, 93, 94, 95}));
}

BOOST_AUTO_TEST_CASE(of_too_short_a_text_are_refused) {
  BOOST_TEST(refused([] { data::TextDataset{{}}; }) ==
             "[dataset] expected more than 64 ids, as the context has, got 0; the text is empty");
  BOOST_TEST(refused([] {
               data::TextDataset{counted(4), {.context = 4}};
             }) ==
             "[dataset] expected more than 4 ids, as the context has, got 4; use a shorter "
             "context");
  BOOST_TEST(refused([] {
               data::TextDataset{counted(4), {.context = 0}};
             }) == "[dataset] context must be at least 1, got 0");
  const data::TextDataset text{counted(20), {.context = 4}};
  BOOST_TEST(refused([&] {
               data::split(text, 0.2);
             }).starts_with("[dataset] expected more than 4 ids, as the context has, got 4"));
  BOOST_TEST(refused([&] { data::split(text, 1.5); }) ==
             "[split] share must be in [0, 1], got 1.5");
  data::Batch batch = text.make_batch(1);
  Rng rng{0};
  BOOST_TEST(refused([&] { text.gather(std::vector<std::uint32_t>{4}, batch, rng); }) ==
             "[gather] expected an index less than 4, got 4");
}

BOOST_AUTO_TEST_SUITE_END()
