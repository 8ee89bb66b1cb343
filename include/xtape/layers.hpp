// SPDX-License-Identifier: MIT
/// \file
/// All layers.
#pragma once

#include <xtape/layers/attention.hpp>
#include <xtape/layers/checkpoint.hpp>
#include <xtape/layers/conv.hpp>
#include <xtape/layers/dense.hpp>
#include <xtape/layers/embedding.hpp>
#include <xtape/layers/init.hpp>
#include <xtape/layers/layer.hpp>
#include <xtape/layers/normalization.hpp>
#include <xtape/layers/recurrent.hpp>
#include <xtape/layers/residual.hpp>
#include <xtape/layers/sequential.hpp>
#include <xtape/layers/stateless.hpp>
#include <xtape/layers/transformer.hpp>
