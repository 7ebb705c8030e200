"""Events of questions as Redis streams, one a question. Needs asyncio.

The id of an entry is the number of its event, so that a reader says what it has seen and gets the
rest, and notices a gap. What is there expires; and where a runner no longer says that it lives, its
question is lost.
"""

from __future__ import annotations

import random
from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Any

import anyio

from forerun.adapters.caches.redis_connections import Connections
from forerun.adapters.caches.redis_listening import Subscription
from forerun.errors import EventsMissing, Unavailable
from forerun.ports import Heard, Told

PATIENT_S = 1.0
BLOCK_MS = 1_000
ALIVE_MS = 10_000
FOLLOWED_MS = 5_000
MOST_EVENTS = 20_000
EVENTS_AT_ONCE = 500
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.05, 2.0
REMEDY = "Check that Redis runs there and lets us in; redis in [serve] says where it is."

TELL = """
-- KEYS: stream, alive, cancel and run of each. ARGV: most events, how long to keep them, how long a
-- question lives without a word; then of each: its run, number of the first, whether it has ended,
-- how many events, and these. What is there already is told again after a reply was lost.
local at, heard = 4, {}
local function number(entries) return entries[1] and tonumber(entries[1][1]:match('^%d+')) or 0 end
local function is_whole(key, told)
  -- A replica that takes over may lack the last ones. The first ones go when they are too many.
  local first = number(redis.call('XRANGE', key, '-', '+', 'COUNT', 1))
  local last = number(redis.call('XREVRANGE', key, '+', '-', 'COUNT', 1))
  return last >= told and redis.call('XLEN', key) == last - first + 1
end
local function add(key, number, field, value)
  local done = redis.pcall('XADD', key, 'MAXLEN', '~', ARGV[1], number .. '-0', field, value)
  if type(done) == 'table' and done.err and not done.err:find('equal or smaller') then
    error(done.err)
  end
end
for k = 1, #KEYS, 4 do
  local run, first, ended, count = ARGV[at], tonumber(ARGV[at + 1]), ARGV[at + 2], ARGV[at + 3]
  local stream, alive, cancel, runs = KEYS[k], KEYS[k + 1], KEYS[k + 2], KEYS[k + 3]
  local running, kept_ms = redis.call('GET', runs), math.max(ARGV[2], ARGV[3])
  at = at + 4
  if running and running ~= run then
    heard[#heard + 1] = 'foreign'
  elseif first > 1 and not is_whole(stream, first - 1) then
    redis.call('DEL', stream) -- nothing can be put in its middle
    heard[#heard + 1] = 'forgotten'
  else
    for n = 0, count - 1 do add(stream, first + n, 'event', ARGV[at + n]) end
    if ended == '1' then
      add(stream, first + count, 'end', '')
      redis.call('DEL', alive)
      kept_ms = ARGV[2]
    else
      redis.call('SET', alive, '1', 'PX', ARGV[3])
    end
    redis.call('SET', runs, run, 'PX', kept_ms)
    redis.call('PEXPIRE', stream, kept_ms)
    heard[#heard + 1] = redis.call('EXISTS', cancel) == 1 and 'cancelled' or 'taken'
  end
  at = at + count
end
return heard
"""
CLAIM = """
-- KEYS: stream, alive, run. ARGV: the run, milliseconds.
if redis.call('GET', KEYS[3]) == ARGV[1] then return 1 end
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
if not redis.call('SET', KEYS[3], ARGV[1], 'NX', 'PX', ARGV[2]) then return 0 end
redis.call('SET', KEYS[2], '1', 'PX', ARGV[2])
return 1
"""
CANCEL = """
-- KEYS: cancel. ARGV: milliseconds, channel, stream.
redis.call('SET', KEYS[1], '1', 'PX', ARGV[1])
return redis.call('PUBLISH', ARGV[2], ARGV[3])
"""


