"""Prompts as Markdown files: a head, `# System`, `# User` and `# Reply` (a JSON schema).

The head names the role and the token limit. A file that `extends` another takes its system part
and its reply and adds its own user part at the end, so that both share one prefix, which
providers keep in their caches.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from typing import Any

from forerun.domain import Role
from forerun.ports import Prompt

_HEADING = re.compile(r"^# (System|User|Reply)[ \t]*$", re.MULTILINE)
_VARIABLE = re.compile(r"\{\{(\w+)\}\}")


@dataclass(frozen=True, slots=True)
class Template:
    """A prompt file, read."""

    name: str
    """File name and content hash, `writer@1f3a2b4c`."""
    role: Role
    system: str
    user: str
    shape: Mapping[str, Any] | None
    max_output_tokens: int

    @property
    def variables(self) -> frozenset[str]:
        return frozenset(_VARIABLE.findall(self.user))

    def render(self, values: Mapping[str, str]) -> Prompt:
        """The prompt with its variables filled in. A value is never looked into for variables."""
        if missing := self.variables - values.keys():
            raise KeyError(f"Prompt {self.name} lacks {', '.join(sorted(missing))}.")
        if surplus := values.keys() - self.variables:
            raise KeyError(f"Prompt {self.name} has no place for {', '.join(sorted(surplus))}.")
        user = _VARIABLE.sub(lambda match: values[match[1]], self.user)
        return Prompt(self.name, self.role, self.system, user, self.shape, self.max_output_tokens)


def render(name: str, **values: str) -> Prompt:
    """The prompt of that file name. A missing or a surplus variable is a KeyError."""
    return load(name).render(values)


@cache
def load(name: str) -> Template:
    """The template in `<name>.md` of this package."""
    from importlib.resources import files  # 10 ms: only where a model is asked

    text = files(__package__).joinpath(f"{name}.md").read_text(encoding="utf-8")
    head, parts = _split(text)
    fingerprint = blake2b(text.encode(), digest_size=4)
    if "extends" not in head:
        return Template(
            name=f"{name}@{fingerprint.hexdigest()}",
            role=Role(head["role"]),
            system=parts["System"],
            user=parts["User"],
            shape=_schema(parts["Reply"]) if "Reply" in parts else None,
            max_output_tokens=int(head["max_output_tokens"]),
        )
    parent = load(head["extends"])
    fingerprint.update(parent.name.encode())
    return Template(
        name=f"{name}@{fingerprint.hexdigest()}",
        role=parent.role,
        system=parent.system,
        user=f"{parent.user}\n\n{parts['User']}",
        shape=parent.shape,
        max_output_tokens=parent.max_output_tokens,
    )


def _split(text: str) -> tuple[dict[str, str], dict[str, str]]:
    head_text, *rest = _HEADING.split(text)
    lines = (line.partition(":") for line in head_text.splitlines() if line)
    head = {name.strip(): value.strip() for name, _, value in lines}
    return head, {name: body.strip() for name, body in zip(rest[::2], rest[1::2], strict=True)}


def _schema(reply: str) -> Mapping[str, Any]:
    fenced = reply.removeprefix("```json").removesuffix("```")
    schema: Mapping[str, Any] = json.loads(fenced)
    return schema


NAMES = ("analyst", "follow_up", "narrator", "repair", "reviewer", "writer")


def fingerprint() -> str:
    """Names and content hashes of all prompts."""
    return " ".join(load(name).name for name in NAMES)
