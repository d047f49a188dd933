"""Random GAN programs with a fault planted on a marked line, for the tests of properties."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

Draw = st.DrawFn

HEAD = '''
import torch
from torch import nn
import torch.nn.functional as F
from torch.utils.checkpoint import checkpoint

torch.manual_seed({seed})


class Scaled(torch.autograd.Function):
    """A custom Function that is right."""

    @staticmethod
    def forward(ctx, x):
        return x * 1.5

    @staticmethod
    def backward(ctx, gradient):
        return gradient * 1.5


class Lost(torch.autograd.Function):
    """One that gives nothing back."""

    @staticmethod
    def forward(ctx, x):
        return x * 1.5

    @staticmethod
    def backward(ctx, gradient):
        return None


class Through(torch.autograd.Function):
    """Rounds, and passes the gradient straight through."""

    @staticmethod
    def forward(ctx, x):
        return torch.round(x)

    @staticmethod
    def backward(ctx, gradient):
        return gradient


class Block(nn.Module):
    def __init__(self, inner=None):
        super().__init__()
        self.layer = nn.Linear(3, 3)
        self.inner = inner

    def forward(self, x):
        x = x + torch.tanh(self.layer(x))
        return x if self.inner is None else self.inner(x)


@torch.no_grad()
def frozen(x):
    return x * 2


def node_hook(x):
    y = torch.round(3 * x)
    if y.grad_fn is not None:
        y.grad_fn.register_hook(lambda given, arrived: arrived)
    return y


def tensor_hooks(x):
    x = x * 1.0
    y = torch.round(3 * x)
    if y.requires_grad:
        seen = []
        y.register_hook(seen.append)
        x.register_hook(lambda _: seen[0])
    return y
'''

TAIL = """

