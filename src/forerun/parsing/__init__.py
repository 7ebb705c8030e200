"""The built-in parser: questions to SQL without a model, or an honest "I do not know".

A grammar only proposes typed plans; fitted weights choose between them; a separate
calibration says how sure that choice is. No clock, no randomness, no network.
"""

from forerun.parsing.answering import Thresholds, answer, answered, given
from forerun.parsing.aside import aside
from forerun.parsing.essence import essence
from forerun.parsing.explaining import explain
from forerun.parsing.follow_up import parse_after, parse_in
from forerun.parsing.merging import merged, rivals
from forerun.parsing.parser import Parsed, parse
from forerun.parsing.suggesting import suggest
from forerun.parsing.tying import noted, ties

__all__ = [
    "Parsed",
    "Thresholds",
    "answer",
    "answered",
    "aside",
    "essence",
    "explain",
    "given",
    "merged",
    "noted",
    "parse",
    "parse_after",
    "parse_in",
    "rivals",
    "suggest",
    "ties",
]
