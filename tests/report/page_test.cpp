// SPDX-License-Identifier: MIT
#include "equal.hpp"
#include "support.hpp"

#include <formats.hpp>
#include <html.hpp>
#include <image.hpp>
#include <sections.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <set>

using namespace report;
using namespace test;

BOOST_AUTO_TEST_SUITE(page)

namespace {

const std::vector<std::string>& pages() {
  static const std::vector<std::string> all = {
      to_html(sample()),         to_html(interrupted_sample()), to_html(small_sample()),
      to_html(crowded_sample()), to_html(drawn_sample()),       to_html(Results{})};
  return all;
}

// The attributes `name` of all elements.
std::vector<std::string> attributes(const std::string& page, const std::string& name) {
  return matches(without_data(page), "[ \\n]" + name + "=\"([^\"]*)\"", 1);
}

}  // namespace

BOOST_AUTO_TEST_CASE(text_is_escaped) {
  BOOST_TEST(escape("<a href=\"x\">'&'</a>") ==
             "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;");
  BOOST_TEST(escape("é λ \n\t") == "é λ \n\t");
  BOOST_TEST(escape(std::string{"a\0b\x1f", 4}) == "a\uFFFDb\uFFFD");
  BOOST_TEST(escape("\xff\xc3") == "\uFFFD\uFFFD");
}

BOOST_AUTO_TEST_CASE(no_text_can_become_markup) {
  const std::string evil = "<script>alert('\"&')</script>";
  Results results = interrupted_sample();
  results.title = results.command = results.reference_source = evil;
  results.settings = results.versions = {{evil, evil}};
  for (std::string& name : results.classes) name += evil;
  for (Run& run : results.runs) {
    run.optimizer += evil;
    for (std::string& name : run.parameters) name += evil;
  }
  for (Reference& reference : results.references) reference.optimizer += evil;
  results.titles = {{results.runs[0].optimizer, evil}};
  const std::string page = to_html(results);
  BOOST_TEST(!contains(page, "<script"));
  BOOST_TEST(!contains(page, "alert('"));
  BOOST_TEST(contains(page, "<h1>&lt;script&gt;alert(&#39;&quot;&amp;&#39;)&lt;/script&gt;</h1>"));
  BOOST_TEST(contains(page, "<title>&lt;script&gt;"));
  // As many elements as with plain names.
  Results plain = results;
  for (Run& run : plain.runs) run.optimizer = run.optimizer.substr(0, run.optimizer.find('<'));
  for (Reference& r : plain.references) r.optimizer = r.optimizer.substr(0, r.optimizer.find('<'));
  BOOST_TEST(count(page, "<") == count(to_html(plain), "<"));
}

BOOST_AUTO_TEST_CASE(nothing_is_fetched) {
  for (const std::string& page : pages()) {
    BOOST_TEST(
        contains(page,
                 "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                 "style-src 'unsafe-inline'; img-src data:\"/>"));
    for (const std::string& source : attributes(page, "src"))
      BOOST_TEST(source == "data:image/png;");
    for (const std::string& link : attributes(page, "href"))
      BOOST_TEST((link == "results.csv" || link == "results.json"), link);
    for (const char* name :
         {"srcset", "action", "formaction", "poster", "data", "xlink:href", "background"})
      BOOST_TEST(attributes(page, name).empty());
    for (const std::string& value : matches(without_data(page), "=\"([^\"]*)\"", 1))
      BOOST_TEST(
          (!contains(value, "http:") && !contains(value, "https:") && !contains(value, "//")),
          value);
    for (const char* way : {"<script", "<link", "<iframe", "<object", "<embed", "@import", "url("})
      BOOST_TEST(!contains(page, way), way);
    BOOST_TEST(matches(without_data(page), "[ \\n]on[a-z]+=").empty());
  }
}

