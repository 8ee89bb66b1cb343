// SPDX-License-Identifier: MIT
// What all writers of files share: whom they trust, what they need of a file system, and which descriptors
// they have.
#include "../root.hpp"
#include "../train/histories.hpp"
#include "child.hpp"
#include "files/errors.hpp"
#include "files/lock.hpp"
#include "files/new_file.hpp"
#include "system_calls.hpp"
#include "training.hpp"

#include <xtape/export/onnx.hpp>
#include <xtape/layers/dense.hpp>
#include <xtape/watch/profile.hpp>

#include <fcntl.h>
#include <sys/stat.h>

using namespace test;
namespace fs = std::filesystem;

namespace {

constexpr uid_t nobody = 65534, somebody = 65533;

struct Writer {
  std::string tag;  // of its errors
  const char* name;
  std::function<void(const std::string& path)> write;
};
const std::vector<Writer> writers = {
    {"save", "save", [](const std::string& path) { save(path, *std::make_unique<Small>()); }},
    {"save", "save_npz",
     [](const std::string& path) { save_npz(path, *std::make_unique<Small>()); }},
    {"save", "checkpoint", [](const std::string& path) { Training{1}.checkpoint.save(path); }},
    {"export_onnx", "export_onnx",
     [](const std::string& path) {
       Rng rng{1};
       Dense dense{{.in = 2, .out = 1}, rng};
       export_onnx(path, dense, {2});
     }},
    {"csv_log", "csv_log", [](const std::string& path) { csv_log(path)(history_of({1})); }},
    {"profiler", "write_trace", [](const std::string& path) { Profiler{}.write_trace(path); }}};

void write_text(const std::string& path) {
  files::NewFile file{path, file_errors("save")};
  file.write("new");
  file.commit();
}

template <class F>
std::string error_of(F run) {
  try {
    run();
    return "none";
  } catch (const DataError& error) {
    return error.what();
  }
}

struct stat status_of(const std::string& path) {
  struct stat status = {};
  BOOST_TEST_REQUIRE(::lstat(path.c_str(), &status) == 0, path);
  return status;
}
mode_t mode_of(const std::string& path) { return status_of(path).st_mode & 07777; }

void make_file(const std::string& path, uid_t owner, mode_t mode) {
  write_bytes(path, "old");
  BOOST_REQUIRE(::chown(path.c_str(), owner, owner) == 0);
  BOOST_REQUIRE(::chmod(path.c_str(), mode) == 0);
}
void make_link(const std::string& path, const std::string& target, uid_t owner) {
  fs::create_symlink(target, path);
  BOOST_REQUIRE(::lchown(path.c_str(), owner, owner) == 0);
}

// A folder where all may write, and one that root has for itself.
struct Folders : Directory {
  std::string shared = *this / "shared", own = *this / "own";
  Folders() {
    for (const std::string& path : {shared, own}) fs::create_directory(path);
    BOOST_REQUIRE((::chmod(shared.c_str(), 01777) == 0 && ::chmod(own.c_str(), 0755) == 0));
    ::chmod((*this / "").c_str(), 0755);
  }
};

// What a process of this user gets as an error.
std::string error_as(uid_t user, const std::function<void()>& run) {
  return Child{[&]() -> std::string {
           if (::setgid(user) != 0 || ::setuid(user) != 0) return "it cannot be another user";
           return error_of(run);
         }}
      .result();
}

const std::string anothers_link = ": it leads through a link that another user made";

}  // namespace

BOOST_AUTO_TEST_SUITE(whom_writers_trust)

BOOST_AUTO_TEST_CASE(a_file_that_another_user_planted, *as_root) {
  for (const Writer& writer : writers) BOOST_TEST_CONTEXT(writer.name) {
      const Folders folders;
      const std::string path = folders.shared + "/planted", fresh = folders.shared + "/fresh";
      make_file(path, nobody, 06777);
      writer.write(path);
      writer.write(fresh);
      BOOST_TEST(status_of(path).st_uid == 0u);
      BOOST_TEST(mode_of(path) == mode_of(fresh));  // as if nothing had been there
    }
}

