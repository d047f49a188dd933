"""Conditional GAN: labels are embedded in both players and joined to their inputs."""
# discriminators: optimizer_D

import torch
import torch.nn as nn

torch.manual_seed(8)
n_classes, latent_dim, n_features = 3, 5, 6


class Generator(nn.Module):
    def __init__(self):
        super(Generator, self).__init__()
        self.label_emb = nn.Embedding(n_classes, n_classes)
        self.model = nn.Sequential(nn.Linear(latent_dim + n_classes, 12), nn.LeakyReLU(0.2), nn.Linear(12, n_features), nn.Tanh())

    def forward(self, noise, labels):
        gen_input = torch.cat((self.label_emb(labels), noise), -1)
        return self.model(gen_input)


class Discriminator(nn.Module):
    def __init__(self):
        super(Discriminator, self).__init__()
        self.label_embedding = nn.Embedding(n_classes, n_classes)
        self.model = nn.Sequential(nn.Linear(n_features + n_classes, 12), nn.LeakyReLU(0.2), nn.Linear(12, 1))

    def forward(self, sample, labels):
        d_in = torch.cat((sample, self.label_embedding(labels)), -1)
        validity = self.model(d_in)
        return validity


adversarial_loss = torch.nn.MSELoss()
generator = Generator()
discriminator = Discriminator()
optimizer_G = torch.optim.Adam(generator.parameters(), lr=0.001)
optimizer_D = torch.optim.Adam(discriminator.parameters(), lr=0.001)

for i in range(3):
    labels = torch.arange(9) % n_classes
    real_samples = torch.randn(9, n_features) + labels[:, None]
    valid = torch.ones(9, 1)
    fake = torch.zeros(9, 1)

    optimizer_G.zero_grad()
    z = torch.randn(9, latent_dim)
    gen_labels = torch.randint(0, n_classes, (9,))
    gen_samples = generator(z, gen_labels)
    validity = discriminator(gen_samples, gen_labels)
    g_loss = adversarial_loss(validity, valid)
    g_loss.backward()
    optimizer_G.step()

    optimizer_D.zero_grad()
    validity_real = discriminator(real_samples, labels)
    d_real_loss = adversarial_loss(validity_real, valid)
    validity_fake = discriminator(gen_samples.detach(), gen_labels)
    d_fake_loss = adversarial_loss(validity_fake, fake)
    d_loss = (d_real_loss + d_fake_loss) / 2
    d_loss.backward()
    optimizer_D.step()
