"""One BM25 over the fields of a passage, computed here so that both databases rank alike.

A score lies between 0 and 1: the share of the question, weighted by how telling its grams are, that a passage answers.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from knowledge.grams import Term
from knowledge.index import fields
from knowledge.question import Feature

K1 = 1.2
B = 0.4
TYPICAL_GRAMS = 200  # of a passage; a constant, because passages are cut to size
TITLE_BOOST = 1.5
HEADING_BOOST = 2.0
LEAST_COVERAGE = 0.2
LEAST_WEIGHT = 0.5


@dataclass(frozen=True)
class Ranked:
    """`words` are the words of the question found in each field: title, heading, text."""

    score: float
    coverage: float
    words: Mapping[str, tuple[str, ...]]


def idf(total: int, holding: int) -> float:
    """How telling a gram is that `holding` of `total` passages hold."""
    return math.log(1 + (max(total, holding) - holding + 0.5) / (holding + 0.5))


def rank(document: str, features: Sequence[Feature], idfs: Mapping[Term, float]) -> Ranked | None:
    """How well a passage answers; None when it only brushes against the question."""
    parts = fields(document)
    length = B * parts.text.count(" ") / TYPICAL_GRAMS + 1 - B
    whole = reached = covered = strongest = 0.0
    words: dict[str, dict[str, None]] = {"title": {}, "heading": {}, "text": {}}
    for feature in features:
        worth = feature.weight * idfs[feature.term]
        whole += worth
        if feature.term.needle not in document:  # of most features nothing is there
            continue
        counts = [part.count(feature.term.needle) for part in parts[1:]]
        frequency = counts[0] * TITLE_BOOST + counts[1] * HEADING_BOOST + counts[2]
        reached += worth * frequency / (frequency + K1 * length)
        covered += worth
        strongest = max(strongest, feature.weight)
        for name, count in zip(words, counts, strict=True):
            if count:
                words[name][feature.word] = None
    coverage = covered / whole if whole else 0.0
    if coverage < LEAST_COVERAGE or strongest < min(LEAST_WEIGHT, features[0].weight):
        return None
    score = reached / whole * (0.4 + 0.6 * coverage)
    return Ranked(score, coverage, {name: tuple(found) for name, found in words.items() if found})
