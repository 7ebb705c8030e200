"""The built-in parser: questions to SQL without a model, or an honest "I do not know".

A grammar only proposes typed plans; fitted weights choose between them; a separate
calibration says how sure that choice is. No clock, no randomness, no network.
"""

from forerun.parsing.counting import joins_of
from forerun.parsing.follow_up import parse_after
from forerun.parsing.parser import Parsed, parse

__all__ = ["Parsed", "joins_of", "parse", "parse_after"]
