"""What `forerun demo` asks."""

from datetime import UTC, datetime

TODAY = datetime(2025, 12, 31, 12, tzinfo=UTC)
"""The demo's own "today", the last day of its data: without it "last month" would find nothing."""

QUESTIONS = (
    "How many customers are there?",
    "How many customers are there per region?",
    "Top 5 products by revenue in 2025",
    "Average quantity per category in December 2025",
    "Total revenue by month in 2025 for customers in the North region",
)
"""Of rising difficulty: a count, a join, a ranking, an average over a date range, three joins."""
