// SPDX-License-Identifier: MIT
#include <xtape/xtape.hpp>

#include <iostream>

#include <xtensor/xio.hpp>

using namespace xtape;

int main() {
  {
    //! [pass]
    Tape tape;
    Variable x = tape.variable({1, 2, 3});
    Variable y = sum(square(x)) + 5;
    tape.backward(y);
    std::cout << "y = " << y.item() << '\n' << "dy/dx = " << x.grad() << '\n';
    //! [pass]
  }
  {
    //! [broadcast]
    Tape tape;
    Variable x = tape.input({{1, 2, 3}, {4, 5, 6}});  // a constant: no gradient
    Variable bias = tape.variable({10, 20, 30});      // repeated for each row
    tape.backward(sum(x * bias));
    std::cout << "dy/dbias = " << bias.grad() << '\n';  // summed back to its shape
    //! [broadcast]
  }
  {
    //! [parameter]
    Parameter w{Array{{2, 1}, {-1, 1}}};
    Tape tape;
    Variable x = tape.input({{1, 0}, {0, 1}, {1, 1}});
    Variable loss = mean(square(matmul(x, tape.parameter(w))));
    tape.backward(loss);
    std::cout << "loss " << loss.item() << '\n' << "gradient\n" << w.grad() << '\n';
    //! [parameter]
  }
  {
    //! [eval]
    Parameter w{Array{{2, 1}, {-1, 1}}};
    Tape tape{Mode::eval};
    Variable y = matmul(tape.input({{3, 4}}), tape.parameter(w));
    std::cout << "y = " << y.value() << ", recorded: " << tape.size() << " nodes\n";
    //! [eval]
  }
}
