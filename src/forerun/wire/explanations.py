"""How a question is understood, as JSON."""

from __future__ import annotations

from typing import TypedDict

from forerun.domain import Explanation, Hesitation


class SaidJSON(TypedDict):
    lead: str
    words: str
    understood: str
    part: str
    target: str | None


class HesitationJSON(TypedDict):
    words: str
    without: float | None


class RunnerUpJSON(TypedDict):
    reading: str
    probability: float
    sql: str
    differs: list[str] | None


class ExplanationJSON(TypedDict):
    question: str
    dialect: str
    reading: str | None
    sql: str | None
    probability: float
    answer_threshold: float
    guess_threshold: float
    said: list[SaidJSON]
    joins: list[str]
    vetoes: list[str]
    hesitations: list[HesitationJSON]
    runners_up: list[RunnerUpJSON]
    asks: str | None


def explanation_to_json(
    explained: Explanation, answer_threshold: float, guess_threshold: float
) -> ExplanationJSON:
    """The explanation, beside the thresholds that it is held against."""
    return {
        "question": explained.question,
        "dialect": explained.dialect,
        "reading": explained.reading,
        "sql": explained.sql,
        "probability": explained.probability,
        "answer_threshold": answer_threshold,
        "guess_threshold": guess_threshold,
        "said": [
            {
                "lead": said.lead,
                "words": said.words,
                "understood": said.understood.value,
                "part": said.part,
                "target": said.target,
            }
            for said in explained.said
        ],
        "joins": list(explained.joins),
        "vetoes": [veto.words for veto in explained.vetoes],
        "hesitations": [_hesitation(each) for each in explained.hesitations],
        "runners_up": [
            {
                "reading": other.reading,
                "probability": other.probability,
                "sql": other.sql,
                "differs": list(other.differs) if other.differs else None,
            }
            for other in explained.runners_up
        ],
        "asks": explained.asks,
    }


def _hesitation(each: Hesitation) -> HesitationJSON:
    return {"words": each.words, "without": each.without}
