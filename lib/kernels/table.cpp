// SPDX-License-Identifier: MIT
// Compiled once per instruction set.
#include "kernels/kernels.hpp"

#define XTAPE_STRING_(x) #x
#define XTAPE_STRING(x) XTAPE_STRING_(x)

namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA {

void fill(MapKernels&);
void fill(RowKernels&);
void fill(DenseKernels&);
void fill(ConvKernels&);
void fill(ConvGradKernels&);
void fill(Col2imKernels&);
void fill(PoolKernels&);
void fill(RandomKernels&);
void fill(OptimKernels&);

void fill(Table& table) {
  table.isa = XTAPE_STRING(XTAPE_ISA);
  fill(static_cast<MapKernels&>(table));
  fill(static_cast<RowKernels&>(table));
  fill(static_cast<DenseKernels&>(table));
  fill(static_cast<ConvKernels&>(table));
  fill(static_cast<ConvGradKernels&>(table));
  fill(static_cast<Col2imKernels&>(table));
  fill(static_cast<PoolKernels&>(table));
  fill(static_cast<RandomKernels&>(table));
  fill(static_cast<OptimKernels&>(table));
}

}  // namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA
