"""What others cost for the same shape: two roots, then four stages one after another."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from typing import Any, TypedDict

import anyio
import anyio.lowlevel


async def _stage() -> int:
    await asyncio.sleep(0)
    return 1


async def six_stages() -> int:
    """A bare asyncio.TaskGroup, without timeouts, events or anything else."""
    async with asyncio.TaskGroup() as group:
        roots = [group.create_task(_stage()), group.create_task(_stage())]
    done = sum(task.result() for task in roots)
    for _ in range(4):
        done += await _stage()
    return done


async def fourteen_tasks() -> None:
    """As many tasks as the whole ladder starts, each with a timeout and an event to wait for."""

    async def work(ended: anyio.Event) -> None:
        with anyio.move_on_after(60):
            await anyio.lowlevel.checkpoint()
        ended.set()

    async with anyio.create_task_group() as group:
        for _ in range(14):
            ended = anyio.Event()
            group.start_soon(work, ended)
            await ended.wait()


class _State(TypedDict, total=False):
    context: int
    tables: int
    done: int


def langgraph() -> Callable[[], Awaitable[Any]] | None:
    """The same six stages as a compiled LangGraph; None where it is not installed."""
    try:
        from langgraph.graph import END, START, StateGraph
    except ImportError:
        return None
    graph: Any = StateGraph(_State)

    async def tables(_: _State) -> _State:
        return {"tables": await _stage()}

    async def context(_: _State) -> _State:
        return {"context": await _stage()}

    async def rest(_: _State) -> _State:
        return {"done": await _stage()}

    graph.add_node("analyse", tables)
    graph.add_node("contextualise", context)
    chain = ("draft", "review", "run", "narrate")
    for name in chain:
        graph.add_node(name, rest)
    graph.add_edge(START, "analyse")
    graph.add_edge(START, "contextualise")
    graph.add_edge(["analyse", "contextualise"], "draft")
    for one, other in itertools.pairwise(chain):
        graph.add_edge(one, other)
    graph.add_edge("narrate", END)
    compiled = graph.compile()

    async def run() -> Any:
        return await compiled.ainvoke({"done": 0})

    return run
