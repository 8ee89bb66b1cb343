// SPDX-License-Identifier: MIT
// Convolutions of images of one channel, as gray ones, to so few that a vector of channels would be half empty. A vector
// has the channels of several pixels here, as they lie in memory: `lanes` pixels of a row are `Out` vectors, and what a tap
// reads for each is a permutation of one vector of inputs.
#pragma once

#include "kernels/conv.hpp"
#include "kernels/tile.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA {

/// The most channels; none where a permutation takes many instructions.
inline constexpr std::size_t most_narrow = permutes ? lanes / 2 : 0;

/// Whether these are for rows of so many pixels.
inline bool is_narrow(const ConvSizes& s, std::size_t width) {
  return s.in == 1 && s.out - 1 < most_narrow && s.columns.stride == 1 && width >= lanes;
}

/// After so many vectors of pixels of `out` channels, channels come in the same lanes again.
constexpr std::size_t narrow_period(std::size_t out) {
  std::size_t vectors = 1;
  while (vectors * lanes % out != 0) ++vectors;
  return vectors;
}

/// Scalar i of a tile of `lanes` pixels is channel i % Out of pixel i / Out.
template <std::size_t Out>
struct Narrow {
  static constexpr std::size_t period = narrow_period(Out);
  /// The taps of a row of the kernel whose sums, beside their inputs, fit into the registers.
  static constexpr std::size_t most_taps =
      std::clamp<std::size_t>((vector_registers - Out - 2) / (period + 1), 1, 8);

  /// The pixel of each lane of a vector of the tile.
  static IntVec pixel(std::size_t vector) {
    return (lane_numbers + static_cast<Integer>(vector * lanes)) / static_cast<Integer>(Out);
  }
};

/// The instances of a function for 1 to `most_narrow` channels: `Make` has a member template `run<Out>`.
template <class Make, std::size_t... Out>
auto narrow_instance(std::size_t out, std::index_sequence<Out...>) {
  static constexpr std::array all{&Make::template run<Out + 1>...};
  return all[out - 1];
}
template <class Make>
auto narrow_instance(std::size_t out) {
  return narrow_instance<Make>(out,
                               std::make_index_sequence<std::max<std::size_t>(most_narrow, 1)>{});
}

}  // namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA
