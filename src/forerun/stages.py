"""The lines of the pipeline as typed functions: the only vocabulary of the orchestrators.

Each stage says when it starts and how it ends. Schedules differ; these functions do not.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeAlias

import anyio

from forerun import checking, comparing, drafting, linking, narrating, parsing, running
from forerun.catalog import CatalogReader
from forerun.domain import (
    Clarification,
    Context,
    Draft,
    Narration,
    Origin,
    Question,
    Refusal,
    Refused,
    Role,
    Rows,
    Slice,
    Stage,
    Statement,
    Told,
    Verdict,
)
from forerun.drafters import Drafter, drafting_alone
from forerun.drafting import SqlFirst
from forerun.errors import BadPolicy
from forerun.events import (
    RowsArrived,
    StatementAccepted,
    emit,
    staged,
)
from forerun.meanwhile import looked_at
from forerun.ports import Completion, Database, Model, Prompt

Drafted: TypeAlias = Draft | Clarification | Refusal
"""What writing ends in: SQL, a question back, or the finding that the data is not there."""

EMBEDDED = frozenset({"duckdb", "sqlite"})


@dataclass(frozen=True, slots=True)
class Models:
    """Which model does which job; None leaves the job to deterministic code."""

    analyst: Model | None = None
    writer: Model | None = None
    reviewer: Model | None = None
    narrator: Model | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """What the stages may decide by."""

    slice_tables: int = 40
    """A catalog of more tables is cut to this many before a model sees it."""
    thresholds: parsing.Thresholds = parsing.Thresholds()
    """Without a model, a draft less probable than these is asked about, not answered."""
    draft_threshold: float = 0.5
    """With a model, a draft of the built-in parser less probable than this is no help to it."""
    repairs: int = 2
    merge: bool | None = None
    """Without a model: whether readings are run and compared before one is answered. None: only
    where the database is embedded, and what it runs burdens nobody else."""
    max_queries: int = 5
    """Different statements that one answer may run, repairs not counted."""

    def merges(self, dialect: str) -> bool:
        return dialect in EMBEDDED if self.merge is None else self.merge


@dataclass(frozen=True, slots=True)
class Resources:
    """What the stages work with; shared by all questions to one database."""

    database: Database
    catalog: CatalogReader
    models: Models = Models()
    policy: Policy = Policy()
    drafter: Drafter | None = None
    """None: the built-in parser drafts."""
    permissions: str = ""
    """Of which asker the catalog is, see `Asker.permissions`; empty where it is the whole one."""

    def must_be_of(self, question: Question) -> None:
        """Raises `BadPolicy` where the catalog is not what the asker may see."""
        asker = question.asker
        if asker.sight is not None and asker.permissions != self.permissions:
            raise BadPolicy("A question came past Forerun.ask, which gives its asker a catalog.")


async def link(question: Question, resources: Resources) -> Slice:
    """Cut the catalog to what the question and its conversation speak of; sample its values."""
    resources.must_be_of(question)
    with staged(Stage.LINK) as ending:
        catalog = await resources.catalog.structure()
        limit = resources.policy.slice_tables
        if len(catalog.tables) <= limit:
            catalog = await resources.catalog.sampled(table.key for table in catalog.tables)
        slice_ = linking.link(_linked_by(question), catalog, max_tables=limit)
        if not slice_.whole:
            keys = [table.key for table in slice_.catalog.tables]
            slice_ = replace(slice_, catalog=(await resources.catalog.sampled(keys)).only(keys))
        ending.detail = f"{len(slice_.catalog.tables)} of {len(catalog.tables)} tables"
        return slice_


def _linked_by(question: Question) -> str:
    """The words that say which tables matter."""
    return " ".join([*(turn.standalone for turn in question.conversation[-1:]), question.text])


async def widened(question: Question, slice_: Slice, resources: Resources) -> Slice:
    """The slice with the tables that come next by the words, up to twice as many as it may have.

    It holds what an analyst is likeliest to add, for a guess that does not wait for him; with the
    values that were sampled until now, for nobody is to wait for the guess.
    """
    if not needs_analyst(slice_, resources):
        return slice_
    whole = await resources.catalog.structure()
    most = 2 * resources.policy.slice_tables
    return linking.widen(slice_, _linked_by(question), whole, most)


def needs_analyst(slice_: Slice, resources: Resources) -> bool:
    """Whether `analyse` asks a model."""
    return not slice_.whole and resources.models.analyst is not None


async def analyse(question: Question, slice_: Slice, resources: Resources) -> Slice:
    """Let the analyst add tables that linking missed. It never drops one."""
    with staged(Stage.ANALYSE) as ending:
        if not needs_analyst(slice_, resources):
            ending.outcome = "skipped"
            return slice_
        assert resources.models.analyst is not None  # noqa: S101 - said by needs_analyst
        whole = await resources.catalog.structure()
        added = await drafting.analyse(resources.models.analyst, question.text, slice_, whole)
        ending.detail = f"{len(added)} tables added"
        if not added:
            return slice_
        keys = [*(table.key for table in slice_.catalog.tables), *added]
        catalog = (await resources.catalog.sampled(keys)).only(keys)
        return Slice(catalog, whole=len(catalog.tables) == len(whole.tables))


def needs_resolving(question: Question, resources: Resources) -> bool:
    """Whether `contextualise` asks a model."""
    return bool(question.conversation) and resources.models.analyst is not None


async def contextualise(question: Question, slice_: Slice, resources: Resources) -> Context:
    """Make the question stand alone."""
    with staged(Stage.CONTEXTUALISE) as ending:
        if not question.conversation:
            ending.outcome = "skipped"
            return alone(question)
        context = await _in_context(question, slice_, resources)
        if context.follow_up:
            ending.detail = context.question
        return context


def alone(question: Question) -> Context:
    """A question that refers to nothing before it."""
    return Context(question.text, question.now, guess=question.guess, limits=question.limits)


async def _in_context(question: Question, slice_: Slice, resources: Resources) -> Context:
    conversation, said = question.conversation, None
    if resources.models.analyst is not None:
        text = await drafting.resolve(resources.models.analyst, question.text, conversation)
    else:
        previous, said = conversation[-1], question.text
        about = said, previous, slice_.catalog, question.now
        parsed = await parsing.aside(parsing.parse_after, *about)
        text = parsed.standalone or said
    follow_up = text != question.text
    return Context(
        text, question.now, follow_up, conversation, question.guess, question.limits, said
    )


async def draft(
    slice_: Slice,
    context: Context,
    resources: Resources,
    hearing: SqlFirst | None = None,
    sample: int = 0,
) -> Drafted:
    """Write SQL: by the writer, or by the built-in parser where there is no model.

    `hearing` hears a writer's query before its last word, which it may leave unsaid; `sample`
    asks for another draw.
    """
    with staged(Stage.DRAFT) as ending:
        writer = resources.models.writer
        if writer is not None:
            heard = looked_at(hearing, resources.catalog)
            drafted = await drafting.write(writer, slice_, context, heard, sample)
        else:
            about = (context, slice_.catalog, resources.policy.thresholds)
            drafted = await parsing.answered(await _read(slice_, context, resources), *about)
        _describe(drafted, ending, hearing)
        if writer is not None and (shown := drafting.golden(slice_.catalog, context.question)):
            ending.detail = f"{ending.detail}, shown the golden query “{shown[0].question}”"
        return drafted


async def _read(slice_: Slice, context: Context, resources: Resources) -> parsing.Parsed:
    """What the built-in parser reads, its best few readings merged by result where they may be."""
    policy, database = resources.policy, resources.database
    parsed = await parsing.aside(parsing.parse_in, context, slice_.catalog)
    if not policy.merges(database.dialect):
        return parsed
    most, catalog = policy.max_queries, resources.catalog
    parsed = await comparing.compared(parsed, context, database, catalog, most)
    if most == 1 or parsing.given(parsed, context, policy.thresholds) is None:
        return parsed
    return await comparing.told_of_ties(parsed, context, database, catalog)


def says_something(prompt: Prompt, completion: Completion) -> bool:
    """False for a writer's reply with neither SQL in it nor words for the asker."""
    if prompt.role is not Role.WRITER:
        return True
    drafted = drafting.read_draft(completion)
    return not isinstance(drafted, Draft) or bool(drafted.sql)


