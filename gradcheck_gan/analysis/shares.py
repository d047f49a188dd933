"""What every step on this rank rested on, in a form that other ranks can compare with theirs."""

from __future__ import annotations

from gradcheck_gan.run import Run, Share, Step


def shares_of(run: Run) -> tuple[Share, ...]:
    """Every step in order; of parameters with the same name the later ones are numbered."""
    return tuple(
        Share(run.optimizers[event.optimizer].name, _named(run, event))
        for event in run.events
        if isinstance(event, Step) and event.figures and not event.skipped
    )


def names_of(run: Run, step: Step) -> dict[str, int]:
    """The parameters of a step by the names that its share gives them."""
    named: dict[str, int] = {}
    for identity in sorted(step.figures):
        parameter = run.parameters.get(identity)
        name = parameter.name if parameter is not None else ""
        unique, number = name, 1
        while unique in named:
            number += 1
            unique = f"{name} #{number}"
        named[unique] = identity
    return named


def _named(run: Run, step: Step) -> dict[str, tuple[float, ...]]:
    return {name: step.figures[identity] for name, identity in names_of(run, step).items()}
