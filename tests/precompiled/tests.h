// SPDX-License-Identifier: MIT
// What most tests include anyway, parsed once for all of them. Of ours it has only what seldom changes.
#include <boost/test/unit_test.hpp>
#include <xtape/array.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <ranges>
#include <set>
#include <span>
#include <sstream>
#include <string>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>
