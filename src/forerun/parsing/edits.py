"""Ways in which a follow-up may change an earlier plan: slot by slot kept, replaced, added to.

Like the rest of the grammar this only proposes; the fitted weights know what "their" asks for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from forerun.parsing.cues import AGGREGATES
from forerun.parsing.grouping import finish, group_keys
from forerun.parsing.mentions import Lattice
from forerun.parsing.plans import Condition, Having, Order, Plan, Term, entities_of
from forerun.parsing.references import means_those_rows, references
from forerun.parsing.schema import Entity, Field, Meaning
from forerun.parsing.sketching import Impossible, Sketch

_EXTREMES = {"most": True, "high": True, "first": True, "max": True, "common": True,
             "least": False, "low": False, "last": False, "min": False, "rare": False}  # fmt: skip
_BEST = {"high": "max", "most": "max", "low": "min", "least": "min"}


@dataclass(frozen=True, slots=True)
class Edit:
    """One way to change the earlier plan, and what became of each of its slots."""

    sketch: Sketch
    slots: tuple[tuple[str, str], ...]
    all_columns: bool = False

    @property
    def keeps_rows(self) -> bool:
        """Whether the earlier conditions hold on."""
        return dict(self.slots)["where"] not in ("drop", "only")


@dataclass(frozen=True, slots=True)
class _Shown:
    choice: str
    terms: tuple[Term, ...]
    entities: tuple[Entity, ...] = ()


@dataclass(frozen=True, slots=True)
class _Rows:
    choice: str
    where: tuple[tuple[Condition, ...], ...]
    tables: tuple[Entity, ...]
    absent: tuple[Entity, ...] = ()


@dataclass(frozen=True, slots=True)
class _Groups:
    choice: str
    keys: tuple[Term, ...] = ()
    having: tuple[Having, ...] = ()


@dataclass(frozen=True, slots=True)
class _Ranks:
    choice: str
    order: tuple[Order, ...] = ()
    limit: int | None = None


def edits(base: Plan, said: Sketch, lattice: Lattice) -> Iterator[Edit]:
    """Every change of `base` by what was `said` that makes a plan."""
    editing = _Editing(base, said, lattice)
    for shown in editing.shown():
        for rows in editing.rows(shown):
            for groups in editing.groups(shown):
                for ranks in editing.ranks(shown):
                    try:
                        yield editing.edit(shown, rows, groups, ranks)
                    except Impossible:
                        continue


@dataclass(slots=True)
class _Editing:
    base: Plan
    said: Sketch
    lattice: Lattice
    where: tuple[tuple[Condition, ...], ...] = field(init=False)
    tables: tuple[Entity, ...] = field(init=False)
    absent: tuple[Entity, ...] = field(init=False)

    words: frozenset[str] = field(init=False)
    """How the follow-up points back."""
    of_those: bool = field(init=False)
    """Whether it is about the very rows that were shown: then "that one" stays the first."""

    def __post_init__(self) -> None:
        """Rows looked up elsewhere are joined again: how, depends on what is shown now."""
        self.words = frozenset(references(self.lattice))
        self.of_those = means_those_rows(self.lattice)
        here = [semi for semi in self.base.semis if not semi.negated]
        gone = [semi for semi in self.base.semis if semi.negated]
        inner = [either for semi in (*here, *gone) for either in semi.where]
        self.where = (*self.base.where, *inner)
        joined = [entity for semi in here for entity in semi.tree.entities]
        self.tables = tuple(dict.fromkeys((*self.base.tree.entities, *joined)))
        self.absent = tuple(semi.tree.entities[-1] for semi in gone)

    @property
    def subjects(self) -> tuple[Entity, ...]:
        """What the earlier question was about: the tables it showed, or counted."""
        return tuple(dict.fromkeys(term.entity for term in self.base.select))

    @property
    def figures(self) -> tuple[Term, ...]:
        return tuple(term for term in self.base.select if term.aggregate)

    @property
    def plain(self) -> tuple[Term, ...]:
        return tuple(term for term in self.base.select if not term.aggregate)

    @property
    def only_sorts(self) -> bool:
        """ "Sort them by that" changes nothing of what is shown."""
        return "order" in self.lattice.tags and self.of_those and not self.said.select

    # --- what is shown

    def shown(self) -> Iterator[_Shown]:
        base, said = self.base.select, tuple(self.said.select)
        yield _Shown("keep", base)
        if self.plain and self.figures and not self.only_sorts:
            yield _Shown("plain", self.plain)
        if said:
            yield from self._said(said)
            return
        if "count" in self.lattice.tags:
            for entity in self.subjects:
                yield _Shown("count", (Term(None, entity, "count"),))
            for term in self.plain if len(self.plain) == 1 else ():
                yield _Shown("count-values", (replace(term, aggregate="count", distinct=True),))
        yield from self._figures()
        if not self.plain:
            for entity in self.subjects:
                yield _Shown("list", tuple(Term(f, entity) for f in entity.display), (entity,))

    def _said(self, said: tuple[Term, ...]) -> Iterator[_Shown]:
        """Instead of what was shown, beside it, or instead of its figures."""
        base, entities = self.base.select, tuple(self.said.shown)
        yield _Shown("replace", said, entities)
        added = tuple(term for term in said if term not in base)
        if added:
            yield _Shown("add", (*base, *added), entities)
        if added and self.plain and self.figures and all(term.aggregate for term in said):
            yield _Shown("figure-beside", (*self.plain, *said), entities)

    def _figures(self) -> Iterator[_Shown]:
        """`and the average?` of the number that was shown."""
        tags = self.lattice.tags
        if "one" in self.words and self.lattice.opener == "which":
            return  # a row, not a figure
        asked = [tag for tag in AGGREGATES if tag in tags]
        asked += [best for tag, best in _BEST.items() if tag in tags and best not in asked]
        numbers = [t.field for t in self.base.select if t.field and _is_figure(t.field)]
        if asked and numbers:
            figures = tuple(Term(f, f.entity, how) for f in dict.fromkeys(numbers) for how in asked)
            if "also" in self.words and self.figures:
                yield _Shown("figure-add", tuple(dict.fromkeys((*self.base.select, *figures))))
                return
            rest = tuple(t for t in self.base.select if t.field not in numbers)
            if not self.base.group:
                yield _Shown("figure", figures)
            if rest:
                yield _Shown("figure-beside", (*rest, *figures))

    # --- of which rows

    def rows(self, shown: _Shown) -> Iterator[_Rows]:
        new = tuple(tuple(either) for either in self.said.where)
        said, gone = tuple(self.said.tables), tuple(self.said.absent)
        tables = tuple(dict.fromkeys((*self.tables, *said)))
        if gone:  # "and those without any?": what was joined before only to be there is not
            needed = {*said, *shown.entities, *(t.entity for t in shown.terms)}
            needed |= {e for either in self.where for c in either for e in entities_of(c)}
            tables = tuple(t for t in tables if t not in gone or t in needed)
        absent = (*self.absent, *gone)
        if not new:
            yield _Rows("keep", self.where, tables, absent)
            if self.where or self.absent:
                yield _Rows("drop", (), said, gone)
        else:
            yield from self._narrowed(new, tables, absent)
            if self.where or self.absent:
                yield _Rows("only", new, said, gone)
        used = {entity for each in self.where for c in each for entity in entities_of(c)}
        kept = tuple(t for t in self.tables if t in used)
        if shown.choice != "keep" and len(kept) < len(self.tables):
            trimmed = tuple(dict.fromkeys((*kept, *said)))
            yield _Rows("trim", tuple(dict.fromkeys((*self.where, *new))), trimmed, absent)

    def _narrowed(
        self, new: tuple[tuple[Condition, ...], ...], tables: tuple[Entity, ...],
        absent: tuple[Entity, ...],
    ) -> Iterator[_Rows]:  # fmt: skip
        fields = {condition.field for either in new for condition in either}
        others = tuple(e for e in self.where if not any(c.field in fields for c in e))
        yield _Rows("and", tuple(dict.fromkeys((*self.where, *new))), tables, absent)
        if len(others) == len(self.where):
            return
        yield _Rows("swap", (*others, *new), tables, absent)
        if len(new) == 1 and new[0] not in self.where:
            old = next(e for e in self.where if any(c.field in fields for c in e))
            rest = tuple(e for e in self.where if e is not old)
            yield _Rows("or", (*rest, (*old, *new[0])), tables, absent)

    # --- per what

    def groups(self, shown: _Shown) -> Iterator[_Groups]:
        having = tuple(self.said.having)
        if self.said.group:
            yield _Groups("new", tuple(self.said.group), having)
            return
        if self.base.group:
            yield _Groups("keep", self.base.group, (*self.base.having, *having))
        per_group = shown.choice.startswith("figure")  # "and the maximum?" is asked of each
        if not (self.base.group and (per_group or (self.base.having and self.of_those))):
            yield _Groups("none", (), having)
        aggregated = any(term.aggregate for term in shown.terms)
        if "each" in self.lattice.tags and aggregated and self.plain:
            yield _Groups("per-shown", self._each_shown(), having)

    def _each_shown(self) -> tuple[Term, ...]:
        """`for each of them`: of two rows that show the same, each is one."""
        once = self.base.distinct or bool(self.base.group)
        keys = (key for term in self.plain for key in ([term] if once else group_keys(term)))
        return tuple(dict.fromkeys(keys))

    # --- in what order, and how many

    def ranks(self, shown: _Shown) -> Iterator[_Ranks]:
        if self.said.order:
            yield _Ranks("new", tuple(self.said.order), self.said.limit)
            return
        limit = self.said.limit
        ranked = [*self._turned(limit), *self._by_measure(shown)]
        yield from ranked
        if ranked and "one" in self.words and _extreme(self.lattice.tags) is not None:
            return  # which one of them: no other order will do
        if self.base.order:
            yield _Ranks("keep", self.base.order, limit or self.base.limit)
        if limit is None and not (self.base.limit and self.of_those):
            yield _Ranks("none")

    def _turned(self, limit: int | None) -> Iterator[_Ranks]:
        """`and the lowest?` after the highest."""
        down = _extreme(self.lattice.tags)
        if down is None or not self.base.order or self.base.limit is None:
            return
        first, *rest = self.base.order
        if first.descending != down:
            order = (replace(first, descending=down), *rest)
            yield _Ranks("turn", order, limit or self.base.limit)

    def _by_measure(self, shown: _Shown) -> Iterator[_Ranks]:
        """`which one has the most?`, `sort by that`: of the figure that was shown."""
        tags = self.lattice.tags
        extreme = _extreme(tags)
        if (extreme is None and "order" not in tags) or self._names_a_figure:
            return
        figures = [*self.figures]
        figures += [having.term for having in self.base.having]
        figures += [t for t in self.plain if t.field and _is_figure(t.field)] if not figures else []
        if not figures or shown.choice.startswith(("count", "figure")):
            return
        down = extreme if extreme is not None else "desc" in tags
        limit = None if extreme is None else (self.said.limit or 1)
        yield _Ranks("measure", (Order(figures[-1], down),), limit)

    @property
    def _names_a_figure(self) -> bool:
        """ "The maximum" is a figure, where "the highest" may be a row that has it."""
        of_rows = self.lattice.opener in ("which", "who") or "one" in self.words
        return not (of_rows or self.lattice.tags.isdisjoint(("max", "min")))

    # --- all of it

    def edit(self, shown: _Shown, rows: _Rows, groups: _Groups, ranks: _Ranks) -> Edit:
        """Raises `Impossible`."""
        regrouped = bool(self.base.group) and groups.choice != "keep"
        if regrouped and ranks.choice == "keep" and ranks.limit:
            raise Impossible  # the first of these groups are not the first of others
        sketch = Sketch(
            select=list(shown.terms),
            where=[list(either) for either in rows.where],
            group=list(groups.keys),
            having=list(groups.having),
            order=list(ranks.order),
            limit=ranks.limit,
            absent=list(rows.absent),
            tables=dict.fromkeys(rows.tables),
            shown=list(shown.entities),
            mismatched=self.said.mismatched,
        )
        if groups.choice == "keep":
            _regroup(sketch, shown)
        else:
            sketch = finish(sketch, self.lattice)
        slots = (
            ("select", shown.choice), ("where", rows.choice), ("group", groups.choice),
            ("order", ranks.choice),
        )  # fmt: skip
        return Edit(sketch, slots, self.base.all_columns and shown.choice == "keep")


def _extreme(tags: frozenset[str]) -> bool | None:
    """Whether the highest (or the lowest) is asked for."""
    return next((up for tag, up in _EXTREMES.items() if tag in tags), None)


def _is_figure(item: Field) -> bool:
    """Numbers that name a row have no average."""
    return item.is_numeric and item.meaning is not Meaning.KEY


def _regroup(sketch: Sketch, shown: _Shown) -> None:
    """The earlier groups, whatever is shown of them now; or how many groups there are."""
    figures = [term for term in sketch.select if term.aggregate]
    measured = bool(figures or sketch.having or any(o.term.aggregate for o in sketch.order))
    if not measured:
        raise Impossible
    if shown.choice.startswith("count"):
        if not sketch.having or sketch.limit is not None:
            raise Impossible
        sketch.count_groups = True
        sketch.order = []
        return
    sketch.group += [t for t in sketch.select if not t.aggregate and t not in sketch.group]
