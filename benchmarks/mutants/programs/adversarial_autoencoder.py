"""AAE: reconstruction first, then a judge of codes, then the encoder alone against it."""
# discriminators: judge_solver

import torch
import torch.nn as nn
import torch.optim as optim

torch.manual_seed(12)
encoder = nn.Sequential(nn.Linear(9, 12), nn.Tanh(), nn.Linear(12, 2))
decoder = nn.Sequential(nn.Linear(2, 12), nn.Tanh(), nn.Linear(12, 9))
judge = nn.Sequential(nn.Linear(2, 12), nn.Tanh(), nn.Linear(12, 1), nn.Sigmoid())
ae_solver = optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=1e-3)
encoder_solver = optim.Adam(encoder.parameters(), lr=5e-4)
judge_solver = optim.Adam(judge.parameters(), lr=5e-4)
eps = 1e-6


def reset_grad():
    for net in (encoder, decoder, judge):
        net.zero_grad()


for it in range(3):
    X = torch.randn(12, 9)
    z_sample = encoder(X)
    X_sample = decoder(z_sample)
    recon_loss = nn.functional.mse_loss(X_sample, X)
    recon_loss.backward()
    ae_solver.step()
    reset_grad()

    z_real = torch.randn(12, 2)
    z_fake = encoder(X).detach()
    D_real = judge(z_real)
    D_fake = judge(z_fake)
    judge_loss = -torch.mean(torch.log(D_real + eps) + torch.log(1 - D_fake + eps))
    judge_loss.backward()
    judge_solver.step()
    reset_grad()

    z_fake = encoder(X)
    D_fake = judge(z_fake)
    encoder_loss = -torch.mean(torch.log(D_fake + eps))
    encoder_loss.backward()
    encoder_solver.step()
    reset_grad()
