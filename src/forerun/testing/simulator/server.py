"""The simulated provider as a real HTTP server with the OpenAI chat API.

Which draw is asked for (`Prompt.sample`) does not travel over that API. It is the request's `seed`
where there is one; else 0 for a request without warmth, and for those with warmth (a temperature
above 0) they are counted: the first of a prompt is draw 1, the second draw 2, and so on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import anyio

from forerun.testing.openai_server import (
    ChatRequest,
    OpenAIServer,
    Paced,
    Refuses,
    Reply,
    serve_openai,
)
from forerun.testing.simulator.engine import Engine
from forerun.testing.simulator.planned import Interval, Planned
from forerun.testing.simulator.profiles import Speed


@dataclass
class SimulatedServer:
    """What a bench sees of the server."""

    engine: Engine
    """Of this server alone: it is asked from the server's thread."""
    scale: float
    """Real seconds for each simulated one."""
    http: OpenAIServer | None = None
    calls: list[Interval] = field(default_factory=list)
    """In real seconds, on the monotonic clock that the event loops of this process share."""
    _warm: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def base_url(self) -> str:
        return self.http.base_url if self.http is not None else ""

    def reply(self, request: ChatRequest) -> Reply:
        """The reply in real time; what the engine has no case of is refused with status 400."""
        began_at = anyio.current_time()
        try:
            planned = self.engine.plan(
                request,
                self._sample_of(request),
                speed=self._speed_of(request.model),
                at=began_at / self.scale,
            )
        except LookupError as unknown:
            return Refuses(400, str(unknown))
        ends_at = began_at + planned.seconds * self.scale
        self.calls.append(Interval(planned.job, began_at, ends_at, planned.usage))
        return self._paced(planned)

    def _sample_of(self, request: ChatRequest) -> int:
        seed = request.body.get("seed")
        if isinstance(seed, int):
            return seed
        if not request.body.get("temperature"):
            return 0
        self._warm[request.system, request.user] += 1
        return self._warm[request.system, request.user]

    def _speed_of(self, model: str) -> Speed | None:
        """By the last word of the model's name; by the job where it is neither."""
        profile = self.engine.profile
        return {"small": profile.small, "strong": profile.strong}.get(model.split("-")[-1])

    def _paced(self, planned: Planned) -> Paced:
        return Paced(
            tuple((piece.at_s * self.scale, piece.text) for piece in planned.pieces),
            planned.usage.input_tokens,
            planned.usage.output_tokens,
            planned.cached_tokens,
        )


@contextmanager
def serve_simulated(engine: Engine, scale: float = 1.0) -> Iterator[SimulatedServer]:
    """A server at `server.base_url` for the length of the block. `scale` is above 0.

    Models may be called anything: `…-strong` and `…-small` are those models, with any other name
    the job decides, by `Engine.small`.
    """
    server = SimulatedServer(engine, scale)
    with serve_openai(server.reply) as http:
        server.http = http
        yield server