BOOST_AUTO_TEST_CASE(permissions_of_a_file_of_ones_own) {
  for (const Writer& writer : writers)
    for (const mode_t mode : {0600, 0640, 0444, 06755, 01777}) {
      const Directory directory;
      const std::string path = directory / "file";
      write_bytes(path, "old");
      BOOST_REQUIRE(::chmod(path.c_str(), mode) == 0);
      writer.write(path);
      BOOST_TEST(mode_of(path) == (mode & 0777), writer.name);
    }
}

// Who is in the old file's group may go on reading it; others who may not are not let in.
BOOST_AUTO_TEST_CASE(the_group_of_a_file, *as_root) {
  const Folders folders;
  const std::string path = folders.shared + "/file";
  write_bytes(path, "old");
  BOOST_REQUIRE((::chown(path.c_str(), 0, somebody) == 0 && ::chmod(path.c_str(), 0640) == 0));
  write_text(path);
  BOOST_TEST(status_of(path).st_gid == somebody);
  BOOST_TEST(mode_of(path) == 0640u);
  // This user cannot give it to the group.
  make_file(path, nobody, 0664);
  BOOST_REQUIRE(::chown(path.c_str(), nobody, somebody) == 0);
  ::chmod(path.c_str(), 0664);
  BOOST_TEST(error_as(nobody, [&] { write_text(path); }) == "none");
  BOOST_TEST(status_of(path).st_gid == nobody);
  BOOST_TEST(mode_of(path) == 0644u);
}

BOOST_AUTO_TEST_CASE(a_link_to_a_file, *as_root) {
  const Folders folders;
  const std::string victim = folders.own + "/victim", path = folders.shared + "/link";
  for (const std::string& target : {victim, folders.own + "/absent"}) {
    make_file(victim, 0, 0600);
    make_link(path, target, nobody);
    for (const Writer& writer : writers)
      BOOST_TEST(error_of([&] {
                   writer.write(path);
                 }).starts_with('[' + writer.tag + "] cannot write " + path + anothers_link),
                 writer.name);
    BOOST_TEST(error_of([&] { check_writable(path); }) ==
               "[save] cannot write " + path + anothers_link);
    BOOST_TEST(read_bytes(victim) == "old");
    BOOST_TEST(!fs::exists(folders.own + "/absent"));
    fs::remove(path);
  }
  make_link(path, victim, 0);
  write_text(path);
  BOOST_TEST(read_bytes(victim) == "new");
  BOOST_TEST(fs::is_symlink(path));
  // Root's are followed by all.
  fs::create_directory(folders.own + "/his");
  BOOST_REQUIRE(::chown((folders.own + "/his").c_str(), nobody, nobody) == 0);
  make_link(folders.shared + "/to_his", folders.own + "/his/file", 0);
  BOOST_TEST(error_as(nobody, [&] { write_text(folders.shared + "/to_his"); }) == "none");
  BOOST_TEST(read_bytes(folders.own + "/his/file") == "new");
}

BOOST_AUTO_TEST_CASE(a_link_to_a_folder, *as_root) {
  const Folders folders;
  const std::string link = folders.shared + "/link", file = link + "/file";
  make_link(link, folders.own, nobody);
  BOOST_TEST(error_of([&] { write_text(file); }) == "[save] cannot write " + file + anothers_link);
  BOOST_TEST(!fs::exists(folders.own + "/file"));
  fs::remove(link);
  make_link(link, "../own/", 0);
  write_text(file);
  BOOST_TEST(read_bytes(folders.own + "/file") == "new");
  // In a folder of his own a user may arrange things.
  const std::string home = folders / "home";
  fs::create_directory(home);
  BOOST_REQUIRE(::chown(home.c_str(), nobody, nobody) == 0);
  make_link(home + "/disk", folders.shared, nobody);
  write_text(home + "/disk/file");
  BOOST_TEST(read_bytes(folders.shared + "/file") == "new");
}

BOOST_AUTO_TEST_CASE(a_working_directory_of_another, *as_root) {
  const Folders folders;
  const fs::path before = fs::current_path();
  fs::current_path(folders.own);
  BOOST_REQUIRE(::chmod(folders.own.c_str(), 0700) == 0);
  BOOST_TEST(error_as(nobody, [] { write_text("file"); }) ==
             "[save] cannot write file: Permission denied");
  fs::current_path(before);
}

