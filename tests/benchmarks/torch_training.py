# SPDX-License-Identifier: MIT
"""The same models, trained in the same way by PyTorch: the counterpart of training.cpp.

    torch_mnist.py --model cnn --threads 2 --steps 300

prints a line of JSON: the images per second of each block of 50 steps, after 50 steps that are not
counted, and the peak of resident memory. The images are random, as there.

PyTorch gets its best set-up. Both parts must be there before the process starts, so it starts itself
anew: OpenBLAS built with OpenMP, where Debian has one, as the threads of another build get in the way
of PyTorch's own; and a malloc that keeps what is freed, where it would else give memory back to the
system and take it again in every step.
"""
import argparse
import json
import os
import resource
import sys
import time

BLOCK_STEPS = 50
SHAPES = {"cnn": (1, 28, 28), "lenet5": (1, 28, 28), "mlp": (1, 28, 28), "vgg": (3, 32, 32)}
BYTES = 60000 * 28 * 28


def restart_with(settings):
    if any(os.environ.get(name) != value for name, value in settings.items()):
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **settings})


def make_model(name, nn):
    if name == "cnn":
        return nn.Sequential(
            nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Dropout(0.25), nn.Flatten(),
            nn.Linear(13 * 13 * 32, 256), nn.ReLU(), nn.Dropout(0.5), nn.Linear(256, 10))
    if name == "lenet5":
        return nn.Sequential(
            nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
            nn.Linear(5 * 5 * 16, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10))
    if name == "vgg":
        layers = []
        for inputs, outputs, pooled in [(3, 32, False), (32, 32, True), (32, 64, False), (64, 64, True),
                                        (64, 128, False), (128, 128, True)]:
            layers += [nn.Conv2d(inputs, outputs, 3, padding=1), nn.ReLU()]
            layers += [nn.MaxPool2d(2)] if pooled else []
        return nn.Sequential(
            *layers, nn.Flatten(), nn.Dropout(0.25), nn.Linear(4 * 4 * 128, 128), nn.ReLU(),
            nn.Dropout(0.5), nn.Linear(128, 10))
    return nn.Sequential(
        nn.Flatten(), nn.Linear(28 * 28, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(),
        nn.Linear(128, 10))


def measure(options):
    import torch
    from torch import nn

    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    shape = SHAPES[options.model]
    count = BYTES // (shape[0] * shape[1] * shape[2])
    images = torch.rand(count, *shape)
    labels = torch.randint(10, (count,))
    model = make_model(options.model, nn)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)

    def batches():
        while True:
            for indices in torch.randperm(count).split(options.batch_size):
                if len(indices) == options.batch_size:
                    yield images[indices], labels[indices]

    rates = []
    start = None
    for step, (x, y) in enumerate(batches(), 1):
        optimizer.zero_grad(set_to_none=True)
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
        if step % BLOCK_STEPS:
            continue
        now = time.perf_counter()
        if start is not None:
            rates.append(BLOCK_STEPS * options.batch_size / (now - start))
        if step >= BLOCK_STEPS + options.steps:
            return rates
        start = now


parser = argparse.ArgumentParser()
parser.add_argument("--model", choices=list(SHAPES), default="cnn")
parser.add_argument("--batch-size", type=int, default=64)
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--steps", type=int, default=300)
options = parser.parse_args()
restart_with({
    "LD_LIBRARY_PATH": f"/usr/lib/{os.uname().machine}-linux-gnu/openblas-openmp",
    "OMP_NUM_THREADS": str(options.threads),
    "MALLOC_MMAP_THRESHOLD_": str(1 << 30),
    "MALLOC_TRIM_THRESHOLD_": str(1 << 32),
})
rates = measure(options)
print(json.dumps({
    "program": "pytorch", "model": options.model, "threads": options.threads, "rates": rates,
    "peak_megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6}))
