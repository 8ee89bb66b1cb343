// SPDX-License-Identifier: MIT
#include "evaluations.hpp"

using namespace xtape;

namespace gradbench {
namespace {

// Which centroid is nearest to each point: that with the least |c|^2 - 2 c p.
PooledVector<std::int32_t> nearest(const Value& points, const Array& centroids) {
  Tape tape{Mode::eval};
  const Variable p = tape.input(points), c = tape.input(centroids);
  return argmin(dense(p, -2 * transpose(c), sum(square(c), {.axes = {1}})).value());
}

// The sum over all points of the square of the distance to the nearest centroid, a minimum, which has the derivatives
// of what it is.
Variable cost(const Value& points, const Variable& centroids) {
  const Variable p = centroids.tape().input(points);
  return sum(square(gather(centroids, nearest(points, centroids.value())) - p));
}

// Newton's: the gradient divided by the Hessian, which is diagonal, so that its product with ones is all of it.
Array direction(const Value& points, const Value& centroids) {
  Tape tape{Mode::derive};
  const Variable c = tape.variable(centroids);
  const Variable gradient = tape.gradient(cost(points, c), c);
  return (gradient / tape.gradient(sum(gradient), c)).value();
}

}  // namespace

Module kmeans() {
  return {{"cost",
           [](const Input& in) {
             return value(std::bind_front(cost, in("points", 2)), in("centroids", 2));
           }},
          {"dir", [](const Input& in) { return direction(in("points", 2), in("centroids", 2)); }}};
}

}  // namespace gradbench
