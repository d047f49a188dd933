"""Non-saturating convolutional GAN in the order of the well-known example: two passes for D."""
# discriminators: optimizerD

import torch
from torch import nn

torch.manual_seed(0)
nz, ngf, batch = 6, 4, 8


class Generator(nn.Module):
    def __init__(self):
        super().__init__()
        self.main = nn.Sequential(
            nn.ConvTranspose2d(nz, ngf * 2, 4, 1, 0, bias=False),
            nn.BatchNorm2d(ngf * 2),
            nn.ReLU(),
            nn.ConvTranspose2d(ngf * 2, 1, 4, 2, 1, bias=False),
            nn.Tanh(),
        )

    def forward(self, input):
        return self.main(input)


class Discriminator(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, ngf, 4, 2, 1, bias=False)
        self.act = nn.LeakyReLU(0.2)
        self.out = nn.Conv2d(ngf, 1, 4, 1, 0, bias=False)

    def forward(self, input):
        hidden = self.act(self.conv(input))
        return torch.sigmoid(self.out(hidden)).view(-1)


netG = Generator()
netD = Discriminator()
criterion = nn.BCELoss()
optimizerD = torch.optim.Adam(netD.parameters(), lr=2e-4, betas=(0.5, 0.999))
optimizerG = torch.optim.Adam(netG.parameters(), lr=2e-4, betas=(0.5, 0.999))
real_label, fake_label = 1.0, 0.0

for i in range(3):
    netD.zero_grad()
    data = torch.rand(batch, 1, 8, 8) * 2 - 1
    label = torch.full((batch,), real_label)
    output = netD(data)
    errD_real = criterion(output, label)
    errD_real.backward()
    D_x = output.mean().item()
    noise = torch.randn(batch, nz, 1, 1)
    fake = netG(noise)
    label.fill_(fake_label)
    output = netD(fake.detach())
    errD_fake = criterion(output, label)
    errD_fake.backward()
    errD = errD_real + errD_fake
    optimizerD.step()

    netG.zero_grad()
    label.fill_(real_label)
    output = netD(fake)
    errG = criterion(output, label)
    errG.backward()
    optimizerG.step()
    print(i, round(errD.item(), 3), round(errG.item(), 3), round(D_x, 3))
