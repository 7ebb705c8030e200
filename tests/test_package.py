"""The package as a whole: light to import, an exact public surface, floors held."""

from __future__ import annotations

import subprocess
import sys

import pytest

import forerun

HEAVY = (
    "scipy", "numpy", "pandas", "polars", "pyarrow", "fastapi", "sqlalchemy", "sqlglot", "duckdb",
    "pydantic", "pydantic_ai", "openai", "anthropic",
)  # fmt: skip


def loaded_by(program: str) -> set[str]:
    """Names of the top-level modules that a fresh interpreter has loaded after `program`."""
    listing = f"{program}\nimport sys; print(*sorted({{m.split('.')[0] for m in sys.modules}}))"
    done = subprocess.run(
        [sys.executable, "-c", listing], capture_output=True, text=True, check=True
    )
    return set(done.stdout.splitlines()[-1].split())


@pytest.mark.parametrize(
    "program",
    [
        "import forerun",
        "import contextlib, io\n"
        "from forerun.cli import main\n"
        "import sys; sys.argv = ['forerun', '--help']\n"
        "with contextlib.suppress(SystemExit): main()",
    ],
    ids=["import forerun", "forerun --help"],
)
def test_start_up_loads_nothing_heavy(program: str) -> None:
    """Neither importing nor asking for help loads a database, a model SDK or a data library."""
    assert loaded_by(program).isdisjoint(HEAVY)


def test_the_public_surface_is_sorted_and_real() -> None:
    """Every name in __all__ resolves, in order, and an unknown one is an AttributeError."""
    assert sorted(forerun.__all__) == forerun.__all__
    for name in forerun.__all__:
        assert getattr(forerun, name) is not None
    with pytest.raises(AttributeError):
        _ = forerun.no_such_name


def test_the_client_says_what_it_needs() -> None:
    """Without its library, naming it tells which part to install, and nothing else is amiss."""
    program = (
        "import sys; sys.modules['httpx2'] = None\n"
        "import forerun\n"
        "try: forerun.Client\n"
        "except forerun.ForerunError as error: print(error.code, error.hint)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert "missing_extra Install it with: pip install 'forerun[client]'" in done.stdout, done


def test_the_client_needs_neither_service_nor_database() -> None:
    """It is light: no application, no driver, no web framework."""
    heavy = {*HEAVY, "starlette", "uvicorn"}
    assert loaded_by("from forerun import Client").isdisjoint(heavy)
