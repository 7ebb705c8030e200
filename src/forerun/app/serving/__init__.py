"""The service without its interface."""

from forerun.app.serving.asked import Asked, Owner, owner_of
from forerun.app.serving.deployment import Deployment
from forerun.app.serving.running import Ask

__all__ = ["Ask", "Asked", "Deployment", "Owner", "owner_of"]
