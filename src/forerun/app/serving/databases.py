"""The databases of a service, by name."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import anyio
import anyio.to_thread

from forerun.access import Identity
from forerun.access.identity import no_such_database
from forerun.app.configuration import Configuration
from forerun.app.forerun import Forerun
from forerun.app.opening import place_of
from forerun.app.serving.told_once import ToldOnce
from forerun.domain import Asker, Policies, permissions_for
from forerun.domain.permissions import PLACEHOLDER
from forerun.errors import BadInput, BadPolicy, ForerunError

log = logging.getLogger(__name__)

if TYPE_CHECKING:
    from forerun.app.rolling_out import RollingOut

REACHED_WITHIN_S = 3.0
ASKED_AGAIN_S = 2.0
ANYTHING = "How many are there?"
"""A question that nobody has asked: what it needs, any other will."""
OpenForerun: TypeAlias = Callable[..., Forerun]
"""Takes a URL, and `settings`."""


@dataclass(frozen=True, slots=True)
class Reached:
    """Whether a database has answered, and why not."""

    error: ForerunError | None
    at: float


@dataclass(slots=True, eq=False)
class Databases:
    """Opened at the start, all of them; one that does not answer keeps nobody from the others."""

    opened: Mapping[str, Forerun]
    policies: Mapping[str, Policies] = field(default_factory=dict)
    """By database, where there are any."""
    told: ToldOnce = field(default_factory=ToldOnce)
    places: Mapping[str, str] = field(default_factory=dict)
    """By database, what tells it from another one that might come to bear its name."""
    _reached: dict[str, Reached] = field(default_factory=dict)
    _misfits: dict[str, BadPolicy] = field(default_factory=dict)
    """Whose policies did not fit when they were last looked at: nobody can ask these."""
    _unsettled: set[str] = field(default_factory=set)
    """Of which it is not known that they fit: these, and those that did not answer."""

    @classmethod
    def of(
        cls,
        configuration: Configuration,
        stack: AsyncExitStack,
        rollout: RollingOut | None = None,
        answering: OpenForerun = Forerun,
    ) -> Databases:
        """Closed with `stack`. All take part in the one `rollout`, but those whose own settings
        name another flag file. Raises `BadInput` for a database that there cannot be."""
        opened = {}
        for name, section in configuration.databases.items():
            settings = configuration.settings_of(name)
            shared = rollout if settings.flags == configuration.settings.flags else None
            opened[name] = answering(section.url, settings=settings, rollout=shared)
            stack.push_async_callback(opened[name].aclose)
        limiting = {
            name: section.policies
            for name, section in configuration.databases.items()
            if section.policies != Policies()
        }
        urls = {name: section.url for name, section in configuration.databases.items()}
        places = {name: place_of(url) for name, url in urls.items()}
        return cls(opened, limiting, ToldOnce(configuration.told_in), places)

    async def enter(self, stack: AsyncExitStack) -> None:
        """What each does beside questions, until `stack` is closed."""
        for forerun in self.opened.values():
            await stack.enter_async_context(forerun)

    async def load_models(self) -> None:
        """Those of each database. Raises `BadSetting` or `MissingExtra` for one there cannot be."""
        for forerun in self.opened.values():
            await forerun.load_models()

    def seen_by(self, identity: Identity) -> Mapping[str, Forerun]:
        """Those that may be asked."""
        return {name: each for name, each in self.opened.items() if identity.may_ask(name)}

    def find(self, name: str | None, identity: Identity) -> tuple[str, Forerun]:
        """The database of that name, or the only one. Raises `NotFound`, also for one that may
        not be asked, or `BadInput` where none is named and there are several."""
        seen = self.seen_by(identity)
        if name is None and len(seen) == 1:
            return next(iter(seen.items()))
        if name is None:
            raise BadInput(
                f"There are {len(seen)} databases, and the question does not say which it is for.",
                f"Name one as database: {', '.join(seen) or 'none may be asked'}.",
            )
        if name not in seen:
            raise no_such_database(name, seen)
        return name, seen[name]

    def place_of(self, name: str) -> str:
        return self.places.get(name, "")

    def asker(self, name: str, identity: Identity) -> Asker:
        """Who asks that database, and what he may see of it."""
        policies, tenant, user = self.policies.get(name), identity.tenant, identity.user
        if policies is None:
            return Asker(tenant, user=user)
        sight = permissions_for(
            policies, tenant, user, identity.attributes, of_a_model=identity.is_model
        )
        return Asker(tenant, user=user, sight=sight)

    def out_of_sight(self, name: str, identity: Identity, asker: Asker) -> tuple[str, ...]:
        """A warning for whom rules keep from whole tables, because they lack an attribute."""
        sight = asker.sight
        if sight is None or not sight.closed:
            return ()
        closing = (rule for rule in self.policies[name].rows if rule.table.lower() in sight.closed)
        needed = {each for rule in closing for each in PLACEHOLDER.findall(rule.where)}
        own = {"tenant": identity.tenant, "user": identity.user, **identity.attributes}
        missing = ", ".join(sorted(each for each in needed if not own.get(each)))
        said = f"Your key or token does not say your {missing}: some of {name} is out of sight."
        return (said,)

    async def reach(self) -> Mapping[str, ForerunError | None]:
        """Which of them answer, asked side by side and at most every other second."""
        async with anyio.create_task_group() as group:
            for name in self.opened:
                group.start_soon(self._reach, name)
        return {name: reached.error for name, reached in self._reached.items()}

    async def warm_up(self) -> None:
        """Read their structure and have the parser get to know it, so that the first question need
        not wait for that."""
        async with anyio.create_task_group() as group:
            for name, forerun in self.opened.items():
                group.start_soon(self._warm_up, name, forerun)

    def breakers(self) -> Mapping[str, str]:
        """The state of each breaker, by database and name."""
        return {
            f"{name}/{breaker}": state
            for name, forerun in self.opened.items()
            for breaker, state in forerun.breakers.items()
        }

    async def _reach(self, name: str) -> None:
        last = self._reached.get(name)
        if last is not None and anyio.current_time() - last.at < ASKED_AGAIN_S:
            return
        error = await _error_of(self.opened[name]) or await self._misfit(name)
        self._reached[name] = Reached(error, anyio.current_time())

    async def _warm_up(self, name: str, forerun: Forerun) -> None:
        """Policies that do not fit are logged now: whoever asks is told only that they do not."""
        await self._look_at(name)
        if name not in self._unsettled:
            with suppress(ForerunError):  # whoever asks is told
                await forerun.explain(ANYTHING, asker=self._stranger_to(name))

    async def _misfit(self, name: str) -> BadPolicy | None:
        """Looked at again only where they did not fit, for the database may have come to; or where
        it did not answer. Where that takes long, what was known before holds."""
        if name in self._unsettled and name in self.policies:
            with anyio.move_on_after(REACHED_WITHIN_S):
                await self._look_at(name)
        return self._misfits.get(name)

    async def _look_at(self, name: str) -> None:
        """Whether the policies of a database fit it. Of one that does not answer, nothing new is
        known."""
        try:
            await self.opened[name].catalog(asker=self._stranger_to(name))
        except BadPolicy as misfit:
            is_new = name not in self._misfits
            self._misfits[name] = misfit
            self._unsettled.add(name)
            if is_new:
                await anyio.to_thread.run_sync(self._tell, name, misfit)
        except ForerunError:
            self._unsettled.add(name)
        else:
            self._misfits.pop(name, None)
            self._unsettled.discard(name)

    def _tell(self, name: str, misfit: BadPolicy) -> None:
        """Once among all processes: may wait for another that is about to."""
        with self.told.telling(f"policies of {name}: {misfit.detail}") as is_ours:
            if is_ours:
                said = "The policies of %s do not fit, so nobody can ask it: %s"
                log.error(said, name, misfit.detail)

    def _stranger_to(self, name: str) -> Asker:
        """Somebody of whom nothing is known."""
        policies = self.policies.get(name)
        return Asker(sight=None if policies is None else permissions_for(policies))


async def _error_of(forerun: Forerun) -> ForerunError | None:
    try:
        with anyio.fail_after(REACHED_WITHIN_S):
            await forerun.reach()
    except ForerunError as error:
        return error
    except TimeoutError:
        return ForerunError(f"It did not answer within {REACHED_WITHIN_S:g} s.")
    return None
