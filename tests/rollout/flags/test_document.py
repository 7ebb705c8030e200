"""A flag file is taken whole or not at all, and what is wrong is named by its place."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from openfeature.contrib.tools.flagd.core.targeting.targeting import OPERATORS as FLAGD_OPERATORS

from forerun.errors import BadFlags
from forerun.rollout.flags import document
from forerun.rollout.flags.rules import OPERATORS
from tests.rollout.flags.files import Plain, raw, rollout, switch, with_rules

IF_SIMPLE = {"==": [{"var": "complexity"}, "simple"]}


def flag_of(made: Plain) -> Plain:
    flag: Plain = made["flags"]["parallel"]
    return flag


def set_terms(**terms: Any) -> Callable[[Plain], None]:
    return lambda made: flag_of(made)["variants"]["everybody"].update(terms)


def set_metadata(**metadata: Any) -> Callable[[Plain], None]:
    return lambda made: flag_of(made)["metadata"].update(metadata)


def set_rule(rule: Any) -> Callable[[Plain], None]:
    return lambda made: flag_of(made).update(targeting=rule)


FAULTS: list[tuple[Callable[[Plain], Any], str]] = [
    (lambda made: made.pop("metadata"), "metadata is missing"),
    (lambda made: made["metadata"].pop("version"), "metadata.version is missing"),
    (lambda made: made["metadata"].update(version="7"), "metadata.version is '7'"),
    (lambda made: made["metadata"].update(version=True), "metadata.version is True"),
    (lambda made: made.pop("flags"), "flags is missing"),
    (lambda made: made.update(flag={}), "flag means nothing"),
    (lambda made: flag_of(made).pop("state"), "flags.parallel.state is missing"),
    (lambda made: flag_of(made).update(state="on"), "flags.parallel.state is 'on'"),
    (lambda made: flag_of(made).update(rules=[]), "flags.parallel.rules means nothing"),
    (lambda made: flag_of(made).update(variants={}), "flags.parallel.variants is empty"),
    (lambda made: flag_of(made).pop("defaultVariant"), "parallel.defaultVariant is missing"),
    (lambda made: flag_of(made).update(defaultVariant="all"), "defaultVariant is 'all'"),
    (lambda made: flag_of(made)["variants"].update(some=True), "variants.some is of another kind"),
    (set_terms(stage="half"), "variants.everybody.stage is 'half'"),
    (set_terms(percentage=120), "variants.everybody.percentage is 120"),
    (set_terms(percentage=-1), "variants.everybody.percentage is -1"),
    (set_terms(percentage="10"), "variants.everybody.percentage is '10'"),
    (set_terms(percentage=True), "variants.everybody.percentage is True"),
    (set_terms(percentage=0.125), "variants.everybody.percentage is 0.125"),
    (set_terms(threshold=-3), "variants.everybody.threshold is -3"),
    (set_terms(percent=10), "variants.everybody.percent means nothing"),
    (set_terms(stage="live"), "percentage stands beside the stage live"),
    (lambda made: flag_of(made).pop("metadata"), "metadata.salt is missing"),
    (set_metadata(salt=""), "metadata.salt is ''"),
    (set_metadata(salt="a\0b"), "metadata.salt is 'a\\x00b'"),
    (set_metadata(hash_version=9), "metadata.hash_version is 9"),
    (set_metadata(hash_version=True), "metadata.hash_version is True"),
    (set_metadata(holdout=101), "metadata.holdout is 101"),
    (set_metadata(expires="next year"), "metadata.expires is 'next year'"),
    (set_metadata(expires="2027-02-30"), "metadata.expires is '2027-02-30'"),
    (set_metadata(owner=["ann"]), "metadata.owner is no text"),
    (set_rule([]), "targeting is a list"),
    (set_rule({"if": [IF_SIMPLE, "nobody"]}), "targeting gives 'nobody'"),
    (set_rule({"==": [{"var": "complexty"}, "simple"]}), "asks for 'complexty'"),
    (set_rule({"fractional": [["everybody", 10]]}), "targeting uses fractional"),
    (set_rule({"guess": []}), "targeting uses guess"),
    (set_rule({"if": [], "or": []}), "an object with more than one key"),
]


@pytest.mark.parametrize(("spoil", "told"), FAULTS, ids=[told for _, told in FAULTS])
def test_a_fault_is_named_by_its_place(spoil: Callable[[Plain], Any], told: str) -> None:
    """The error has the file, the keys that lead to the fault, and what to write instead."""
    made = rollout(stage="canary", percentage=10)
    document.read(raw(made), "flags.json")
    spoil(made)
    with pytest.raises(BadFlags) as caught:
        document.read(raw(made), "flags.json")
    assert caught.value.message.startswith("flags.json: ")
    assert told in caught.value.message
    assert caught.value.hint


def test_a_canary_says_how_many() -> None:
    """Also where a rule alone makes it one: nothing is inherited from another stage."""
    made = with_rules(
        rollout(stage="shadow", percentage=50),
        {"if": [IF_SIMPLE, "bold"]},
        bold={"stage": "canary"},
    )
    with pytest.raises(BadFlags, match=r"variants\.bold\.percentage is missing"):
        document.read(raw(made), "flags.json")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"{", "line 1, column 2"),
        (b"", "line 1, column 1"),
        (b'{"metadata": {"version": 1}, "flags": {}, "flags": {}}', "'flags' stands there twice"),
        (b'{"metadata": {"version": NaN}}', "NaN is no number"),
        (b"[]", "is a list, not an object"),
        (b"\xff\xfe", "is not UTF-8"),
        (b" " * (1 << 20) + b"{}", "more than a megabyte"),
        (b'{"flags":' * 60 + b"1" + b"}" * 60, "nested too deeply"),
        (b"[" * 100_000, "nested too deeply"),
    ],
)
def test_what_is_no_json_says_where(text: bytes, told: str) -> None:
    """Cut short, doubled, too large or too deep: an error in words, and none of another kind."""
    with pytest.raises(BadFlags) as caught:
        document.read(text, "flags.json")
    assert told in caught.value.message


def test_yaml_means_what_json_means() -> None:
    """`off` is a stage and a date is text, although YAML 1.1 makes False and a date of them."""
    text = """
    metadata: {version: 3}
    flags:
      parallel:
        state: ENABLED
        variants:
          off: {stage: off}
          some: {stage: canary, percentage: 2.5}
        defaultVariant: off
        metadata: {salt: a1b2c3d4, hash_version: 1, expires: 2099-12-31}
    """
    for name in ("flags.yaml", "flags.yml"):
        read = document.read(text.encode(), name)
        assert read.flags["parallel"]["variants"]["off"] == {"stage": "off"}
        assert read.flags["parallel"]["variants"]["some"]["percentage"] == 2.5
        again = document.read(yaml.safe_dump(dict(read.plain)).encode(), name)
        assert again.plain == read.plain


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("metadata: {version: 1", "line 1"),
        ("flags: {}\nflags: {}", "the key flags stands there twice"),
        ("a: &x [1]\nb: *x", "an alias is not read here"),
    ],
)
def test_broken_yaml_says_where(text: str, told: str) -> None:
    """With the line, as JSON does."""
    with pytest.raises(BadFlags, match="no readable YAML") as caught:
        document.read(text.encode(), "flags.yaml")
    assert told in caught.value.message


def test_every_operator_of_rules_is_one_of_flagd() -> None:
    """What passes the check here can be evaluated there."""
    assert set(OPERATORS) <= {*FLAGD_OPERATORS, "if", "and", "or", "var"}


def test_flagd_gets_a_copy() -> None:
    """flagd changes what it is given; the document stays as it is written."""
    read = document.read(raw(rollout(stage="canary", percentage=10)), "flags.json")
    before = json.dumps(read.plain)
    handed = read.for_flagd()
    handed["flags"]["parallel"].pop("defaultVariant")
    assert json.dumps(read.plain) == before


def test_switches_need_no_salt() -> None:
    """Only what goes by percentages has to say how people are spread."""
    assert document.read(raw(switch("on")), "flags.json").version == 1
