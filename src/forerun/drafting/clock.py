"""The date as a model is told it."""

from __future__ import annotations

from datetime import datetime


def moment(now: datetime) -> str:
    """`Sunday 2026-11-22 14:05`; English whatever the locale."""
    weekday = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
    return f"{weekday[now.weekday()]} {now:%Y-%m-%d %H:%M}"
