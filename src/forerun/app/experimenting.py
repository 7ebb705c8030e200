"""Where experiments are kept, by what a setting says."""

from __future__ import annotations

from forerun.adapters.stores import open_sql
from forerun.rollout.experiments.sql_store import SQLExperimentStore
from forerun.rollout.experiments.store import ExperimentStore
from forerun.rollout.experiments.tables import LAYOUT


def open_experiments(place: str) -> ExperimentStore:
    """The experiments in the file at `place`, at a `postgresql://` URL, or, with `memory`, of this
    process alone. Opened with the first call. Raises `BadDatabaseURL` or `MissingExtra`.
    """
    return SQLExperimentStore(open_sql(place, LAYOUT))
