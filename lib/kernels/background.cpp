// SPDX-License-Identifier: MIT
#include "kernels/background.hpp"

#include "kernels/handover.hpp"

#include <tbb/task_group.h>

#include <utility>

namespace xtape::inline XTAPE_ABI::kernels {

struct Background::Group {
  Handover handover;
  // Isolated: the end of other work, in which its owner may be, must not silently skip this.
  tbb::task_group_context context{tbb::task_group_context::isolated};
  tbb::task_group tasks{context};
};

Background::Background() : group_{std::make_unique<Group>()} {}
Background::~Background() { abandon(); }

void Background::run(std::function<void()> work) {
  group_->handover.give();
  group_->tasks.run([work = std::move(work), &handover = group_->handover] {
    const Handover::Worker worker{handover};
    work();
  });
}

void Background::wait() {
  const Handover::Waiter waiter{group_->handover};
  group_->tasks.wait();
}

void Background::abandon() noexcept {
  group_->tasks.cancel();
  try {
    wait();
  } catch (...) {
  }
}

}  // namespace xtape::inline XTAPE_ABI::kernels
