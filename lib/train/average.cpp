// SPDX-License-Identifier: MIT
#include <xtape/train/average.hpp>

#include "kernels/parallel.hpp"
#include "ranges.hpp"

#include <algorithm>

namespace xtape::inline XTAPE_ABI {
namespace {

void check_shape(const Op& op, const Array& average, const Parameter& parameter) {
  if (average.shape() != parameter.shape())
    throw ShapeError(
        op, text("expected an average of shape ", parameter.shape(), ", got ", average.shape()),
        "was the parameter's value replaced?");
}

}  // namespace

WeightAverage::WeightAverage(const WeightAverageOptions& options, Location at) : options_{options} {
  check_fraction({"weight_average", at}, "decay", options.decay);
}

void WeightAverage::begin(std::span<Parameter* const>) {
  check_not_applied(Op::nowhere(name()));
  averages_.begin_pass();
  ++steps_;
}

void WeightAverage::visit(Parameter& parameter) {
  auto& [average, visits] = averages_[parameter];
  if (++visits == 1) {
    average = parameter.value();
    return;
  }
  check_shape(Op::nowhere(name()), average, parameter);
  const double t = static_cast<double>(steps_), limit = (1 + t) / (10 + t);
  const double decay = options_.warmup ? std::min(options_.decay, limit) : options_.decay;
  const auto take = static_cast<Scalar>(1 - decay);
  const Scalar* const w = parameter.value().data();
  Scalar* const a = average.data();
  // Not d * a + (1 - d) * w: rounded to float the two factors no longer add up to 1, and the average of
  // a constant would end beside it.
  kernels::parallel_ranges(average.size(), kernels::elementwise_grain,
                           [=](std::size_t begin, std::size_t end) {
                             for (std::size_t i = begin; i < end; ++i) a[i] += take * (w[i] - a[i]);
                           });
}

void WeightAverage::state(StateList& list) {
  check_not_applied(Op::nowhere(name()));
  list("steps", steps_, StateList::most_steps);
  for (const auto& [name, parameter] : list.parameters()) {
    auto& [average, visits] = averages_[*parameter];
    if (visits == 0) average = zeros(parameter->shape());
    list(name + ".average", average);
    list(name + ".visits", visits);
    list.check([this, name = name, &visits = visits] {
      return visits <= steps_ ? std::string{}
                              : text(name, ".visits is ", visits, ", after ", steps_, " steps");
    });
  }
}

const Array& WeightAverage::average(const Parameter& parameter) const {
  const Average* const known = averages_.find(parameter);
  return known != nullptr && known->visits > 0 ? known->array : parameter.value();
}

void WeightAverage::check_not_applied(const Op& op) const {
  if (applied_)
    throw ValueError(op, "the averages are in the model already",
                     "end the scope of what applied() returned first");
}

WeightAverage::Applied::Applied(WeightAverage& average, std::vector<Parameter*> parameters,
                                Location at)
    : average_{average}, parameters_{std::move(parameters)} {
  const Op op{average.name(), at};
  average.check_not_applied(op);
  std::erase_if(parameters_, [&](const Parameter* parameter) {
    const Average* const known = average.averages_.find(*parameter);
    return known == nullptr || known->visits == 0;
  });
  for (const Parameter* parameter : parameters_)
    check_shape(op, average.averages_.find(*parameter)->array, *parameter);
  swap();
  average.applied_ = true;
}

WeightAverage::Applied::~Applied() {
  swap();
  average_.applied_ = false;
}

void WeightAverage::Applied::swap() noexcept {
  for (Parameter* parameter : parameters_)
    std::swap(parameter->value(), average_.averages_.find(*parameter)->array);
}

}  // namespace xtape::inline XTAPE_ABI
