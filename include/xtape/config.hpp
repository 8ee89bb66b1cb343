// SPDX-License-Identifier: MIT
/// \file
/// The scalar type of this build. Builds whose binary interfaces differ have inline namespaces of their own,
/// so that code compiled for one library cannot be linked with another by accident.
#pragma once

#if defined(XTAPE_DOUBLE) && defined(_GLIBCXX_DEBUG)  // with which containers are larger
#define XTAPE_ABI f64_debug                           ///< the inline namespace
#elif defined(XTAPE_DOUBLE)
#define XTAPE_ABI f64  ///< the inline namespace
#elif defined(_GLIBCXX_DEBUG)
#define XTAPE_ABI f32_debug  ///< the inline namespace
#else
#define XTAPE_ABI f32  ///< the inline namespace
#endif

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// The element type of every array: `float`, or `double` where XTAPE_DOUBLE is defined (the
/// pkg-config package xtape-f64 defines it).
#ifdef XTAPE_DOUBLE
using Scalar = double;
#else
using Scalar = float;
#endif

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop
