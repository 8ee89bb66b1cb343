#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs a transformer of text in PyTorch with weights from a file, for the tests of export.

run_torch_text.py f4|f8 WEIGHTS.npz IDS LOGITS LAYERS HEADS  int32 (N, context) to numbers (N, context, vocabulary)
"""
import sys

import numpy
import torch

precision, weights, ids, results = sys.argv[1:5]
layers, heads = map(int, sys.argv[5:])
torch.set_num_threads(1)
torch.set_default_dtype({"f4": torch.float32, "f8": torch.float64}[precision])
state = {name: torch.from_numpy(value) for name, value in numpy.load(weights).items()}
vocabulary, channels = state["embedding.weight"].shape
context = state["positions.weight"].shape[0]
hidden = state["layers.0.linear1.weight"].shape[0]


class Text(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = torch.nn.Embedding(vocabulary, channels)
        self.positions = torch.nn.Embedding(context, channels)
        self.layers = torch.nn.ModuleList(
            torch.nn.TransformerEncoderLayer(
                channels, heads, hidden, 0, "gelu", batch_first=True, norm_first=True) for _ in range(layers))
        self.norm = torch.nn.LayerNorm(channels)
        self.head = torch.nn.Linear(channels, vocabulary, bias=False)

    def forward(self, x):
        later = torch.ones(context, context).triu(1).bool()
        y = self.embedding(x) + self.positions(torch.arange(context))
        for layer in self.layers:
            y = layer(y, later)
        return self.head(self.norm(y))


net = Text()
net.load_state_dict(state)
x = torch.from_numpy(numpy.fromfile(ids, "i4").reshape(-1, context).astype("i8"))
net(x).detach().numpy().tofile(results)
