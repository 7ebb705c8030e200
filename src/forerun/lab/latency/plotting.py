"""The table as a picture: p50 and p95 of each strategy, with what it costs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from forerun.errors import BadInput, MissingExtra
from forerun.lab.latency.reporting import Report

FORMATS = (".svg", ".png")
VEGA_LITE = "6.4"


def picture_file(path: Path) -> Path:
    """The file that `--plot` names. Errors: `BadInput` for a format that nothing here draws."""
    if path.suffix.lower() not in FORMATS:
        raise BadInput(
            f"{path.name} does not end in {' or '.join(FORMATS)}.", "Name it bench.svg, say."
        )
    return path


def draw(report: Report, path: Path) -> None:
    """Write the picture. Errors: `MissingExtra`; `BadInput` where the file cannot be written."""
    draw_spec(spec(report), path, "Drawing the bench")


def draw_spec(document: Mapping[str, Any], path: Path, purpose: str) -> None:
    """A Vega-Lite document as a picture; `purpose` says what needs the extra. Errors as `draw`."""
    try:
        import vl_convert
    except ImportError as error:
        raise MissingExtra("charts", purpose) from error
    text = json.dumps(document)
    if path.suffix.lower() == ".svg":
        drawn = str(vl_convert.vegalite_to_svg(text, vl_version=VEGA_LITE)).encode()
    else:
        drawn = bytes(vl_convert.vegalite_to_png(text, vl_version=VEGA_LITE, scale=2))
    try:
        path.write_bytes(drawn)
    except OSError as error:
        reason = error.strerror or "it cannot be written"
        raise BadInput(f"The picture was not written to {path}: {reason}.") from error


def spec(report: Report) -> dict[str, Any]:
    """A Vega-Lite document."""
    order = [row.name for row in report.strategies]
    values = [
        {
            "strategy": row.name,
            "p50": row.p50_s,
            "p95": row.p95_s,
            "cost": f"{row.cost_ratio:.2f}x",
        }
        for row in report.strategies
    ]
    y = {"field": "strategy", "type": "nominal", "sort": order, "title": None}
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "title": {
            "text": f"Seconds to the answer, profile {report.profile}",
            "subtitle": "bar: p50, line: p95, text: cost against sequential; "
            f"{report.questions} complex questions a strategy",
        },
        "width": 520,
        "data": {"values": values},
        "encoding": {"y": y},
        "layer": [
            {
                "mark": {"type": "rule", "color": "#9aa7b8", "strokeWidth": 2},
                "encoding": {
                    "x": {"field": "p50", "type": "quantitative", "title": "seconds"},
                    "x2": {"field": "p95"},
                },
            },
            {
                "mark": {"type": "bar", "color": "#2f6f8f"},
                "encoding": {"x": {"field": "p50", "type": "quantitative"}},
            },
            {
                "mark": {"type": "text", "align": "left", "dx": 6},
                "encoding": {
                    "x": {"field": "p95", "type": "quantitative"},
                    "text": {"field": "cost"},
                },
            },
        ],
    }
