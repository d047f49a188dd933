"""DRAGAN: the penalty is measured around the data; logits and a shared criterion object."""
# discriminators: optD

import torch
import torch.nn as nn

torch.manual_seed(7)
bce = nn.BCEWithLogitsLoss()
gen = nn.Sequential(nn.Linear(7, 14), nn.GELU(), nn.Linear(14, 4))
dis = nn.Sequential(nn.Linear(4, 14), nn.GELU(), nn.Linear(14, 1))
optG, optD = torch.optim.Adam(gen.parameters(), lr=1e-3), torch.optim.Adam(dis.parameters(), lr=1e-3)


def perturbed(x):
    noise = 0.5 * x.std() * torch.rand_like(x)
    return (x + noise).requires_grad_()


def penalty_at(x_hat):
    pred = dis(x_hat)
    grads = torch.autograd.grad(outputs=pred, inputs=x_hat, grad_outputs=torch.ones_like(pred), create_graph=True)
    return 10 * ((grads[0].norm(2, 1) - 1) ** 2).mean()


ones, zeros = torch.ones(9, 1), torch.zeros(9, 1)
for epoch in range(3):
    x = torch.randn(9, 4) - 1
    z = torch.randn(9, 7)
    optG.zero_grad()
    loss_g = bce(dis(gen(z)), ones)
    loss_g.backward()
    optG.step()

    optD.zero_grad()
    with torch.no_grad():
        y = gen(z)
    loss_d = (bce(dis(x), ones) + bce(dis(y), zeros)) / 2
    loss_d.backward()
    penalty = penalty_at(perturbed(x))
    penalty.backward()
    optD.step()
    print("round", epoch, "penalty", float(penalty))
