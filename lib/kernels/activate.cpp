// SPDX-License-Identifier: MIT
#include "kernels/activate.hpp"

#include "kernels/dispatch.hpp"
#include "kernels/functions.hpp"

namespace xtape::inline XTAPE_ABI::kernels {

void activate(Activation activation, Scalar* y, Scalar* slope, std::size_t count) {
  const FunctionKernels& k = best<FunctionKernels>();
  const Scalar zero = 0;
  const Source from[] = {{y}, {&zero, true}};
  const auto apply = [&](Function f) { k.apply[static_cast<std::size_t>(f)](from, y, count); };
  switch (activation) {
    case Activation::none: return;
    case Activation::relu: return apply(Function::maximum);
    case Activation::tanh: return apply(Function::tanh);
    case Activation::sigmoid: return apply(Function::sigmoid);
    case Activation::gelu: return k.gelu(y, slope, count);
  }
}

}  // namespace xtape::inline XTAPE_ABI::kernels
