"""What a team knows of its database: found, read, checked, and given to the catalog."""

from forerun.knowledge.enriching import enrich
from forerun.knowledge.finding import beside, in_folder
from forerun.knowledge.reading import read, read_file, read_golden
from forerun.knowledge.teaching import Glossary, with_taught
from forerun.knowledge.writing import write, write_golden

__all__ = [
    "Glossary", "beside", "enrich", "in_folder", "read", "read_file", "read_golden", "with_taught",
    "write", "write_golden",
]  # fmt: skip
