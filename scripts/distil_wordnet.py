"""Distil WordNet 3.0 into the parser's lexicon: which everyday words may stand for which others.

    python scripts/distil_wordnet.py /usr/share/wordnet

The folder holds WordNet's database files (`data.noun`, `index.noun`, …, `cntlist.rev`), as the
Debian package wordnet-base installs them. The same files give the same lexicon, byte by byte.

A noisy lexicon costs more answers than a small one, so only what a question about data may need
is kept: common words, in their frequent senses, no names. How far two words mean the same is
the share that the common sense has in the uses of either, as counted in WordNet's tagged texts.
"""

from __future__ import annotations

import argparse
import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import permutations, product
from pathlib import Path

from forerun.catalog import words

LEXICON = Path(__file__).parents[1] / "src" / "forerun" / "parsing" / "wordnet.txt"
PARTS = ("noun", "verb", "adj")
LETTERS = {"n": "noun", "v": "verb", "a": "adj", "s": "adj"}
TYPES = {"n": "1", "v": "2", "a": "3", "s": "5"}
POINTERS = {"@": "wider", "~": "narrower", "+": "derived", "\\": "derived", "=": "attribute"}
ENOUGH = {
    "noun": 0.1, "verb": 0.1, "derived": 0.2, "attribute": 0.2, "wider": 0.3, "narrower": 0.3,
}  # fmt: skip
"""The strength that a kind of link needs to be right more often than not.

Adjectives that mean the same are left out: in questions most of their links were wrong.
"""
NEAR = ("wider", "narrower")
"""Kinds that mean something more, or less, than the word does."""
COMMON, COMMON_PART = 2, 20
"""How often a word, or each word of a phrase, was tagged with some sense."""
MOST_SENSES = 3
MOST_OTHERS = 12
HEADER = """\
# Written by scripts/distil_wordnet.py from WordNet 3.0, Copyright 2006 by Princeton University.
# This is a changed work: distilled to stems of common words. See LICENSE-wordnet.txt.
# stem, tab, words for the same, tab, words for something near; each with its strength, 1 to 9.
"""


@dataclass(frozen=True)
class Pointer:
    kind: str
    target: tuple[str, str]
    source: int
    """Number of the word that points, from 1; 0 where the whole synset does."""
    word: int


@dataclass
class Synset:
    part: str
    lemmas: list[str]
    counts: list[int]
    """How often each word was tagged with this sense."""
    pointers: list[Pointer]


@dataclass
class WordNet:
    synsets: dict[tuple[str, str], Synset] = field(default_factory=dict)
    ranks: dict[tuple[str, str, str], int] = field(default_factory=dict)
    """(lemma, part of speech, offset) → number of the sense, 1 being the commonest."""
    uses: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    tagged: dict[str, int] = field(default_factory=lambda: defaultdict(int))


def read(folder: Path) -> WordNet:
    found = WordNet()
    counts = dict(_counts(folder / "cntlist.rev"))
    for part in PARTS:
        for line in _lines(folder / f"index.{part}"):
            lemma, *rest = line.split()
            offsets = rest[4 + int(rest[2]) :]
            found.ranks |= {(lemma, part, o): rank for rank, o in enumerate(offsets, start=1)}
        for line in _lines(folder / f"data.{part}"):
            synset = _synset(line, counts)
            found.synsets[part, line.split(None, 1)[0]] = synset
    for key, synset in found.synsets.items():
        for at, lemma in enumerate(synset.lemmas):
            found.uses[lemma] += _weight(found, key, at)
            found.tagged[lemma] += synset.counts[at]
    return found


def _lines(path: Path) -> Iterator[str]:
    return (line for line in path.read_text("utf-8").splitlines() if not line.startswith("  "))


def _counts(path: Path) -> Iterator[tuple[str, int]]:
    """Sense key, without the head of an adjective's cluster → how often it was tagged."""
    for line in _lines(path):
        key, _, count = line.split()
        yield ":".join(key.split(":")[:3]), int(count)


