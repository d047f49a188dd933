"""Programs that do what a recorder may stumble over, each around one small GAN."""

from __future__ import annotations

HEAD = """
import os, sys, torch
from torch import nn
torch.manual_seed(0)
G, D = nn.Linear(2, 3), nn.Linear(3, 1)
optG = torch.optim.SGD(G.parameters(), lr=0.1)
optD = torch.optim.SGD(D.parameters(), lr=0.1)

def train(generate=lambda z: G(z), judge=lambda x: D(x), rounds=3):
    for _ in range(rounds):
        fake = generate(torch.randn(4, 2))
        lossD = (judge(torch.randn(4, 3)) - judge(fake.detach())).mean()
        optD.zero_grad(); lossD.backward(); optD.step()
        lossG = judge(fake).mean()
        optG.zero_grad(); lossG.backward(); optG.step()
"""

# Right programs: nothing must be found, and nothing must fail.
RIGHT = {
    "patched torch functions": """
        plain = torch.nn.functional.linear
        torch.nn.functional.linear = lambda *a, **k: plain(*a, **k)
        torch.Tensor.mean_of = lambda self: self.mean()
        back = torch.Tensor.backward
        torch.Tensor.backward = lambda self, *a, **k: back(self, *a, **k)
        train()
    """,
    "patched optimizer step": """
        step = torch.optim.SGD.step
        def louder(self, *a, **k):
            return step(self, *a, **k)
        torch.optim.SGD.step = louder
        train()
    """,
    "patched module call": """
        call = nn.Module.__call__
        nn.Module.__call__ = lambda self, *a, **k: call(self, *a, **k)
        train()
    """,
    "deletes its own file": """
        os.remove(__file__)
        train()
    """,
    "overwrites its own file": """
        open(__file__, "w").write("this is (not python")
        train()
    """,
    "leaves its folder": """
        import tempfile
        folder = tempfile.mkdtemp(); os.chdir(folder); os.rmdir(folder)
        train()
    """,
    "recurses deeply": """
        def deep(x, n):
            return x if n == 0 else deep(x * 1.0, n - 1)
        sys.setrecursionlimit(4000)
        train(lambda z: deep(G(z), 700))
    """,
    "catches its own RecursionError": """
        def endless(x):
            return endless(x + 0)
        def generate(z):
            try:
                endless(z)
            except RecursionError:
                pass
            return G(z)
        train(generate)
    """,
    "tensor subclass": """
        class Named(torch.Tensor):
            @classmethod
            def __torch_function__(cls, func, types, args=(), kwargs=None):
                return super().__torch_function__(func, types, args, kwargs or {})
        train(lambda z: G(z.as_subclass(Named)), lambda x: D(x))
    """,
    "duck with __torch_function__": """
        class Duck:
            def __init__(self, x): self.x = x
            @classmethod
            def __torch_function__(cls, func, types, args=(), kwargs=None):
                args = [a.x if isinstance(a, Duck) else a for a in args]
                return func(*args, **(kwargs or {}))
        train(lambda z: torch.add(Duck(G(z)), 0.0))
    """,
    "function mode of its own": """
        from torch.overrides import TorchFunctionMode
        class Mode(TorchFunctionMode):
            def __torch_function__(self, func, types, args=(), kwargs=None):
                return func(*args, **(kwargs or {}))
        with Mode():
            train()
    """,
    "dispatch mode of its own": """
        from torch.utils._python_dispatch import TorchDispatchMode
        class Mode(TorchDispatchMode):
            def __torch_dispatch__(self, func, types, args=(), kwargs=None):
                return func(*args, **(kwargs or {}))
        with Mode():
            train()
    """,
    "scripted judge": """
        scripted = torch.jit.script(D)
        train(judge=lambda x: scripted(x))
    """,
    "traced generator": """
        traced = torch.jit.trace(G, torch.randn(4, 2))
        train(lambda z: traced(z))
    """,
    "scripted function": """
        @torch.jit.script
        def halved(x: torch.Tensor) -> torch.Tensor:
            return torch.tanh(x) * 0.5
        train(lambda z: halved(G(z)))
    """,
    "sparse matrix": """
        ring = torch.eye(3).roll(1, 0).to_sparse()
        train(lambda z: torch.sparse.mm(ring, G(z).t()).t())
    """,
    "complex numbers": """
        train(lambda z: torch.fft.ifft(torch.fft.fft(G(z)) * (1 + 0.5j)).real)
    """,
    "quantised beside": """
        def generate(z):
            x = G(z)
            q = torch.quantize_per_tensor(x.detach(), 0.1, 0, torch.qint8)
            return x + 0.0 * q.dequantize().sum()
        train(generate)
    """,
    "fake quantised": """
        train(lambda z: torch.fake_quantize_per_tensor_affine(G(z), 0.01, 0, -128, 127))
    """,
    "nested tensors": """
        def generate(z):
            x = G(z)
            nested = torch.nested.as_nested_tensor([x[:1], x[1:]])
            return torch.cat(list(nested.unbind()))
        train(generate)
    """,
    "tensors of size 0": """
        def generate(z):
            x = G(z)
            none = x[:0]
            return torch.cat([x, none * 2]) + none.sum()
        train(generate)
    """,
    "hand-written optimizer": """
        class Signs(torch.optim.Optimizer):
            def __init__(self, params, lr):
                super().__init__(params, {"lr": lr})
            @torch.no_grad()
            def step(self, closure=None):
                for group in self.param_groups:
                    for p in group["params"]:
                        if p.grad is not None:
                            p.add_(p.grad.sign(), alpha=-group["lr"])
        optG = Signs(G.parameters(), 0.01)
        optD = Signs(D.parameters(), 0.01)
        train()
    """,
    "float64, half and bfloat16": """
        G.double(), D.double()
        train(lambda z: G(z.double()).bfloat16().double(), lambda x: D(x.double()))
    """,
    "vmap and grad of torch.func": """
        from torch.func import vmap, grad
        def generate(z):
            slopes = vmap(grad(lambda v: v.pow(2).sum()))(z)
            return G(z + 0 * slopes)
        train(generate)
    """,
    "meta tensors beside": """
        def generate(z):
            torch.empty(3, 4, device="meta").add(1).sum()
            return G(z)
        train(generate)
    """,
    "inference tensors beside": """
        def generate(z):
            with torch.inference_mode():
                seen = G(z).mean()
            return G(z)
        train(generate)
    """,
    "names of all kinds": """
        globals().update({"\\u00e9t\\u00e9": G, "a b": D, "": optG, "<b>": optD, 7: G, None: D})
        train()
    """,
    "odd __repr__ and __eq__": """
        class Odd(nn.Linear):
            def __repr__(self): raise RuntimeError("no repr")
            def __eq__(self, other): raise RuntimeError("no eq")
            def __hash__(self): return 1
            def __bool__(self): raise RuntimeError("no bool")
        G = Odd(2, 3)
        optG = torch.optim.SGD(G.parameters(), lr=0.1)
        train()
    """,
    "odd __getattr__": """
        class Lazy:
            def __getattr__(self, name): raise KeyError(name)
        lazy = Lazy()
        class Slots:
            __slots__ = ("never",)
        slots = Slots()
        train()
    """,
    "warnings as errors": """
        import warnings
        warnings.simplefilter("error")
        train()
    """,
    "own excepthook and audit hook": """
        sys.excepthook = lambda *a: None
        sys.addaudithook(lambda event, args: None)
        sys.settrace(lambda *a: None)
        sys.setprofile(lambda *a: None)
        train()
    """,
    "no streams": """
        sys.stdout = sys.stderr = None
        train()
    """,
    "closed streams": """
        sys.stdout.close()
        os.close(2)
        train()
    """,
    "own collector": """
        import gc
        gc.disable(); gc.set_threshold(1); gc.enable()
        train(); gc.collect()
    """,
    "compiled from a string": """
        exec(compile("train()", "<made up>", "exec"))
    """,
    "cell of a string with a strange name": """
        exec(compile("train()", "no\\nsuch\\x00file\\ud800.py".replace("\\x00", ""), "exec"))
    """,
    "generators and coroutines": """
        import asyncio
        async def main():
            train(); await asyncio.sleep(0)
        asyncio.run(main())
    """,
    "a module that is its own child": """
        G.me = [G]
        G.__dict__["loop"] = G
        train()
    """,
    "objects that answer nothing": """
        class Mute:
            @property
            def __class__(self): raise RuntimeError("no class")
            def __call__(self): pass
        class Unhashable(dict):
            def items(self): raise RuntimeError("no items")
        mute, table = Mute(), Unhashable()
        class Key:
            def __repr__(self): raise RuntimeError("no repr")
        names = {Key(): G, "other": [Mute(), D]}
        G.table = {Key(): Mute()}
        train()
    """,
    "weights shared and tied": """
        D2 = nn.Linear(3, 1); D2.weight = D.weight; D2.bias = D.bias
        train(judge=lambda x: D2(x))
    """,
}

