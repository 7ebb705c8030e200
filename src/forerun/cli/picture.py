"""An answer's chart as a picture file, drawn by the extra `charts`."""

from __future__ import annotations

import json
from pathlib import Path

from forerun.domain import Answer
from forerun.errors import BadInput, MissingExtra

FORMATS = (".svg", ".png", ".json")
VEGA_LITE = "6.4"
"""The version of Vega-Lite that draws: the newest that vl-convert carries of major 6."""


def picture_file(text: str) -> Path:
    """The file that `--chart` names. Errors: `BadInput` for a format that nothing here draws."""
    path = Path(text)
    if path.suffix.lower() not in FORMATS:
        raise BadInput(
            f"{path.name} does not end in {', '.join(FORMATS)}.",
            "Name a file that does, such as chart.svg.",
        )
    return path


def draw(answer: Answer, path: Path) -> bool:
    """Write the answer's chart to `path`; False where the answer has none.

    Errors: `MissingExtra`; `BadInput` where the file cannot be written.
    """
    if answer.chart is None:
        return False
    drawn = _drawn(json.dumps(answer.chart), path.suffix.lower())
    try:
        path.write_bytes(drawn)
    except OSError as error:
        reason = error.strerror or "it cannot be written"
        raise BadInput(f"The chart was not written to {path}: {reason}.") from error
    return True


def _drawn(spec: str, suffix: str) -> bytes:
    if suffix == ".json":
        return spec.encode()
    try:
        import vl_convert
    except ImportError as error:
        raise MissingExtra("charts", "Drawing a chart") from error
    if suffix == ".svg":
        return str(vl_convert.vegalite_to_svg(spec, vl_version=VEGA_LITE)).encode()
    return bytes(vl_convert.vegalite_to_png(spec, vl_version=VEGA_LITE, scale=2))