def _synset(line: str, counts: dict[str, int]) -> Synset:
    parts = line.split(" | ", 1)[0].split()
    file, kind, size = parts[1], parts[2], int(parts[3], 16)
    lemmas, tagged = [], []
    for at in range(4, 4 + 2 * size, 2):
        lemma = parts[at].split("(")[0]
        key = f"{lemma.lower()}%{TYPES[kind]}:{file}:{int(parts[at + 1], 16):02d}"
        lemmas.append(lemma)
        tagged.append(counts.get(key, 0))
    at = 5 + 2 * size
    pointers = [
        Pointer(POINTERS[mark], (LETTERS[letter], offset), int(ends[:2], 16), int(ends[2:], 16))
        for mark, offset, letter, ends in zip(*(parts[at + i :: 4] for i in range(4)), strict=False)
        if mark in POINTERS and letter in LETTERS
    ]
    return Synset(LETTERS[kind], lemmas, tagged, pointers)


def _weight(net: WordNet, key: tuple[str, str], at: int) -> float:
    synset = net.synsets[key]
    return synset.counts[at] + 1 / net.ranks.get((synset.lemmas[at].lower(), *key), 9)


def _share(net: WordNet, key: tuple[str, str], at: int) -> float:
    """How much of the use of a synset's word is this sense; 0 for what is no plain word."""
    synset = net.synsets[key]
    lemma = synset.lemmas[at]
    if not _is_plain(lemma) or net.ranks.get((lemma, *key), 9) > MOST_SENSES:
        return 0.0
    return _weight(net, key, at) / net.uses[lemma]


def _is_plain(lemma: str) -> bool:
    """One or two words of small letters: no name, no abbreviation, no symbol."""
    parts = lemma.split("_")
    return (
        len(parts) <= 2
        and all(part.isascii() and part.isalpha() and part.islower() for part in parts)
        and min(map(len, parts)) > 2
    )


@dataclass(frozen=True)
class Link:
    word: str
    other: str
    kind: str
    strength: float


def links(net: WordNet) -> Iterator[Link]:
    """Every link between two plain words, at least one of them common, in both directions."""
    for key, synset in net.synsets.items():
        for other, a, b, kind in _pairs(net, key):
            word, meant = synset.lemmas[a], net.synsets[other].lemmas[b]
            strength = math.sqrt(_share(net, key, a) * _share(net, other, b))
            if strength and _is_wanted(net, word, meant, kind):
                yield Link(word, meant, kind, strength)


def _is_wanted(net: WordNet, word: str, other: str, kind: str) -> bool:
    common = _is_common(net, word), _is_common(net, other)
    if kind in NEAR:
        return all(common) and "_" not in word + other
    return any(common)


def _is_common(net: WordNet, lemma: str) -> bool:
    """Met in the tagged texts, as each word of a phrase must be."""
    least = COMMON if "_" not in lemma else COMMON_PART
    return all(net.tagged[part] >= least for part in lemma.split("_"))


def _pairs(net: WordNet, key: tuple[str, str]) -> Iterator[tuple[tuple[str, str], int, int, str]]:
    """Positions of two words, the second with its synset, and how they belong together."""
    synset = net.synsets[key]
    for a, b in permutations(range(len(synset.lemmas)), 2):
        yield key, a, b, synset.part
    for pointer in synset.pointers:
        if pointer.kind in NEAR and synset.part != "noun":
            continue
        target = net.synsets[pointer.target]
        here = [pointer.source - 1] if pointer.source else range(len(synset.lemmas))
        there = [pointer.word - 1] if pointer.word else range(len(target.lemmas))
        for a, b in product(here, there):
            yield pointer.target, a, b, pointer.kind


def distil(net: WordNet) -> Iterator[str]:
    """The lines of the lexicon, sorted."""
    found: dict[str, tuple[dict[str, int], dict[str, int]]] = defaultdict(lambda: ({}, {}))
    for link in links(net):
        word, other = (" ".join(words.stems(name)) for name in (link.word, link.other))
        if word != other and link.strength >= ENOUGH.get(link.kind, 2.0):
            others = found[word][link.kind in NEAR]
            others[other] = max(others.get(other, 0), round(9 * link.strength))
    for word, (same, near) in sorted(found.items()):
        rest = {other: strength for other, strength in near.items() if other not in same}
        yield f"{word}\t{_listed(same)}\t{_listed(rest)}\n"


def _listed(others: dict[str, int]) -> str:
    best = sorted(others.items(), key=lambda item: (-item[1], item[0]))[:MOST_OTHERS]
    return ",".join(f"{other}:{strength}" for other, strength in best)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--out", type=Path, default=LEXICON)
    chosen = arguments.parse_args()
    chosen.out.write_text(HEADER + "".join(distil(read(chosen.folder))), "utf-8", newline="\n")


if __name__ == "__main__":
    main()
