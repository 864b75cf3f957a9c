"""Where the tasks of a DAG stand when it is drawn: columns by what they wait for, few crossings. Pure.

Layers by the longest way from a beginning; an edge that passes layers gets a bend in each; bends and nodes of a layer are
sorted by the mean place of their neighbours (barycentre), a few times to and fro.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

WIDTH, HEIGHT = 184, 58
COLUMN_GAP, ROW_GAP, MARGIN = 52, 14, 6
BEND_HEIGHT = 10
SWEEPS = 6
MOST_BENDS = 3000
"""Beyond that edges run straight: nobody follows a single line in such a crowd."""


@dataclass(frozen=True)
class Box:
    """A node's rectangle in pixels; `x` and `y` are its upper left corner."""

    key: str
    x: int
    y: int
    width: int = WIDTH
    height: int = HEIGHT


@dataclass(frozen=True)
class Edge:
    """`path` is the `d` of an SVG path from `source` to `target`."""

    source: str
    target: str
    path: str


@dataclass(frozen=True)
class Drawing:
    width: int
    height: int
    boxes: Sequence[Box]
    edges: Sequence[Edge]


type Spot = tuple[str, int]
"""A node's key and its layer; for a bend, the edge's name and the layer that it passes."""


def draw(depends_on: Mapping[str, Iterable[str]]) -> Drawing:
    """The drawing of `{key: keys it waits for}`. Unknown keys are left out; a cycle is drawn as if cut."""
    known = {
        key: [each for each in dict.fromkeys(needed) if each in depends_on and each != key]
        for key, needed in depends_on.items()
    }
    layer = _layers(known)
    ways = _ways(known, layer)
    columns = _columns(layer, ways)
    _uncross(columns, ways)
    tops = _tops(columns, ways)
    boxes = [Box(key, _x(at), round(tops[key, at])) for key, at in layer.items()]
    right = max((box.x for box in boxes), default=0) + WIDTH + MARGIN
    bottom = max((box.y for box in boxes), default=0) + HEIGHT + MARGIN
    edges = [Edge(way[0][0], way[-1][0], _path(way, tops)) for way in ways]
    return Drawing(right, bottom, boxes, edges)


def _layers(needs: Mapping[str, Sequence[str]]) -> dict[str, int]:
    found: dict[str, int] = {}
    rest = dict(needs)
    while rest:
        ready = [key for key, needed in rest.items() if all(each in found for each in needed)]
        ready = ready or [next(iter(rest))]  # a cycle: begin somewhere
        for key in ready:
            found[key] = 1 + max((found[each] for each in needs[key] if each in found), default=-1)
        for key in ready:
            del rest[key]
    return found


def _ways(needs: Mapping[str, Sequence[str]], layer: Mapping[str, int]) -> list[list[Spot]]:
    """Each edge as the spots that it runs through."""
    pairs = [
        (source, key) for key, needed in needs.items() for source in needed if layer[source] < layer[key]
    ]
    bends = sum(layer[target] - layer[source] - 1 for source, target in pairs)
    return [
        [
            (source, layer[source]),
            *(
                (f"{source}→{target}", at)
                for at in range(layer[source] + 1, layer[target])
                if bends <= MOST_BENDS
            ),
            (target, layer[target]),
        ]
        for source, target in pairs
    ]


def _columns(layer: Mapping[str, int], ways: Iterable[list[Spot]]) -> list[list[Spot]]:
    columns: list[list[Spot]] = [[] for _ in range(max(layer.values(), default=-1) + 1)]
    for spot in [*layer.items(), *(bend for way in ways for bend in way[1:-1])]:
        columns[spot[1]].append(spot)
    return columns


def _neighbours(ways: Iterable[list[Spot]]) -> tuple[dict[Spot, list[Spot]], dict[Spot, list[Spot]]]:
    before, behind = defaultdict(list), defaultdict(list)
    for way in ways:
        for one, other in pairwise(way):
            behind[one].append(other)
            before[other].append(one)
    return before, behind


def _uncross(columns: list[list[Spot]], ways: Sequence[list[Spot]]) -> None:
    before, behind = _neighbours(ways)
    place = {spot: at for column in columns for at, spot in enumerate(column)}
    for sweep in range(SWEEPS):
        forth = sweep % 2 == 0
        for column in columns if forth else columns[::-1]:
            near = before if forth else behind
            means = {spot: _mean([place[each] for each in near[spot]], place[spot]) for spot in column}
            column.sort(key=means.__getitem__)
            place.update({spot: at for at, spot in enumerate(column)})


def _tops(columns: Sequence[list[Spot]], ways: Sequence[list[Spot]]) -> dict[Spot, float]:
    """The upper edge of every spot: each column in the middle, then drawn towards what it is connected with."""
    before, behind = _neighbours(ways)
    bends = {spot for way in ways for spot in way[1:-1]}
    size = {spot: BEND_HEIGHT if spot in bends else HEIGHT for column in columns for spot in column}
    tops: dict[Spot, float] = {}
    for column in columns:
        top = -sum(size[spot] + ROW_GAP for spot in column) / 2
        for spot in column:
            tops[spot], top = top, top + size[spot] + ROW_GAP
    for near, order in ((before, columns), (behind, columns[::-1]), (before, columns)):
        for column in order:
            _pull(column, near, tops, size)
    least = min(tops.values(), default=0)
    return {spot: top - least + MARGIN for spot, top in tops.items()}


def _pull(
    column: list[Spot], near: Mapping[Spot, list[Spot]], tops: dict[Spot, float], size: Mapping[Spot, int]
) -> None:
    """Move each spot as near to the middle of its neighbours as the order and the sizes of the column allow."""
    wanted = {
        spot: _mean([tops[each] + size[each] / 2 for each in near[spot]], tops[spot] + size[spot] / 2)
        - size[spot] / 2
        for spot in column
    }
    offset, offsets = 0, []
    for spot in column:
        offsets.append(offset)
        offset += size[spot] + ROW_GAP
    shifted = _rising([wanted[spot] - offset for spot, offset in zip(column, offsets, strict=True)])
    tops.update({spot: shift + offset for spot, shift, offset in zip(column, shifted, offsets, strict=True)})


def _rising(numbers: Sequence[float]) -> list[float]:
    """The never falling numbers that come nearest to these, by least squares (pool adjacent violators)."""
    pools: list[tuple[float, int]] = []
    for number in numbers:
        total, count = number, 1
        while pools and pools[-1][0] / pools[-1][1] > total / count:
            before, size = pools.pop()
            total, count = total + before, count + size
        pools.append((total, count))
    return [total / count for total, count in pools for _ in range(count)]


def _mean(numbers: Sequence[float], otherwise: float) -> float:
    return sum(numbers) / len(numbers) if numbers else otherwise


def _x(layer: int) -> int:
    return MARGIN + layer * (WIDTH + COLUMN_GAP)


def _path(way: Sequence[Spot], tops: Mapping[Spot, float]) -> str:
    """A smooth line out of the right side of the first box, through the bends, into the left side of the last."""
    x, y = _x(way[0][1]) + WIDTH, round(tops[way[0]]) + HEIGHT // 2
    steps = [f"M{x} {y}"]
    for spot in way[1:]:
        last = spot is way[-1]
        to_x, to_y = _x(spot[1]), round(tops[spot]) + (HEIGHT if last else BEND_HEIGHT) // 2
        middle = (x + to_x) // 2
        steps.append(f"C{middle} {y} {middle} {to_y} {to_x} {to_y}")
        if not last:
            steps.append(f"H{to_x + WIDTH}")
        x, y = to_x + WIDTH, to_y
    return "".join(steps)
