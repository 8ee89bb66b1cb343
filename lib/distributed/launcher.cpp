// SPDX-License-Identifier: MIT
#include "distributed/launcher.hpp"

#include "text.hpp"

#include <cstdlib>
#include <filesystem>
#include <string>

#include <dlfcn.h>

namespace xtape::inline XTAPE_ABI::distributed {
namespace {

using message_passing::Engine;

// Which implementation has a launcher that sets a variable of the environment. Slurm's srun sets the last two for
// whichever it was asked for by --mpi.
struct Mark {
  const char* variable;
  const char* module;
};
constexpr Mark marks[] = {{"OMPI_COMM_WORLD_SIZE", "openmpi"},
                          {"MPI_LOCALNRANKS", "mpich"},
                          {"PMIX_RANK", "openmpi"},
                          {"PMI_RANK", "mpich"}};

// Which module the launcher needs; null if there is none.
const char* module_of_launcher() {
  const char* launcher = nullptr;
  for (const auto& [variable, module] : marks)
    if (launcher == nullptr && std::getenv(variable) != nullptr) launcher = module;
  const char* const chosen = std::getenv("XTAPE_MPI");
  return launcher != nullptr && chosen != nullptr ? chosen : launcher;
}

// The folder of what has this code, the shared library or the program.
std::string own_folder() {
  Dl_info info = {};
  if (::dladdr(reinterpret_cast<const void*>(&engine_of_launcher), &info) == 0) return {};
  std::filesystem::path path = info.dli_fname;
  std::error_code error;
  // A program is known by what it was called, from a folder that may be another by now.
  if (!path.is_absolute()) path = std::filesystem::read_symlink("/proc/self/exe", error);
  return path.parent_path() / "";
}

// An MPI finds its own parts by the names that it has made known, and is in use to the very end.
void* open(const std::string& path) {
  return ::dlopen(path.c_str(), RTLD_NOW | RTLD_GLOBAL | RTLD_NODELETE);
}

}  // namespace

const Engine* engine_of_launcher(const Op& op) {
  const char* const module = module_of_launcher();
  if (module == nullptr) return nullptr;
  const std::string file = text("libxtape-mpi-", module, ".so"), folder = own_folder();
  std::string errors;
  for (const std::string& path : {folder + file, folder + "../lib/" + file, file}) {
    void* const library = open(path);
    if (library == nullptr) {
      errors += text(errors.empty() ? "" : "; ", ::dlerror());
      continue;
    }
    const auto get =
        reinterpret_cast<message_passing::GetEngine>(::dlsym(library, "xtape_message_passing"));
    const Engine* const engine = get != nullptr ? get() : nullptr;
    if (engine == nullptr || engine->version != message_passing::engine_version)
      throw DataError(op, text(path, " is of another version of xtape"));
    return engine;
  }
  throw DataError(op,
                  text("this process was started as one of several by the launcher of ", module,
                       ", but there is no ", file, " (", errors, ")"),
                  "build xtape where that MPI is installed");
}

}  // namespace xtape::inline XTAPE_ABI::distributed
