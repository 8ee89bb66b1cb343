#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs LeNet-5 in PyTorch with weights from a file, for the tests of export.

run_torch.py WEIGHTS.npz INPUT OUTPUT     floats of (N, 1, 28, 28) to floats of (N, 10)
run_torch.py --write NEW.npz INPUT OUTPUT  writes PyTorch's own initial weights before that
"""
import collections
import sys

import numpy
import torch

torch.set_num_threads(1)
torch.manual_seed(1)
net = torch.nn.Sequential(
    collections.OrderedDict([
        ("0", torch.nn.Conv2d(1, 6, 5, padding=2)), ("0a", torch.nn.ReLU()), ("0b", torch.nn.MaxPool2d(2)),
        ("1", torch.nn.Conv2d(6, 16, 5)), ("1a", torch.nn.ReLU()), ("1b", torch.nn.MaxPool2d(2)),
        ("2", torch.nn.Flatten()), ("3", torch.nn.Linear(400, 120)), ("3a", torch.nn.ReLU()),
        ("4", torch.nn.Linear(120, 84)), ("4a", torch.nn.ReLU()), ("5", torch.nn.Linear(84, 10))
    ]))
write = sys.argv[1] == "--write"
weights, images, results = sys.argv[1 + write:]
if write:
    numpy.savez(weights, **{name: value.numpy() for name, value in net.state_dict().items()})
else:
    arrays = numpy.load(weights).items()
    net.load_state_dict({name: torch.from_numpy(value.astype("f4")) for name, value in arrays})
x = torch.from_numpy(numpy.fromfile(images, "f4").reshape(-1, 1, 28, 28))
net(x).detach().numpy().tofile(results)
