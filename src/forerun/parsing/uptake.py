"""What of the question a plan takes up, and what of the plan nobody said.

Two plans may come about by the same roles and differ all the same: by the key that a join runs
along, by which of two conditions is denied, by which of two columns of alike names is meant. What
tells them apart is how much of their names the question says.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import pairwise

from forerun.catalog import words
from forerun.parsing import cues
from forerun.parsing.actions import Action
from forerun.parsing.mentions import Lattice
from forerun.parsing.plans import Compare, Condition, Plan, Term, fields_of
from forerun.parsing.schema import Edge, Entity, Field, Meaning, Stored

Where = tuple[tuple[Condition, ...], ...]
_MANY = 3
_KEY_WORDS = frozenset(("id", "code", "key", "number", "name"))


def features(plan: Plan, actions: tuple[Action, ...], lattice: Lattice) -> Iterator[str]:
    """Of the plan beside the words."""
    trees = (plan.tree, *(semi.tree for semi in plan.partners))
    edges = [edge for tree in trees for edge in tree.edges]
    edges += [semi.edge for semi in plan.partners]
    for edge in edges:
        yield f"edge|{_said_of(edge, lattice)}"
    yield from _unsaid(plan, lattice)
    yield from _left_over(plan, edges, lattice)
    yield from _denied(plan, actions, lattice)
    yield from _values(plan, actions)
    yield from _joined(plan, lattice)
    yield f"listed={_listed(lattice)}|columns={min(len(plan.select), 5)}"
    yield from _subject(plan, lattice)
    yield from _kinds(plan, lattice)
    if any(term.aggregate and term.field in _fields(plan.group) for term in plan.select):
        yield "measures-its-groups"


def _said_of(edge: Edge, lattice: Lattice) -> str:
    """How much of what tells the key from others is said: `treasurer` of a treasurer's id."""
    stems = {stem for mine, _ in edge.pairs for stem in mine.stems}
    stems -= _KEY_WORDS.union(edge.one.stems)
    said = len(stems & lattice.stems)
    return "plain" if not stems else "all" if said == len(stems) else "some" if said else "none"


def _unsaid(plan: Plan, lattice: Lattice) -> Iterator[str]:
    """Words in the names of the columns that the question does not say."""
    places = {
        "shown": _fields(plan.select),
        "grouped": _fields(plan.group),
        "ranked": _fields(order.term for order in plan.order),
        "held": [item for c in plan.conditions for item in fields_of(c)],
    }
    for place, items in places.items():
        items = list(dict.fromkeys(items))
        unsaid = [_rest(item, lattice) for item in items if item not in item.entity.display]
        if unsaid:
            yield f"unsaid|{place}|{min(sum(unsaid), _MANY)}"
        named = (item for item in items if item in item.entity.display)
        foreign = sum(item.entity not in lattice.entities for item in named)
        if foreign:
            yield f"unsaid|{place}|display-of-unnamed"


def _fields(terms: Iterable[Term]) -> list[Field]:
    return [term.field for term in terms if term.field is not None]


@lru_cache(maxsize=256)
def _rest(item: Field, lattice: Lattice) -> int:
    rest = set(item.stems) - lattice.stems - set(item.entity.stems)
    return len(rest - _KEY_WORDS)


def _left_over(plan: Plan, edges: list[Edge], lattice: Lattice) -> Iterator[str]:
    """Words that name something, of which nothing in the plan goes by that name."""
    items, tables = _columns(plan, edges), _tables(plan)
    lost = [
        mention
        for mention in lattice.mentions
        if mention.links and not any(_is_met(link.target, items, tables) for link in mention.links)
    ]
    stray = 0
    if lost:
        names = {stem for item in items for stem in item.stems}
        names |= {stem for table in tables for stem in table.stems}
        said = (lattice.tokens[mention.start : mention.end] for mention in lost)
        stray = sum(names.isdisjoint(token.stem for token in tokens) for tokens in said)
    yield f"lost|{min(len(lost), _MANY)}"
    yield f"stray|{min(stray, _MANY)}"


def _tables(plan: Plan) -> set[Entity]:
    trees = [plan.tree, *(semi.tree for semi in plan.partners)]
    trees += [plan.setop.tree] if plan.setop is not None else []
    return {*plan.spared, *(entity for tree in trees for entity in tree.entities)}


def _columns(plan: Plan, edges: list[Edge]) -> set[Field]:
    """Every column that the plan speaks of, those that it joins along too."""
    terms = (*plan.select, *plan.group, *(order.term for order in plan.order))
    items = set(_fields((*terms, *(having.term for having in plan.having))))
    items.update(item for c in plan.conditions for item in fields_of(c))
    items.update(item for edge in edges for pair in edge.pairs for item in pair)
    items.update(item for term in plan.select for item in _shown_with(term, plan))
    return items


