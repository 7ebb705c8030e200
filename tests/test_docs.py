"""Docs that fail the build when they lie: links lead somewhere, Python examples run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
RUNNABLE = [
    (page, number, code)
    for page in PAGES
    for number, code in enumerate(
        re.findall(r"^```python\n(.*?)^```", page.read_text(), re.M | re.S)
    )
]

SERVICE = "http://127.0.0.1:8080"
"""Where examples have a service of the demo."""


@pytest.fixture(scope="module")
def service() -> Iterator[str]:
    """The address of such a service, for the examples that ask one."""
    command = [sys.executable, "-m", "forerun.cli", "serve", "--db", "demo", "--port", "0"]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "FORERUN_SERVE_STATE": "memory"},
    ) as process:
        assert process.stdout is not None
        yield process.stdout.readline().split()[-1]
        process.terminate()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files_that_exist(page: Path) -> None:
    """Every relative link and picture of a page is there."""
    targets = re.findall(r"\]\((?!https?://|#|mailto:)([^)#\s]+)", page.read_text())
    missing = [target for target in targets if not (page.parent / target).exists()]
    assert missing == []


@pytest.mark.parametrize(
    ("page", "number", "code"),
    RUNNABLE,
    ids=[f"{page.relative_to(ROOT)}-{number}" for page, number, _ in RUNNABLE],
)
def test_python_examples_run(
    page: Path, number: int, code: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Each ```python block runs by itself, from an empty folder, without an error."""
    if SERVICE in code:
        code = code.replace(SERVICE, request.getfixturevalue("service"))
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, timeout=120
    )
    assert done.returncode == 0, done.stderr
