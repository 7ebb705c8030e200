"""The table of the bench as a picture."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from forerun.errors import BadInput, MissingExtra
from forerun.lab.latency import Report, Row
from forerun.lab.latency.plotting import draw, picture_file, spec


def row(name: str, p50_s: float, cost_ratio: float) -> Row:
    return Row(
        name=name,
        p50_s=p50_s,
        p95_s=2 * p50_s,
        mean_s=p50_s,
        mean_cut=0.0,
        first_rows_p50_s=None,
        model_calls=4.0,
        input_tokens=1_000.0,
        output_tokens=100.0,
        cost_ratio=cost_ratio,
        equal_answers=1.0,
        fallbacks=0,
        wasted_ms=0.0,
        answered=1.0,
    )


REPORT = Report(
    "modern", 1.0, 0, 6, (row("sequential", 20.0, 1.0), row("hedge", 8.0, 1.257)), (), {}
)


def test_an_svg_names_strategies_and_costs(tmp_path: Path) -> None:
    """What the table says is there to read: names, and cost to two places."""
    path = tmp_path / "bench.svg"
    draw(REPORT, path)
    drawn = path.read_text(encoding="utf-8")
    assert drawn.startswith("<svg")
    for text in ("sequential", "hedge", "1.00x", "1.26x", "profile modern"):
        assert text in drawn, text


def test_a_png_is_a_png(tmp_path: Path) -> None:
    """By its signature; the ending is read whatever its case."""
    path = tmp_path / "bench.PNG"
    draw(REPORT, picture_file(path))
    drawn = path.read_bytes()
    assert drawn.startswith(b"\x89PNG\r\n")
    assert len(drawn) > 1_000


def test_strategies_keep_their_order() -> None:
    """That of the ladder, not of the alphabet."""
    assert spec(REPORT)["encoding"]["y"]["sort"] == ["sequential", "hedge"]


def test_other_formats_are_bad_input() -> None:
    """Said before anything is measured."""
    with pytest.raises(BadInput, match=r"bench\.pdf does not end in \.svg or \.png"):
        picture_file(Path("bench.pdf"))


def test_a_file_that_cannot_be_written_is_bad_input(tmp_path: Path) -> None:
    """No traceback after minutes of measuring."""
    with pytest.raises(BadInput, match="was not written"):
        draw(REPORT, tmp_path / "nowhere" / "bench.svg")


def test_without_the_extra_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A None among the modules is how Python itself marks one that is not to be had."""
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    with pytest.raises(MissingExtra) as told:
        draw(REPORT, tmp_path / "bench.svg")
    assert "forerun[charts]" in (told.value.hint or "")
    assert not (tmp_path / "bench.svg").exists()
