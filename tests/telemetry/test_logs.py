"""Whatever a service logs is one line of the same form."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest

from forerun.app.serving.answering import logged
from forerun.telemetry.logs import line_handler


@pytest.fixture
def out(request: pytest.FixtureRequest) -> Iterator[io.StringIO]:
    """What the root logger writes, in the format of the parameter."""
    written = io.StringIO()
    handler = line_handler(request.param, written)
    logging.getLogger().addHandler(handler)
    yield written
    logging.getLogger().removeHandler(handler)


def fault() -> ZeroDivisionError:
    try:
        raise ZeroDivisionError("twelve\nby nought")
    except ZeroDivisionError as error:
        return error


@pytest.mark.parametrize("out", ["json", "auto"], indirect=True)
def test_an_unexpected_error_is_one_line_under_its_id(out: io.StringIO) -> None:
    """With the traceback in a field of its own, for a machine to read."""
    told = logged(fault())
    [line] = [json.loads(each) for each in out.getvalue().splitlines()]
    assert (line["event"], line["level"]) == (f"unexpected error {told.id}", "error")
    assert (line["error_id"], line["error"]) == (told.id, "ZeroDivisionError")
    assert line["exception"].startswith("Traceback")
    assert "twelve\nby nought" in line["exception"]
    assert line["timestamp"].endswith("Z")


@pytest.mark.parametrize("out", ["console"], indirect=True)
def test_people_see_the_traceback_as_it_is(out: io.StringIO) -> None:
    told = logged(fault())
    assert told.id in out.getvalue()
    assert "ZeroDivisionError: twelve" in out.getvalue()


@pytest.mark.parametrize("out", ["json"], indirect=True)
def test_lines_of_others_have_the_same_form(out: io.StringIO) -> None:
    logging.getLogger("a.library").warning("Invalid %s.", "request")
    line = json.loads(out.getvalue())
    assert (line["event"], line["logger"]) == ("Invalid request.", "a.library")
