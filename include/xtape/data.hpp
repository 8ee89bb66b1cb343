// SPDX-License-Identifier: MIT
/// \file
/// Everything about data: datasets, files, batches.
#pragma once

#include <xtape/data/arrays.hpp>
#include <xtape/data/augment.hpp>
#include <xtape/data/batch.hpp>
#include <xtape/data/batches.hpp>
#include <xtape/data/combined.hpp>
#include <xtape/data/csv.hpp>
#include <xtape/data/dataset.hpp>
#include <xtape/data/idx.hpp>
#include <xtape/data/images.hpp>
#include <xtape/data/published.hpp>
#include <xtape/data/subset.hpp>
#include <xtape/data/synthetic.hpp>
#include <xtape/data/text.hpp>
