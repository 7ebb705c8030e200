"""What Prometheus reads: right, bounded, and of every worker."""

from __future__ import annotations

import json
import os
import re
import time
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_open
from prometheus_client.parser import text_string_to_metric_families as read_plain

from forerun.app.telemetry import open_telemetry
from forerun.telemetry.config import TelemetryConfig
from forerun.telemetry.gauges import Gauges
from forerun.telemetry.metrics import MOST_VALUES, Metrics
from forerun.telemetry.telemetry import Telemetry
from forerun.telemetry.workers import GONE_AFTER_S, Workers
from tests.telemetry.samples import cached, failed, fell_back, finished

pytestmark = pytest.mark.anyio
ROOT = Path(__file__).parents[2]
OPEN = "application/openmetrics-text; version=1.0.0"
CONFIG = TelemetryConfig(log="none")
GAUGES = Gauges(
    in_flight=lambda: 3, queued=lambda: 2, breakers=lambda: {"writer": "open", "database": "closed"}
)


async def counted(gauges: Gauges = GAUGES) -> Telemetry:
    telemetry = open_telemetry(CONFIG, gauges)
    for question in (finished(queued_ms=20.0), failed(), fell_back(), cached()):
        telemetry.observe(question)
    telemetry.mismatched("0" * 32, "sales")
    telemetry.turned_away("overloaded")
    await telemetry.flush()
    return telemetry


async def test_what_is_counted() -> None:
    """Rates by arm and outcome, errors by code, rungs, caches, fallbacks, gauges."""
    text, _ = (await counted()).metrics_text("")
    read = [sample for family in read_plain(text.decode()) for sample in family.samples]

    def value(name: str, **labels: str) -> float:
        return sum(
            sample.value
            for sample in read
            if sample.name == f"forerun_{name}" and labels.items() <= sample.labels.items()
        )

    arm = {"database": "sales", "operation": "ask", "assigned": "parallel"}
    assert value("questions_total", **arm, served="parallel", outcome="answered") == 1
    assert value("questions_total", **arm, served="parallel", outcome="failed") == 1
    assert value("questions_total", **arm, served="sequential", outcome="answered") == 1
    assert value("questions_total", served="none", assigned="none") == 1
    assert value("question_errors_total", database="sales", error="model_unreachable") == 1
    assert value("question_duration_seconds_sum", **arm, served="parallel") == 2
    drafted = {"stage": "draft", "outcome": "ok"}
    assert value("stage_duration_seconds_count", **drafted, served="parallel") == 2
    assert value("stage_duration_seconds_count", **drafted, served="sequential") == 1
    assert value("model_call_duration_seconds_count", role="writer", outcome="ok") == 3
    assert value("statement_duration_seconds_count", database="sales", outcome="ok") == 6
    assert value("speculation_total", rung="write-ahead", outcome="used") == 3
    assert value("speculation_total", rung="hedge", outcome="skipped") == 3
    assert value("speculation_saved_seconds_total", rung="write-ahead") == pytest.approx(1.164)
    assert value("speculation_wasted_seconds_total", rung="draft-ahead") == pytest.approx(0.3)
    assert value("cache_answers_total", layer="memory", outcome="hit") == 1
    assert value("cache_answers_total", layer="none", outcome="miss") == 3
    assert value("fallbacks_total", reason="draft") == 1
    assert value("shadow_mismatches_total", database="sales") == 1
    assert value("tokens_total", served="parallel", kind="input") == 5_400
    assert value("queue_seconds_count") == 4
    assert value("queue_seconds_sum") == pytest.approx(0.02)
    assert value("overlap_factor_count", served="parallel") == 2
    assert (value("in_flight"), value("queue_length")) == (3, 2)
    assert value("breaker_state", breaker="writer", state="open") == 1
    assert value("breaker_state", breaker="database", state="open") == 0
    assert value("telemetry_lost") == 0


async def test_openmetrics_has_exemplars_where_it_is_accepted() -> None:
    """A bucket leads to a trace; the plain format has none."""
    telemetry = await counted()
    text, kind = telemetry.metrics_text(OPEN)
    assert kind.startswith("application/openmetrics-text; version=1.0.0")
    exemplars = [
        sample.exemplar.labels["trace_id"]
        for family in read_open(text.decode())  # type: ignore[no-untyped-call]
        for sample in family.samples
        if sample.exemplar
    ]
    assert exemplars
    assert all(re.fullmatch("[0-9a-f]{32}", each) for each in exemplars)
    plain, kind = telemetry.metrics_text("text/html")
    assert kind.startswith("text/plain")
    assert b"trace_id" not in plain


