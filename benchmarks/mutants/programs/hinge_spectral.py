"""Hinge losses, a spectrally normalised projection-free critic, losses as small functions."""
# discriminators: d_opt

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm as sn

torch.manual_seed(5)


class Up(nn.Module):
    def __init__(self, cin, cout):
        super().__init__()
        self.conv = nn.Conv2d(cin, cout, 3, padding=1)

    def forward(self, x):
        x = F.interpolate(x, scale_factor=2)
        return F.relu(self.conv(x))


class G(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(8, 4 * 16)
        self.up = Up(4, 4)
        self.rgb = nn.Conv2d(4, 3, 3, padding=1)

    def forward(self, z):
        x = self.fc(z).view(-1, 4, 4, 4)
        x = self.up(x)
        return torch.tanh(self.rgb(x))


d = nn.Sequential(sn(nn.Conv2d(3, 6, 3, 2, 1)), nn.LeakyReLU(0.1), nn.Flatten(), sn(nn.Linear(96, 1)))
g = G()
g_opt = torch.optim.Adam(g.parameters(), 1e-4, (0.0, 0.9))
d_opt = torch.optim.Adam(d.parameters(), 4e-4, (0.0, 0.9))


def d_hinge(on_real, on_fake):
    return F.relu(1.0 - on_real).mean() + F.relu(1.0 + on_fake).mean()


def g_hinge(on_fake):
    return -on_fake.mean()


for it in range(3):
    x = torch.rand(4, 3, 8, 8) * 2 - 1
    fake = g(torch.randn(4, 8))
    loss_d = d_hinge(d(x), d(fake.detach()))
    d_opt.zero_grad(set_to_none=True)
    loss_d.backward()
    d_opt.step()
    fake = g(torch.randn(4, 8))
    loss_g = g_hinge(d(fake))
    g_opt.zero_grad(set_to_none=True)
    loss_g.backward()
    g_opt.step()