class RedisRelay:
    """See `forerun.ports.Relay`. All that it keeps is in keys that begin with `prefix`."""

    def __init__(self, url: str, linger_s: float, *, prefix: str = "forerun") -> None:
        self._connections = Connections(url, "Redis", REMEDY)
        self._linger_ms = max(1_000, round(linger_s * 1000))
        self._prefix = prefix
        self._channel = f"{prefix}:cancels:{self._connections.database}"

    async def claim(self, stream: str, run: str) -> bool:
        keys = [self._stream(stream), self._alive(stream), self._run(stream)]
        claimed: int = await self._eval(_number, CLAIM, keys, [run, ALIVE_MS])
        return claimed == 1

    async def tell(self, news: Sequence[Told]) -> Sequence[Heard]:
        keys: list[str] = []
        arguments: list[str | bytes | int] = [MOST_EVENTS, self._linger_ms, ALIVE_MS]
        for told in news:
            name, events = told.stream, told.events
            keys += [self._stream(name), self._alive(name), self._cancel(name), self._run(name)]
            arguments += [told.run, told.first, int(told.ended), len(events), *events]
        heard: list[Heard] = await self._eval(_heard, TELL, keys, arguments)
        return heard

    async def is_known(self, stream: str) -> bool:
        keys = (self._stream(stream), self._alive(stream))
        return await self._connections.ask(PATIENT_S, _number, "EXISTS", *keys) > 0

    async def follow(self, stream: str, after: int) -> AsyncGenerator[Sequence[bytes]]:
        async with self._connections.own(PATIENT_S) as connection:
            while True:
                await self._say_followed(stream)
                command = ("XREAD", "COUNT", EVENTS_AT_ONCE, "BLOCK", BLOCK_MS, "STREAMS")
                with self._connections.failing(PATIENT_S + BLOCK_MS / 1000):
                    await connection.send_command(*command, self._stream(stream), f"{after}-0")
                    read = await connection.read_response(disable_decoding=True)
                    events, after, ended = _entries(read, after)
                if events:
                    yield events
                if ended or (read is None and not await self._lives(stream)):
                    return

    async def is_followed(self, stream: str) -> bool:
        asked = ("EXISTS", self._followed(stream))
        return await self._connections.ask(PATIENT_S, _number, *asked) > 0

    async def cancel(self, stream: str) -> None:
        arguments: list[str | bytes | int] = [ALIVE_MS, self._channel, stream]
        await self._eval(_number, CANCEL, [self._cancel(stream)], arguments)

    async def hear_cancels(self, on_cancel: Callable[[str], None]) -> None:
        """What is missed while Redis does not answer is told by the next `tell`."""
        pause_s = FIRST_PAUSE_S
        while True:
            try:
                async with self._connections.own(PATIENT_S) as connection:
                    subscription = Subscription(self._connections, connection, PATIENT_S)
                    await subscription.begin(self._channel)
                    while True:
                        on_cancel((await subscription.message()).decode("utf-8", "replace"))
                        pause_s = FIRST_PAUSE_S
            except Unavailable:
                await anyio.sleep(pause_s * random.uniform(0.5, 1))  # noqa: S311 - only jitter
                pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    async def aclose(self) -> None:
        await self._connections.aclose()

    async def _say_followed(self, stream: str) -> None:
        asked = ("SET", self._followed(stream), "1", "PX", FOLLOWED_MS)
        await self._connections.ask(PATIENT_S, _anything, *asked)

    async def _lives(self, stream: str) -> bool:
        asked = ("EXISTS", self._alive(stream))
        return await self._connections.ask(PATIENT_S, _number, *asked) > 0

    async def _eval(
        self,
        read: Callable[[Any], Any],
        script: str,
        keys: Sequence[str],
        arguments: Sequence[str | bytes | int],
    ) -> Any:
        asked = ("EVAL", script, len(keys), *keys, *arguments)
        return await self._connections.ask(PATIENT_S, read, *asked)

    def _stream(self, name: str) -> str:
        return f"{self._prefix}:ask:{name}"

    def _alive(self, name: str) -> str:
        return f"{self._prefix}:ask:{name}:alive"

    def _cancel(self, name: str) -> str:
        return f"{self._prefix}:ask:{name}:cancel"

    def _run(self, name: str) -> str:
        return f"{self._prefix}:ask:{name}:run"

    def _followed(self, name: str) -> str:
        return f"{self._prefix}:ask:{name}:followed"


def _entries(reply: Any, after: int) -> tuple[list[bytes], int, bool]:
    """Events of one read, up to the first that is missing; the number of the last one, and whether
    that was the end. Raises `EventsMissing` where there is none before that."""
    if reply is None:
        return [], after, False
    [[_, entries]] = reply
    events: list[bytes] = []
    ended = False
    for id_, [field, value] in entries:
        number = int(bytes(id_).partition(b"-")[0])
        if number != after + 1:
            if events:
                break
            raise EventsMissing(f"Events {after + 1} to {number - 1} are not in Redis any more.")
        after = number
        if field == b"end":
            ended = True
        else:
            events.append(bytes(value))
    return events, after, ended


def _number(reply: Any) -> int:
    if not isinstance(reply, int):
        raise TypeError("a number expected")
    return reply


def _heard(reply: Any) -> list[Heard]:
    if not isinstance(reply, list):
        raise TypeError("what was heard of each expected")
    return [Heard(bytes(each).decode()) for each in reply]


def _anything(reply: Any) -> None:
    """OK, or it was an error."""
