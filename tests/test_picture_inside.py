"""A folded node can be opened: what lies in it is drawn, with what is next to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from xml.etree import ElementTree as ET

from picture_runs import finding, gan, report, tower

from gradcheck_gan.picture import bare_svgs
from gradcheck_gan.picture.drawing import Drawing
from gradcheck_gan.picture.inside import Inside
from gradcheck_gan.picture.render import renderers
from gradcheck_gan.picture.several import Picture, pictures


def names(drawing: Drawing) -> list[str]:
    return [node.name for node in drawing.nodes]


def everything(below: Mapping[int, Inside]) -> Iterator[Inside]:
    for inside in below.values():
        yield inside
        yield from everything(inside.below)


def only(run_of_floors: int, rooms: int = 2) -> Picture:
    (picture,) = pictures(tower(run_of_floors, rooms).run(), report())
    return picture


def test_module_is_opened_floor_by_floor() -> None:
    picture = only(3)
    assert names(picture.drawing) == ["loss, backward", "mean", "Generator netG", "randn"]
    (whole,) = picture.inside.values()
    assert list(picture.inside) == [2]
    floors = ["Floor netG.2", "Floor netG.1", "Floor netG.0"]
    assert names(whole.drawing) == ["mean", *floors, "randn"]
    assert [whole.drawing.nodes[one].name for one in whole.below] == floors
    middle = whole.below[names(whole.drawing).index("Floor netG.1")]
    rooms = ["Room netG.1.1", "Room netG.1.0"]
    assert names(middle.drawing) == ["Floor netG.2", *rooms, "Floor netG.0"]
    assert [middle.drawing.nodes[one].name for one in middle.below] == rooms


def test_only_what_was_opened_can_be_opened_further() -> None:
    for inside in everything(only(3).inside):
        around = {node.id for node in inside.drawing.nodes if node.group is None}
        assert not around & inside.below.keys()


def test_every_link_stays_between_nodes_that_are_there() -> None:
    opened = list(everything(only(4, 3).inside))
    assert len(opened) > 10
    for inside in opened:
        count = len(inside.drawing.nodes)
        assert [node.id for node in inside.drawing.nodes] == list(range(count))
        ends = {one for link in inside.drawing.links for one in (link.upper, link.lower)}
        assert ends == set(range(count))


def test_flow_inside_is_that_of_the_whole() -> None:
    (picture,) = pictures(gan().run(), report(finding("GG101", 41)))
    generator = next(n for n in picture.inside if "netG" in picture.drawing.nodes[n].name)
    inside = picture.inside[generator].drawing
    assert not any(node.gets for node in inside.nodes)
    assert {link.flow for link in inside.links} == {"cut", "lost", "data"}


def test_many_alike_are_opened_into_few_enough_to_read() -> None:
    picture = only(400)
    found = list(everything(picture.inside))
    assert found
    assert max(len(one.drawing.nodes) for one in found) <= 63
    assert len(found) <= 40


def test_every_drawing_of_a_page_is_drawn_by_one_renderer() -> None:
    picture = only(3)
    drawings = [picture.drawing, *(one.drawing for one in everything(picture.inside))]
    for svg in bare_svgs(drawings, renderers(None)):
        assert ET.fromstring(svg).get("viewBox")
