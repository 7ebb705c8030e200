"""A simulated model in process: it waits on the loop's clock, and so on a virtual one."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace

import anyio

from forerun.domain import Usage
from forerun.ports import Completion, ModelAbilities, OnText, Prompt
from forerun.testing.scripted import count_tokens
from forerun.testing.simulator.engine import Engine
from forerun.testing.simulator.planned import Interval
from forerun.testing.simulator.profiles import Speed


@dataclass
class SimulatedModel:
    """See `forerun.ports.Model`. It raises a LookupError for what its engine has no case of."""

    engine: Engine
    speed: Speed | None = None
    """None: the strong or the small model, as the engine says of each job."""
    name: str = "simulated:strong"
    abilities: ModelAbilities = field(default_factory=ModelAbilities)
    calls: list[Interval] = field(default_factory=list)
    """One for each call, in the order in which they were made."""
    under_way: int = 0
    _broken_off: dict[tuple[str, str, int], deque[Usage]] = field(default_factory=dict, repr=False)

    async def complete(self, prompt: Prompt, on_text: OnText | None = None) -> Completion:
        began_at = anyio.current_time()
        asked = prompt if self.abilities.structured else replace(prompt, shape=None)
        planned = self.engine.plan(asked, prompt.sample, speed=self.speed, at=began_at)
        ends_at = began_at + planned.seconds
        self.calls.append(Interval(planned.job, began_at, ends_at, planned.usage))
        self.under_way += 1
        try:
            for piece in planned.pieces:
                await anyio.sleep_until(began_at + piece.at_s)
                if on_text is not None:
                    await on_text(piece.text)
            return Completion(planned.text, planned.usage, self.name)
        except anyio.get_cancelled_exc_class():
            spent = planned.usage_after(anyio.current_time() - began_at)
            self._broken_off.setdefault(_key(prompt), deque()).append(spent)
            raise
        finally:
            self.under_way -= 1

    def estimate(self, prompt: Prompt, said: str) -> Usage:
        """What the call that was broken off has cost; exact, once for each such call.

        Input is paid in full, output as far as it was written, heard or not. Of a call that never
        was, as if nothing were cached.
        """
        if spent := self._broken_off.get(_key(prompt)):
            return spent.popleft()
        speed = self.speed or self.engine.profile.strong
        asked = count_tokens(prompt.system) + count_tokens(prompt.user)
        return speed.usage(asked, 0, count_tokens(said))

    async def aclose(self) -> None:
        return None


def _key(prompt: Prompt) -> tuple[str, str, int]:
    return prompt.system, prompt.user, prompt.sample
