"""What working ahead brought and cost, in words."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from forerun.cli.console import printable
from forerun.domain import Answer, Fate, Speculation, Strategy
from forerun.domain.branches import MAIN, leaf
from forerun.domain.critical import sequential_ms

_COLOURS = {Fate.USED: "green", Fate.WASTED: "yellow", Fate.SKIPPED: "dim"}


def told_of_speculation(answer: Answer, width: int) -> Iterator[RenderableType]:
    """What belongs below the waterfall; nothing where nothing could have been done ahead."""
    told: list[RenderableType] = []
    if was_ahead(answer):
        told.append(Text(compared(answer)))
    if answer.speculation:
        told.append(_accounts(answer.speculation, width - 2))
    if told:
        yield Padding(Group(*told), (1, 1, 0, 1), expand=False)


def was_ahead(answer: Answer) -> bool:
    """Whether some of what the answer rests on was done ahead of time."""
    return any(span.branch != MAIN and not span.wasted for span in answer.trace.spans)


def is_parallel(answer: Answer) -> bool:
    """Whether the parallel path answered."""
    chosen = answer.decision is not None and answer.decision.strategy is Strategy.PARALLEL
    return chosen and not answer.fallback.used


def compared(answer: Answer) -> str:
    """`sequential would have taken about 12,300 ms; 48 % saved`."""
    alone = sequential_ms(answer.trace)
    saved = round(100 * (1 - answer.trace.total_ms / alone)) if alone > 0 else 0
    told = f"{saved} % saved" if saved > 0 else "nothing saved"
    return f"sequential would have taken about {alone:,.0f} ms; {told}"


def _accounts(speculation: tuple[Speculation, ...], width: int) -> Table:
    """A line a branch; what was not launched for one reason is told once."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    lines = dict.fromkeys(
        (leaf(each.branch) or each.rung.value, each.outcome, printable(_account(each)))
        for each in speculation
    )
    names = max(len(name) for name, _, _ in lines)
    fates = max(len(fate.value) for _, fate, _ in lines)
    grid.add_column(no_wrap=True)
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold", max_width=max(width - names - fates - 4, 10))
    for name, fate, told in lines:
        grid.add_row(Text(name), Text(fate.value, _COLOURS[fate]), Text(told, "dim"))
    return grid


def _account(each: Speculation) -> str:
    """What it saved or cost, and why."""
    figures = {
        Fate.USED: _saving(each),
        Fate.WASTED: _waste(each),
        Fate.SKIPPED: "",
    }[each.outcome]
    return ": ".join(filter(None, (figures, each.reason)))


def _saving(each: Speculation) -> str:
    """Of a branch that was given up, some may have been found done all the same."""
    told = f"saved {each.saved_ms:,.0f} ms"
    return f"{told}; of the rest wasted: {_waste(each)}" if each.wasted_ms else told


def _waste(each: Speculation) -> str:
    told = [f"{each.wasted_ms:,.0f} ms"]
    if each.wasted_tokens:
        told.append(f"{each.wasted_tokens:,} tokens")
    if each.wasted_usd is None:
        told.append("price unknown")
    elif each.wasted_usd:
        told.append(f"${each.wasted_usd:.4f}")
    return ", ".join(told)
