"""Prompts as files."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

from forerun.domain import Role
from forerun.prompts import load, render

NAMES = sorted(
    entry.name.removesuffix(".md")
    for entry in files("forerun.prompts").iterdir()
    if entry.name.endswith(".md")
)


@pytest.mark.parametrize("name", NAMES)
def test_every_prompt_file_renders(name: str) -> None:
    """Each file has a role, a stable system part, a reply schema, and takes its variables."""
    template = load(name)
    prompt = template.render({variable: f"<{variable}>" for variable in template.variables})
    assert re.fullmatch(rf"{name}@[0-9a-f]{{8}}", prompt.name)
    assert "{{" not in prompt.system + prompt.user
    assert prompt.shape is not None
    assert prompt.shape["required"] == list(prompt.shape["properties"])


def test_missing_and_surplus_variables_raise() -> None:
    """A prompt never goes out with a hole, nor silently drops what it was given."""
    with pytest.raises(KeyError, match="lacks chosen, question"):
        render("analyst", tables="a")
    with pytest.raises(KeyError, match="no place for extra"):
        render("analyst", tables="a", chosen="b", question="c", extra="d")


def test_values_are_never_templates() -> None:
    """A question that spells a variable is quoted as it is."""
    prompt = render("analyst", tables="a", chosen="b", question="what is {{tables}}?")
    assert "what is {{tables}}?" in prompt.user


def test_the_question_comes_after_everything_that_lasts() -> None:
    """Providers cache prefixes: the schema first, the question last."""
    first = render(
        "writer", dialect="d", schema="s", now="n", examples="", conversation="", question="one"
    )
    other = render(
        "writer", dialect="d", schema="s", now="n", examples="", conversation="", question="two"
    )
    shared = first.user.index("one")
    assert first.user[:shared] == other.user[:shared]
    assert first.user.index("</schema>") < shared
    assert first.user.rstrip().endswith("</question>")


def test_repair_goes_on_from_the_writer() -> None:
    """A repair shares system part, reply and prefix with the first attempt."""
    values = dict.fromkeys(("dialect", "schema", "now", "examples", "conversation", "question"), "")
    written, repaired = render("writer", **values), render("repair", **values, refused="r")
    assert repaired.system == written.system
    assert repaired.shape == written.shape
    assert repaired.user.startswith(written.user)
    assert repaired.role is Role.WRITER
    assert repaired.name.split("@")[1] != written.name.split("@")[1]
