"""Flags in a file that people edit: one for the rollout of the parallel path, and switches.

    flags = Flags(Path("flags.json"), Overrides.read(environment))
    await flags.open()
    tasks.start_soon(flags.watch)
    assignment = Rollout(flags).assign(Context(unit="session-7", database="sales"))

Kill, environment, file, default: the first that says something decides, and is named.
"""

from forerun.rollout.flags.buckets import BUCKETS, bucket
from forerun.rollout.flags.changing import Change
from forerun.rollout.flags.document import Document
from forerun.rollout.flags.editing import AuditLine, Editor, Reach
from forerun.rollout.flags.evaluation import Assignment, Evaluation
from forerun.rollout.flags.flags import Flags
from forerun.rollout.flags.holdout import Holdout
from forerun.rollout.flags.kills import Kill
from forerun.rollout.flags.linting import Finding
from forerun.rollout.flags.overrides import Overrides
from forerun.rollout.flags.rollout import Rollout
from forerun.rollout.flags.source import FileState
from forerun.rollout.flags.telling import Told, told_of, told_of_all
from forerun.rollout.flags.terms import ROLLOUT, Context, Source, Stage

__all__ = [
    "BUCKETS",
    "ROLLOUT",
    "Assignment",
    "AuditLine",
    "Change",
    "Context",
    "Document",
    "Editor",
    "Evaluation",
    "FileState",
    "Finding",
    "Flags",
    "Holdout",
    "Kill",
    "Overrides",
    "Reach",
    "Rollout",
    "Source",
    "Stage",
    "Told",
    "bucket",
    "told_of",
    "told_of_all",
]
