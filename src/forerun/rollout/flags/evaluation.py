"""What a flag is for one question, and who said so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from forerun.domain import Strategy
from forerun.rollout.flags.terms import Source, Stage

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Evaluation(Generic[T]):
    """One flag, evaluated once."""

    flag: str
    value: T
    source: Source
    reason: str
    """In words."""
    variant: str | None = None
    version: int | None = None
    """Of the file that was in force, whoever had the last word; None without one."""
    sha: str | None = None


@dataclass(frozen=True, slots=True)
class Assignment:
    """Which path one question takes, decided once and not asked again."""

    arm: Strategy
    stage: Stage
    percentage: float
    """0 to 100, as the stage has it."""
    bucket: int | None
    """0 to 9,999, of who is held out the holdout's; None where it does not matter or nobody can
    tell."""
    source: Source
    reason: str
    """In words."""
    version: int | None = None
    """Of the flag file that was in force; None without one."""
    sha: str | None = None
    variant: str | None = None
    shadow: bool = False
    """The parallel path runs too, unseen."""
    held_out: bool = False
    """Sequential for good, to compare with, and in no experiment."""
    threshold_s: float | None = None
    """None: neither the environment nor the file has one."""
    threshold_source: Source = Source.DEFAULT
    salt: str | None = None
    hash_version: int | None = None
    """With the salt: what must be kept so that the bucket can be found again."""
