# SPDX-License-Identifier: MIT
"""The same models, trained in the same way by PyTorch: the counterpart of training.cpp.

    torch_training.py --model cnn --threads 2 --steps 300

prints a line of JSON: the images, or texts, per second of each block of some steps, after a block that is not
counted, and the peak of resident memory. Images and texts are random, as there.

PyTorch gets its best set-up. Both parts must be there before the process starts, so it starts itself
anew: a BLAS with OpenMP, where Debian has one, as the threads of another build get in the way of
PyTorch's own; and a malloc that keeps what is freed, where it would else give memory back to the
system and take it again in every step.

Its modes: eager; channels_last, as oneDNN likes images; compile, torch.compile of the model; bf16,
channels_last with autocast; bf16_compile, that compiled.
"""
import argparse
import json
import os
import resource
import sys
import time

SHAPES = {"cnn": (1, 28, 28), "lenet5": (1, 28, 28), "mlp": (1, 28, 28), "vgg": (3, 32, 32), "resnet20": (3, 32, 32)}
BYTES = 60000 * 28 * 28
TEXTS, VOCABULARY, CONTEXT = ("lstm", "transformer"), 65, 64


def restart_with(settings):
    if any(os.environ.get(name) != value for name, value in settings.items()):
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **settings})


def make_resnet20(torch, nn):
    """He et al. (2016), for 32 x 32 pixels, with shortcuts of type A."""
    def halved(x):
        half = x.shape[1] // 2
        return nn.functional.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, half, half))

    def convolution(inputs, outputs, stride):
        return [nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False), nn.BatchNorm2d(outputs)]

    class Block(nn.Module):
        def __init__(self, inputs, outputs):
            super().__init__()
            self.halves = inputs != outputs
            self.way = nn.Sequential(*convolution(inputs, outputs, 2 if self.halves else 1), nn.ReLU(),
                                     *convolution(outputs, outputs, 1))

        def forward(self, x):
            return torch.relu(self.way(x) + (halved(x) if self.halves else x))

    widths = [16] + 3 * [16] + 3 * [32] + 3 * [64]
    return nn.Sequential(*convolution(3, 16, 1), nn.ReLU(), *map(Block, widths, widths[1:]), nn.AdaptiveAvgPool2d(1),
                         nn.Flatten(), nn.Linear(64, 10))


def make_transformer(torch, nn):
    """Four layers of 128 channels and four heads, as in models/text.hpp."""
    class Transformer(nn.Module):
        def __init__(self):
            super().__init__()
            self.tokens = nn.Embedding(VOCABULARY, 128)
            self.places = nn.Parameter(0.02 * torch.randn(CONTEXT, 128))
            self.layers = nn.ModuleList(nn.TransformerEncoderLayer(
                128, 4, 512, 0, "gelu", batch_first=True, norm_first=True) for _ in range(4))
            self.norm, self.head = nn.LayerNorm(128), nn.Linear(128, VOCABULARY, bias=False)
            self.register_buffer("later", torch.full((CONTEXT, CONTEXT), float("-inf")).triu(1))

        def forward(self, ids):
            x = self.tokens(ids) + self.places
            for layer in self.layers:
                x = layer(x, self.later)
            return self.head(self.norm(x)).flatten(0, 1)

    return Transformer()


def make_lstm(nn):
    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            self.tokens, self.lstm = nn.Embedding(VOCABULARY, 64), nn.LSTM(64, 256, batch_first=True)
            self.head = nn.Linear(256, VOCABULARY)

        def forward(self, ids):
            return self.head(self.lstm(self.tokens(ids))[0]).flatten(0, 1)

    return Network()


def make_model(name, torch):
    nn = torch.nn
    if name == "resnet20":
        return make_resnet20(torch, nn)
    if name == "transformer":
        return make_transformer(torch, nn)
    if name == "lstm":
        return make_lstm(nn)
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


def make_data(name, torch):
    """Inputs and targets."""
    if name in TEXTS:
        text = torch.randint(VOCABULARY, (4096 * CONTEXT + 1,))
        return text[:-1].view(-1, CONTEXT), text[1:].view(-1, CONTEXT)
    shape = SHAPES[name]
    count = BYTES // (shape[0] * shape[1] * shape[2])
    return torch.rand(count, *shape), torch.randint(10, (count,))


def measure(options):
    import torch

    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    inputs, targets = make_data(options.model, torch)
    model = make_model(options.model, torch)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)

    def batches():
        while True:
            for indices in torch.randperm(len(inputs)).split(options.batch_size):
                if len(indices) == options.batch_size:
                    yield inputs[indices], targets[indices].flatten()

    if options.mode in ("channels_last", "bf16", "bf16_compile") and inputs.dim() == 4:
        inputs, model = inputs.to(memory_format=torch.channels_last), model.to(memory_format=torch.channels_last)
    run = torch.compile(model) if "compile" in options.mode else model
    half = torch.autocast("cpu", torch.bfloat16, enabled="bf16" in options.mode)

    rates = []
    start = None
    for step, (x, y) in enumerate(batches(), 1):
        optimizer.zero_grad(set_to_none=True)
        with half:
            loss = torch.nn.functional.cross_entropy(run(x), y)
        loss.backward()
        optimizer.step()
        if step % options.block:
            continue
        now = time.perf_counter()
        if start is not None:
            rates.append(options.block * options.batch_size / (now - start))
        if step >= options.block + options.steps:
            return rates
        start = now


parser = argparse.ArgumentParser()
parser.add_argument("--model", choices=[*SHAPES, *TEXTS], default="cnn")
parser.add_argument("--mode", choices=["eager", "channels_last", "compile", "bf16", "bf16_compile"], default="eager")
parser.add_argument("--blas", choices=["openblas", "mkl"], default="openblas")
parser.add_argument("--batch-size", type=int, default=64)
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--steps", type=int, default=300)
parser.add_argument("--block", type=int, default=50, help="steps of a block")
options = parser.parse_args()
libraries = f"/usr/lib/{os.uname().machine}-linux-gnu"
if options.blas == "mkl" and not os.path.isdir(f"{libraries}/mkl"):
    sys.exit(f"torch_training: there is no {libraries}/mkl")
restart_with({
    **({"LD_LIBRARY_PATH": f"{libraries}/openblas-openmp"} if options.blas == "openblas" else
       {"LD_LIBRARY_PATH": f"{libraries}/mkl", "LD_PRELOAD": f"{libraries}/libgomp.so.1", "MKL_THREADING_LAYER": "GNU",
        "MKL_NUM_THREADS": str(options.threads)}),
    "OMP_NUM_THREADS": str(options.threads),
    "MALLOC_MMAP_THRESHOLD_": str(1 << 30),
    "MALLOC_TRIM_THRESHOLD_": str(1 << 32),
})
rates = measure(options)
print(json.dumps({
    "program": "pytorch", "model": options.model, "threads": options.threads, "rates": rates,
    "peak_megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6}))