async def test_labels_are_bounded_and_hold_no_tenant_and_no_text() -> None:
    """However many databases and errors somebody makes up."""
    telemetry = open_telemetry(CONFIG)
    for number in range(MOST_VALUES + 50):
        telemetry.observe(
            finished(database=f"d{number}", error_code=f"e{number}", tenant=f"tenant{number}")
        )
    await telemetry.flush()
    text = telemetry.metrics_text("")[0].decode()
    assert "tenant" not in text
    assert "Xanthippe" not in text
    assert len(set(re.findall(r'database="(\w+)"', text))) == MOST_VALUES + 1
    assert 'error="other"' in text


def worker(folder: Path, name: str, questions: int) -> Workers:
    metrics = Metrics()
    for _ in range(questions):
        metrics.mismatched("sales")
    return Workers(metrics.registry, folder, name)


def mismatches(workers: Workers, accept: str = "") -> dict[str, float]:
    text, _ = workers.text(accept)
    read = read_open if accept else read_plain
    return {
        sample.labels["worker"]: sample.value
        for family in read(text.decode())
        for sample in family.samples
        if sample.name == "forerun_shadow_mismatches_total"
    }


@pytest.mark.parametrize("accept", ["", OPEN])
def test_any_worker_tells_of_all(tmp_path: Path, accept: str) -> None:
    """Each series once a worker; its own as they are now, the others' as they were written."""
    one, two = worker(tmp_path, "1", 3), worker(tmp_path, "2", 5)
    two.write()
    one.write()
    assert mismatches(one, accept) == mismatches(two, accept) == {"1": 3, "2": 5}
    one.remove()
    assert mismatches(two, accept) == {"2": 5}


def test_workers_that_are_gone_and_files_that_are_broken_are_passed_by(tmp_path: Path) -> None:
    """A worker that was killed vanishes with its series, and half a file hurts nobody."""
    one, two = worker(tmp_path, "1", 3), worker(tmp_path, "2", 5)
    two.write()
    [old] = tmp_path.glob("2.*")
    past = time.time() - GONE_AFTER_S - 1
    os.utime(old, (past, past))
    for name, text in (("3", "{"), ("4", "[[1]]"), ("5", "null")):
        (tmp_path / f"{name}.metrics.json").write_text(text)
    assert mismatches(one) == {"1": 3}
    assert not old.exists()


async def test_workers_find_each_other_by_their_folder(tmp_path: Path) -> None:
    telemetry = open_telemetry(TelemetryConfig(log="none", metrics_dir=str(tmp_path / "m")))
    worker(tmp_path / "m", "other", 2).write()
    telemetry.mismatched("x", "sales")
    text = telemetry.metrics_text(OPEN)[0].decode()
    assert 'worker="other"' in text
    await telemetry._tell_workers()
    assert len(list((tmp_path / "m").iterdir())) == 2
    await telemetry.aclose()
    assert len(list((tmp_path / "m").iterdir())) == 1


async def test_the_dashboard_asks_for_what_there_is() -> None:
    """Each metric that Grafana's dashboard and the suggested alerts name is one of ours."""
    text = (await counted()).metrics_text("")[0].decode()
    ours = set(re.findall(r"^(forerun_\w+?)(?:\{| )", text, re.MULTILINE))
    alerts = (ROOT / "docs/telemetry.md").read_text().split("```yaml")[1].split("```")[0]
    for text in ((ROOT / "deploy/grafana/forerun.json").read_text(), alerts):
        named = set(re.findall(r"\bforerun_[a-z0-9_]+", text))
        assert named
        assert named <= ours, named - ours


async def test_the_dashboard_shows_every_metric() -> None:
    """And can be read as JSON."""
    text = (await counted()).metrics_text("")[0].decode()
    ours = set(re.findall(r"^# TYPE (forerun_\w+)", text, re.MULTILINE))
    board = json.loads((ROOT / "deploy/grafana/forerun.json").read_text())
    asked = json.dumps(board["panels"])
    shown = {name for name in ours if name in asked or name.removesuffix("_created") in asked}
    assert {name for name in ours if not name.endswith("_created")} == {
        name for name in shown if not name.endswith("_created")
    }
