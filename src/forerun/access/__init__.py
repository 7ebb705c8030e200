"""Who may do what in the service, how much of it, and what was done."""

from forerun.access.identity import LOOPBACK, Allowance, Identity, Scope

__all__ = ["LOOPBACK", "Allowance", "Identity", "Scope"]
