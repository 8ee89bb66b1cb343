// SPDX-License-Identifier: MIT
/// \file
/// The errors that xtape throws. Each begins with the op in brackets and names what was expected,
/// what was given, where in the user's code, and the likely fix:
/// `[dense] layer 5: expected (N, 5408), got (64, 13, 13, 32) at train.cpp:14; flatten missing?`
#pragma once

#include <xtape/op.hpp>

#include <exception>
#include <string>
#include <string_view>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// The base of all errors thrown by xtape.
class Error : public std::exception {
 public:
  /// \param op      what failed, and where it was called
  /// \param message what was expected and what was given
  /// \param hint    the likely fix, or nothing
  /// Both may have names from a file: a control character in them, or what is no UTF-8, is shown as `\x1b`.
  Error(const Op& op, std::string_view message, std::string_view hint = {});

  /// The whole text: `[op] layer path: message at file:line; hint`.
  const char* what() const noexcept override { return what_.c_str(); }
  /// The text without the tag, the layer, the place and the hint.
  const std::string& message() const noexcept { return message_; }
  /// The path of the layer in its model, such as `5` or `2.0`; empty outside a model.
  const std::string& layer() const noexcept { return layer_; }
  /// The likely fix, or nothing.
  const std::string& hint() const noexcept { return hint_; }

  /// Called by a container of layers as the error passes through it: puts `name` before the layer's
  /// path and replaces the place by the one where the container was called.
  void within(std::string_view name, const Location& at);

 private:
  void compose();
  std::string tag_, message_, hint_, layer_, place_, what_;
};

/// Shapes, ranks or axes that do not fit.
class ShapeError : public Error {
  using Error::Error;
};
/// A value out of its range: an option, a label, a number of classes.
class ValueError : public Error {
  using Error::Error;
};
/// A tape used in a way it does not allow: twice consumed, mixed with another, gone, in evaluation mode.
class TapeError : public Error {
  using Error::Error;
};
/// A file or dataset that cannot be read, written or trusted.
class DataError : public Error {
  using Error::Error;
};

/// Another rank of a distributed training that is gone, does not answer, or does something else.
class CommunicationError : public Error {
  using Error::Error;
};

/// A NaN or an infinity: a training that diverged, or what a NumericsCheck has found.
class NumericsError : public Error {
  using Error::Error;
};

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop
