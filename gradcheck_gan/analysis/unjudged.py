"""What a report has to say of players that nothing could be said of."""

from __future__ import annotations

from collections.abc import Iterator

from gradcheck_gan.analysis.study import Study


def unjudged(study: Study) -> Iterator[str]:
    """A gradient that no pass deposited may come from any loss, or from none."""
    for player in study.players:
        updates = study.updates_of(player)
        if updates and not any(update.known for update in updates):
            yield (
                f"the gradient of {player.name} was written by hand before every step (from "
                "torch.func or autograd.grad, say); whether it comes from the right loss was not "
                "judged"
            )
