// SPDX-License-Identifier: MIT
// Runs models in PyTorch, which reads their weights or draws and writes them, or by its layers' formulas in numpy.
#pragma once

#include "runtime.hpp"

namespace test {

/// What a model of run_torch.py is to do.
struct TorchRun {
  bool writes;          ///< its own weights, or reads
  std::string model;    ///< with its sizes
  std::string weights;  ///< a file
  std::string input;    ///< bytes of images, (N, C, H, W), or of ids
  Shape result;
};

template <class List>
std::string bytes_of_all(const List& list) {
  return {reinterpret_cast<const char*>(list.data()), list.size() * sizeof(*list.data())};
}

/// What a script computes, in the precision of this build.
inline std::vector<Array> run_script(const std::string& script, const std::vector<TorchRun>& runs) {
  const Directory directory;
  std::string list;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const std::string file = directory / std::to_string(i);
    write_bytes(file + ".in", runs[i].input);
    list += (runs[i].writes ? "write " : "read ") + runs[i].model + ' ' + runs[i].weights + ' ' +
            file + ".in " + file + ".out\n";
  }
  write_bytes(directory / "list", list);
  BOOST_REQUIRE(run("/usr/bin/python3 " + scripts + script + ' ' + (is_double ? "f8" : "f4") +
                    " <" + directory / "list"));
  std::vector<Array> results;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const std::string bytes = read_bytes(directory / (std::to_string(i) + ".out"));
    Array& y = results.emplace_back(zeros(runs[i].result));
    BOOST_REQUIRE(bytes.size() == y.size() * sizeof(Scalar));
    std::memcpy(y.data(), bytes.data(), bytes.size());
  }
  return results;
}

/// What PyTorch computes.
inline std::vector<Array> run_torch(const std::vector<TorchRun>& runs) {
  return run_script("run_torch.py", runs);
}

/// What two runtimes may differ by.
inline constexpr double torch_tolerance = is_double ? 1e-10 : 1e-5;

inline void check_same(const Array& ours, const Array& theirs) {
  BOOST_TEST(difference(ours, theirs.shape(), elements(theirs), torch_tolerance) == "");
}

}  // namespace test
