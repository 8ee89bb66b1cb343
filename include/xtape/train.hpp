// SPDX-License-Identifier: MIT
/// \file
/// Training.
#pragma once

#include <xtape/train/average.hpp>
#include <xtape/train/callbacks.hpp>
#include <xtape/train/classification.hpp>
#include <xtape/train/confusion.hpp>
#include <xtape/train/fit.hpp>
#include <xtape/train/history.hpp>
#include <xtape/train/predict.hpp>
#include <xtape/train/regression.hpp>
#include <xtape/train/task.hpp>
#include <xtape/train/update_statistics.hpp>
