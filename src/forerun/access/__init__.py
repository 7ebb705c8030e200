"""Who may do what in the service, how much of it, and what was done."""

from forerun.access.identity import LOOPBACK, NO_LIMIT, Allowance, Identity, Scope

__all__ = ["LOOPBACK", "NO_LIMIT", "Allowance", "Identity", "Scope"]