BOOST_AUTO_TEST_CASE(a_screen_reader_finds_its_way) {
  for (const std::string& page : pages()) {
    BOOST_TEST(contains(page, "<html lang=\"en\">"));
    BOOST_TEST(count(page, "<h1>") == 1u);
    BOOST_TEST(count(page, "<main>") == 1u);
    const auto drawings =
        matches(page,
                "<svg role=\"img\" viewBox=\"[0-9 ]+\" aria-labelledby=\"([^ ]+) ([^ ]+)\">"
                "<title id=\"\\1\">[^<]+</title><desc id=\"\\2\">[^<]+</desc>");
    BOOST_TEST(count(page, "<svg") == drawings.size());
    BOOST_TEST(count(page, "<img ") == attributes(page, "alt").size());
    for (const std::string& text : attributes(page, "alt")) BOOST_TEST(!text.empty());
    BOOST_TEST(count(page, "<table") == count(page, "<caption "));
    BOOST_TEST(count(page, "<th ") == count(page, " scope=\""));
    BOOST_TEST(count(page, "<th>") == 0u);
    // Whatever scrolls can be scrolled with the keyboard.
    const std::string scroll = "class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label";
    BOOST_TEST(count(page, "class=\"scroll\"") == count(page, scroll));
    const auto tables = matches(page, scroll +
                                          "ledby=\"([^\" ]+)\"><table class=\"[a-z]+\">"
                                          "<caption id=\"\\1\">[^<]+</caption>");
    BOOST_TEST(tables.size() == count(page, "<table"));
    BOOST_TEST(count(page, scroll + "=\"Command\"") == count(page, "<pre"));
  }
}

BOOST_AUTO_TEST_CASE(ids_are_unique) {
  for (const std::string& page : pages()) {
    const auto ids = attributes(page, "id");
    BOOST_TEST(std::set<std::string>(ids.begin(), ids.end()).size() == ids.size());
  }
  BOOST_TEST(attributes(pages()[0], "id").size() > 20u);
}

BOOST_AUTO_TEST_CASE(headings_leave_no_level_out) {
  for (const std::string& page : pages()) {
    int before = 0;
    for (const std::string& level : matches(page, "<h([1-6])>", 1)) {
      BOOST_TEST(std::stoi(level) <= before + 1);
      before = std::stoi(level);
    }
  }
}

BOOST_AUTO_TEST_CASE(it_is_well_formed_xml,
                     *boost::unit_test::precondition([](boost::unit_test::test_unit_id) {
                       const bool there = std::system("python3 -c '' 2>/dev/null") == 0;
                       return boost::test_tools::assertion_result{there};
                     })) {
  const Directory directory;
  for (std::size_t i = 0; i < pages().size(); ++i) {
    const auto path = directory.path() / (std::to_string(i) + ".html");
    test::put(path, pages()[i]);
    const std::string command =
        "python3 -c 'import sys, xml.etree.ElementTree as e; e.parse(sys.argv[1])' '" +
        path.string() + "'";
    BOOST_TEST(std::system(command.c_str()) == 0);
  }
}

BOOST_AUTO_TEST_CASE(the_summary_has_means_deviations_and_the_reference) {
  Results results = sample();
  const double accuracies[3] = {0.990, 0.991, 0.992};
  for (std::size_t i = 0; i < 18; i += 6) {
    Epoch& e = results.runs[i].epochs.back();
    e.test_accuracy = accuracies[i / 6];
    e.test_loss = 0.03;
  }
  const std::string page = to_html(results);
  BOOST_TEST(
      contains(page,
               "<tr><th scope=\"row\">Adam</th><td>3</td><td class=\"key\">99.10</td><td>0.10</td>"
               "<td>0.0300</td><td>0.0000</td><td>10</td><td>99.10</td>"));
  BOOST_TEST(
      contains(page, ">Beside an invented article, Keras on an invented machine, 10 epochs"));
  BOOST_TEST(contains(page,
                      "<tr><th scope=\"row\">Adam</th><td class=\"key\">99.10</td><td>98.93</td>"
                      "<td class=\"key\">0.0300</td><td>0.0351</td>"));
  // sqrt(0.991 * 0.009 / 10000) = 0.000944
  BOOST_TEST(
      contains(page,
               "√(p(1 − p)/n), here 0.09 points for 99.10 % of 10,000, or "
               "sd&#160;/&#160;√seeds if that is larger. A difference of two accuracies below "
               "2√(e₁² + e₂²), e being their standard errors, may be chance.</p>"));
  results.references.clear();
  BOOST_TEST(!contains(to_html(results), ">Beside"));
  const std::string small = to_html(small_sample());
  BOOST_TEST(contains(small, "<th scope=\"row\">Adam</th><td>1</td>"));
  BOOST_TEST(count(small, "<td>–</td>") == 2u);  // one seed has no deviation
  BOOST_TEST(!contains(small, "√seeds"));
  BOOST_TEST(!contains(small, "may be chance"));
}

