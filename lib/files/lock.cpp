// SPDX-License-Identifier: MIT
#include "files/lock.hpp"

#include <cerrno>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace xtape::files {
namespace {

bool same_file(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

// Where files have other numbers each time, it would seem for ever that another has taken the lock's away.
constexpr int most_tries = 100;

// Of two files with very long names that differ at their ends, only one can be locked at a time.
std::string lock_name(const Place& place) {
  const std::string end = ".lock";
  return '.' + place.name.substr(0, longest_name(place.folder) - 1 - end.size()) + end;
}

}  // namespace

std::optional<Lock> Lock::of_file(const std::string& path, const Fail& fail) {
  Place place{path, fail};
  Lock lock;
  lock.name_ = lock_name(place);
  lock.folder_ = std::move(place.folder);
  for (int tries = 1;; ++tries) {
    const bool last = tries == most_tries;
    const int folder = lock.folder_.get();
    // A network may need the right to write; a file that another user has left gives it not.
    for (const int access : {O_RDWR | O_CREAT, O_RDONLY})
      if (!lock.lock_)
        lock.lock_ = Descriptor{::openat(folder, lock.name_.c_str(),
                                         access | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0666)};
    if (!lock.lock_) {
      if (errno == ENOENT && !last) continue;  // another's went away between the two
      fail_with_errno(fail, "cannot lock", path);
    }
    if (!lock.take()) {
      lock.name_.clear();  // it is another's
      return {};
    }
    // The one that had it before may have taken its file away.
    struct stat locked = {}, there = {};
    if (last || (::fstat(lock.lock_.get(), &locked) == 0 &&
                 ::fstatat(folder, lock.name_.c_str(), &there, AT_SYMLINK_NOFOLLOW) == 0 &&
                 same_file(locked, there)))
      return lock;
    lock.lock_.close();
  }
}

std::optional<Lock> Lock::of_folder(const std::string& path, const Fail& fail) {
  Lock lock;
  lock.lock_ = Descriptor{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!lock.lock_) fail_with_errno(fail, "cannot lock", path);
  if (!lock.take()) return {};
  return lock;
}

Lock::~Lock() {
  if (lock_ && !name_.empty()) ::unlinkat(folder_.get(), name_.c_str(), 0);
}

// False if another has it.
bool Lock::take() {
  while (::flock(lock_.get(), LOCK_EX | LOCK_NB) != 0)
    if (errno != EINTR) return errno != EWOULDBLOCK;
  return true;
}

}  // namespace xtape::files
