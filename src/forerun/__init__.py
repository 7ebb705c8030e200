"""Ask a database in plain language: SQL, rows, a chart and a summary.

import forerun
answer = forerun.ask("how many customers are there per region?", "demo")
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from forerun.errors import ForerunError

if TYPE_CHECKING:
    from forerun.app import Forerun, Settings, ask
    from forerun.client import Client
    from forerun.domain import Answer

__all__ = ["Answer", "Client", "Forerun", "ForerunError", "Settings", "__version__", "ask"]
__version__ = "0.1.0"

_HOMES = {
    "Answer": "forerun.domain",
    "Client": "forerun.client",
    "Forerun": "forerun.app",
    "Settings": "forerun.app",
    "ask": "forerun.app",
}


def __getattr__(name: str) -> Any:
    """Load on first use, so that `import forerun` stays light."""
    if name not in _HOMES:
        raise AttributeError(f"module 'forerun' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
