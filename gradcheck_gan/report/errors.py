"""What torch's own messages mean when a GAN prints them, and how to find the line."""

from __future__ import annotations

import re
from typing import NamedTuple


class Explanation(NamedTuple):
    """`pattern` finds torch's message in what was pasted; `codes` are the rules to read on in."""

    pattern: str
    title: str
    text: str
    codes: tuple[str, ...]


EXPLANATIONS = (
    Explanation(
        r"modified by an in-?place operation",
        "A value that the backward pass needs was changed after the forward pass",
        """
What happened: the backward pass of a layer needs the weights, or the activation, that its forward
pass used, and something has written to them since. In a GAN this is nearly always an optimizer's
step: both losses were computed first, then one player was stepped, then the other loss was
back-propagated through the weights of before.

How to find the line: torch names the tensor, not the writer. `gradcheck-gan inspect SCRIPT` names
both: the step (or the write) that changed the values, and the forward call that used the old ones.

Cure: run the changed player again after its step, and compute the second loss from that output; in
the discriminator's own step use `netD(fake.detach())`.

What does not help: `retain_graph=True` keeps the graph, not the weights. `detach()` in the
generator's loss makes the error go away and the generator stop learning. `inplace=False` in
activations only helps where an activation was written to.
""",
        ("GG303",),
    ),
    Explanation(
        r"through the graph a second time|saved tensors after they have already been freed",
        "The graph of a forward pass was used twice",
        """
What happened: two backward passes go through the same forward pass, and the first one freed it. In
a GAN the two losses share the generator's output without a `detach()`, or a verdict of the
discriminator is used in both losses, or a hidden state, a running average or a replayed batch
carries last round's graph along.

How to find the line: `gradcheck-gan inspect SCRIPT` names the forward call that both passes go
through, and the pass that freed it.

Cure: `netD(fake.detach())` in the discriminator's step, and a fresh `netD(fake)` in the
generator's; `detach()` what is carried from one round to the next.

What does not help: `retain_graph=True` lets the second pass run, through weights that a step has
changed meanwhile, or into the other player's gradients.
""",
        ("GG303", "GG201", "GG311"),
    ),
    Explanation(
        r"element 0 of tensors does not require grad",
        "The loss has no graph: nothing that is trained was used to compute it, or it was cut off",
        """
What happened: every way from the loss back to a parameter is cut: by `detach()`, `.data`, a
`no_grad()` region, an `argmax` or a comparison, a tensor that was rebuilt from numbers
(`torch.tensor(loss.item())`, numpy), or because the discriminator is frozen and the real batch
stands where the fake should.

How to find the line: `gradcheck-gan inspect SCRIPT` names the cut that all ways meet.

Cure: repair that line.

What does not help: `loss.requires_grad_(True)` silences the message, and nothing is trained.
""",
        ("GG101", "GG102", "GG103", "GG105", "GG109", "GG112"),
    ),
    Explanation(
        r"differentiated Tensors? (at index \d+ )?(does not require|appears to not have been used)",
        "autograd.grad was asked for a gradient at a tensor that its outputs do not depend on",
        """
What happened: a gradient penalty differentiates the scores with respect to points that do not
require grad, because they are made of detached samples; or that were given `requires_grad` after
the discriminator had judged them; or of which it judged a detached copy.

How to find the line: `gradcheck-gan inspect SCRIPT` names where the points were made and where
their gradient path was cut.

Cure: `points.requires_grad_(True)` before the discriminator runs on them, and run it on those very
points.

What does not help: `allow_unused=True` returns None, and the penalty penalises nothing.
""",
        ("GG404",),
    ),
    Explanation(
        r"(step|unscale_)\(\) (has already been|is being) called",
        "Mixed precision: scaler.update() was left out between two rounds, or a call stands twice",
        """
What happened: a gradient scaler lets each optimizer be unscaled and stepped once, in this order,
between two calls of `scaler.update()`. Either `update()` is missing at the end of the round, or two
optimizers that share the scaler were confused, or `unscale_` stands in the loop that accumulates.

How to find the line: the traceback names the second call; look for the first one.

Cure: for each optimizer `scale(loss).backward()`, `unscale_` if its gradients are clipped, `step`;
then `update()` once.

What does not help: `optimizer.step()` instead of `scaler.step(optimizer)`: it uses gradients that
are multiplied by the scale.
""",
        ("GG501",),
    ),
    Explanation(
        r"No inf checks were recorded for this optimizer",
        "Mixed precision: this optimizer's parameters got no gradient at all",
        """
What happened: `GradScaler.step(optimizer)` found no gradient in any parameter of the optimizer.
The scaler is not at fault: the loss does not reach this player, or the gradients were cleared
before the step, or the optimizer holds other parameters than the ones that are used.

How to find the line: `gradcheck-gan inspect SCRIPT` names the cut, or the place where the optimizer
was made.

Cure: repair that line; leave the scaler as it is.
""",
        ("GG101", "GG302", "GG306"),
    ),
    Explanation(
        r"finished reduction in the prior iteration|not used in producing loss",
        "Many processes: some parameters took no part in a loss",
        """
What happened: DistributedDataParallel waits for a gradient of every parameter of the module, and
some got none: their part was not run, its output does not reach the loss, or a `detach()` or
`no_grad()` cuts it off. In a GAN the usual case is a discriminator wrapped once and used in both
steps, or one head of several that only some losses use.

How to find the line: `gradcheck-gan inspect SCRIPT` on one process names the modules that ran and
got no gradient, and the cut.

Cure: repair the cut. Where the part rightly takes no part, wrap the player that is trained in this
step only, or pass `find_unused_parameters=True`, which costs time.
""",
        ("GG111", "GG101"),
    ),
)


def explained(message: str) -> str | None:
    """The explanation of the first known message in `message`, in Markdown; None if none is."""
    flat = " ".join(message.split())
    for explanation in EXPLANATIONS:
        if re.search(explanation.pattern, flat, re.IGNORECASE):
            more = " ".join(f"`gradcheck-gan explain {code}`" for code in explanation.codes)
            return f"# {explanation.title}\n{explanation.text}\nMore: {more}\n"
    return None
