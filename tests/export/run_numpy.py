#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Computes models of text by the formulas of PyTorch's layers, in numpy alone, with weights from safetensors files, for
the tests of export.

run_numpy.py f4|f8 < list      the precision of all numbers

The list is that of run_torch.py. Weights that are written are random, of the names and shapes that the file has.
"""
import math
import pathlib
import sys

import numpy

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "io"))
import read_safetensors  # noqa: E402, by the page of the format

erf = numpy.vectorize(math.erf)


def sigmoid(x):
    return 1 / (1 + numpy.exp(-x))


def linear(w, name, x):
    y = x @ w[f"{name}.weight"].T
    return y + w[f"{name}.bias"] if f"{name}.bias" in w else y


def layer_norm(w, name, x):
    d = x - x.mean(-1, keepdims=True)
    return d / numpy.sqrt((d * d).mean(-1, keepdims=True) + 1e-5) * w[f"{name}.weight"] + w[f"{name}.bias"]


def attention(w, name, x, heads):
    """Each step sees those up to its own."""
    count, steps, channels = x.shape
    qkv = x @ w[f"{name}.in_proj_weight"].T + w[f"{name}.in_proj_bias"]
    q, k, v = (part.reshape(count, steps, heads, -1).swapaxes(1, 2) for part in numpy.split(qkv, 3, -1))
    scores = q @ k.swapaxes(2, 3) / math.sqrt(channels // heads)
    scores = numpy.where(numpy.tri(steps, dtype=bool), scores, -numpy.inf)
    weights = numpy.exp(scores - scores.max(-1, keepdims=True))
    y = weights / weights.sum(-1, keepdims=True) @ v
    return linear(w, f"{name}.out_proj", y.swapaxes(1, 2).reshape(x.shape))


def transformer(w, ids, _vocabulary, _context, layers, heads, _channels):
    x = w["embedding.weight"][ids] + w["positions.weight"][:ids.shape[1]]
    for layer in (f"layers.{i}" for i in range(layers)):
        x = x + attention(w, f"{layer}.self_attn", layer_norm(w, f"{layer}.norm1", x), heads)
        h = linear(w, f"{layer}.linear1", layer_norm(w, f"{layer}.norm2", x))
        x = x + linear(w, f"{layer}.linear2", h * (1 + erf(h / math.sqrt(2))) / 2)
    return linear(w, "head", layer_norm(w, "norm", x))


def lstm(w, ids, _vocabulary, _context, layers, _embedding, width):
    x = w["embedding.weight"][ids]
    for layer in range(layers):
        h = c = numpy.zeros((len(ids), width))
        steps = []
        for t in range(ids.shape[1]):
            gates = (x[:, t] @ w[f"lstm.weight_ih_l{layer}"].T + w[f"lstm.bias_ih_l{layer}"] +
                     h @ w[f"lstm.weight_hh_l{layer}"].T + w[f"lstm.bias_hh_l{layer}"])
            i, f, g, o = numpy.split(gates, 4, -1)
            c = sigmoid(f) * c + sigmoid(i) * numpy.tanh(g)
            h = sigmoid(o) * numpy.tanh(c)
            steps.append(h)
        x = numpy.stack(steps, 1)
    return linear(w, "head", x)


def run(way, model, weights, source, result):
    name, *sizes = model.split(",")
    metadata, arrays = read_safetensors.read(weights)
    if way == "write":
        arrays = {name: (dtype, random.uniform(-0.5, 0.5, array.shape).astype(array.dtype))
                  for name, (dtype, array) in arrays.items()}
        read_safetensors.write(weights, metadata, arrays)
    sizes = [int(size) for size in sizes]
    ids = numpy.fromfile(source, "i4").reshape(-1, sizes[1])
    wide = {name: array.astype("f8") for name, (_, array) in arrays.items()}
    {"transformer": transformer, "lstm": lstm}[name](wide, ids, *sizes).astype(precision).tofile(result)


random = numpy.random.default_rng(1)
precision = sys.argv[1]
for line in sys.stdin:
    run(*line.split())