# Programs that fail by themselves: the report says how, and nothing else fails.
FAILING = {
    "ValueError": 'train(rounds=1)\nraise ValueError("its own")',
    "ZeroDivisionError": "train(rounds=1)\n1 / 0",
    "exit status 5": "train(rounds=1)\nsys.exit(5)",
    "RecursionError": "def f(x): return f(x + 1)\nf(torch.zeros(1))",
    "MemoryError": "raise MemoryError",
    "RuntimeError": "train(rounds=1)\nG(torch.randn(3, 9))",
    "derivative for aten::heaviside is not implemented": (
        "train(lambda z: torch.heaviside(G(z), torch.zeros(1)))"
    ),
    "Odd": (
        "class Odd(Exception):\n    def __str__(self): raise RuntimeError('no text')\nraise Odd"
    ),
    "ExceptionGroup": (
        "group = getattr(__builtins__, 'ExceptionGroup', None)\n"
        "raise group('several', [ValueError(1)]) if group else ValueError('ExceptionGroup')"
    ),
    "UnicodeEncodeError": "'\\ud800'.encode()",
    "SurrogateError": "class SurrogateError(Exception): pass\nraise SurrogateError('\\ud800')",
    "KeyError": "raise KeyError('a\\nb\\x1b[31m')",
}
