// SPDX-License-Identifier: MIT
// The environment of this process, changed for a while.
#pragma once

#include <stdlib.h>

#include <optional>
#include <string>

namespace test {

/// Sets an environment variable, or removes it, until the end of the scope.
class Environment {
 public:
  Environment(const char* name, std::optional<std::string> value) : name_{name} {
    if (const char* old = getenv(name)) old_ = old;
    set(value);
  }
  ~Environment() { set(old_); }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

 private:
  void set(const std::optional<std::string>& value) const {
    value ? setenv(name_, value->c_str(), 1) : unsetenv(name_);
  }
  const char* name_;
  std::optional<std::string> old_;
};

}  // namespace test
