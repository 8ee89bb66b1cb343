// SPDX-License-Identifier: MIT
/// \file
/// Training.
#pragma once

#include <xtape/train/average.hpp>
#include <xtape/train/callbacks.hpp>
#include <xtape/train/fit.hpp>
#include <xtape/train/predict.hpp>
#include <xtape/train/update_statistics.hpp>
