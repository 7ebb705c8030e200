"""Charts: the right one, valid Vega-Lite, drawable, bounded, and nothing but data."""

from __future__ import annotations

import json
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
import vl_convert
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forerun.domain import Kind, Rows
from forerun.narrating import chart
from tests.narrating.results import any_rows, golden, rows_of

PNG = b"\x89PNG\r\n\x1a\n"


@cache
def _validator() -> jsonschema.Draft7Validator:
    folder = files("altair.vegalite.v6.schema")
    schema = json.loads(folder.joinpath("vega-lite-schema.json").read_text(encoding="utf-8"))
    # The definition of one view: the whole schema tries every kind of composition as well.
    view = {"$ref": "#/definitions/TopLevelUnitSpec", "definitions": schema["definitions"]}
    return jsonschema.Draft7Validator(view)


def _drawn(spec: Any) -> bytes:
    return bytes(vl_convert.vegalite_to_png(json.dumps(spec), vl_version="6.4", scale=0.5))


@pytest.mark.parametrize("case", golden(), ids=lambda case: str(case["name"]))
def test_golden_charts(case: dict[str, Any]) -> None:
    """Each golden result gets the mark and channels beside it, valid and drawable, or none."""
    spec = chart(case["question"], case["result"])
    if case["mark"] is None:
        assert spec is None
        return
    assert spec is not None
    assert spec["mark"]["type"] == case["mark"]
    assert spec["title"].get("subtitle") == case.get("subtitle")
    if "channels" in case:
        assert sorted(spec["encoding"]) == case["channels"]
    _validator().validate(spec)
    assert _drawn(spec).startswith(PNG)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.text(max_size=30), any_rows())
def test_any_chart_is_valid_bounded_and_strict_json(question: str, rows: Rows) -> None:
    """Whatever the rows hold, a chart fits the Vega-Lite schema, 500 points and strict JSON."""
    spec = chart(question, rows)
    if spec is not None:
        json.dumps(spec, allow_nan=False)
        assert 2 <= len(spec["data"]["values"]) <= 500
        _validator().validate(spec)


def test_no_name_or_value_becomes_code() -> None:
    """Paths, expressions and markup in names and cells stay inert text in the data."""
    rows = rows_of(
        [("datum.x['y']", Kind.TEXT), ("alert(1)", Kind.INTEGER), ("__proto__", Kind.INTEGER)],
        [("<script>1</script>", 3, 1), ("{{x}}", 2, 1), ("javascript:alert(1)", 1, 1)],
    )
    spec = chart("<img src=x onerror=alert(1)>", rows)
    assert spec is not None
    fields = {channel["field"] for channel in spec["encoding"].values() if "field" in channel}
    assert fields <= {"column_1", "column_2", "column_3", "_series", "_figure"}
    told = json.dumps(spec)
    for forbidden in ('"expr"', '"calculate"', '"labelExpr"', '"href"', '"url"', '"transform"'):
        assert forbidden not in told
    assert _drawn(spec).startswith(PNG)


def test_a_long_course_keeps_its_end() -> None:
    """Of 800 days the last 500 are drawn, and the chart says so."""
    days = [(date(2024, 1, 1) + timedelta(day), day) for day in range(800)]
    spec = chart("sales per day", rows_of([("day", Kind.DATE), ("sales", Kind.INTEGER)], days))
    assert spec is not None
    assert len(spec["data"]["values"]) == 500
    assert spec["data"]["values"][-1]["sales"] == 799
    assert spec["title"]["subtitle"] == "the last 500 of 800 points"


def test_many_labels_are_cut_to_the_largest() -> None:
    """Of 200 bars the 30 largest are drawn, largest first."""
    rows = [(f"Product {n}", n * 37 % 200) for n in range(200)]
    spec = chart("sales", rows_of([("product", Kind.TEXT), ("sales", Kind.INTEGER)], rows))
    assert spec is not None
    sizes = [point["sales"] for point in spec["data"]["values"]]
    assert sizes == sorted(range(200), reverse=True)[:30]
    assert spec["title"]["subtitle"] == "the largest 30 of 200"


def test_an_order_of_the_rows_is_kept() -> None:
    """Rows that come smallest first, as asked for, are drawn smallest first."""
    rows = rows_of([("p", Kind.TEXT), ("price", Kind.FLOAT)], [("a", 1.0), ("b", 2.0), ("c", 3.0)])
    spec = chart("the cheapest", rows)
    assert spec is not None
    assert [point["p"] for point in spec["data"]["values"]] == ["a", "b", "c"]


def test_two_measures_without_a_label_are_scattered() -> None:
    """Pairs of numbers become points, evenly thinned to 500."""
    rows = [(float(n % 97), float(n % 89)) for n in range(2000)]
    spec = chart("price and weight", rows_of([("price", Kind.FLOAT), ("weight", Kind.FLOAT)], rows))
    assert spec is not None
    assert spec["mark"]["type"] == "point"
    assert len(spec["data"]["values"]) == 500
    _validator().validate(spec)


def test_one_measure_without_a_label_is_binned() -> None:
    """Many numbers become a histogram whose bars count every row once."""
    rows = [(f"c{n % 7}", (n * n) % 101 / 7) for n in range(900)]
    spec = chart("amounts", rows_of([("customer", Kind.TEXT), ("amount", Kind.FLOAT)], rows))
    assert spec is not None
    assert spec["encoding"]["x"]["bin"]["binned"]
    assert sum(point["rows"] for point in spec["data"]["values"]) == 900
    _validator().validate(spec)
    assert _drawn(spec).startswith(PNG)


def test_days_are_drawn_as_the_wall_clock_has_them() -> None:
    """Times carry no zone, so that no browser moves a date to the day before."""
    days = [(date(2024, 1, day), day) for day in (1, 2, 3)]
    spec = chart("d", rows_of([("day", Kind.DATE), ("sales", Kind.INTEGER)], days))
    assert spec is not None
    assert spec["data"]["values"][0]["day"] == "2024-01-01T00:00:00"
