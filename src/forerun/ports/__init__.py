"""The outside world, as narrow as we can make it."""

from forerun.ports.caches import (
    VIEW,
    AnswerCache,
    Labels,
    MakeAnswer,
    Recall,
    Recalled,
    Scope,
    SharedCache,
)
from forerun.ports.databases import Database, DatabaseAbilities, Plan, Version
from forerun.ports.models import Completion, Model, ModelAbilities, OnText, Prompt
from forerun.ports.rates import Rates
from forerun.ports.relays import Heard, Relay, Told
from forerun.ports.rollout import Rollout, ShadowRun
from forerun.ports.stores import Layout, Outcomes, SQLStore, SQLValue, Store, Timing, Transaction

__all__ = [
    "VIEW",
    "AnswerCache",
    "Completion",
    "Database",
    "DatabaseAbilities",
    "Heard",
    "Labels",
    "Layout",
    "MakeAnswer",
    "Model",
    "ModelAbilities",
    "OnText",
    "Outcomes",
    "Plan",
    "Prompt",
    "Rates",
    "Recall",
    "Recalled",
    "Relay",
    "Rollout",
    "SQLStore",
    "SQLValue",
    "Scope",
    "ShadowRun",
    "SharedCache",
    "Store",
    "Timing",
    "Told",
    "Transaction",
    "Version",
]