BOOST_AUTO_TEST_CASE(at_most_forty_mistakes_are_shown) {
  Results results = small_sample();
  Run& run = results.runs[0];
  run.mistakes.insert(run.mistakes.end(), run.mistakes.begin(), run.mistakes.begin() + 5);
  run.mistake_count = 4711;
  const std::string page = to_html(results);
  BOOST_TEST(count(page, "<img class=\"ink\"") == 40u);
  BOOST_TEST(contains(page, "40 of 4,711 mistakes"));
}

BOOST_AUTO_TEST_CASE(a_mistake_without_pixels_has_words_alone) {
  Results results = small_sample();
  Run& run = results.runs[0];
  run.mistakes.resize(2);
  run.mistakes[0] = {.index = 7, .label = 4, .predicted = 9, .probability = 0.875};
  const std::string page = to_html(from_json(to_json(results)));
  BOOST_TEST(count(page, "<img class=\"ink\"") == 1u);
  BOOST_TEST(contains(page, "<li><span>4 → <b>9</b></span> <small>87.50&#160;%</small></li>"));
}

// What a model writes may be anything.
BOOST_AUTO_TEST_CASE(texts_are_shown_as_they_are) {
  Results results = small_sample();
  results.runs[0].texts = {{"at a \"temperature\"", "ROMEO:\n<b>soft</b> & light"}};
  const Results again = from_json(to_json(results));
  BOOST_TEST(equal(again, results));
  const std::string page = to_html(again);
  BOOST_TEST(contains(page, ">ROMEO:\n&lt;b&gt;soft&lt;/b&gt; &amp; light</pre>"));
  BOOST_TEST(contains(page, "aria-label=\"at a &quot;temperature&quot;\""));
}

BOOST_AUTO_TEST_CASE(a_model_without_accuracies_has_losses_and_pictures) {
  Results results = drawn_sample();
  std::vector<Epoch>& epochs = results.runs[0].epochs;
  for (Epoch& e : epochs) e.test_loss = 110.5;
  epochs[3].test_loss = 105.25;
  const Results again = from_json(to_json(results));
  BOOST_TEST(equal(again, results));
  const std::string page = to_html(again);
  BOOST_TEST(!contains(page, "accuracy"));
  BOOST_TEST(!contains(page, "%</th>"));
  BOOST_TEST(contains(page,
                      "<tr><th scope=\"row\">Adam</th><td>1</td><td class=\"key\">110.5000</td>"
                      "<td>–</td><td>4</td><td>105.2500</td>"));
  BOOST_TEST(contains(page, "<strong>Test loss</strong> nats"));
  BOOST_TEST(contains(page, "with the lowest test loss after its last epoch"));
  BOOST_TEST(contains(page, "<h3>Adam, seed 1 <small>110.5000</small></h3>"));
  BOOST_TEST(contains(page,
                      "<img class=\"drawn\" width=\"3\" height=\"2\" "
                      "alt=\"what it &quot;sees&quot;\" src=\"" +
                          data_uri({2, 3, 1, results.runs[0].pictures[0].pixels})));
}

BOOST_AUTO_TEST_SUITE_END()