async def sketch(slice_: Slice, context: Context, resources: Resources) -> Draft | None:
    """A cheap draft to work ahead on: by the drafter, else by the built-in parser."""
    with staged(Stage.DRAFT) as ending:
        drafter = resources.drafter or drafting_alone(resources.policy.draft_threshold)
        drafted = await drafter(slice_, context)
        if drafted is None:
            ending.outcome = "skipped"
        else:
            ending.detail = f"by {drafted.origin.value}"
        return drafted


async def sketch_at_once(question: Question, slice_: Slice, resources: Resources) -> Draft | None:
    """The writer's query for a follow-up in the asker's own words. Its prose is left unsaid."""

    async def stop(_: str, cut: drafting.Cut) -> None:
        cut()

    with staged(Stage.DRAFT) as ending:
        writer = resources.models.writer
        if writer is None:
            ending.outcome = "skipped"
            return None
        context = replace(alone(question), follow_up=True, conversation=question.conversation)
        hearing = SqlFirst(stop)
        drafted = await drafting.write(writer, slice_, context, hearing)
        _describe(drafted, ending, hearing)
        return drafted if isinstance(drafted, Draft) else None


def _describe(drafted: Drafted, ending: staged, hearing: SqlFirst | None) -> None:
    if hearing is not None and hearing.was_cut:
        ending.outcome = "cut"
    match drafted:
        case Draft(origin=origin):
            ending.detail = f"by {origin.value}"
        case Clarification(question=question):
            ending.outcome, ending.detail = "clarify", question
        case Refusal(message=message):
            ending.outcome, ending.detail = "refused", message


