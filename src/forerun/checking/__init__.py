"""The gate: what must hold before a draft may become a statement.

Nothing but one query, whose whole syntax tree is on an allow-list of nodes, which calls nothing
but functions on its dialect's list, and names nothing but what the catalog holds. The statement
is generated from the checked tree; the draft's own text never reaches a database.

An asker who may not see everything is checked against a catalog that holds only what he may
(`permitted`), and what he may not see is taken out of the query itself.

Beside it: whether two statements are the same query, written differently, and whether one would
be another query tomorrow.
"""

from forerun.checking.canonical import canonical, same_query
from forerun.checking.dating import Hangs, hangs
from forerun.checking.permitted import hidden_names, out_of_sight, permitted
from forerun.checking.remembering import check, look_ahead

__all__ = [
    "Hangs",
    "canonical",
    "check",
    "hangs",
    "hidden_names",
    "look_ahead",
    "out_of_sight",
    "permitted",
    "same_query",
]
