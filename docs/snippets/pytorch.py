# SPDX-License-Identifier: MIT
import torch


def main():
    # [model]
    net = torch.nn.Linear(2, 3)
    torch.nn.init.zeros_(net.weight)  # (out, in) = (3, 2)
    torch.nn.init.zeros_(net.bias)
    sgd = torch.optim.SGD(net.parameters(), lr=0.5, momentum=0.9)
    # [model]

    # [loop]
    x = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [-1.0, 2.0]])
    labels = torch.tensor([0, 1, 2, 1])
    net.train()
    for step in range(1, 6):
        sgd.zero_grad()
        loss = torch.nn.functional.cross_entropy(net(x), labels)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        sgd.step()
        print(f"step {step}: loss {loss.item():.4f}")
    # [loop]

    # [asking]
    net.eval()
    with torch.no_grad():
        p = torch.softmax(net(torch.tensor([[1.0, 0.5]])), dim=-1)
    print("probabilities", *(f"{value:.3f}" for value in p[0].tolist()))
    # [asking]


main()
