"""A flag is what the strongest says, and whatever lies in the file, evaluating gives a value."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest
from openfeature import api
from openfeature.provider import ProviderStatus

from forerun.rollout.flags import Context, Flags, Overrides, Source
from tests.rollout.flags.conftest import Opening
from tests.rollout.flags.files import put, raw, rollout, switch, with_rules

pytestmark = pytest.mark.anyio


async def test_false_in_the_environment_is_false(opened: Opening, tmp_path: Path) -> None:
    """It is stronger than the file, and not taken for true because it is some text."""
    path = put(tmp_path / "flags.json", switch("on"))
    flags = await opened(path, Overrides.read({"FORERUN_FLAG_NEW_CHARTS": "false"}))
    told = flags.switch("new-charts", default=True)
    assert told.value is False
    assert told.source is Source.ENVIRONMENT
    assert told.reason == "FORERUN_FLAG_NEW_CHARTS is false"


async def test_each_is_stronger_than_the_next(opened: Opening, tmp_path: Path) -> None:
    """Kill, environment, file, default: take away one after the other, and the next decides."""
    path = put(tmp_path / "flags.json", switch("off"))
    say_on = {"FORERUN_FLAG_NEW_CHARTS": "true"}
    killed = await opened(path, Overrides.read({**say_on, "FORERUN_KILL_NEW_CHARTS": "true"}))
    by_environment = await opened(path, Overrides.read(say_on))
    by_file = await opened(path)
    told = [
        killed.switch("new-charts"),
        by_environment.switch("new-charts"),
        by_file.switch("new-charts", default=True),
        by_file.switch("unheard-of", default=True),
    ]
    assert [(each.source, each.value) for each in told] == [
        (Source.KILL, False),
        (Source.ENVIRONMENT, True),
        (Source.FILE, False),
        (Source.DEFAULT, True),
    ]
    sha = by_file.state().sha
    assert all((each.version, each.sha) == (1, sha) for each in told)
    assert all(each.reason for each in told)


async def test_before_readiness_everything_is_its_default(tmp_path: Path) -> None:
    """Not open yet: no error, and neither the file's value nor another provider's."""
    flags = Flags(put(tmp_path / "flags.json", switch("on")))
    for default in (False, True):
        told = flags.switch("new-charts", default=default)
        assert (told.value, told.source) == (default, Source.DEFAULT)
        assert told.reason == "the flags are not open"
    await flags.open()
    assert flags.switch("new-charts").value is True
    flags.close()
    assert flags.switch("new-charts").value is False


async def test_while_opening_only_the_default_or_the_file_is_seen(tmp_path: Path) -> None:
    """Asked all the time while it opens, no evaluation gives anything else or raises."""
    flags = Flags(put(tmp_path / "flags.json", switch("off")))
    seen: list[tuple[bool, Source]] = []
    opened = threading.Event()

    def ask() -> None:
        while not opened.is_set():
            told = flags.switch("new-charts", default=True)
            seen.append((told.value, told.source))

    asking = threading.Thread(target=ask)
    asking.start()
    await flags.open()
    opened.set()
    asking.join()
    told = flags.switch("new-charts", default=True)
    flags.close()
    assert (told.value, told.source) == (False, Source.FILE)
    assert set(seen) <= {(True, Source.DEFAULT), (False, Source.FILE)}


async def test_the_provider_is_ready_when_open_returns(opened: Opening, tmp_path: Path) -> None:
    """`set_provider` alone would return before; then the first evaluations were defaults."""
    for number in range(20):
        path = put(tmp_path / f"{number}.json", switch("on"))
        assert (await opened(path)).switch("new-charts").value is True


@pytest.mark.parametrize("broken", [b"{", b"", b"[]", b"\xff", raw(rollout(stage="half"))])
async def test_a_broken_file_leaves_the_last_good_one_in_force(
    opened: Opening, tmp_path: Path, broken: bytes
) -> None:
    """The state says since when what is wrong, and nothing of it once the file is good again."""
    path = put(tmp_path / "flags.json", switch("on", version=4))
    flags = await opened(path)
    good = flags.state()
    path.write_bytes(broken)
    flags.reload()
    assert flags.switch("new-charts").value is True
    state = flags.state()
    assert (state.version, state.sha, state.since) == (4, good.sha, good.since)
    assert state.problem is not None
    assert state.problem.startswith("flags.json")
    assert state.problem_since is not None
    assert state.since is not None
    assert state.problem_since >= state.since
    put(path, switch("off", version=5))
    flags.reload()
    assert flags.switch("new-charts", default=True).value is False
    assert flags.state().problem is None
    assert flags.state().version == 5


async def test_putting_the_same_file_back_ends_the_problem(opened: Opening, tmp_path: Path) -> None:
    """What is in force is what lies there again, so that nothing is wrong any more."""
    path = put(tmp_path / "flags.json", switch("on"))
    flags = await opened(path)
    good = flags.state()
    path.unlink()
    flags.reload()
    assert "cannot be read" in (flags.state().problem or "")
    assert flags.switch("new-charts").value is True
    put(path, switch("on"))
    flags.reload()
    assert flags.state() == good


async def test_restoring_an_older_file_takes_effect(opened: Opening, tmp_path: Path) -> None:
    """Its time of change is in the past, as a backup's is: the content counts."""
    path = put(tmp_path / "flags.json", switch("off", version=7))
    flags = await opened(path)
    put(path, switch("on", version=6))
    os.utime(path, (1_000_000_000, 1_000_000_000))
    flags.reload()
    told = flags.switch("new-charts")
    assert (told.value, told.version) == (True, 6)


