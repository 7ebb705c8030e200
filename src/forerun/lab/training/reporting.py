"""What the fit is worth, every question judged by weights that have not seen its database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from forerun.lab.training.examples import Example

THRESHOLDS = (0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95)
PRECISIONS = (0.98, 0.95, 0.92, 0.9)
POOLED = ("defog sql-eval", "KaggleDBQA", "DuckDB-NSQL")


def report(data: Sequence[Example], sure: Mapping[str, float]) -> Iterator[str]:
    """Lines of text: accuracy by source, then precision and coverage by threshold."""
    own = [example for example in data if not example.foreign]
    by_source: dict[str, list[Example]] = {"all": own}
    for example in own:
        by_source.setdefault(example.source, []).append(example)
    by_source["pooled: " + ", ".join(POOLED)] = [e for e in own if e.source in POOLED]
    yield f"{'questions':>36} {'first':>6} {'top 3':>6} {'any':>6}"
    for source, examples in by_source.items():
        first = _share(e.first_right for e in examples)
        three = _share(bool(e.right[:3].any()) for e in examples)
        whole = _share(bool(e.right.any()) for e in examples)
        yield f"{source[:28]:28} {len(examples):7} {first:6.1%} {three:6.1%} {whole:6.1%}"
    yield f"{'precision / coverage at':28} " + " ".join(f"{t:>13}" for t in THRESHOLDS)
    for source, examples in by_source.items():
        yield f"{source[:28]:28} " + " ".join(_at(examples, sure, t) for t in THRESHOLDS)
    foreign = [example for example in data if example.foreign]
    yield f"{'another database, answered':28} " + " ".join(
        f"{_share(sure[e.id] >= t for e in foreign):13.1%}" for t in THRESHOLDS
    )
    yield "coverage at precision " + " / ".join(f"{p:.0%}" for p in PRECISIONS)
    for source, examples in by_source.items():
        yield f"{source[:28]:28} " + " / ".join(_coverages(examples, sure))


def _at(examples: Sequence[Example], sure: Mapping[str, float], threshold: float) -> str:
    spoken = [e for e in examples if sure[e.id] >= threshold]
    precision = _share(e.first_right for e in spoken)
    return f"{precision:6.1%}/{len(spoken) / max(len(examples), 1):6.1%}"


def _coverages(examples: Sequence[Example], sure: Mapping[str, float]) -> Iterator[str]:
    """The most that can be answered while so many of the answers are right."""
    ranked = sorted(examples, key=lambda example: -sure[example.id])
    for wanted in PRECISIONS:
        right, most = 0, 0
        for count, example in enumerate(ranked, start=1):
            right += example.first_right
            if sure[example.id] > 0 and right >= wanted * count:
                most = count
        yield f"{most / max(len(ranked), 1):.1%}"


def _share(cases: Iterable[bool]) -> float:
    listed = list(cases)
    return sum(listed) / max(len(listed), 1)
