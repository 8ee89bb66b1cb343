// SPDX-License-Identifier: MIT
#include "files/place.hpp"

#include <cerrno>
#include <climits>

#include <fcntl.h>
#include <unistd.h>

namespace xtape::files {
namespace {

constexpr int most_links = 40;  // as the kernel follows

constexpr int just_the_place = O_PATH | O_NOFOLLOW | O_CLOEXEC;

// Whether a link in a folder may be followed to another folder: where everybody may make links, only those of
// this user and of the folder's owner.
bool leads_to_folder(const struct stat& folder, const struct stat& link) {
  constexpr mode_t shared = S_ISVTX | S_IWOTH;
  return (folder.st_mode & shared) != shared || link.st_uid == ::geteuid() ||
         link.st_uid == folder.st_uid;
}

// And to a file, which would be replaced.
bool leads_to_file(const struct stat& link) {
  return link.st_uid == ::geteuid() || link.st_uid == 0;
}

// The first name of a path, which loses it.
std::string take_name(std::string& path) {
  path.erase(0, path.find_first_not_of('/'));
  const std::size_t end = path.find('/');
  std::string name = path.substr(0, end);
  path.erase(0, end);
  return name;
}

// What a link leads to: nothing, with errno set, if that cannot be told.
std::string target_of(const Descriptor& link) {
  char target[PATH_MAX];
  const ssize_t length = ::readlinkat(link.get(), "", target, sizeof target);
  if (length == 0) errno = ENOENT;
  return {target, static_cast<std::size_t>(length < 0 ? 0 : length)};
}

}  // namespace

std::size_t longest_name(const Descriptor& folder) noexcept {
  const long most = ::fpathconf(folder.get(), _PC_NAME_MAX);
  return most > 0 ? static_cast<std::size_t>(most) : NAME_MAX;
}

Place::Place(const std::string& path, const Fail& fail) {
  const auto fail_for = [&](int error) {
    errno = error;
    fail_with_errno(fail, "cannot write", path);
  };
  std::string rest = path;
  const auto start = [&] {
    folder = Descriptor{::open(rest.starts_with('/') ? "/" : ".", just_the_place | O_DIRECTORY)};
    if (!folder) fail_for(errno);
  };
  if (path.empty()) fail_for(ENOENT);
  start();
  for (int links = 0;;) {
    name = take_name(rest);
    const bool last = rest.empty();
    Descriptor found{::openat(folder.get(), name.empty() ? "." : name.c_str(), just_the_place)};
    if (!found && last && errno == ENOENT) return;  // a new file
    struct stat is = {}, in = {};
    if (!found || ::fstat(found.get(), &is) != 0 || ::fstat(folder.get(), &in) != 0)
      fail_for(errno);
    if (S_ISLNK(is.st_mode)) {
      // Of links such as /dev/stdout, what they lead to may have no path.
      if (struct stat end = {};
          last && ::fstatat(folder.get(), name.c_str(), &end, 0) == 0 && !S_ISREG(end.st_mode))
        fail("cannot write", path, not_regular);
      if (!(last ? leads_to_file(is) : leads_to_folder(in, is)))
        fail("cannot write", path, "it leads through a link that another user made");
      if (++links > most_links) fail_for(ELOOP);
      const std::string target = target_of(found);
      if (target.empty()) fail_for(errno);
      rest.insert(0, target);
      if (rest.starts_with('/')) start();
    } else if (last) {
      if (!S_ISREG(is.st_mode)) fail("cannot write", path, not_regular);
      return;
    } else {
      folder = std::move(found);
    }
  }
}

std::optional<struct stat> Place::regular_file() const noexcept {
  struct stat file = {};
  if (::fstatat(folder.get(), name.c_str(), &file, AT_SYMLINK_NOFOLLOW) != 0 ||
      !S_ISREG(file.st_mode))
    return {};
  return file;
}

}  // namespace xtape::files
