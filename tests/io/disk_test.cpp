// SPDX-License-Identifier: MIT
// Saving where it cannot succeed: the error, the old file, no rubbish, and that a training can go on.
#include "child.hpp"
#include "files/errors.hpp"
#include "files/new_file.hpp"
#include "training.hpp"

#include <fcntl.h>
#include <sys/resource.h>

using namespace test;

BOOST_AUTO_TEST_SUITE(disk)

namespace {

// The error of a save, or nothing.
std::string error_of_save(Training& training, const std::string& path) {
  try {
    training.checkpoint.save(path);
    return {};
  } catch (const DataError& error) {
    return error.what();
  }
}

bool is_root() { return ::geteuid() == 0; }

// Whether files without a name can be made, of which nothing stays behind.
bool has_nameless_files(const Directory& directory) {
  const int file = ::open((directory / "").c_str(), O_TMPFILE | O_WRONLY, 0600);
  if (file >= 0) ::close(file);
  return file >= 0;
}

}  // namespace

// As on a full disk: the system takes the first bytes of the file and no more.
BOOST_AUTO_TEST_CASE(a_limit_of_size) {
  const Directory directory;
  const std::string path = directory / "run";
  Training old{1}, training{2}, loaded{3};
  old.checkpoint.save(path);
  const std::string before = read_bytes(path);
  struct rlimit limit;
  BOOST_REQUIRE(::getrlimit(RLIMIT_FSIZE, &limit) == 0);
  const auto handler = ::signal(SIGXFSZ, SIG_IGN);
  for (const rlim_t size : {rlim_t{0}, rlim_t{5}, rlim_t{100}, rlim_t{before.size() - 1}}) {
    const struct rlimit small { size, limit.rlim_max };
    BOOST_REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
    const std::string error = error_of_save(training, path);
    ::setrlimit(RLIMIT_FSIZE, &limit);
    BOOST_TEST(error == "[save] cannot write " + path + ": File too large");
    BOOST_TEST(read_bytes(path) == before);
    BOOST_TEST(directory.files() == 1u);
  }
  ::signal(SIGXFSZ, handler);
  training.checkpoint.save(path);
  loaded.checkpoint.load(path);
  BOOST_TEST(loaded.same(training));
}

// A disk of 64 KiB, full but for a page or so.
BOOST_AUTO_TEST_CASE(a_full_disk) {
  const Directory directory;
  const std::string path = directory / "run", filler = directory / "filler";
  Child child{[&]() -> std::string {
    if (!mount_small_disk(directory / "", "size=64k")) return not_mounted;
    Training old{1}, training{2}, loaded{3};
    old.checkpoint.save(path);
    const std::string before = read_bytes(path);
    std::ofstream{filler, std::ios::binary} << std::string(1 << 20, 'x') << std::flush;
    if (const std::string error = error_of_save(training, path);
        error != "[save] cannot write " + path + ": No space left on device")
      return "the error was: " + error;
    if (read_bytes(path) != before) return "the old file changed";
    if (directory.files() != 2) return "something was left behind";
    std::filesystem::remove(filler);
    training.checkpoint.save(path);
    loaded.checkpoint.load(path);
    return loaded.same(training) ? "good" : "what was loaded differs";
  }};
  const std::string result = child.result();
  if (result == not_mounted) return notice(result);
  BOOST_TEST(result == "good");
}

// Root may write everywhere, so the child becomes nobody.
BOOST_AUTO_TEST_CASE(a_directory_that_cannot_be_written) {
  const Directory directory;
  const std::string path = directory / "run";
  Training old{1}, training{2};
  old.checkpoint.save(path);
  const std::string before = read_bytes(path);
  std::filesystem::permissions(directory / "", std::filesystem::perms{0555});
  Child child{[&]() -> std::string {
    constexpr uid_t nobody = 65534;
    if (is_root() && ::setuid(nobody) != 0) return "it cannot become nobody";
    return error_of_save(training, path);
  }};
  BOOST_TEST(child.result() == "[save] cannot write " + path + ": Permission denied");
  std::filesystem::permissions(directory / "", std::filesystem::perms{0755});
  BOOST_TEST(read_bytes(path) == before);
  BOOST_TEST(directory.files() == 1u);
  BOOST_TEST(error_of_save(training, path) == "");
}

BOOST_AUTO_TEST_CASE(a_kill_while_writing) {
  const Directory directory;
  const std::string path = directory / "run";
  write_bytes(path, "before");
  Child child{[&]() -> std::string {
    files::NewFile file{path, file_errors("save")};
    file.write("after", 5);
    ::raise(SIGSTOP);
    return {};
  }};
  BOOST_REQUIRE(child.stopped());
  child.kill();
  BOOST_TEST(read_bytes(path) == "before");
  if (!has_nameless_files(directory)) return notice("files here need a name");
  BOOST_TEST(directory.files() == 1u);
}

// Whenever a process that saves all the time is killed, the file is one of those it wrote.
BOOST_AUTO_TEST_CASE(kills_at_any_moment) {
  const Directory directory;
  const std::string path = directory / "run";
  Training one{1}, two{2};
  one.checkpoint.save(path);
  two.checkpoint.save(directory / "two");
  const std::string first = read_bytes(path), second = read_bytes(directory / "two");
  Rng rng{1};
  std::size_t firsts = 0, seconds = 0;
  for (int i = 0; i < 40; ++i) {
    Child child{[&]() -> std::string {
      for (;;) {
        two.checkpoint.save(path);
        one.checkpoint.save(path);
      }
    }};
    ::usleep(static_cast<useconds_t>(1000 + rng.below(20'000)));
    child.kill();
    const std::string found = read_bytes(path);
    firsts += found == first;
    seconds += found == second;
  }
  BOOST_TEST(firsts + seconds == 40u);
  BOOST_TEST(seconds > 0u);
}

// Without /proc a file without a name cannot be given one: it has one from the beginning.
BOOST_AUTO_TEST_CASE(a_system_without_proc) {
  const Directory directory;
  const std::string path = directory / "run";
  Child child{[&]() -> std::string {
    if (!mount_small_disk("/proc", "size=64k")) return not_mounted;
    Training old{1}, training{2}, loaded{3};
    old.checkpoint.save(path);
    {
      files::NewFile file{path, file_errors("save")};
      file.write("12345", 5);
      if (directory.files() != 2) return "the new file has no name";
    }
    if (directory.files() != 1) return "something was left behind";
    training.checkpoint.save(path);
    loaded.checkpoint.load(path);
    return loaded.same(training) && directory.files() == 1 ? "good" : "what was loaded differs";
  }};
  const std::string result = child.result();
  if (result == not_mounted) return notice(result);
  BOOST_TEST(result == "good");
}

BOOST_AUTO_TEST_SUITE_END()
