"""Settings: read once, strictly, and listed in the documentation."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forerun.app.settings import Settings, declared, variable
from forerun.booleans import FALSE, TRUE
from forerun.errors import BadSetting

DOCUMENT = Path(__file__).parents[2] / "docs" / "settings.md"


def test_nothing_set_means_the_defaults() -> None:
    """An empty environment, and variables that are set to nothing, give the defaults."""
    assert Settings.read({}) == Settings()
    assert Settings.read({"FORERUN_MODEL": "", "FORERUN_MAX_ROWS": "  "}) == Settings()


def test_each_kind_of_setting_is_read() -> None:
    """Text, numbers, switches and lists come out as their types."""
    settings = Settings.read(
        {
            "FORERUN_MODEL": "openai:gpt-5.1",
            "FORERUN_MAX_ROWS": "50",
            "FORERUN_TIMEOUT": "2.5",
            "FORERUN_SAMPLES": "Off",
            "FORERUN_SAMPLE_SKIP": "users.Email, secrets ,",
        }
    )
    assert settings.model == "openai:gpt-5.1"
    assert settings.max_rows == 50
    assert settings.timeout == 2.5
    assert settings.samples is False
    assert settings.sample_skip == {"users.email", "secrets"}


@given(text=st.text(min_size=1).filter(lambda t: t.strip().lower() not in TRUE | FALSE))
def test_a_switch_is_never_guessed(text: str) -> None:
    """Anything but the eight words is an error that names the variable."""
    if not text.strip():
        return
    with pytest.raises(BadSetting, match="FORERUN_REVIEW"):
        Settings.read({"FORERUN_REVIEW": text})


@pytest.mark.parametrize("text", ["-1", "many", "1e999", "nan", "inf", "0x10"])
def test_a_number_that_is_none_is_told(text: str) -> None:
    """A negative, infinite or unreadable number stops the start with a clear message."""
    with pytest.raises(BadSetting, match="FORERUN_TIMEOUT"):
        Settings.read({"FORERUN_TIMEOUT": text})


def test_a_guess_needs_no_more_than_an_answer() -> None:
    """A guess threshold above the answer threshold stops the start and says what to lower."""
    with pytest.raises(BadSetting, match=r"FORERUN_GUESS_THRESHOLD is 0\.9") as wrong:
        Settings.read({"FORERUN_GUESS_THRESHOLD": "0.9"})
    assert wrong.value.hint == "Lower FORERUN_GUESS_THRESHOLD to 0.85 or less."
    assert Settings(guess_threshold=0.85).guess is False


def test_the_key_is_never_shown() -> None:
    """Settings get printed and logged; the key is not among what is seen of them."""
    assert "s3cret" not in repr(Settings(model="openai:x", model_key="s3cret"))


def test_every_setting_is_documented_with_its_default() -> None:
    """docs/settings.md has exactly one row a setting, with the default and the help text."""
    rows = re.findall(r"^\| `([A-Z_]+)` \| (.*?) \| (.*) \|$", DOCUMENT.read_text(), re.M)
    documented = {name: (default, text) for name, default, text in rows}
    assert len(rows) == len(documented)
    expected = {
        variable(each.name): (shown(each.default), each.metadata["help"]) for each in declared()
    }
    assert documented == expected


def shown(default: object) -> str:
    match default:
        case None:
            return "—"
        case frozenset():
            return f"`{','.join(sorted(default))}`" if default else "—"
        case bool():
            return f"`{str(default).lower()}`"
        case _:
            return f"`{default}`"
