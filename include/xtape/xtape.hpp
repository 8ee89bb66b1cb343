// SPDX-License-Identifier: MIT
/// \file
/// All of xtape.
#pragma once

#include <xtape/compute.hpp>
#include <xtape/data.hpp>
#include <xtape/derivatives.hpp>
#include <xtape/distributed.hpp>
#include <xtape/export.hpp>
#include <xtape/io.hpp>
#include <xtape/layers.hpp>
#include <xtape/ops.hpp>
#include <xtape/optim.hpp>
#include <xtape/precision.hpp>
#include <xtape/threads.hpp>
#include <xtape/train.hpp>
#include <xtape/version.hpp>
#include <xtape/watch.hpp>
