#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares what a tool of GradBench answers with the definitions, in numpy.

    gradbench.py TOOL...    the command of the tool

Each function is written as its formula, for one element after the other where the tool has arrays, and derived by
complex steps (Squire and Trapp, 1998): Im f(x + i h) / h has no rounding, so that an h of 1e-30 gives all digits.
"""

import itertools
import json
import math
import subprocess
import sys

import numpy as np


def gradient(f, x):
    """The gradient of f at x, of the shape of x."""
    x = np.asarray(x, float)
    slopes = np.zeros(x.size)
    for i in range(x.size):
        at = x.astype(complex).ravel()
        at[i] += 1e-30j
        slopes[i] = f(at.reshape(x.shape)).imag / 1e-30
    return slopes.reshape(x.shape)


def by_each(f, given, names):
    """The gradients by the arrays of these names."""
    return {name: gradient(lambda x, name=name: f(given | {name: x}), given[name]) for name in names}


def lse(given):
    return np.log(sum(np.exp(x) for x in given["x"]))


def llsq(given):
    n = given["n"]
    t = [-1 + i * 2 / (n - 1) for i in range(n)]
    return sum((np.sign(ti) - sum(x * ti**k for k, x in enumerate(given["x"]))) ** 2 for ti in t) / 2


def det(given):
    size = given["ell"]
    total = 0
    for order in itertools.permutations(range(size)):
        sign = (-1) ** sum(a > b for a, b in itertools.combinations(order, 2))
        total += sign * math.prod(given["A"][row * size + column] for row, column in enumerate(order))
    return total


def ode(given):
    x, h = given["x"], 2 / given["s"]

    def slope(y):
        return np.array([x[0], *(x[i] * y[i - 1] for i in range(1, len(x)))])

    y = 0 * np.array(x)
    for _ in range(given["s"]):
        k1 = slope(y)
        k2 = slope(y + h * k1 / 2)
        k3 = slope(y + h * k2 / 2)
        k4 = slope(y + h * k3)
        y = y + h * (k1 + 2 * k2 + 2 * k3 + k4) / 6
    return y


def gmm(given):
    alpha, mu, q, l, x = (np.asarray(given[name]) for name in ("alpha", "mu", "q", "l", "x"))
    d, n = mu.shape[1], mu.shape[1] + given["m"] + 1
    weights = np.exp(alpha) / sum(np.exp(alpha))
    densities, prior = 0, 0
    for k, weight in enumerate(weights):
        Q = np.diag(np.exp(q[k])).astype(complex)
        Q[np.triu_indices(d, 1)[::-1]] = l[k]  # the columns below the diagonal are the rows above it
        for_each = [Q @ (point - mu[k]) for point in x]
        densities = densities + weight * np.array(
            [np.prod(np.exp(q[k])) * np.exp(-(z @ z) / 2) / (2 * np.pi) ** (d / 2) for z in for_each]
        )
        log_gamma = d * (d - 1) / 4 * np.log(np.pi) + sum(math.lgamma(n / 2 + (1 - j) / 2) for j in range(1, d + 1))
        prior += n * d * (np.log(given["gamma"]) - np.log(2) / 2) - log_gamma
        prior += given["m"] * sum(q[k]) - given["gamma"] ** 2 / 2 * sum((Q * Q).ravel())
    return sum(np.log(densities)) + prior


def lstm(given):
    main, extra, sequence = given["main_params"], given["extra_params"], np.asarray(given["sequence"])
    state = [np.array(row, complex) for row in given["state"]]
    total = 0
    for now, then in zip(sequence, sequence[1:]):
        x = now * extra[0]
        for layer in range(0, len(main), 2):
            w, b = np.split(main[layer], 4), np.split(main[layer + 1], 4)
            hidden, cell = state[layer], state[layer + 1]
            forget, into, out = (1 / (1 + np.exp(-(of * w[i] + b[i]))) for i, of in enumerate((x, hidden, x)))
            cell = cell * forget + into * np.tanh(hidden * w[3] + b[3])
            x = out * np.tanh(cell)
            state[layer : layer + 2] = x, cell
        y = x * extra[1] + extra[2]
        total += sum(then * (y - np.log(2 + sum(np.exp(y)))))
    return -total / ((len(sequence) - 1) * sequence.shape[1])


def distance(p, c):
    return sum((p - c) ** 2)


def kmeans(given):
    centroids = np.asarray(given["centroids"])
    return sum(min((distance(p, c) for c in centroids), key=lambda z: z.real) for p in np.asarray(given["points"]))


def newton(given):
    """The gradient divided by the Hessian: how far each centroid is from the mean of the points that are near it."""
    points, centroids = np.asarray(given["points"]), np.asarray(given["centroids"])
    near = np.array([np.argmin([distance(p, c) for c in centroids]) for p in points])
    return np.array([c - points[near == k].mean(axis=0) for k, c in enumerate(centroids)])


def cases():
    """Modules, functions, inputs and what is expected."""
    rng = np.random.default_rng(1)

    def drawn(*shape):
        return rng.normal(size=shape)

    yield "hello", "square", 3.0, 9.0
    yield "hello", "double", 3.0, 6.0
    for x in (drawn(1), 100 * drawn(7), 600 + drawn(5)):
        given = {"x": x}
        yield "lse", "primal", given, lse(given)
        yield "lse", "gradient", given, gradient(lambda x: lse({"x": x}), x)
    for n, m in ((2, 1), (7, 3), (16, 12)):
        given = {"x": drawn(m), "n": n}
        yield "llsq", "primal", given, llsq(given)
        yield "llsq", "gradient", given, by_each(llsq, given, ["x"])["x"]
    for size in (1, 2, 3, 6):
        given = {"A": drawn(size * size), "ell": size}
        yield "det", "primal", given, det(given)
        yield "det", "gradient", given, by_each(det, given, ["A"])["A"]
    for n, s in ((1, 1), (2, 3), (6, 10)):
        given = {"x": drawn(n), "s": s}
        yield "ode", "primal", given, ode(given)
        yield "ode", "gradient", given, gradient(lambda x, s=s: ode({"x": x, "s": s})[-1], given["x"])
    for d, k, n, m, gamma in ((1, 1, 1, 0, 1.0), (2, 3, 5, 0, 1.0), (4, 2, 6, 2, 0.7)):
        given = {"d": d, "k": k, "n": n, "m": m, "gamma": gamma, "x": drawn(n, d), "alpha": drawn(k)}
        given |= {"mu": drawn(k, d), "q": drawn(k, d), "l": drawn(k, d * (d - 1) // 2)}
        yield "gmm", "objective", given, gmm(given)
        yield "gmm", "jacobian", given, by_each(gmm, given, ["alpha", "mu", "q", "l"])
    for layers, steps, b in ((1, 2, 1), (2, 4, 3)):
        given = {"main_params": drawn(2 * layers, 4 * b), "extra_params": drawn(3, b)}
        given |= {"state": drawn(2 * layers, b), "sequence": rng.integers(0, 2, (steps, b)).astype(float)}
        yield "lstm", "objective", given, lstm(given)
        by = by_each(lstm, given, ["main_params", "extra_params"])
        yield "lstm", "jacobian", given, np.concatenate([by["main_params"].ravel(), by["extra_params"].ravel()])
    for n, k, d in ((1, 1, 1), (20, 4, 3)):
        points = drawn(n, d)
        given = {"points": points, "centroids": points[-k:] + 0.1}
        yield "kmeans", "cost", given, kmeans(given)
        yield "kmeans", "dir", given, newton(given)


def plain(value):
    """As JSON has it, without what is imaginary, which only steps have."""
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items()}
    return np.asarray(value).real.tolist()


def difference(a, b):
    """The largest of all numbers, relative to those above 1; infinite where there is anything else."""
    if isinstance(a, dict) and isinstance(b, dict) and a.keys() == b.keys():
        return max(difference(a[name], b[name]) for name in a)
    if isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        return max((difference(*pair) for pair in zip(a, b)), default=0)
    if isinstance(a, (int, float)) and isinstance(b, (int, float)):
        return abs(a - b) / max(1, abs(b))
    return math.inf


def main():
    tool = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    different = 0
    compared = set()
    for number, (module, function, given, expected) in enumerate(cases()):
        message = {"id": number, "kind": "evaluate", "module": module, "function": function, "input": plain(given)}
        print(json.dumps(message), file=tool.stdin, flush=True)
        answer = json.loads(tool.stdout.readline())
        by = difference(answer.get("output"), plain(expected))
        if answer["id"] != number or not by < 1e-10:
            print(f"{module}::{function} of {plain(given)}: expected {plain(expected)}, got {answer}")
            different += 1
        compared.add(module)
    tool.stdin.close()
    print(f"{number + 1} answers of {len(compared)} modules, {different} wrong")
    sys.exit(different > 0 or tool.wait())


if __name__ == "__main__":
    main()
