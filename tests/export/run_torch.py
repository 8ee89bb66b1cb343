#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs models in PyTorch with weights from files, for the tests of export.

run_torch.py f4|f8 < list      the precision of all numbers

Each line of the list is: read or write, a model with its sizes as transformer,65,64,4,4,128, a file of weights (npz), one
of its input, images (N, C, H, W) or int32 ids (N, T), and one for its result. Weights that are written are PyTorch's own.
"""
import collections
import sys

import numpy
import torch
from torch import nn
from torch.nn import functional


class LeNet5(nn.Sequential):
    input = 1, 28, 28

    def __init__(self):
        super().__init__(
            collections.OrderedDict([
                ("0", nn.Conv2d(1, 6, 5, padding=2)), ("0a", nn.ReLU()), ("0b", nn.MaxPool2d(2)),
                ("1", nn.Conv2d(6, 16, 5)), ("1a", nn.ReLU()), ("1b", nn.MaxPool2d(2)),
                ("2", nn.Flatten()), ("3", nn.Linear(400, 120)), ("3a", nn.ReLU()),
                ("4", nn.Linear(120, 84)), ("4a", nn.ReLU()), ("5", nn.Linear(84, 10))
            ]))


class Block(nn.Module):
    def __init__(self, before, channels):
        super().__init__()
        self.more = channels - before
        self.conv1 = nn.Conv2d(before, channels, 3, 2 if self.more else 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)

    def forward(self, x):
        y = self.bn2(self.conv2(functional.relu(self.bn1(self.conv1(x)))))
        if self.more:
            x = functional.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.more // 2, self.more // 2))
        return functional.relu(x + y)


class ResNet20(nn.Module):
    input = 3, 32, 32

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        for i, (before, channels) in enumerate([(16, 16), (16, 32), (32, 64)]):
            blocks = [Block(before if j == 0 else channels, channels) for j in range(3)]
            setattr(self, f"layer{i + 1}", nn.Sequential(*blocks))
        self.fc = nn.Linear(64, 10)

    def forward(self, x):
        y = functional.relu(self.bn1(self.conv1(x)))
        return self.fc(self.layer3(self.layer2(self.layer1(y))).mean((2, 3)))


class Transformer(nn.Module):
    def __init__(self, vocabulary, context, layers, heads, channels):
        super().__init__()
        self.input = context,
        self.embedding = nn.Embedding(vocabulary, channels)
        self.positions = nn.Embedding(context, channels)
        self.layers = nn.ModuleList(
            nn.TransformerEncoderLayer(
                channels, heads, 4 * channels, 0, "gelu", batch_first=True, norm_first=True) for _ in range(layers))
        self.norm = nn.LayerNorm(channels)
        self.head = nn.Linear(channels, vocabulary, bias=False)

    def forward(self, x):
        context = x.shape[1]
        later = torch.ones(context, context).triu(1).bool()
        y = self.embedding(x) + self.positions(torch.arange(context))
        for layer in self.layers:
            y = layer(y, later)
        return self.head(self.norm(y))


class LSTM(nn.Module):
    def __init__(self, vocabulary, context, layers, embedding, width):
        super().__init__()
        self.input = context,
        self.embedding = nn.Embedding(vocabulary, embedding)
        self.lstm = nn.LSTM(embedding, width, layers, batch_first=True)
        self.head = nn.Linear(width, vocabulary)

    def forward(self, x):
        return self.head(self.lstm(self.embedding(x))[0])


def shake(net):
    """Gives what begins as zeros or ones, as biases and statistics, other values."""
    for name, value in net.state_dict().items():
        if value.dim() == 1:
            value.copy_(torch.rand_like(value) + (0.5 if name.endswith(("weight", "var")) else -0.5))


def run(way, model, weights, source, result):
    name, *sizes = model.split(",")
    net = {"lenet5": LeNet5, "resnet20": ResNet20, "transformer": Transformer, "lstm": LSTM}[name](*map(int, sizes))
    if way == "write":
        shake(net)
        numpy.savez(weights, **{name: value.numpy() for name, value in net.state_dict().items()})
    else:
        net.load_state_dict({name: torch.from_numpy(value) for name, value in numpy.load(weights).items()})
    of_text = len(net.input) == 1
    x = torch.from_numpy(numpy.fromfile(source, "i4" if of_text else precision).reshape(-1, *net.input))
    with torch.no_grad():
        # Without dropout both modes compute the same, but PyTorch's encoder has other code for evaluation.
        net.train(of_text)(x.long() if of_text else x).numpy().tofile(result)


torch.set_num_threads(1)
torch.manual_seed(1)
precision = sys.argv[1]
torch.set_default_dtype({"f4": torch.float32, "f8": torch.float64}[precision])
for line in sys.stdin:
    run(*line.split())
