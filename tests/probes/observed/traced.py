"""Scripts, traces and symbolic traces of a player, and warnings about them."""

import torch
from _gan import D, G, update
from torch import fx

update()
x = torch.ones(3, 2)
scripted = torch.jit.script(D)
recorded = torch.jit.trace(D, x)
symbolic = fx.symbolic_trace(D)
print(scripted.code, recorded.code, symbolic.code, symbolic.graph)
print(scripted(x), recorded(x), symbolic(x))
exported = torch.export.export(D, (x,))
print(exported.graph_module.code)
(scripted(x) + recorded(x) + symbolic(x)).sum().backward()
update()
print([p.grad for p in D.parameters()], torch.jit.is_tracing(), torch.jit.is_scripting())
del scripted, recorded, symbolic, exported
