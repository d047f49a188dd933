"""Why passes brought a player no gradient: the code of the fault, and the values where it stops."""

from __future__ import annotations

from gradcheck_gan.analysis.flow import Link
from gradcheck_gan.analysis.players import Player
from gradcheck_gan.analysis.study import Study
from gradcheck_gan.run import Backward, Value

_CODE_OF_CUT = {
    "detach": "GG101",
    "no_grad": "GG102",
    "operation": "GG103",
    "escape": "GG105",
    "function": "GG103",
    "grad": "GG401",
}


def code_and_culprits(
    study: Study, links: list[tuple[Backward, Link]], player: Player
) -> tuple[str, tuple[Value, ...]] | None:
    """The best explanation: a proven cut, then a frozen player, then a guess."""
    for event, link in links:
        if link.kind == "cut":
            return _explain_cut(study, event, link)
    if any(link.kind == "frozen" for _, link in links):
        return "GG106", ()
    for _, link in links:
        if link.kind == "guessed" and _is_likely(study, link, player):
            return "GG105", link.culprits
    return None


def _explain_cut(study: Study, event: Backward, link: Link) -> tuple[str, tuple[Value, ...]]:
    """Code and culprits of a cut: a value that comes back from outside autograd was rebuilt."""
    culprits = link.culprits
    if not culprits:
        return "GG103", ()
    first = culprits[0]
    rebuilt = study.flow.rebuilt_after(first, event.roots)
    if rebuilt is not None:
        return "GG105", (rebuilt, *(c for c in culprits if c.id != rebuilt.id))
    return _CODE_OF_CUT[first.cut or "operation"], culprits


def _is_likely(study: Study, link: Link, player: Player) -> bool:
    """What left autograd was this player's own output, not another's opinion of it."""
    return any(
        study.meetings.upstream.get(guess, frozenset()) == {player.id}
        for value in link.culprits
        for guess in value.guessed
    )


def refusing_value(
    study: Study, links: list[tuple[Backward, Link]], player: Player
) -> Value | None:
    """The value nearest the player whose node was given a gradient and passed none on."""
    for event, link in links:
        refused = sorted(event.refused) if link.kind == "live" else ()
        for identity in refused:
            if study.flow.reached(identity, event).live & player.parameters:
                return study.run.values.get(identity)
    return None


def code_of_refusal(value: Value) -> str:
    return "GG108" if value.kind == "function" else "GG103"
