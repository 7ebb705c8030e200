"""The HTTP service. Needs `forerun[serve]`."""

from forerun.api.app import create_app

__all__ = ["create_app"]
