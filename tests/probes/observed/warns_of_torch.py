"""Warnings of torch: each line warns at the places and as often as its comment says."""

import numpy
import torch
import torch.nn.functional as F
from _gan import optG, update
from torch import nn

x = torch.ones(1, requires_grad=True)
float(x)  # here, once for the process
float(x)
for _ in range(3):
    (x * 2).grad  # here, once for the line
(x * 2).grad


def gradient_of(tensor):
    return tensor.grad  # here


gradient_of(x * 2)
torch.tensor(x)
torch.ones(2, 3, 4).T
F.mse_loss(torch.ones(2, 1), torch.ones(2))
nn.MSELoss()(torch.ones(2, 1), torch.ones(2))
torch.ones(1).var()
F.softmax(torch.ones(2, 2))
F.log_softmax(torch.ones(2, 2))
F.sigmoid(x)
F.interpolate(torch.ones(1, 1, 2, 2), scale_factor=2.5, mode="bilinear")
F.grid_sample(torch.ones(1, 1, 2, 2), torch.zeros(1, 2, 2, 2))
F.kl_div(torch.zeros(2, 2), torch.ones(2, 2))
F.dropout2d(torch.ones(2, 2))
nn.BCELoss(size_average=False)(torch.ones(2), torch.ones(2))
torch.from_numpy(numpy.broadcast_to(numpy.ones(1), (2,)))
nn.utils.clip_grad_norm(nn.Linear(2, 2).parameters(), 1.0)
nn.init.uniform(torch.ones(2))
torch.range(0, 3)
torch.add(torch.ones(2), 1, out=torch.empty(3))
torch.cuda.amp.GradScaler()
torch.utils.checkpoint.checkpoint(torch.relu, torch.ones(2), use_reentrant=True)
(x * x).sum().backward(create_graph=True)
torch.optim.lr_scheduler.StepLR(optG, 1).step()
scheduler = torch.optim.lr_scheduler.LambdaLR(optG, lambda epoch: 1.0)
update()
scheduler.step(3)
