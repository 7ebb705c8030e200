"""What models are asked, kept as Markdown files, and the one way to ask.

A prompt is rendered from its file and from values that are treated as data: names, comments and
rows of a database may say anything, and none of it is an instruction.
"""

from forerun.prompts.asking import ask
from forerun.prompts.lenient import read_fields, read_list, spoken
from forerun.prompts.schema import describe, outline, spelling
from forerun.prompts.templates import fingerprint, load, render
from forerun.prompts.untrusted import literal, one_line, quoted, table_of

__all__ = [
    "ask",
    "describe",
    "fingerprint",
    "literal",
    "load",
    "one_line",
    "outline",
    "quoted",
    "read_fields",
    "read_list",
    "render",
    "spelling",
    "spoken",
    "table_of",
]
