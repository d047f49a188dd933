"""GG501: under a gradient scaler, gradients are used, clipped or punished at the wrong scale."""

from __future__ import annotations

from collections.abc import Iterator

from gradcheck_gan.analysis.scaling import Scaling
from gradcheck_gan.analysis.study import Study
from gradcheck_gan.rule import Claim, Rule
from gradcheck_gan.rules._amp_clips import of_clip
from gradcheck_gan.rules._amp_misuse import Misuse
from gradcheck_gan.rules._amp_penalties import ScaledPenalties
from gradcheck_gan.rules._amp_steps import of_step

RULE = Rule(
    "GG501",
    "amp-misuse",
    "error",
    "scaled gradients are stepped past the gradient scaler, or clipped before they are unscaled",
    folds_under=frozenset({"GG112", "GG204", "GG205", "GG303"}),
)


def check(study: Study) -> Iterator[Claim]:
    scaling = Scaling(study)
    if not scaling.is_used:
        return
    penalties = ScaledPenalties(study)
    for clip in study.run.clips:
        yield from (_claim(study, misuse) for misuse in of_clip(study, scaling, clip))
    for update in study.updates:
        yield from (_claim(study, misuse) for misuse in of_step(study, scaling, update))
        yield from (_claim(study, misuse) for misuse in penalties.of_update(update))


def _claim(study: Study, misuse: Misuse) -> Claim:
    return RULE.claim(
        misuse.message,
        misuse.location,
        misuse.fix,
        subjects=misuse.subjects(study),
        related=misuse.related,
        player=misuse.update.player.name,
        evidence=misuse.evidence,
        rounds=[misuse.update.step.round],
    )