class Generator(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(2, 3)
        self.second = nn.Linear(3, 3)
        self.third = nn.Linear(3, 3)
        self.block = Block(Block())

    def forward(self, z):
        a = self.first(z)
{inside}
        return a, self.third(a)


class Discriminator(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(3, 6), nn.LeakyReLU(0.2), nn.Linear(6, 1))

    def forward(self, a):
{judging}
        return self.body(a)


G, D = Generator(), Discriminator()
optG = torch.optim.{optimizer}(G.parameters(), lr=1e-3)
optD = torch.optim.{optimizer}(D.parameters(), lr=1e-3)
for _ in range(3):
    real = torch.randn(4, 3)
    a, b = G(torch.randn(4, 2))
{between}

    optD.zero_grad()
    lossD = D(a.detach()).mean() - D(real).mean()
    lossD.backward()
    optD.step()

    optG.zero_grad()
    lossG = -D(a).mean()
    lossG.backward()
    optG.step()
"""

# What goes on with `a` of 4 rows and 3 columns, gradient and all.
EVERYWHERE = (
    "a = torch.tanh(a)",
    "a = a * 0.5 + 0.1",
    "a = F.leaky_relu(a, 0.2) + a.mean(1, keepdim=True)",
    "a = Scaled.apply(a)",
    "c = a.clone()\nc.mul_(0.7)\na = c",
    "c = a.view(-1)\na = c.view(4, 3).flip(1)",
    "c = torch.zeros(4, 3)\nc[:2] = a[:2]\nc[2:] = a[2:]\na = c",
    "c = torch.zeros(4, 3)\nc[:, 0:2].copy_(a[:, 1:])\nc[:, 2] += a[:, 0]\na = c",
    "c, d = a.chunk(2)\na = torch.cat([d, c])",
    "c = a.unbind(1)\na = torch.stack([c[2], c[0], c[1]], dim=1)",
    "c, order = a.sort(dim=1)\na = a + c",
    "c = a.detach().mean()\na = a - c",
    "print(a.mean().item())\na = a * 1.1",
    "c = a.split(1, dim=1)\na = torch.cat([c[1], c[2], c[0]], dim=1)",
    "mask = (a > 0).float()\na = a * (0.5 + mask)",
    "c = a.detach().clone()\na = a + 0.1 * c.abs()",
    "a = torch.where(a > 0, a, 0.3 * a)",
    "a = torch.clamp(a, -50, 50)",
    "a = checkpoint(torch.sin, a, use_reentrant=False) + a",
    "a = torch.einsum('ij,kj->ik', a, torch.eye(3) + 0.1)",
)
IN_GENERATOR = (
    "a = self.second(a)",
    "a = self.second(self.second(a))",
    "a = self.block(a)",
    "a = a + self.block.inner(a)",
    "a = F.linear(a, self.second.weight.t())",
    "a = checkpoint(self.block, a, use_reentrant=False)",
    "a, c = self.second(a), self.third(a)\na = a + 0.1 * c",
)

FAULTS = {
    "GG101": (
        "a = a.detach()",
        "a = a.data",
        "a = a.clone().detach_()",
        "a = torch.autograd.Variable(a.data)",
        "c = torch.zeros(4, 3)\nc[:] = a.detach()\na = c",
    ),
    "GG102": (
        "with torch.no_grad():\n    a = a * 2",
        "a = frozen(a)",
        "with torch.set_grad_enabled(False):\n    a = torch.tanh(a)",
    ),
    "GG103": (
        "a = (a > 0).float()",
        "a = F.one_hot(a.argmax(1), 3).float()",
        "a = a.int().float()",
        "a = torch.multinomial(a.softmax(1), 3).float()",
        "a = a.argsort(1).float()",
    ),
    "GG104": (
        "a = torch.round(a)",
        "a = a.sign()",
        "a = torch.floor(a * 4) / 4",
        "a = torch.div(a, 0.25, rounding_mode='trunc')",
        "a = torch.bernoulli(torch.sigmoid(a))",
        "a = torch.normal(a, 1.0)",
        "a = a.clone()\na.round_()",
        "a = torch.angle(a)",
    ),
    "GG105": (
        "a = torch.tensor(a.tolist())",
        "a = torch.from_numpy(a.detach().numpy().copy())",
        "a = torch.stack([torch.tensor([x.item() for x in row]) for row in a])",
    ),
    "GG108": ("a = Lost.apply(a)",),
}

STRAIGHT_THROUGH = (
    "a = a + (torch.round(a) - a).detach()",
    "c = F.one_hot(a.argmax(1), 3).float()\na = c - a.softmax(1).detach() + a.softmax(1)",
    "c = (a.detach() > 0).float()\na = a.add(c - a.detach())",
    "a = Through.apply(a)",
    "a = a * 1.0\na.data = torch.floor(a.data + 0.5)",
    "a = a.clone()\na.data.copy_(a.data.round())",
    "a = a + 0\nwith torch.no_grad():\n    a.copy_(torch.bernoulli(torch.sigmoid(a)))",
    "a = node_hook(a)",
    "a = tensor_hooks(a)",
)

BESIDE = (
    "a = a + 0.1 * b",
    "a = torch.cat([a[:, :2], b[:, :1]], dim=1)",
    "c = b.clone()\nc[:2] = a[:2]\na = c",
    "c = a.clone()\nc.add_(b)\na = c",
)
"""Another way from the generator: its second output."""


@dataclass(frozen=True)
class Program:
    """`code` is what must be found on the marked line; None where nothing must be."""

    source: str
    code: str | None


def _lines(draw: Draw, offered: tuple[str, ...], most: int) -> list[str]:
    return draw(st.lists(st.sampled_from(offered), max_size=most))


def _indented(lines: list[str], depth: int) -> str:
    return "\n".join(" " * 4 * depth + one for text in lines for one in text.splitlines())


def marked(fault: str, mark: str = "fault") -> str:
    """The fault's own line is the last one, or the one that opens a block, or says so."""
    lines = fault.splitlines()
    at = {"a = c": -2}.get(lines[-1], -1)
    if lines[0].startswith("with "):
        at = 0
    lines[at] += f"  #: {mark}"
    return "\n".join(lines)


def code_of(spelling: str) -> str | None:
    return next((code for code, known in FAULTS.items() if spelling in known), None)


@st.composite
def programs(draw: Draw, planted: tuple[str, ...], *, live: bool = False) -> Program:
    """`planted` are spellings of one thing; `live` adds a way around it."""
    spelling = draw(st.sampled_from(planted))
    code = code_of(spelling)
    fault = marked(spelling) if code else spelling
    return Program(_around(draw, fault, live=live), None if live else code)


@st.composite
def cut_twice(draw: Draw) -> tuple[str, dict[str, str]]:
    """A program with two ways from the generator, both closed, and the code on each mark."""
    every = [one for spellings in FAULTS.values() for one in spellings]
    first, second = draw(st.sampled_from(every)), draw(st.sampled_from(every))
    fault = "\n".join(
        ["p = a", marked(first, "first"), "q, a = a, p", marked(second, "second"), "a = a + q"]
    )
    codes = {"first": code_of(first) or "", "second": code_of(second) or ""}
    return _around(draw, fault, live=False), codes


def _around(draw: Draw, fault: str, *, live: bool) -> str:
    place = "between" if live else draw(st.sampled_from(("inside", "between", "judging")))
    parts = {
        "inside": _lines(draw, EVERYWHERE + IN_GENERATOR, 4),
        "between": _lines(draw, EVERYWHERE, 2),
        "judging": _lines(draw, EVERYWHERE, 2),
    }
    if place == "inside":  # behind its own layers, or these would get what the others do not
        parts[place] += [fault, *_lines(draw, EVERYWHERE, 2)]
    else:
        parts[place].insert(draw(st.integers(0, len(parts[place]))), fault)
    if live:
        parts["between"].append(draw(st.sampled_from(BESIDE)))
    return HEAD.replace("{seed}", str(draw(st.integers(0, 99)))) + TAIL.format(
        optimizer=draw(st.sampled_from(("SGD", "Adam", "RMSprop"))),
        inside=_indented(parts["inside"], 2),
        between=_indented(parts["between"], 1),
        judging=_indented(parts["judging"], 2),
    )
