"""The tool on public GAN programs, beside an independent account of their gradients."""
