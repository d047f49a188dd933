"""No modules at all: parameters are dictionaries of tensors, networks are functions of them."""
# discriminators: critic_opt

import torch
import torch.nn.functional as F

torch.manual_seed(25)


def init(*sizes):
    params = {}
    for k, (i, o) in enumerate(zip(sizes, sizes[1:])):
        params[f"w{k}"] = (torch.randn(o, i) / i ** 0.5).requires_grad_()
        params[f"b{k}"] = torch.full((o,), 0.01, requires_grad=True)
    return params


def forward(params, x):
    h = F.linear(x, params["w0"], params["b0"])
    h = torch.tanh(h)
    return F.linear(h, params["w1"], params["b1"])


def generator_loss(g, d, z):
    return F.softplus(-forward(d, forward(g, z))).mean()


def critic_loss(g, d, z, x):
    with torch.no_grad():
        fake = forward(g, z)
    return (F.softplus(forward(d, fake)) + F.softplus(-forward(d, x))).mean()


def update(optimizer, loss):
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


g, d = init(3, 10, 2), init(2, 10, 1)
maker_opt = torch.optim.SGD(list(g.values()), lr=0.1, momentum=0.9)
critic_opt = torch.optim.SGD(list(d.values()), lr=0.1)
for t in range(3):
    x = torch.rand(12, 2) * 2
    update(critic_opt, critic_loss(g, d, torch.randn(12, 3), x))
    update(maker_opt, generator_loss(g, d, torch.randn(12, 3)))
