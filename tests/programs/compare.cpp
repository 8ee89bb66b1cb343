// SPDX-License-Identifier: MIT
// The comparison of optimizers: its files, its table, and that it goes on where it was stopped.
#include "../distributed/launch.hpp"
#include "support.hpp"

#include <chrono>
#include <csignal>
#include <fstream>

#include <nlohmann/json.hpp>

namespace fs = std::filesystem;

BOOST_AUTO_TEST_SUITE(comparison)

namespace {

const std::string quick = "--model mlp --limit 640 --threads 1 ";

Outcome compare(const std::string& options) {
  return run("\"$BIN/compare_optimizers\" " + options);
}

// Open MPI gives ranks a terminal, which would have the table drawn again and again.
std::string on_ranks(const std::string& launcher, int ranks, const std::string& options) {
  return "TERM=dumb " + test::start(launcher, ranks) +
         "\"$BIN/compare_optimizers\" --distributed " + options;
}

// What results.json says, without what differs from run to run.
nlohmann::json results(const std::string& folder) {
  auto all = nlohmann::json::parse(read_file(Workspace::path() / folder / "results.json"));
  all.erase("command");
  for (auto& run : all.at("runs"))
    for (auto& epoch : run.at("epochs"))
      for (auto field = epoch.begin(); field != epoch.end();)
        field = field.key().find("second") != std::string::npos ? epoch.erase(field) : ++field;
  return all;
}

}  // namespace

BOOST_AUTO_TEST_CASE(six_optimizers_by_default) {
  const Outcome outcome = compare(quick + "--epochs 1 --out six");
  BOOST_TEST(outcome.status == 0, outcome.err);
  const auto all = results("six");
  std::vector<std::string> names;
  for (const auto& run : all.at("runs")) names.push_back(run.at("optimizer"));
  BOOST_TEST(names == (std::vector<std::string>{"adadelta", "adagrad", "adam", "rmsprop", "sgd",
                                                "momentum"}),
             boost::test_tools::per_element());
  const auto out = lines(outcome.out);
  BOOST_REQUIRE(out.size() == 6u + 1 + 6 + 1);  // a line per epoch, the table, the page's name
  BOOST_TEST(out[0].starts_with("adadelta seed 1 epoch 1/1  train loss "));
  BOOST_TEST(out[6].starts_with("optimizer "));
  BOOST_TEST(out.back() == "six/report.html");
  BOOST_TEST(contains(read_file(Workspace::path() / "six/report.html"), "</html>"));
  BOOST_TEST(lines(read_file(Workspace::path() / "six/results.csv")).size() == 1u + 6);
  BOOST_TEST(!fs::exists(Workspace::path() / "six/checkpoints"));
}

BOOST_AUTO_TEST_CASE(seeds_differ_and_runs_repeat) {
  BOOST_TEST(compare(quick + "--epochs 2 --optimizers adam,sgd --seeds 2 --out a").status == 0);
  BOOST_TEST(
      compare(
          "--model mlp --limit 640 --epochs 2 --optimizers adam,sgd --seeds 2 --threads 2 --out b")
          .status == 0);
  auto a = results("a"), b = results("b");
  for (auto* all : {&a, &b}) all->erase("settings");
  BOOST_TEST((a == b));
  BOOST_TEST(a.at("runs").size() == 4u);
  const auto loss = [&](std::size_t run) {
    return a.at("runs")[run].at("epochs")[1].at("test_loss").get<double>();
  };
  BOOST_TEST(loss(0) != loss(2));  // adam, seeds 1 and 2
  BOOST_TEST(loss(0) != loss(1));
}

BOOST_AUTO_TEST_CASE(it_goes_on_after_ctrl_c) {
  const std::string options = quick + "--optimizers adam,rmsprop --seeds 2 --epochs 20 ";
  BOOST_TEST(compare(options + "--out whole").status == 0);
  const Outcome stopped = run(
      "\"$BIN/compare_optimizers\" " + options +
      "--out part & until [ -e part/results.json ]; do sleep 0.01; done; kill -TERM $!; wait $!");
  BOOST_TEST(stopped.status == 128 + SIGTERM, stopped.err);
  BOOST_TEST(contains(stopped.out, "interrupted; to go on: "), stopped.out);
  const Outcome refused = compare(options + "--data /nowhere --out part");
  BOOST_TEST(refused.status == 1);
  BOOST_TEST(contains(refused.err, "part has results already"), refused.err);
  const Outcome other = compare("--model lenet5 --limit 640 --epochs 20 --out part --resume");
  BOOST_TEST(other.status == 1);
  BOOST_TEST(contains(other.err, "part has the model mlp, not lenet5"), other.err);
  // What was begun is finished, even if it is not asked for again.
  BOOST_TEST(compare(quick + "--optimizers adam --epochs 20 --out part --resume").status == 0);
  BOOST_TEST((results("part") == results("whole")));
}

