"""A compiled player is computed as it was, without a word about how it was compiled."""

import torch
from _gan import D, update

compiled = torch.compile(D, backend="aot_eager")
score = compiled(torch.ones(2, 2))
print(score.detach())
score.sum().backward()
update()
gradient = D[0].weight.grad
del compiled, score
