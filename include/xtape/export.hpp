// SPDX-License-Identifier: MIT
/// \file
/// Models for other software.
#pragma once

#include <xtape/export/flattened.hpp>
#include <xtape/export/onnx.hpp>
