// SPDX-License-Identifier: MIT
// What most sources of the library include anyway, parsed once for all of them: the standard library, xtensor,
// and of ours only what seldom changes. Sources include what they use all the same, as builds may do without
// this (-Db_pch=false).
#include "text.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <ranges>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>
