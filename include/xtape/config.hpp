// SPDX-License-Identifier: MIT
/// \file
/// The scalar type of this build. The double build has an inline namespace of its own, so that code
/// compiled for one library cannot be linked with the other by accident.
#pragma once

#ifdef XTAPE_DOUBLE
#define XTAPE_ABI f64  ///< the inline namespace of the double build
#else
#define XTAPE_ABI f32  ///< the inline namespace of the float build
#endif

namespace xtape::inline XTAPE_ABI {

/// The element type of every array: `float`, or `double` where XTAPE_DOUBLE is defined (the
/// pkg-config package xtape-f64 defines it).
#ifdef XTAPE_DOUBLE
using Scalar = double;
#else
using Scalar = float;
#endif

}  // namespace xtape::inline XTAPE_ABI
