"""The words between mentions speak for plans, as far as many databases were asked with them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from forerun.lab.training.examples import Example
from forerun.lab.training.fitting import MANY_DATABASES, fit_weights
from forerun.parsing import wording
from forerun.parsing.lattice import build
from forerun.parsing.parser import indexed, weights_for
from forerun.parsing.proposing import propose
from forerun.parsing.ranking import weights
from tests.parsing import shop
from tests.parsing.test_merging import NOW

QUESTION = "Which customers have never placed any orders?"


def test_words_of_mentions_are_left_out() -> None:
    """What names a table or a value is no wording; every other word is heard once."""
    lattice = build(QUESTION, indexed(shop.catalog()), NOW.date())
    words = wording.between(lattice)
    assert "which" in words
    assert not {"customers", "orders"} & set(words)
    assert len(set(words)) == len(words)


def test_a_candidate_is_scored_by_what_is_said_too() -> None:
    """Every candidate has the features of its wording, and its score is the sum of all."""
    index = indexed(shop.catalog())
    fitted = weights_for(index)
    _, candidates = propose(QUESTION, index, NOW.date(), fitted)
    for candidate in candidates:
        assert any(feature.startswith(wording.PREFIX) for feature in candidate.features)
        total = sum(fitted.get(feature, 0.0) for feature in candidate.features)
        assert abs(total - candidate.score) < 1e-6


def test_candidates_are_in_the_order_of_their_scores() -> None:
    """Also after the wording was heard."""
    index = indexed(shop.catalog())
    _, candidates = propose(QUESTION, index, NOW.date(), weights_for(index))
    scores = [candidate.score for candidate in candidates]
    assert scores == sorted(scores, reverse=True)


def _example(number: int, database: str, name: str) -> Example:
    rows = (np.array([0], np.int32), np.array([1], np.int32))
    right = np.array([True, False])
    return Example(
        str(number), database, 0, "s", (name, "other"), rows, right, {}, 1.0, vetoed=False, sql=""
    )


def test_a_word_of_few_databases_has_no_weight() -> None:
    """However often it was right there: it may be a word of their subject."""
    name = f"{wording.PREFIX}elected|first"
    often = [_example(number, "parliament", name) for number in range(40)]
    assert name not in fit_weights(often, {}, {})
    spread = [replace(e, database=str(number)) for number, e in enumerate(often)]
    assert fit_weights(spread[:MANY_DATABASES], {}, {})[name] > 0
    assert fit_weights([replace(e, vocabulary=("joins=1", "other")) for e in often], {}, {})


def test_shipped_words_are_no_values() -> None:
    """Every word with a weight is a word, not a number or a quotation."""
    said = {name.split("|")[1] for name in weights() if name.startswith(wording.PREFIX)}
    assert said
    assert all(word.replace("'", "").isalpha() for word in said)