BOOST_AUTO_TEST_CASE(processes_share_the_runs_out_and_one_tells) {
  const std::string options = quick + "--epochs 2 --optimizers adam,sgd --seeds 2 ";
  BOOST_REQUIRE(compare(options + "--out alone").status == 0);
  test::by_each_launcher([&](const std::string& launcher) {
    for (const int ranks : {2, 3}) {
      const Outcome outcome =
          run("rm -rf shared; " + on_ranks(launcher, ranks, options + "--out shared"));
      BOOST_TEST_CONTEXT(ranks << " ranks\n" << outcome.out << outcome.err) {
        BOOST_REQUIRE(outcome.status == 0);
        BOOST_TEST((results("shared") == results("alone")));
        const auto out = lines(outcome.out);
        BOOST_REQUIRE(out.size() >= 4u);  // the table and the page's name
        BOOST_TEST(out[out.size() - 4].starts_with("optimizer "));
        BOOST_TEST(out.back() == "shared/report.html");
        BOOST_TEST(lines(read_file(Workspace::path() / "shared/results.csv")).size() == 1u + 4 * 2);
        BOOST_TEST(!fs::exists(Workspace::path() / "shared/checkpoints"));
      }
    }
  });
}

BOOST_AUTO_TEST_CASE(what_processes_have_begun_another_number_of_them_finishes) {
  const std::string options = quick + "--optimizers adam,rmsprop --seeds 2 --epochs 8 ";
  BOOST_REQUIRE(compare(options + "--out untorn").status == 0);
  test::by_one_launcher([&](const std::string& launcher) {
    const std::string shared = options + "--out torn ";
    const Outcome stopped = run(on_ranks(launcher, 2, shared) +
                                "& until grep -q train_loss torn/results.json || ! kill -0 $!; do "
                                "sleep 0.01; done; kill -TERM $!; "
                                "wait $!");
    BOOST_TEST(stopped.status != 0);
    const Outcome resumed = run(on_ranks(launcher, 3, shared + "--resume"));
    BOOST_TEST(resumed.status == 0, resumed.err);
    BOOST_TEST((results("torn") == results("untorn")));
  });
}

// The second rank has no room for its checkpoint, and the first would go on for hours.
BOOST_AUTO_TEST_CASE(an_error_of_one_process_ends_all) {
  test::by_each_launcher([&](const std::string& launcher) {
    const auto start = std::chrono::steady_clock::now();
    const Outcome outcome =
        run("rm -rf broken; mkdir -p broken/checkpoints/sgd-1.safetensors/full; " +
            on_ranks(launcher, 2, quick + "--optimizers adam,sgd --epochs 1000000 --out broken"));
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    BOOST_TEST_CONTEXT(outcome.out << outcome.err) {
      BOOST_TEST(outcome.status != 0);
      BOOST_TEST(took.count() < 15);
      BOOST_TEST(contains(outcome.err, "cannot remove: Directory not empty"));
    }
  });
}

// What diverged is a result, which the page shows; but not one for a script to go on with.
BOOST_AUTO_TEST_CASE(a_run_that_diverged_is_told_at_the_end) {
  const std::string options = quick + "--epochs 2 --optimizers sgd,adam --out diverged";
  BOOST_REQUIRE(compare(options).status == 0);
  const fs::path file = Workspace::path() / "diverged/results.json";
  auto all = nlohmann::json::parse(read_file(file));
  all.at("runs")[0].at("epochs")[1].at("test_loss") = "nan";
  std::ofstream{file} << all;
  const Outcome outcome = compare(options + " --resume");
  BOOST_TEST(outcome.status == 1);
  BOOST_TEST(contains(outcome.err, "the loss is no longer finite: sgd-1\n"), outcome.err);
  BOOST_TEST(lines(outcome.out).back() == "diverged/report.html");
}

BOOST_AUTO_TEST_CASE(bad_options_are_named_by_the_comparison) {
  const std::pair<const char*, std::vector<const char*>> runs[] = {
      {"--optimizers adamm", {"--optimizers", "adamm", "rmsprop"}},
      {"--preset tf", {"--preset", "tf", "keras"}},
      {"--seeds 0", {"--seeds", "0"}},
      {"--epochs 0", {"--epochs", "0"}},
      {"--data /nowhere --out nothing", {"/nowhere"}},
      {"--epochs 1 --limit 64 --out /proc/nowhere", {"/proc/nowhere"}},
  };
  for (const auto& [options, parts] : runs) {
    const Outcome outcome = compare(options);
    BOOST_TEST(outcome.status != 0, options);
    for (const char* part : parts)
      BOOST_TEST(contains(outcome.err, part), options << ": no " << part << " in " << outcome.err);
  }
}

BOOST_AUTO_TEST_SUITE_END()