def _shown_with(term: Term, plan: Plan) -> Iterable[Field]:
    return term.entity.fields if plan.all_columns else ()


def _is_met(target: object, items: set[Field], tables: set[Entity]) -> bool:
    if isinstance(target, Stored):
        return target.field in items
    if isinstance(target, Field):
        return target in items or target.metric is not None
    return target in tables


def _denied(plan: Plan, actions: tuple[Action, ...], lattice: Lattice) -> Iterator[str]:
    """What is kept and what is taken away: the negation stands before the latter."""
    kind, away = _taken_away(plan)
    at = _after_negation(lattice)
    if not away or at is None:
        return
    inside = [p for either in away for c in either if (p := _place(c, actions)) is not None]
    outside = [p for either in plan.where for c in either if (p := _place(c, actions)) is not None]
    if inside:
        yield f"{kind}|denied-{'after' if min(inside) >= at else 'before'}"
    if outside:
        yield f"{kind}|kept-{'after' if max(outside) >= at else 'before'}"


def _taken_away(plan: Plan) -> tuple[str, Where]:
    if plan.setop is not None and plan.setop.kind == "except":
        return "minus", plan.setop.where
    return "lacks", tuple(either for semi in plan.semis if semi.negated for either in semi.where)


def _after_negation(lattice: Lattice) -> int | None:
    """The first mention that a negation stands before."""
    negated = (m.position for m in lattice.mentions if set(m.left) & cues.NEGATIVE)
    return next(negated, None)


def _place(condition: Condition, actions: tuple[Action, ...]) -> int | None:
    """The position of the mention that the condition comes from."""
    values = condition.values if isinstance(condition, Compare) else ()
    for action in actions:
        if action.role == "skip":
            continue
        if action.value is not None and any(_same(action.value, value) for value in values):
            return action.mention.position
    for action in actions:
        if action.field is condition.field and action.role not in ("skip", "show"):
            return action.mention.position
    return None


def _same(one: object, other: object) -> bool:
    return one == other or (isinstance(other, str) and other.strip("%") == str(one))


def _values(plan: Plan, actions: tuple[Action, ...]) -> Iterator[str]:
    """`Ann Lee`: two values side by side belong to one row."""
    equal = [action for action in actions if action.role == "equal"]
    for one, other in pairwise(equal):
        if one.mention.end == other.mention.start:
            named = all(a.column.meaning is Meaning.NAME for a in (one, other))
            yield f"side-by-side|same={one.table is other.table}|{named}"


def _joined(plan: Plan, lattice: Lattice) -> Iterator[str]:
    """What each side of a join is there for."""
    shown = {term.entity for term in (*plan.select, *plan.group)}
    held = {item.entity for c in plan.conditions for item in fields_of(c)}

    def use(entity: Entity) -> str:
        named = "named" if entity in lattice.entities else "unnamed"
        return "shown" if entity in shown else "held" if entity in held else f"idle-{named}"

    for edge in plan.tree.edges:
        yield f"joined|{use(edge.many)}>{use(edge.one)}|{'one' if edge.unique else 'many'}"


@lru_cache(maxsize=16)
def _listed(lattice: Lattice) -> int:
    """How many things the question begins with: `name, age and country of …`."""
    listed = 0
    for mention in lattice.mentions:
        if listed and not (mention.left and set(mention.left[:2]) & _LISTING):
            break
        listed += 1
    return min(listed, 5)


_LISTING = frozenset(("and", "comma"))


def _subject(plan: Plan, lattice: Lattice) -> Iterator[str]:
    """What becomes of the table that is spoken of first: `Which departments …? List the ids.`"""
    tables = (link.target for mention in lattice.mentions for link in mention.links)
    first = next((table for table in tables if isinstance(table, Entity)), None)
    if first is None:
        return
    plain = {term.entity for term in plan.select if not term.aggregate}
    counted = {term.entity for term in plan.select if term.aggregate}
    joined = first in plan.tree.entities
    use = "shown" if first in plain else "measured" if first in counted else None
    yield f"subject|{use or ('joined' if joined else 'left-out')}|{lattice.opener}"


def _kinds(plan: Plan, lattice: Lattice) -> Iterator[str]:
    """Keys where keys are asked for, names where names are."""
    meanings = {term.field.meaning for term in plan.select if term.field and not term.aggregate}
    for meaning, asked in ((Meaning.KEY, _IDS), (Meaning.NAME, _NAMES)):
        said = bool(asked & lattice.stems)
        yield f"asks-{meaning}={said}|{meaning in meanings}|{min(len(plan.select), 3)}"


_IDS = frozenset(words.stem(word) for word in ("id", "ids", "code", "key", "number"))
_NAMES = frozenset(words.stem(word) for word in ("name", "title"))
