// SPDX-License-Identifier: MIT
/// \file
/// All optimizers, learning-rate schedules, and gradient clipping.
#pragma once

#include <xtape/optim/adadelta.hpp>
#include <xtape/optim/adagrad.hpp>
#include <xtape/optim/adam.hpp>
#include <xtape/optim/adamax.hpp>
#include <xtape/optim/adamw.hpp>
#include <xtape/optim/clip.hpp>
#include <xtape/optim/factory.hpp>
#include <xtape/optim/lamb.hpp>
#include <xtape/optim/lion.hpp>
#include <xtape/optim/lookahead.hpp>
#include <xtape/optim/muon.hpp>
#include <xtape/optim/nadam.hpp>
#include <xtape/optim/optimizer.hpp>
#include <xtape/optim/rmsprop.hpp>
#include <xtape/optim/schedule.hpp>
#include <xtape/optim/sgd.hpp>
