"""Attention layers take a fast path, with other roundings, where no torch function is overridden."""

import torch
from _gan import update
from torch import nn

layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
attention = nn.MultiheadAttention(8, 2, batch_first=True)
update()
layer.eval()
attention.eval()
x = torch.randn(3, 5, 8)
with torch.no_grad():
    encoded = layer(x)
    attended, weights = attention(x, x, x)
with torch.inference_mode():
    inferred = layer(x) + attention(x, x, x, need_weights=False)[0]
trained = layer.train()(x)
