"""A drawing as DOT text: ASCII, every label escaped, plain boxes only."""

from __future__ import annotations

from collections.abc import Iterable

from gradcheck_gan.picture.drawing import LOOKS, Drawing, Flow, Group, Link, Node, paint

# Bigger graphs than ours need these; a layout that ran out of time is tried again with them.
FAST = "nslimit=0.2; nslimit1=0.2; mclimit=0.1; splines=line;"
_NODES = 'fontsize=12, margin="0.3,0.07"'
_RAW_NODES = "fontsize=10, style=filled, height=0.2, fillcolor=lightgrey"


def dot_text(drawing: Drawing, *, fast: bool = False, legend: bool = True) -> str:
    look = _RAW_NODES if drawing.raw else _NODES
    lines = [
        "digraph gradient {",
        f"  graph [{_title(drawing.title)}labelloc=t, labeljust=l,",
        '    fontname="Helvetica", fontsize=15, fontcolor="#1c1c1c", bgcolor="#ffffff",',
        "    rankdir=TB, ranksep=0.45, nodesep=0.35, pad=0.3];",
        f'  node [shape=box, fontname="Helvetica", fontcolor="#1c1c1c", {look}];',
        '  edge [fontname="Helvetica", fontsize=11];',
    ]
    if fast:
        lines.append(f"  {FAST}")
    lines += drawing.raw or _described(drawing)
    lines += _legend(drawing) if legend and not drawing.raw else []
    return "\n".join([*lines, "}", ""])


def _described(drawing: Drawing) -> list[str]:
    return [*_frames(drawing, None, "  "), *(_link(link) for link in drawing.links)]


def _title(lines: tuple[str, ...]) -> str:
    # One of the renderers cannot lay out a label without a line.
    return f"label={quoted(lines, left=True)}, " if lines else ""


def escaped(text: str) -> str:
    """Safe inside the quotes of a label: ASCII, no markup, no escape of Graphviz's own."""
    plain = text.encode("ascii", "backslashreplace").decode("ascii")
    plain = "".join(char if char.isprintable() else " " for char in plain)
    return plain.replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;")


def quoted(lines: str | Iterable[str], *, left: bool = False) -> str:
    if isinstance(lines, str):
        return f'"{escaped(lines)}"'
    end = "\\l" if left else "\\n"
    # Room at the right for a viewer whose font is wider than Helvetica.
    body = [escaped(line) + " " * (len(line) // 4 if left else 0) for line in lines]
    return '"' + end.join(body) + (end if left else "") + '"'


def _frames(drawing: Drawing, parent: int | None, pad: str) -> list[str]:
    """Nodes of one frame, then the frames inside it; frames are few and never deep."""
    lines = [pad + _node(node) for node in drawing.nodes if node.group == parent]
    for group in drawing.groups.values():
        if group.parent == parent:
            lines += [f"{pad}subgraph cluster_{group.id} {{", f"{pad}  {_frame_look(group)}"]
            lines += [*_frames(drawing, group.id, pad + "  "), f"{pad}}}"]
    return lines


def _frame_look(group: Group) -> str:
    label = quoted([group.label], left=True)
    return f'label={label}; labelloc=t; labeljust=l; fontsize=12; color="#6a6a6a"; style=rounded;'


def _node(node: Node) -> str:
    look = paint(node)
    style = "rounded,filled,dashed" if look.dashed else "rounded,filled"
    if node.kind in ("cut", "apart"):
        style = "filled"
    shape = ", peripheries=2" if node.culprit else ""
    return (
        f'n{node.id} [id="n{node.id}", class={node.kind}, label={quoted(node.lines)}, '
        f'style="{style}", fillcolor="{look.fill}", color="{look.border}", '
        f"penwidth={look.width}{shape}, tooltip={quoted(node.hint or ' ')}];"
    )


def _link(link: Link) -> str:
    weight = 20 if link.main else 0 if link.flow != "data" else 1
    # From the left, so that a font wider than Helvetica does not push the words over the line.
    words = quoted([f" {link.label}"], left=True)
    label = f', fontcolor="{LOOKS[link.flow].colour}", label={words}' if link.label else ""
    return f"  n{link.upper} -> n{link.lower} [{_line(link.flow)}, weight={weight}{label}];"


def _line(flow: Flow) -> str:
    look = LOOKS[flow]
    head = "normal" if look.arrow else "none"
    return (
        f'class={flow}, style={look.dot_style}, color="{look.colour}", '
        f"penwidth={look.width}, arrowhead={head}"
    )


def _legend(drawing: Drawing) -> list[str]:
    """One labelled piece of a column for every style in use."""
    used = {link.flow for link in drawing.links}
    rows = [flow for flow in LOOKS if flow in used]
    if not rows:
        return []
    lines = ["  subgraph cluster_legend {"]
    lines.append(
        '    label="Read from the loss down    "; labeljust=l; fontsize=11; color="#b0b0b0";'
    )
    lines.append('    edge [fontcolor="#1c1c1c"];')
    lines.append('    node [shape=point, width=0.06, color="#b0b0b0"];')
    for row, flow in enumerate(rows):
        label = quoted([f" {LOOKS[flow].meaning}"], left=True)
        lines.append(f"    l{row} -> l{row + 1} [{_line(flow)}, label={label}];")
    return [*lines, "  }"]
