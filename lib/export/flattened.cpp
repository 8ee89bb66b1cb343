// SPDX-License-Identifier: MIT
#include <xtape/export/flattened.hpp>

#include "text.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>

namespace xtape::inline XTAPE_ABI {
namespace {

// Follows flattened images from where they were flattened to the weights that read them. Where PyTorch's
// order of what an op makes of them cannot be told, it throws: weights in a wrong order are not seen.
class Follower : public Observer {
 public:
  Follower(const std::vector<NamedParameter>& parameters, FlattenedImages& found)
      : parameters_{parameters}, found_{found} {}

  void forward(const Forward& call) override {
    const std::size_t rank = call.result.dimension(), rank_before = call.inputs[0]->rank();
    const bool reshapes = is(call, "flatten") || is(call, "reshape");
    if (reshapes && rank == 4 && rank_before != 4)
      throw ValueError({"flattened_images", call.op.at},
                       text("the op ", call.op.name, " makes images (N, H, W, C) of ",
                            call.inputs[0]->shape(), ", which PyTorch would make (N, C, H, W)"));
    const Trail* const trail = trail_of(call);
    if (trail == nullptr) {
      if (rank_before != 4) return;
      if (reshapes && rank == 2)
        keep(call, call.inputs[0]->shape()[3]);
      else if (reshapes || is(call, "transpose"))
        keep(call, {});
    } else if (!trail->channels) {
      if (reshapes && rank == 2) fail(call, "flattens images whose axes were changed");
      if (rank > 2) keep(call, {});
    } else {
      follow(call, *trail->channels);
    }
  }

 private:
  // The channels of an image that was flattened, or nothing for one that is no longer (N, H, W, C).
  using Channels = std::optional<std::size_t>;
  struct Trail {
    Value value;  // kept, so that its address stands for nothing else
    Channels channels;
  };

  static bool is(const Forward& call, std::string_view op) { return call.op.name == op; }

  [[noreturn]] static void fail(const Forward& call, std::string_view what) {
    throw ValueError(
        {"flattened_images", call.op.at},
        text("the op ", call.op.name, ' ', what, ": their order in PyTorch is not known"),
        "name the weights that read them, and their channels, in a FlattenedImages");
  }

  const Trail* trail_of(const Forward& call) const {
    for (const Variable* const input : call.inputs)
      if (const auto found = trails_.find(&input->value()); found != trails_.end())
        return &found->second;
    return nullptr;
  }

  void keep(const Forward& call, Channels channels) {
    trails_.insert_or_assign(&call.result, Trail{call.value, channels});
  }

  // From an op on flattened images to what it makes of them.
  void follow(const Forward& call, std::size_t channels) {
    if (is(call, "dense") || is(call, "matmul")) return read(call, channels);
    const bool reduces = is(call, "sum") || is(call, "mean") || is(call, "max");
    if (reduces && call.result.size() == 1) return;  // of a sample: it has no order any more
    for (const Variable* const input : call.inputs) {
      if (trails_.contains(&input->value())) {
        if (input->shape() != call.result.shape()) fail(call, "takes flattened images apart");
      } else if (input->size() > 1) {
        fail(call, "joins flattened images with what is none");
      }
    }
    keep(call, channels);
  }

  void read(const Forward& call, std::size_t channels) {
    const Array* const weight = &call.inputs[1]->value();
    const auto named = std::ranges::find_if(parameters_, [&](const NamedParameter& p) {
      return &*p.parameter->shared_value() == weight;
    });
    if (named == parameters_.end()) fail(call, "reads flattened images with what is no parameter");
    const auto [known, added] = found_.emplace(named->name, channels);
    if (!added && known->second != channels)
      throw ValueError({"flattened_images", call.op.at},
                       text(named->name, " reads flattened images of ", known->second, " and of ",
                            channels, " channels"));
  }

  const std::vector<NamedParameter>& parameters_;
  FlattenedImages& found_;
  std::map<const Array*, Trail> trails_;
};

}  // namespace

FlattenedImages find_flattened_images(const std::function<Variable(const Variable&)>& model,
                                      const std::vector<NamedParameter>& parameters,
                                      const Shape& sample) {
  Shape shape{1};
  shape.insert(shape.end(), sample.begin(), sample.end());
  FlattenedImages found;
  const Follower follower{parameters, found};
  Tape tape{Mode::eval};
  model(tape.input(zeros(shape)));
  return found;
}

}  // namespace xtape::inline XTAPE_ABI
