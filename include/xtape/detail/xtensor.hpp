// SPDX-License-Identifier: MIT
// The one place that knows where xtensor keeps its headers, and what has to be mended in them.
#pragma once

#if __has_include(<xtensor/containers/xarray.hpp>)  // 0.26 moved the headers into folders
#include <xtensor/containers/xarray.hpp>
#else
#include <xtensor/xarray.hpp>
#endif

#if XTENSOR_VERSION_MAJOR == 0 && XTENSOR_VERSION_MINOR < 26
// Before 0.26, xtensor keeps svector shapes apart from fixed ones only `if __cplusplus == 201703L`.
// In C++20, g++ then takes svector<size_t, 4> for a fixed shape of rank 4, and xt::eval and the
// immediate reducers write outside their arrays. This says what was meant, for the shapes of arrays;
// where a distribution has mended it already, as Debian its 0.25, this agrees.
namespace xt::detail {
template <>
struct xtype_for_shape<dynamic_shape<std::size_t>> {
  template <class T, layout_type L>
  using type = xarray<T, L>;
};
}  // namespace xt::detail
#endif
static_assert(std::is_same_v<decltype(xt::eval(std::declval<xt::xarray<float>&>() + 1.f)),
                             xt::xarray<float>>);