@pytest.mark.parametrize("content", [None, b"{"])
async def test_a_file_that_is_never_good_is_no_error(
    opened: Opening, tmp_path: Path, content: bytes | None
) -> None:
    """Missing or broken at the start: defaults, and the reason; good later: the file."""
    path = tmp_path / "flags.json"
    if content is not None:
        path.write_bytes(content)
    flags = await opened(path)
    told = flags.switch("new-charts", default=True)
    assert (told.value, told.source) == (True, Source.DEFAULT)
    assert "flags.json" in told.reason
    put(path, switch("off"))
    flags.reload()
    told = flags.switch("new-charts", default=True)
    assert (told.value, told.source) == (False, Source.FILE)


async def test_a_disabled_flag_is_killed(opened: Opening, tmp_path: Path) -> None:
    """In the file as in flagd; it is stronger than the environment."""
    made = switch("on")
    made["flags"]["new-charts"]["state"] = "DISABLED"
    made["flags"]["new-charts"]["metadata"] = {"disabled_by": "ann", "disabled_because": "errors"}
    path = put(tmp_path / "flags.json", made)
    flags = await opened(path, Overrides.read({"FORERUN_FLAG_NEW_CHARTS": "true"}))
    told = flags.switch("new-charts")
    assert (told.value, told.source) == (False, Source.KILL)
    assert told.reason == "new-charts is killed in flags.json by ann: errors"


async def test_rules_see_the_question(opened: Opening, tmp_path: Path) -> None:
    """Tenant, database, complexity and whose question it is; nothing where it is unknown."""
    made = switch("off")
    rule = {
        "if": [
            {"in": [{"var": "tenant"}, ["acme", "globex"]]},
            "on",
            {"==": [{"var": "database"}, "sales"]},
            "on",
            {"starts_with": [{"var": "targetingKey"}, "tester-"]},
            "on",
        ]
    }
    made["flags"]["new-charts"]["targeting"] = rule
    flags = await opened(put(tmp_path / "flags.json", made))
    for context, expected in (
        (Context(tenant="acme"), True),
        (Context(database="sales"), True),
        (Context(unit="tester-1"), True),
        (Context(unit="anna", tenant="initech", database="hr", complexity="simple"), False),
        (Context(), False),
    ):
        told = flags.switch("new-charts", context, default=not expected)
        assert (told.value, told.source) == (expected, Source.FILE)


async def test_the_kind_of_a_flag_is_held(opened: Opening, tmp_path: Path) -> None:
    """A rollout asked for as a switch is the default: nothing is made of an object."""
    flags = await opened(put(tmp_path / "flags.json", rollout(stage="live")))
    told = flags.switch("parallel")
    assert (told.value, told.source) == (False, Source.DEFAULT)


async def test_two_files_do_not_mix(opened: Opening, tmp_path: Path) -> None:
    """Each has a domain of OpenFeature, and the application's own provider is left alone."""
    on = await opened(put(tmp_path / "on.json", switch("on")))
    off = await opened(put(tmp_path / "off.json", switch("off")))
    assert on.switch("new-charts").value is True
    assert off.switch("new-charts", default=True).value is False
    assert api.get_provider_metadata().name == "No-op Provider"


async def test_listeners_of_openfeature_hear_of_changes(opened: Opening, tmp_path: Path) -> None:
    """The status of the provider follows the file: ready, stale while it is broken, ready."""
    path = put(tmp_path / "flags.json", switch("on"))
    flags = await opened(path)
    client = flags.client
    assert client is not None
    statuses = [client.get_provider_status()]
    for content in (b"{", raw(switch("off"))):
        path.write_bytes(content)
        flags.reload()
        statuses.append(client.get_provider_status())
    assert statuses == [ProviderStatus.READY, ProviderStatus.STALE, ProviderStatus.READY]


async def test_other_kinds_of_flags_are_reached_through_openfeature(
    opened: Opening, tmp_path: Path
) -> None:
    """Texts and numbers of the same file, with version and sha, by the client of the SDK."""
    made = switch("on")
    for name, value in (("motto", "go"), ("limit", 3), ("ratio", 0.5)):
        made["flags"][name] = {
            "state": "ENABLED",
            "variants": {"only": value},
            "defaultVariant": "only",
        }
    flags = await opened(put(tmp_path / "flags.json", made))
    client = flags.client
    assert client is not None
    assert client.get_string_value("motto", "") == "go"
    assert client.get_integer_value("limit", 0) == 3
    assert client.get_float_value("ratio", 0.0) == 0.5
    details = client.get_string_details("motto", "")
    assert details.flag_metadata == {"version": 1, "sha": flags.state().sha}


async def test_a_rule_that_fails_is_refused_at_once(opened: Opening, tmp_path: Path) -> None:
    """Tried out when the file is read, so that it does not fail for each question."""
    path = put(tmp_path / "flags.json", switch("on"))
    flags = await opened(path)
    made = with_rules(rollout(stage="live"), {"<": [{"var": "tenant"}, "m"]})
    put(path, made)
    flags.reload()
    assert "flags.parallel cannot be evaluated" in (flags.state().problem or "")
    assert flags.switch("new-charts").value is True


async def test_without_a_file_there_is_still_the_environment() -> None:
    """And the default; nothing of the extra is asked for."""
    flags = Flags(None, Overrides.read({"FORERUN_FLAG_NEW_CHARTS": "on"}))
    await flags.open()
    assert flags.switch("new-charts").source is Source.ENVIRONMENT
    told = flags.switch("other", default=True)
    assert (told.value, told.source, told.reason) == (True, Source.DEFAULT, "there is no flag file")
    assert flags.state().path is None
    flags.close()
