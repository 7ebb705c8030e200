"""Addresses of shared caches without their secrets."""

from __future__ import annotations

from forerun.adapters.databases.masking import masked


def shown(address: str) -> str:
    """`address` without password, and without parameters, among which one may be, too."""
    return masked(address).partition("?")[0]
