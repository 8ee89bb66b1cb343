// SPDX-License-Identifier: MIT
// What the programs write: found out before a training, whole after it, and one program's at a time.
#include "support.hpp"

#include <nlohmann/json.hpp>

#include <fstream>

namespace fs = std::filesystem;

BOOST_AUTO_TEST_SUITE(written_files)

namespace {

const std::string quick = "--model mlp --limit 640 --threads 1 ";
const std::string compare = "\"$BIN/compare_optimizers\" " + quick + "--optimizers adam,sgd ";
const std::string mnist = "\"$BIN/mnist\" " + quick;

// Runs two commands at once; the second is begun as soon as there is such a file, if one is named. What they
// said is in the files err.1 and err.2.
std::pair<int, int> run_both(const std::string& one, const std::string& two,
                             const std::string& once_there_is = {}) {
  const std::string wait =
      once_there_is.empty() ? "" : "until [ -e " + once_there_is + " ]; do sleep 0.01; done; ";
  const Outcome both = run("{ " + one + "; echo $? >status.1; } 2>err.1 & " + wait + "{ " + two +
                           "; echo $? >status.2; } 2>err.2; wait");
  BOOST_TEST(both.status == 0, both.err);
  const auto status = [](const char* file) {
    return std::stoi(read_file(Workspace::path() / file));
  };
  return {status("status.1"), status("status.2")};
}
std::string said(int which) {
  return read_file(Workspace::path() / ("err." + std::to_string(which)));
}

}  // namespace

// Else the weights of a long training would be lost at its end.
BOOST_AUTO_TEST_CASE(what_cannot_be_written_is_told_before_the_training) {
  const std::string long_name(250, 'n'), longer_name(256, 'n');
  fs::create_symlink("nowhere/weights", Workspace::path() / "dangling");
  const Outcome outcome = train(quick + "--epochs 1 --save " + long_name);
  BOOST_TEST(outcome.status == 0, outcome.err);
  BOOST_TEST(fs::file_size(Workspace::path() / long_name) > 100'000u);
  for (const std::string option : {"--save", "--onnx", "--profile", "--checkpoint"})
    for (const std::string& path :
         {longer_name, std::string{"dangling"}, std::string{"/dev/full"}, std::string{"digits"}}) {
      // It would train for days.
      const Outcome refused =
          run("timeout 20 " + mnist + "--epochs 1000000 " + option + ' ' + path);
      BOOST_TEST(refused.status == 1, option << ' ' << path);
      BOOST_TEST(contains(refused.err, "cannot write " + path + ": "), refused.err);
      BOOST_TEST(refused.out == "");
    }
}

// With standard output closed, its descriptor is that of the next file that is opened.
BOOST_AUTO_TEST_CASE(events_of_a_program_without_standard_output) {
  const Outcome outcome = run(mnist + "--epochs 1 --tensorboard closed >&-");
  std::size_t files = 0;
  for (const auto& entry : fs::directory_iterator{Workspace::path() / "closed"}) {
    ++files;
    const std::string bytes = read_file(entry.path());
    BOOST_TEST(bytes.size() > 100u);
    // Frames of 8 bytes of length, 4 of a sum, the message and 4 of a sum, one after the other to the end.
    std::size_t at = 0;
    while (at + 8 <= bytes.size()) {
      std::uint64_t length = 0;
      for (std::size_t i = 8; i-- > 0;)
        length = length << 8 | static_cast<unsigned char>(bytes[at + i]);
      if (length > bytes.size()) break;
      at += 16 + length;
    }
    BOOST_TEST(at == bytes.size(), outcome.err);
  }
  BOOST_TEST(files == 1u);
}

BOOST_AUTO_TEST_CASE(two_trainings_with_one_checkpoint) {
  const std::string options = "--epochs 40 --checkpoint shared.st --checkpoint-every 1 --seed ";
  const auto [one, two] = run_both(mnist + options + "1", mnist + options + "2", ".shared.st.lock");
  BOOST_TEST(one == 0, said(1));
  BOOST_TEST(two == 1);
  BOOST_TEST(contains(said(2), "another training writes the checkpoint shared.st"), said(2));
  BOOST_TEST(!fs::exists(Workspace::path() / ".shared.st.lock"));
}

BOOST_AUTO_TEST_CASE(two_reports_in_one_directory) {
  const std::string refusal = "another process writes a report there";
  const auto check = [&](const std::string& program, const std::string& folder) {
    const auto [one, two] = run_both(program, program, folder + "/results.json");
    BOOST_TEST(one == 0, said(1));
    BOOST_TEST(two == 1);
    BOOST_TEST(contains(said(2), folder + ": " + refusal), said(2));
    const auto results =
        nlohmann::json::parse(read_file(Workspace::path() / folder / "results.json"));
    BOOST_TEST(results.at("runs").at(0).at("epochs").size() == 60u);
  };
  check(compare + "--epochs 60 --out both", "both");
  check(mnist + "--epochs 60 --report both.report", "both.report");
  // Begun at the same time, one of them is the first.
  const auto [one, two] =
      run_both(compare + "--epochs 20 --out at_once", compare + "--epochs 20 --out at_once");
  BOOST_TEST(((one == 0 && two == 1) || (one == 1 && two == 0)));
  BOOST_TEST(contains(said(one == 1 ? 1 : 2), refusal), said(1) + said(2));
}

BOOST_AUTO_TEST_SUITE_END()
