// SPDX-License-Identifier: MIT
// Locks of files and folders, among processes and within one.
#include "files/lock.hpp"
#include "child.hpp"
#include "files.hpp"
#include "files/errors.hpp"
#include "files/new_file.hpp"
#include "system_calls.hpp"

#include <fcntl.h>

using namespace test;
namespace fs = std::filesystem;

BOOST_AUTO_TEST_SUITE(locks)

BOOST_AUTO_TEST_CASE(one_has_it_at_a_time) {
  const Directory directory;
  const auto lock = [&](const std::string& name) {
    return files::Lock::of_file(directory / name, file_errors("save"));
  };
  const std::string path = directory / "run";
  fs::create_directory(directory / "folder");
  fs::create_symlink("../run", directory / "folder/link");
  {
    const auto first = lock("run");
    BOOST_TEST(first.has_value());
    BOOST_TEST(!lock("run").has_value());
    BOOST_TEST(!lock("folder/link").has_value());  // which is the same file
    BOOST_TEST(lock("run2").has_value());
    BOOST_TEST(Child{[&] { return lock("run") ? "taken" : "refused"; }}.result() == "refused");
    write_bytes(path, "new");  // and replacing the file changes nothing
    BOOST_TEST(!lock("run").has_value());
  }
  BOOST_TEST(lock("run").has_value());
  BOOST_TEST(directory.files() == 2u);  // the file and the folder
}

BOOST_AUTO_TEST_CASE(a_kill_ends_it) {
  const Directory directory;
  const std::string path = directory / std::string(255, 'n');
  Child child{[&]() -> std::string {
    const auto lock = files::Lock::of_file(path, file_errors("save"));
    const auto of_folder = files::Lock::of_folder(directory / "", file_errors("save"));
    ::raise(SIGSTOP);
    return {};
  }};
  BOOST_REQUIRE(child.stopped());
  BOOST_TEST(!files::Lock::of_file(path, file_errors("save")).has_value());
  BOOST_TEST(!files::Lock::of_folder(directory / "", file_errors("save")).has_value());
  child.kill();
  BOOST_TEST(files::Lock::of_file(path, file_errors("save")).has_value());
  BOOST_TEST(files::Lock::of_folder(directory / "", file_errors("save")).has_value());
  BOOST_TEST(directory.files() == 0u);
}

#ifdef SYS_newfstatat
// As on a file system whose files have other numbers each time: none is found again.
BOOST_AUTO_TEST_CASE(files_that_cannot_be_told_apart) {
  const Directory directory;
  Child child{[&]() -> std::string {
    if (!refuse_with(SYS_newfstatat, 3, AT_SYMLINK_NOFOLLOW, ENOENT)) return not_refused;
    ::alarm(60);
    const auto lock = files::Lock::of_file(directory / "run", file_errors("save"));
    return lock && !files::Lock::of_file(directory / "run", file_errors("save")) ? "good" : "bad";
  }};
  const std::string result = child.result();
  if (result == not_refused) return notice(result);
  BOOST_TEST(result == "good");
  BOOST_TEST(directory.files() == 0u);
}
#endif

// Many that want it at once: whoever has it is alone, though each takes its file away at the end.
BOOST_AUTO_TEST_CASE(many_at_once) {
  const Directory directory;
  write_bytes(directory / "count", "");
  std::vector<std::unique_ptr<Child>> children;
  for (int i = 0; i < 4; ++i)
    children.push_back(std::make_unique<Child>([&]() -> std::string {
      for (int had = 0; had < 300;) {  // not so many tries: who has it may not be running
        const auto lock = files::Lock::of_file(directory / "run", file_errors("save"));
        if (!lock) continue;
        ++had;
        const int alone = ::open((directory / "alone").c_str(), O_CREAT | O_EXCL, 0600);
        if (alone < 0) return "two have it";
        ::close(alone);
        ::unlink((directory / "alone").c_str());
      }
      return "good";
    }));
  for (const auto& child : children) BOOST_TEST(child->result() == "good");
  BOOST_TEST(directory.files() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