// It is found before the training, as it is only the last step that fails.
BOOST_AUTO_TEST_CASE(a_file_of_another_where_all_may_write, *as_root) {
  const Folders folders;
  const std::string path = folders.shared + "/file";
  make_file(path, somebody, 0666);
  BOOST_TEST(error_as(nobody, [&] { check_writable(path); }) ==
             "[save] cannot replace " + path + ": Operation not permitted");
  BOOST_TEST(error_as(nobody, [&] { write_text(path); }) ==
             "[save] cannot rename to " + path + ": Operation not permitted");
  BOOST_TEST(read_bytes(path) == "old");
  BOOST_TEST(error_as(somebody, [&] { check_writable(path), write_text(path); }) == "none");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(paths)

BOOST_AUTO_TEST_CASE(of_all_kinds) {
  const Directory directory;
  fs::create_directories(directory / "a/b");
  fs::create_symlink("a/b", directory / "relative");
  fs::create_symlink(directory / "a", directory / "absolute");
  fs::create_symlink("nested.st", directory / "a/again");
  fs::create_symlink("absolute/again", directory / "chain");
  fs::create_symlink("a/b/new", directory / "to_new");
  for (const std::string path : {"file", "a//b/./file", "a/../a/b/other", "relative/third",
                                 "relative/../fourth", "absolute/b/fifth"}) {
    write_text(directory / path);
    BOOST_TEST(read_bytes(directory / path) == "new", path);
  }
  write_text(directory / "chain");
  BOOST_TEST(read_bytes(directory / "a/nested.st") == "new");
  check_writable(directory / "to_new");
  BOOST_TEST(!fs::exists(directory / "a/b/new"));
  write_text(directory / "to_new");
  BOOST_TEST(read_bytes(directory / "a/b/new") == "new");
  BOOST_TEST(fs::is_symlink(directory / "to_new"));
  const fs::path before = fs::current_path();
  fs::current_path(directory / "a");
  write_text("here");
  write_text("./b/there");
  fs::current_path(before);
  BOOST_TEST(read_bytes(directory / "a/here") == "new");
  BOOST_TEST(read_bytes(directory / "a/b/there") == "new");
}

BOOST_AUTO_TEST_CASE(the_longest_name) {
  const Directory directory;
  for (const std::size_t length : {240, 250, 255}) {
    const std::string path = directory / std::string(length, 'n');
    check_writable(path);
    write_text(path);
    BOOST_TEST(read_bytes(path) == "new");
  }
  BOOST_TEST(directory.files() == 3u);
}

// All that `save` cannot do, it does not find after the training only.
BOOST_AUTO_TEST_CASE(that_cannot_be_written) {
  const Directory directory;
  write_bytes(directory / "file", "old");
  fs::create_directory(directory / "folder");
  fs::create_symlink("nowhere/file", directory / "dangling");
  fs::create_symlink("loop", directory / "loop");
  const std::pair<std::string, std::string> paths[] = {
      {directory / std::string(256, 'n'), "File name too long"},
      {directory / "dangling", "No such file or directory"},
      {directory / "nowhere/file", "No such file or directory"},
      {directory / "file/file", "Not a directory"},
      {directory / "file/", "Not a directory"},
      {directory / "loop", "Too many levels of symbolic links"},
      {directory / "folder", "it is not a regular file"},
      {directory / "folder/", "it is not a regular file"},
      {directory / "folder/..", "it is not a regular file"},
      {"/dev/full", "it is not a regular file"},
      {"/dev/null", "it is not a regular file"},
      {"", "No such file or directory"}};
  for (const auto& [path, why] : paths) {
    const std::string expected = "[save] cannot write " + path + ": " + why;
    BOOST_TEST(error_of([&] { check_writable(path); }) == expected);
    BOOST_TEST(error_of([&] { write_text(path); }) == expected);
  }
  BOOST_TEST(error_of([&] { check_writable("/dev/full", "profiler"); }) ==
             "[profiler] cannot write /dev/full: it is not a regular file");
  check_writable(directory / "file");
  check_writable(directory / "folder/new");
  BOOST_TEST(read_bytes(directory / "file") == "old");
  BOOST_TEST(fs::is_empty(directory / "folder"));
  BOOST_TEST(directory.files() == 4u);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(file_systems)

// What a file system of a program, of a network or of an old kernel answers.
BOOST_AUTO_TEST_CASE(that_lack_a_call) {
  struct Lack {
    const char* name;
    std::function<bool(int error)> begin;
    std::vector<int> errors;
  };
  const auto call = [](long number) { return [=](int error) { return refuse(number, error); }; };
  const Lack lacks[] = {
      {"fsync", call(SYS_fsync), {EINVAL, ENOSYS, ENOTSUP}},
      {"linkat", call(SYS_linkat), {EPERM, ENOSYS, ENOTSUP, EXDEV, ENOENT, EMLINK}},
      {"flock", call(SYS_flock), {ENOLCK, ENOSYS, EINVAL, ENOTSUP}},
      {"fchmod", call(SYS_fchmod), {EPERM, ENOSYS, ENOTSUP}},
      {"O_TMPFILE", refuse_nameless_files, {EOPNOTSUPP, EISDIR}}};
  for (const Lack& lack : lacks)
    for (const int error : lack.errors) {
      const Directory directory;
      const std::string path = directory / "run";
      write_bytes(path, "old");
      ::chmod(path.c_str(), 0600);
      Child child{[&]() -> std::string {
        if (!lack.begin(error)) return not_refused;
        check_writable(path);
        Training training{1}, loaded{3};
        training.checkpoint.save(path);
        loaded.checkpoint.load(path);
        if (!files::Lock::of_file(path, file_errors("save"))) return "there is no lock";
        if (directory.files() != 1) return "something was left behind";
        return loaded.same(training) && mode_of(path) == 0600 ? "good" : "the file differs";
      }};
      const std::string result = child.result();
      if (result == not_refused) return notice(result);
      BOOST_TEST(result == "good", lack.name << ": " << std::strerror(error));
    }
}

BOOST_AUTO_TEST_CASE(that_lose_what_is_flushed) {
  for (const int error : {EIO, ENOSPC, EDQUOT}) {
    const Directory directory;
    const std::string path = directory / "run";
    write_bytes(path, "old");
    Child child{[&]() -> std::string {
      if (!refuse(SYS_fsync, error)) return not_refused;
      const std::string found = error_of([&] { check_writable(path); });
      return found == error_of([&] { write_text(path); }) ? found : "a rehearsal: " + found;
    }};
    const std::string result = child.result();
    if (result == not_refused) return notice(result);
    BOOST_TEST(result == "[save] cannot flush " + path + ": " + std::strerror(error));
    BOOST_TEST(read_bytes(path) == "old");
    BOOST_TEST(directory.files() == 1u);
  }
}

#ifdef __x86_64__
BOOST_AUTO_TEST_CASE(that_are_interrupted) {
  const Directory directory;
  const std::string path = directory / "run";
  Child child{[&]() -> std::string {
    if (!interrupt_first(SYS_fsync)) return not_refused;
    write_text(path);
    return std::to_string(answers);
  }};
  const std::string result = child.result();
  if (result == not_refused) return notice(result);
  BOOST_TEST(result == "3");  // again for the file, and once for its folder
  BOOST_TEST(read_bytes(path) == "new");
}
#endif

BOOST_AUTO_TEST_SUITE_END()

// A program may be started without its standard descriptors; what it prints must not get into a file.
BOOST_AUTO_TEST_CASE(files_are_none_of_the_standard_ones) {
  const Directory directory;
  Child child{[&]() -> std::string {
    for (const int file : {0, 1, 2}) ::close(file);
    EventFile events{directory / "events"};
    events.scalar("loss", 1, 0.5);
    const std::string whole = read_bytes(events.path());
    files::NewFile file{directory / "file", file_errors("save")};
    const auto lock = files::Lock::of_file(directory / "locked", file_errors("save"));
    for (const int standard : {0, 1, 2})
      if (::fcntl(standard, F_GETFD) >= 0) return "a file is " + std::to_string(standard);
    return lock && read_bytes(events.path()) == whole ? "good" : "bad";
  }};
  BOOST_TEST(child.result() == "good");
}
