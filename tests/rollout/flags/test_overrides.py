"""The environment is read strictly: what is off is off, and what is unclear is an error."""

from __future__ import annotations

import pytest

from forerun.errors import BadSetting
from forerun.rollout.flags import Overrides


@pytest.mark.parametrize("text", ["false", "0", "no", "off", "FALSE", " Off "])
def test_false_is_false(text: str) -> None:
    """No way of writing false is true."""
    read = Overrides.read({"FORERUN_FLAG_NEW_CHARTS": text, "ENABLE_PARALLEL": text})
    assert read.of("new-charts") is False
    assert read.enabled is False


@pytest.mark.parametrize("text", ["true", "1", "yes", "on", "TRUE", " On "])
def test_true_is_true(text: str) -> None:
    """Every way of writing true is."""
    read = Overrides.read({"FORERUN_FLAG_NEW_CHARTS": text, "ENABLE_PARALLEL": text})
    assert read.of("new-charts") is True
    assert read.enabled is True


@pytest.mark.parametrize(
    "variable", ["ENABLE_PARALLEL", "FORERUN_FLAG_NEW_CHARTS", "FORERUN_KILL_PARALLEL"]
)
@pytest.mark.parametrize("text", ["maybe", "2", "tru", "none"])
def test_anything_else_stops_the_start(variable: str, text: str) -> None:
    """The error names the variable and what it may be."""
    with pytest.raises(BadSetting, match=f"{variable} is '{text}'") as caught:
        Overrides.read({variable: text})
    assert caught.value.hint is not None
    assert "true" in caught.value.hint


@pytest.mark.parametrize("text", ["soon", "-1", "nan", "inf"])
def test_a_threshold_is_seconds(text: str) -> None:
    """What is no number of 0 or more is an error that names the variable."""
    with pytest.raises(BadSetting, match="PARALLEL_THRESHOLD"):
        Overrides.read({"PARALLEL_THRESHOLD": text})


def test_what_is_not_there_or_empty_says_nothing() -> None:
    """An empty value is none, as with the other settings."""
    empty = {"ENABLE_PARALLEL": " ", "FORERUN_FLAG_X": "", "FORERUN_KILL_PARALLEL": ""}
    assert Overrides.read(empty) == Overrides.read({}) == Overrides()


def test_a_kill_that_is_false_kills_nothing() -> None:
    """The variable of a kill is read, not only looked for."""
    assert not Overrides.read({"FORERUN_KILL_PARALLEL": "false"}).kills("parallel")
    assert Overrides.read({"FORERUN_KILL_PARALLEL": "true"}).kills("parallel")
    assert not Overrides.read({"FORERUN_KILL_PARALLEL": "true"}).kills("new-charts")


def test_the_name_of_the_file_is_no_flag() -> None:
    """`FORERUN_FLAGS`, the setting for the file, begins almost like the variable of a flag."""
    assert Overrides.read({"FORERUN_FLAGS": "/etc/forerun/flags.json"}) == Overrides()
