"""What was asked, by whom, what was sent to the database for it, and what came of it."""

from forerun.access.audit.log import AuditLog
from forerun.access.audit.records import Asked
from forerun.access.audit.trail import Line, Standing, Trail

__all__ = ["Asked", "AuditLog", "Line", "Standing", "Trail"]
