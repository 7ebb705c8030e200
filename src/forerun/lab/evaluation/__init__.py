"""How many questions with known answers come out right, and what the wrong ones are.

The comparison is strict: the same rows on the database and on changed copies of it.
"""

from forerun.lab.evaluation.evaluating import Benchmark, OnProgress, evaluate
from forerun.lab.evaluation.examining import OpenAsker
from forerun.lab.evaluation.reporting import Report
from forerun.lab.evaluation.tables import Table, tables

__all__ = ["Benchmark", "OnProgress", "OpenAsker", "Report", "Table", "evaluate", "tables"]
