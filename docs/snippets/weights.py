# SPDX-License-Identifier: MIT
# Run after weights.cpp, whose file it reads.
import numpy
import torch


# [module]
class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = torch.nn.Conv2d(3, 4, 3, bias=False)
        self.norm = torch.nn.BatchNorm2d(4)
        self.out = torch.nn.Linear(3 * 3 * 4, 2)

    def forward(self, x):
        x = torch.nn.functional.max_pool2d(torch.relu(self.norm(self.conv(x))), 2)
        return self.out(x.flatten(1))
# [module]


def main():
    # [weights]
    net = Net()
    state = {name: torch.from_numpy(array) for name, array in numpy.load("net.npz").items()}
    net.load_state_dict(state)
    # [weights]

    # [back]
    numpy.savez("net.npz", **{name: array.numpy() for name, array in net.state_dict().items()})
    # [back]

    y, x, c = numpy.mgrid[:8, :8, :3]
    image = torch.from_numpy(((y + 2 * x + 3 * c) % 5 / 5).astype("f4")).permute(2, 0, 1)
    with torch.no_grad():
        logits = net.eval()(image[None])[0]
    print("logits", *(f"{value:.4f}" for value in logits.tolist()))


main()
