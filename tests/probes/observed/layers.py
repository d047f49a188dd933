"""Layers and tensors with ways of their own: recurrent, sparse, nested, quantized, complex, meta."""

import torch
from _gan import D, G, update
from torch import nn
from torch.nn.utils import parametrizations
from torch.utils.checkpoint import checkpoint

x = torch.randn(3, 3, requires_grad=True)
update()
recurrent = nn.LSTM(2, 3, 2, batch_first=True, dropout=0.2)
steps = nn.utils.rnn.pack_padded_sequence(torch.randn(2, 4, 2), [4, 2], batch_first=True)
recurrent(steps)[0].data.sum().backward()
embedding = nn.Embedding(5, 2, sparse=True)
embedding(torch.tensor([1, 2])).sum().backward()
torch.sparse.mm(torch.eye(3).to_sparse(), x).sum().backward()
nested = torch.nested.nested_tensor([torch.ones(2, 2), torch.ones(3, 2)], layout=torch.jagged) * 2
quantized = torch.quantize_per_tensor(torch.randn(3), 0.1, 0, torch.qint8).dequantize()
wave = torch.randn(3, dtype=torch.complex64, requires_grad=True)
(wave.abs() ** 2).sum().backward()
shape = (torch.empty(3, 3, device="meta") @ torch.empty(3, 2, device="meta")).shape
spectral = parametrizations.spectral_norm(nn.Linear(2, 2))
checkpoint(spectral, torch.ones(1, 2), use_reentrant=False).sum().backward()
scripted = torch.jit.script(G)(torch.ones(2, 2))
traced = torch.jit.trace(D, torch.ones(1, 2))(torch.ones(2, 2))
with torch.no_grad():
    x[0] = 3
x.data.clamp_(-1, 1)
edited = x.clone()
edited[0].mul_(2)
edited.t_()
total = torch.empty(3, 3)
torch.add(x.detach(), 1, out=total)
print(shape, nested, list(x), x.max(0), f"{x[0, 0]:.3f}", 3 in x, bool((x > 0).any()), x.tolist())
with torch.inference_mode():
    inferred = D(torch.ones(1, 2))
with torch.device("cpu"):
    update()
