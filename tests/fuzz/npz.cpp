// SPDX-License-Identifier: MIT
// Any bytes as an npz file: an archive whose checksums are right is not found by chance, so the header of an
// array is read by itself, too.
#include "fuzz.hpp"
#include "io/npy.hpp"
#include "memory_file.hpp"

#include <xtape/io/npz.hpp>

using namespace xtape;

namespace {

struct Model {
  Parameter weight{full({2, 3}, 1)}, bias{full({3}, 2)};
  void parameters(ParameterList& list) { list("weight", weight), list("bias", bias); }
};

}  // namespace

// Others are from numpy: savez_compressed, and savez of Fortran-ordered arrays.
void write_seeds(const std::filesystem::path& folder) {
  Model model;
  save_npz(folder / "stored", model);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const MemoryFile file{data, size};
  Model model;
  try {
    load_npz(file.path(), model);
  } catch (const DataError&) {
  }
  npy::parse({reinterpret_cast<const char*>(data), size});
  return 0;
}
