"""What a team teaches the service: feedback, golden queries that were reviewed, a glossary."""

from forerun.app.serving.teaching.glossary import Glossary
from forerun.app.serving.teaching.records import (
    GoldenStatus,
    Importing,
    Judgement,
    KeptFeedback,
    KeptGolden,
    KeptTerm,
    Review,
    Wanted,
)
from forerun.app.serving.teaching.teaching import Said, Teaching, teaching_in

__all__ = [
    "Glossary",
    "GoldenStatus",
    "Importing",
    "Judgement",
    "KeptFeedback",
    "KeptGolden",
    "KeptTerm",
    "Review",
    "Said",
    "Teaching",
    "Wanted",
    "teaching_in",
]
