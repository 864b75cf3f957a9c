"""The drawing of a DAG: nothing overlaps, edges lead forward, 500 tasks are no burden."""

import random
import re

import pytest

from workflows.contexts.dag import wrapped
from workflows.layout import HEIGHT, WIDTH, draw


def overlapping(drawing):
    boxes = drawing.boxes
    return [
        (one.key, other.key)
        for at, one in enumerate(boxes)
        for other in boxes[at + 1 :]
        if abs(one.x - other.x) < WIDTH and abs(one.y - other.y) < HEIGHT
    ]


def random_dag(count, seed):
    rng = random.Random(seed)
    return {f"t{n}": [f"t{m}" for m in rng.sample(range(n), min(n, rng.randint(0, 3)))] for n in range(count)}


@pytest.mark.parametrize("seed", range(8))
def test_nothing_overlaps_and_edges_lead_to_the_right(seed):
    dag = random_dag(40, seed)
    drawing = draw(dag)
    assert {box.key for box in drawing.boxes} == set(dag)
    assert not overlapping(drawing)
    at = {box.key: box for box in drawing.boxes}
    assert {(edge.source, edge.target) for edge in drawing.edges} == {
        (n, k) for k, needs in dag.items() for n in needs
    }
    assert all(at[edge.source].x < at[edge.target].x for edge in drawing.edges)
    for edge in drawing.edges:
        start, end = at[edge.source], at[edge.target]
        assert edge.path.startswith(f"M{start.x + WIDTH} {start.y + HEIGHT // 2}C")
        assert edge.path.endswith(f"{end.x} {end.y + HEIGHT // 2}")
    assert all(box.x + WIDTH < drawing.width and box.y + HEIGHT < drawing.height for box in drawing.boxes)


def test_500_tasks_are_drawn():
    drawing = draw(random_dag(500, 1))
    assert len(drawing.boxes) == 500
    assert not overlapping(drawing)


def test_a_chain_is_a_straight_line():
    drawing = draw({"a": [], "b": ["a"], "c": ["b"], "d": ["c"]})
    assert len({box.y for box in drawing.boxes}) == 1


def test_an_edge_runs_around_what_it_passes():
    drawing = draw({"a": [], "b": ["a"], "c": ["b", "a"]})
    passed = next(box for box in drawing.boxes if box.key == "b")
    long_way = next(edge for edge in drawing.edges if (edge.source, edge.target) == ("a", "c"))
    level = int(re.search(r" (\d+)H", long_way.path)[1])
    assert not passed.y <= level <= passed.y + HEIGHT


@pytest.mark.parametrize("dag", [{}, {"a": ["a"]}, {"a": ["b"], "b": ["a"]}, {"a": ["gone"]}])
def test_what_is_no_dag_is_drawn_all_the_same(dag):
    assert {box.key for box in draw(dag).boxes} == set(dag)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("価格を調べる", ["価格を調べる"]),
        ("新製品の価格と納期を調べて報告書にまとめる", ["新製品の価格と納期を", "調べて報告書にまとめ…"]),
        ("Find out about delivery delays", ["Find out about", "delivery delays"]),
        ("", []),
        ("x" * 60, ["x" * 21, "x" * 20 + "…"]),
    ],
)
def test_titles_are_broken_to_fit(text, lines):
    assert wrapped(text) == lines
