// SPDX-License-Identifier: MIT
/// \file
/// All ops.
#pragma once

#include <xtape/ops/activation.hpp>
#include <xtape/ops/arithmetic.hpp>
#include <xtape/ops/attention.hpp>
#include <xtape/ops/conv.hpp>
#include <xtape/ops/dropout.hpp>
#include <xtape/ops/einsum.hpp>
#include <xtape/ops/elementwise.hpp>
#include <xtape/ops/index.hpp>
#include <xtape/ops/linear.hpp>
#include <xtape/ops/loss.hpp>
#include <xtape/ops/normalization.hpp>
#include <xtape/ops/pool.hpp>
#include <xtape/ops/recurrent.hpp>
#include <xtape/ops/reduce.hpp>
#include <xtape/ops/resample.hpp>
#include <xtape/ops/shape.hpp>
#include <xtape/ops/softmax.hpp>
#include <xtape/ops/unary.hpp>
#include <xtape/record.hpp>
