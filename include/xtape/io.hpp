// SPDX-License-Identifier: MIT
/// \file
/// Reading and writing models, and files for TensorBoard.
#pragma once

#include <xtape/io/checkpoint.hpp>
#include <xtape/io/event_file.hpp>
#include <xtape/io/layout.hpp>
#include <xtape/io/npz.hpp>
#include <xtape/io/weights.hpp>
#include <xtape/io/writable.hpp>
