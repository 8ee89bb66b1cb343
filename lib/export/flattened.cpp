// SPDX-License-Identifier: MIT
#include <xtape/export/flattened.hpp>

#include "text.hpp"

#include <algorithm>
#include <map>
#include <string_view>

namespace xtape::inline XTAPE_ABI {
namespace {

// Follows flattened images from where they were flattened to the weights that read them.
class Follower : public Observer {
 public:
  Follower(const std::vector<NamedParameter>& parameters, FlattenedImages& found)
      : parameters_{parameters}, found_{found} {}

  void forward(const Forward& call) override {
    const Variable& x = *call.inputs[0];
    const std::string_view op = call.op.name;
    const bool reshapes = op == "flatten" || op == "reshape";
    const std::size_t rank = call.result.dimension();
    if (reshapes && x.rank() == 4 && rank == 2)
      flattened_.insert_or_assign(&call.result, Image{call.value, x.shape()[3]});
    else if (reshapes && rank == 4 && x.rank() != 4)
      throw ValueError({"flattened_images", call.op.at},
                       text("the op ", op, " makes images (N, H, W, C) of ", x.shape(),
                            ", which PyTorch would make (N, C, H, W)"));
    else if (const auto image = flattened_.find(&x.value()); image != flattened_.end())
      follow(call, image->second.channels);
  }

 private:
  struct Image {
    Value value;  // kept, so that its address stands for nothing else
    std::size_t channels;
  };

  void follow(const Forward& call, std::size_t channels) {
    const std::string_view op = call.op.name;
    if ((op != "dense" && op != "matmul") || call.inputs.size() < 2) {
      if (call.result.shape() == call.inputs[0]->shape())  // elementwise
        flattened_.insert_or_assign(&call.result, Image{call.value, channels});
      return;
    }
    const Array* const weight = &call.inputs[1]->value();
    const auto named = std::ranges::find_if(parameters_, [&](const NamedParameter& p) {
      return &*p.parameter->shared_value() == weight;
    });
    if (named == parameters_.end()) return;
    const auto [known, added] = found_.emplace(named->name, channels);
    if (!added && known->second != channels)
      throw ValueError({"flattened_images", call.op.at},
                       text(named->name, " reads flattened images of ", known->second, " and of ",
                            channels, " channels"));
  }

  const std::vector<NamedParameter>& parameters_;
  FlattenedImages& found_;
  std::map<const Array*, Image> flattened_;
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
