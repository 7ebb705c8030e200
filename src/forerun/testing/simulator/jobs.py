"""Which job a prompt is for, and what it is about."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from forerun import prompts
from forerun.domain import Role
from forerun.testing.playbook import Asked


class Job(StrEnum):
    """What a model is asked to do. The names are those of the prompt files."""

    ANALYST = "analyst"
    FOLLOW_UP = "follow_up"
    WRITER = "writer"
    REPAIR = "repair"
    REVIEWER = "reviewer"
    NARRATOR = "narrator"
    TWO_CALL_WRITER = "two-call-writer"
    """Another system's prompt: the writer's draws and tokens, without prose."""
    TWO_CALL_NARRATOR = "two-call-narrator"

    @property
    def kind(self) -> Job:
        """The job of ours that it is, whose tokens it writes and whose luck it has."""
        return _KINDS.get(self, self)

    @property
    def role(self) -> Role:
        return _ROLES[self.kind]


_KINDS = {Job.TWO_CALL_WRITER: Job.WRITER, Job.TWO_CALL_NARRATOR: Job.NARRATOR}
_ROLES = {
    Job.ANALYST: Role.ANALYST,
    Job.FOLLOW_UP: Role.ANALYST,
    Job.WRITER: Role.WRITER,
    Job.REPAIR: Role.WRITER,
    Job.REVIEWER: Role.REVIEWER,
    Job.NARRATOR: Role.NARRATOR,
}
_WITH_A_FILE = (Job.ANALYST, Job.FOLLOW_UP, Job.WRITER, Job.REVIEWER, Job.NARRATOR)

_QUESTION = re.compile(r"<question>\n(.*?)\n</question>", re.DOTALL)
_QUERY = re.compile(r"<query>\n(.*)\n</query>", re.DOTALL)
_REFUSED = re.compile(r"<refused>\n(.*)\n</refused>", re.DOTALL)
_TABLES = re.compile(r"<tables>\n(.*)\n</tables>", re.DOTALL)
_CHOSEN = re.compile(r"^Chosen so far: (.*)$", re.MULTILINE)
_TABLE = re.compile(r"^TABLE (\S+)", re.MULTILINE)
_DIALECT = re.compile(r"^Dialect: (\w+)$", re.MULTILINE)


def job_of(asked: Asked, others: Mapping[str, str]) -> Job:
    """By the system text: our prompt files', or one of `others`. A LookupError where unknown."""
    if (name := others.get(asked.system)) is not None:
        return Job(name)
    job = _by_system_text().get(asked.system)
    if job is None:
        raise LookupError(f"No job has this system prompt: {asked.system[:80]!r}")
    return Job.REPAIR if job is Job.WRITER and _REFUSED.search(asked.user) else job


@cache
def _by_system_text() -> Mapping[str, Job]:
    return {prompts.load(job.value).system: job for job in _WITH_A_FILE}


@dataclass(frozen=True, slots=True)
class About:
    """What stands between the tags of a prompt's user part; "" where a tag is missing."""

    user: str

    @property
    def question(self) -> str:
        return _first(_QUESTION, self.user)

    @property
    def query(self) -> str:
        return _first(_QUERY, self.user)

    @property
    def refused(self) -> str:
        return _first(_REFUSED, self.user)

    @property
    def refused_query(self) -> str:
        """What was written last; the reasons against it follow after an empty line."""
        return self.refused.partition("\n\n")[0]

    @property
    def dialect(self) -> str:
        return _first(_DIALECT, self.user)

    def shows(self, table: str) -> bool:
        """Whether the schema in it has the table."""
        return table in _TABLE.findall(self.user)

    @property
    def not_chosen(self) -> list[str]:
        """Tables that an analyst could add, in the order of its list."""
        listed = [line.partition(" (")[0] for line in _first(_TABLES, self.user).splitlines()]
        chosen = set(_first(_CHOSEN, self.user).split(", "))
        return [name for name in listed if name not in chosen]


def _first(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return found[1] if found else ""