async def check(draft_: Draft, resources: Resources) -> Verdict:
    """Pass the draft through the gate, then let the database plan it. Nothing runs."""
    with staged(Stage.CHECK) as ending:
        verdict = checking.check(draft_, await resources.catalog.structure())
        if verdict.accepted and verdict.statement is not None:
            planned = await running.explain(resources.database, verdict.statement)
            verdict = replace(
                verdict,
                reasons=planned.reasons,
                warnings=verdict.warnings + planned.warnings,
            )
        if verdict.accepted and verdict.statement is not None:
            emit(StatementAccepted(verdict.statement.shown))
        _describe_verdict(verdict, ending)
        return verdict


async def review(
    slice_: Slice, context: Context, statement: Statement, resources: Resources
) -> Verdict:
    """Let the reviewer say whether the SQL answers the question."""
    with staged(Stage.REVIEW) as ending:
        if resources.models.reviewer is None:
            ending.outcome = "skipped"
            return Verdict(statement=statement)
        verdict = await drafting.review(resources.models.reviewer, slice_, context, statement)
        _describe_verdict(verdict, ending)
        return verdict


async def run(question: Question, statement: Statement, resources: Resources) -> Rows | Verdict:
    """Run the accepted statement, bounded. A database's refusal is a verdict."""
    resources.must_be_of(question)
    with staged(Stage.RUN) as ending:
        limits = question.limits
        if question.deadline is not None:
            remaining = max(question.deadline - anyio.current_time(), 0.001)
            limits = replace(limits, timeout_s=min(limits.timeout_s, remaining))
        result = await running.run(resources.database, statement, limits)
        if isinstance(result, Verdict):
            _describe_verdict(result, ending)
        else:
            ending.detail = "1 row" if len(result) == 1 else f"{len(result)} rows"
            emit(RowsArrived(result))
        return result


async def repair(
    slice_: Slice,
    context: Context,
    refused: Refused,
    resources: Resources,
    hearing: SqlFirst | None = None,
) -> Drafted:
    """Let the writer try again, told exactly what was wrong."""
    with staged(Stage.REPAIR) as ending:
        writer = resources.models.writer
        if writer is None or refused.draft.origin is not Origin.MODEL:
            nothing = "I found no query that this database accepts."
            drafted: Drafted = Refusal(nothing, refused.reasons)
        else:
            heard = looked_at(hearing, resources.catalog)
            drafted = await drafting.repair(writer, slice_, context, refused, heard)
        _describe(drafted, ending, hearing)
        return drafted


async def tell(
    context: Context, statement: Statement, rows: Rows, resources: Resources
) -> Told | None:
    """The narrator's words about the statement's rows, whichever other one they may answer, too."""
    with staged(Stage.NARRATE):
        return await narrating.tell(_narrator(statement, resources), context, rows)


def _narrator(statement: Statement, resources: Resources) -> Model | None:
    """None for rows that no model may see."""
    return None if statement.unsent else resources.models.narrator


async def narrate(
    slice_: Slice, context: Context, statement: Statement, rows: Rows, resources: Resources
) -> Narration:
    """Say in words, a chart and suggestions what the rows hold. The narrator sees no SQL."""
    with staged(Stage.NARRATE):
        told = await narrating.tell(_narrator(statement, resources), context, rows)
        return narrating.compose(context, slice_.catalog, statement, rows, told)


def narrate_as_told(
    slice_: Slice, context: Context, statement: Statement, rows: Rows, told: Told | None
) -> Narration:
    """The same narration from what the narrator has said of these rows already."""
    return narrating.compose(context, slice_.catalog, statement, rows, told)


def narrate_plainly(slice_: Slice, context: Context, statement: Statement, rows: Rows) -> Narration:
    """The narration that needs no model: for when the deadline cut the narrator off."""
    return narrating.narrate_plainly(context, slice_.catalog, statement, rows)


def _describe_verdict(verdict: Verdict, ending: staged) -> None:
    if not verdict.accepted:
        ending.outcome = "refused"
        ending.detail = "; ".join(reason.message for reason in verdict.reasons)
