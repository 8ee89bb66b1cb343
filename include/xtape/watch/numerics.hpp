// SPDX-License-Identifier: MIT
/// \file
/// Where a NaN or an infinity comes from.
#pragma once

#include <xtape/observer.hpp>
#include <xtape/parameter.hpp>

#include <memory>
#include <vector>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// Looks for the first NaN or infinity that any tape or visitor of its thread makes, while it lives, and
/// throws NumericsError there: with the op, its layer, the place, and the shapes and statistics of what
/// the op had computed from.
/// ```
/// NumericsCheck check{parameters(net)};
/// fit(net, train, test, {}, rng, adam);
/// // [log] layer 2: the result (64, 10) has 3 infinities; input 1 (64, 10): from 0 to 1.5, mean 0.2 at ...
/// ```
/// It reads every result and every gradient once more, and keeps the inputs of all ops until the next tape
/// is made: for finding a fault, not for every run.
class NumericsCheck : public Observer {
 public:
  /// \param names what a parameter is called in a message: `parameters(net)`
  explicit NumericsCheck(std::vector<NamedParameter> names = {});
  ~NumericsCheck() override;

  void begin(const Tape& tape) override;                    ///< Forgets the last tape.
  void forward(const Forward& call) override;               ///< Checks a result.
  void backward(const Backward& call) override;             ///< Keeps how the gradient looked.
  void input_gradient(const InputGradient& call) override;  ///< Checks the gradient of an input.
  void update(const Visitor& visitor,
              std::span<Parameter* const> parameters) override;  ///< Checks values after a visitor.

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop
