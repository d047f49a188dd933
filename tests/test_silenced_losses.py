"""A loss that was given requires_grad hides a cut: the finding names both lines."""

from __future__ import annotations

import pytest
from sketch_script import record

from gradcheck_gan.checking import check

HIDDEN = {
    "switched off": """
    with torch.set_grad_enabled(False):  #: cut
        loss = -D(G(z)).mean()
    loss.requires_grad_()  #: silenced
""",
    "compared": """
    loss = (D(G(z)) > 0).float().mean()  #: cut
    loss.requires_grad = True  #: silenced
""",
    "at the same line": """
    loss = torch.tensor(-D(G(z)).mean().item(), requires_grad=True)  #: silenced
""",
}


@pytest.mark.parametrize("loss", HIDDEN.values(), ids=HIDDEN.keys())
def test_the_cut_that_is_hidden_is_named_beside_the_line_that_hides_it(loss: str) -> None:
    ends = "    loss.backward()\n    optG.step()\n"
    recorded = record("for _ in range(3):" + loss + ends, players=True)
    (finding,) = check(recorded.run).findings
    assert recorded.marked((finding,)) == [("GG112", "silenced")]
    cut = [recorded.marks["cut"]] if "cut" in recorded.marks else []
    assert [one.location.line for one in finding.related if "ends here" in one.note] == cut
    assert (f"repair the cut at line {cut[0]} " if cut else "repair the cut that") in finding.fix
