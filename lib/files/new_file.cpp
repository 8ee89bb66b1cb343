// SPDX-License-Identifier: MIT
#include "files/new_file.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <random>

#include <fcntl.h>
#include <unistd.h>

namespace xtape::files {
namespace {

constexpr int flags = O_RDWR | O_CLOEXEC;  // it is read where it must be copied
constexpr mode_t permissions = 0777, of_group = 0070, of_others = 0007;

// The file in a place whose permissions a new one gets: what another user has put there decides on nothing.
std::optional<struct stat> own_file(const Place& place) {
  const auto old = place.regular_file();
  if (!old || old->st_uid != ::geteuid()) return {};
  return old;
}

// What a new file is made with: while it grows, and where its permissions cannot be changed, nobody sees what
// is in it who may not see what it replaces.
mode_t first_mode(const Place& place) {
  const auto old = own_file(place);
  return old ? old->st_mode & 0666 : 0666;
}

// Who may read the file that is replaced may read the new one, and nobody else.
void copy_permissions(const Place& place, int file) {
  const auto old = own_file(place);
  struct stat fresh = {};
  if (!old || ::fstat(file, &fresh) != 0) return;
  mode_t mode = old->st_mode & permissions;
  if (fresh.st_gid != old->st_gid && ::fchown(file, static_cast<uid_t>(-1), old->st_gid) != 0)
    mode &= ~of_group | (mode & of_others) << 3;  // it is of another group, who are but others
  ::fchmod(file, mode);
}

// The name of an open file that has none, by which it can be given one.
std::string link_to(const Descriptor& file) {
  return "/proc/self/fd/" + std::to_string(file.get());
}

// Makes the folder's new list of names outlast a power failure. Where it cannot be done, nothing is lost:
// the old file or the new one is whole.
void flush_folder(const Place& place) {
  const Descriptor folder{::openat(place.folder.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (folder) flush(folder.get());
}

}  // namespace

NewFile::NewFile(const std::string& path, Fail fail)
    : path_{path}, fail_{std::move(fail)}, place_{path, fail_} {
  file_ = Descriptor{::openat(place_.folder.get(), ".", flags | O_TMPFILE, first_mode(place_))};
  if (file_ && ::access(link_to(file_).c_str(), F_OK) == 0) return;
  make_named_file();  // such files cannot be made here, or there is no /proc
}

NewFile::~NewFile() {
  if (!temporary_.empty()) ::unlinkat(place_.folder.get(), temporary_.c_str(), 0);
}

void NewFile::write(const void* data, std::size_t size) {
  if (!write_all(file_.get(), {static_cast<const char*>(data), size})) fail("cannot write");
}

void NewFile::commit() {
  prepare();
  if (!file_.close()) fail("cannot write");
  const int folder = place_.folder.get();
  if (::renameat(folder, temporary_.c_str(), folder, place_.name.c_str()) != 0)
    fail("cannot rename to");
  temporary_.clear();
  flush_folder(place_);
}

void NewFile::rehearse() {
  prepare();
  // Where everybody may write, only who owns a file, or the folder, may replace it.
  struct stat folder = {};
  const auto old = place_.regular_file();
  const uid_t me = ::geteuid();
  if (old && ::fstat(place_.folder.get(), &folder) == 0 && (folder.st_mode & S_ISVTX) != 0 &&
      me != 0 && old->st_uid != me && folder.st_uid != me) {
    errno = EPERM;
    fail("cannot replace");
  }
}

// All but to take the other's place.
void NewFile::prepare() {
  copy_permissions(place_, file_.get());
  if (!flush(file_.get())) fail("cannot flush");
  if (temporary_.empty()) give_name();
}

// A name that is taken cannot be given: it takes a second one and a rename.
void NewFile::give_name() {
  std::string name;
  do {
    name = temporary_name();
    if (::linkat(AT_FDCWD, link_to(file_).c_str(), place_.folder.get(), name.c_str(),
                 AT_SYMLINK_FOLLOW) == 0) {
      temporary_ = name;
      return;
    }
  } while (errno == EEXIST);
  copy_to_named_file();
}

void NewFile::make_named_file() {
  const mode_t mode = first_mode(place_);
  std::string name;
  do {
    name = temporary_name();
    file_ = Descriptor{
        ::openat(place_.folder.get(), name.c_str(), flags | O_CREAT | O_EXCL | O_NOFOLLOW, mode)};
  } while (!file_ && errno == EEXIST);
  if (!file_) fail("cannot write");
  temporary_ = name;
}

// For file systems where files without a name can be made, but not named.
void NewFile::copy_to_named_file() {
  const Descriptor nameless = std::move(file_);
  make_named_file();
  std::array<char, 1 << 16> part;
  for (off_t at = 0;;) {
    const ssize_t count = ::pread(nameless.get(), part.data(), part.size(), at);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail("cannot write");
    if (count == 0) break;
    write(part.data(), static_cast<std::size_t>(count));
    at += count;
  }
  copy_permissions(place_, file_.get());
  if (!flush(file_.get())) fail("cannot flush");
}

// It tells whose it is, where that fits.
std::string NewFile::temporary_name() const {
  const std::string end = ".new-" + std::to_string(std::random_device{}());
  const bool fits = place_.name.size() + end.size() <= longest_name(place_.folder);
  return fits ? place_.name + end : end;
}

void NewFile::fail(const char* what) const { fail_with_errno(fail_, what, path_); }

}  // namespace xtape::files
