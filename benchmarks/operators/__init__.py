"""Every entry of torch's operator database between a generator and a discriminator."""
