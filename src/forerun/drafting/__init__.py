"""What models do on the way to a query: find tables, resolve follow-ups, write, repair, review."""

from forerun.drafting.analysing import analyse
from forerun.drafting.golden import golden
from forerun.drafting.replies import read_draft
from forerun.drafting.resolving import resolve
from forerun.drafting.reviewing import review
from forerun.drafting.sql_first import Cut, SqlFirst
from forerun.drafting.writing import repair, told_writer, write

__all__ = [
    "Cut",
    "SqlFirst",
    "analyse",
    "golden",
    "read_draft",
    "repair",
    "resolve",
    "review",
    "told_writer",
    "write",
]
