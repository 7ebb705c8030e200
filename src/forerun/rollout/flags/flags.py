"""Flags, each evaluated by the strongest who says something: kill, environment, file, default."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import anyio.to_thread

from forerun.errors import MissingExtra, Unavailable
from forerun.rollout.flags import watching
from forerun.rollout.flags.document import Document
from forerun.rollout.flags.evaluation import Evaluation
from forerun.rollout.flags.holdout import Holdout
from forerun.rollout.flags.kills import Kill
from forerun.rollout.flags.linting import Finding, lint
from forerun.rollout.flags.overrides import FLAG, Overrides, end_of
from forerun.rollout.flags.source import FileState, FlagSource
from forerun.rollout.flags.terms import NOBODY, ROLLOUT, Context, Source

if TYPE_CHECKING:
    from openfeature.client import OpenFeatureClient
    from openfeature.flag_evaluation import FlagEvaluationDetails

T = TypeVar("T", bool, str, float, dict[str, Any])
_domains = count(1)


class Flags:
    """The flags of one file, or of none. Evaluating never raises, and waits for nothing but the
    reading of a file that was changed a moment ago.

    A file needs the extra `rollout`; without a file nothing of it is loaded.
    """

    def __init__(self, path: Path | None = None, overrides: Overrides | None = None) -> None:
        """Cheap: the file is read by `open`. Raises `MissingExtra`."""
        self.path = path
        self.overrides = overrides or Overrides()
        self.source = FlagSource(path) if path is not None else None
        self._kills: dict[str, Kill] = {}
        self.client: OpenFeatureClient | None = None
        """For flags that are texts or numbers; None while not open."""
        self._domain = f"forerun-{next(_domains)}"
        if path is not None:
            _need_extra()

    async def open(self) -> None:
        """Read the file and be ready. A file that is gone or broken is no error: see `state`."""
        if self.source is not None:
            await anyio.to_thread.run_sync(self._connect, self.source)

    def close(self) -> None:
        """From now on every flag is its default. Safe to call twice."""
        if self.client is None:
            return
        from openfeature import api
        from openfeature.provider.no_op_provider import NoOpProvider

        self.client = None
        api.set_provider_and_wait(NoOpProvider(), self._domain)

    async def watch(self) -> None:
        """Follow the file until cancelled; for a task of the application."""
        if self.source is None:
            await anyio.sleep_forever()
        else:
            await watching.watch(self.source)

    def reload(self) -> None:
        """Read the file now, without waiting for `watch` to notice. Blocks for as long as that."""
        if self.source is not None:
            self.source.reload()

    def state(self) -> FileState:
        return FileState(None) if self.source is None else self.source.state()

    def in_force(self) -> Document | None:
        """The file that was last good; None without one."""
        loaded = self.source.loaded if self.source is not None else None
        return None if loaded is None else loaded.document

    def holdout(self) -> Holdout | None:
        """Who is held out by the file that is in force; None without one, or without a rollout."""
        told = self.in_force()
        flag = None if told is None else told.flags.get(ROLLOUT)
        return None if flag is None else Holdout.of(flag["metadata"])

    def lint(self, today: date) -> tuple[Finding, ...]:
        """What should be tidied up in the file that is in force."""
        told = self.in_force()
        return () if told is None else lint(told, today)

    def switch(
        self, flag: str, context: Context = NOBODY, *, default: bool = False
    ) -> Evaluation[bool]:
        """A flag that is on or off. `default` is what there was before the flag."""
        if (kill := self.kill_of(flag)) is not None:
            return self._told(Evaluation(flag, default, Source.KILL, kill.reason))
        if (given := self.overrides.of(flag)) is not None:
            reason = f"{FLAG}{end_of(flag)} is {str(given).lower()}"
            return self._told(Evaluation(flag, given, Source.ENVIRONMENT, reason))
        return self.from_file(flag, default, context)

    def from_file(self, flag: str, default: T, context: Context) -> Evaluation[T]:
        """What the file alone says: `default`, with the reason, where it says nothing."""
        if self.client is None:
            why = "there is no flag file" if self.path is None else "the flags are not open"
            return Evaluation(flag, default, Source.DEFAULT, why)
        details = self._ask(self.client, flag, default, context)
        if details.variant is None:
            return self._told(self._unanswered(flag, default, details))
        metadata = details.flag_metadata
        return Evaluation(
            flag,
            details.value,
            Source.FILE,
            _in_words(details, self.path),
            details.variant,
            int(metadata["version"]),
            str(metadata["sha"]),
        )

    def kill_of(self, flag: str) -> Kill | None:
        """The kill that is in force: of this process, of the environment, or of the file, which
        is read again where it was changed."""
        if (kill := self._kills.get(flag)) is not None:
            return kill
        if self.overrides.kills(flag):
            return Kill.in_environment(flag)
        if self.source is not None and self.client is not None:
            self.source.look()
        told = self.in_force()
        return None if told is None else told.killed.get(flag)

    def kill_here(self, flag: str, *, who: str, why: str) -> Kill:
        """At once and in this process alone; nothing is read or written. See `Editor.kill`."""
        kill = self._kills[flag] = Kill.here(flag, who, why)
        return kill

    def forget_kill(self, flag: str) -> None:
        """Take back `kill_here`: what environment and file say is in force again."""
        self._kills.pop(flag, None)

    def _connect(self, source: FlagSource) -> None:
        """`set_provider` alone would return before the file is read."""
        from openfeature import api
        from openfeature.exception import OpenFeatureError

        from forerun.rollout.flags.provider import FileProvider

        try:
            api.set_provider_and_wait(FileProvider(source), self._domain)
        except OpenFeatureError as failed:  # in error until the file is good: `state` says why
            if source.problem is None:
                raise Unavailable(f"The flags cannot be opened: {failed}") from failed
        self.client = api.get_client(self._domain)

    def _ask(
        self, client: OpenFeatureClient, flag: str, default: T, context: Context
    ) -> FlagEvaluationDetails[Any]:
        from openfeature.evaluation_context import EvaluationContext

        known = EvaluationContext(context.unit, context.attributes())
        match default:
            case bool():
                return client.get_boolean_details(flag, default, known)
            case str():
                return client.get_string_details(flag, default, known)
            case float():
                return client.get_float_details(flag, default, known)
            case _:
                return client.get_object_details(flag, default, known)

    def _unanswered(
        self, flag: str, default: T, details: FlagEvaluationDetails[Any]
    ) -> Evaluation[T]:
        """No variant: killed a moment ago, no such flag, no file, or a rule that fails."""
        kill = self.kill_of(flag)
        if kill is not None:
            return Evaluation(flag, default, Source.KILL, kill.reason)
        why = details.error_message or str(details.reason)
        return Evaluation(flag, default, Source.DEFAULT, why)

    def _told(self, evaluation: Evaluation[T]) -> Evaluation[T]:
        """With the file that is in force."""
        told = self.in_force()
        if told is None:
            return evaluation
        return replace(evaluation, version=told.version, sha=told.sha)


def _in_words(details: FlagEvaluationDetails[Any], path: Path | None) -> str:
    file = path.name if path is not None else "the file"
    match details.reason:
        case "TARGETING_MATCH":
            return f"a rule of {file} gives the variant {details.variant}"
        case "DEFAULT":
            return f"no rule of {file} matches: it gives the variant {details.variant}"
        case _:
            return f"{file} has no rule and gives the variant {details.variant}"


def _need_extra() -> None:
    try:
        import openfeature.contrib.tools.flagd.core  # noqa: F401
        import watchfiles  # noqa: F401
    except ModuleNotFoundError as missing:
        raise MissingExtra("rollout", "A flag file") from missing
