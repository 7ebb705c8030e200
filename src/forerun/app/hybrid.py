"""The hybrid orchestrator of one database, wired from the settings."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from forerun.adapters.stores import open_store
from forerun.app.settings import Settings
from forerun.domain import Decision, Mode, Question, Role, Rung
from forerun.drafters import drafting_alone
from forerun.orchestrators import Hybrid
from forerun.orchestrators.breaker import Breaker, BreakerPolicy
from forerun.orchestrators.complexity import complexity
from forerun.orchestrators.deciding import Decider, Switch
from forerun.orchestrators.guarding import Breakers, GuardedDatabase, GuardedModel
from forerun.orchestrators.hedging import HedgedModel, TokenBucket
from forerun.orchestrators.hybrid import Lane
from forerun.orchestrators.latency import Latencies
from forerun.orchestrators.launching import LaunchPolicy
from forerun.orchestrators.learning import Experience
from forerun.orchestrators.load import Load
from forerun.orchestrators.trials import Trials
from forerun.parsing import Thresholds
from forerun.ports import AnswerCache, Model
from forerun.precedents import proposing
from forerun.stages import Models, Policy, Resources


@dataclass(frozen=True, slots=True)
class Wired:
    """What of the hybrid orchestrator lasts from one question to the next."""

    hybrid: Hybrid
    experience: Experience

    def in_mode(self, mode: Mode) -> Hybrid:
        return replace(self.hybrid, mode=mode)

    async def aclose(self) -> None:
        """Keep what was learned."""
        await self.experience.save()
        await self.experience.store.aclose()


async def wire_hybrid(
    resources: Resources,
    settings: Settings,
    cache: AnswerCache | None = None,
    trials: Trials | None = None,
) -> Wired:
    """The hybrid over `resources`, with what earlier processes learned of this database."""
    latencies = Latencies(resources.database.name)
    experience = Experience(latencies, open_store(_state_file(settings)))
    await experience.load()
    breakers = _breakers(resources.database.name, resources.models, settings)
    load = Load(
        settings.max_speculations,
        settings.max_parallel,
        settings.max_sequential,
        settings.shed_above,
    )
    hybrid = Hybrid(
        resources,
        _ahead(resources, breakers, latencies, load, settings),
        Decider(_switch(settings), _roles(resources.models), latencies, breakers, load),
        experience,
        _policy(settings),
        writers=settings.candidates,
        cache=cache,
        trials=trials,
        unseen=_unseen(resources, latencies, settings),
    )
    return Wired(hybrid, experience)


def foreseen(
    question: Question, mode: Mode, wired: Wired | None, settings: Settings, database: str
) -> Decision:
    """The decision from the words alone; by the prior, where nothing was asked yet."""
    if wired is not None:
        decider = wired.hybrid.decider
        seen = decider.features(question, None)
        trials = wired.hybrid.trials
        assignment = None if trials is None else trials.assign(question, complexity(seen))
        return decider.decide(mode, question, None, seen, assignment)
    named = settings.writer_model or settings.model
    roles = frozenset(Role) if named else frozenset[Role]()
    roles -= frozenset() if settings.review else {Role.REVIEWER}
    breakers = _breakers(database, Models(), settings)
    decider = Decider(_switch(settings), roles, Latencies(database), breakers)
    return decider.decide(mode, question, None, decider.features(question, None))


def _switch(settings: Settings) -> Switch:
    return Switch(
        settings.enable_parallel,
        settings.parallel_threshold,
        settings.source_of("enable_parallel"),
        settings.source_of("parallel_threshold") != "default",
    )


def _roles(models: Models) -> frozenset[Role]:
    held = {
        Role.ANALYST: models.analyst,
        Role.WRITER: models.writer,
        Role.REVIEWER: models.reviewer,
        Role.NARRATOR: models.narrator,
    }
    return frozenset(role for role, model in held.items() if model is not None)


SLOW_SHARE = 0.5
"""A call is slow that has taken this share of what it may take at most."""


def _breakers(database: str, models: Models, settings: Settings) -> Breakers:
    slow_statement_s = SLOW_SHARE * settings.statement_timeout
    slow_call_s = SLOW_SHARE * settings.model_timeout
    opened = (models.analyst, models.writer, models.reviewer, models.narrator)
    return Breakers(
        arm=Breaker("the parallel path"),
        database=Breaker(f"the database {database}", BreakerPolicy(slow_s=slow_statement_s)),
        models={
            model.name: Breaker(f"the model {model.name}", BreakerPolicy(slow_s=slow_call_s))
            for model in opened
            if model is not None
        },
    )


def _ahead(
    resources: Resources,
    breakers: Breakers,
    latencies: Latencies,
    load: Load,
    settings: Settings,
) -> Resources:
    """The same database and models as the parallel path asks them: guarded, hedged."""
    made: dict[int, Model] = {}
    hedges = Rung.HEDGE in _rungs(settings)

    def delay_s(role: Role) -> float | None:
        return None if load.sheds() else latencies.first_token_p95(role)

    def ahead(model: Model | None) -> Model | None:
        if model is None:
            return None
        if id(model) not in made:
            guarded = GuardedModel(model, breakers.models[model.name])
            bucket = TokenBucket(settings.hedge_share)
            hedged = HedgedModel(guarded, delay_s, latencies.observe_first_token, bucket)
            made[id(model)] = hedged if hedges else guarded
        return made[id(model)]

    models = resources.models
    return replace(
        resources,
        database=GuardedDatabase(resources.database, breakers.database),
        models=Models(
            ahead(models.analyst),
            ahead(models.writer),
            ahead(models.reviewer),
            ahead(models.narrator),
        ),
        drafter=proposing(resources.drafter or drafting_alone(settings.draft_threshold)),
    )


def _unseen(resources: Resources, latencies: Latencies, settings: Settings) -> Lane:
    """Shadow runs have breakers of their own: nothing that they meet keeps an asker from anything,
    and what they launch takes no place of an asker's."""
    breakers = _breakers(resources.database.name, resources.models, settings)
    load = Load(settings.max_speculations, settings.max_shadows, shed_above=settings.shed_above)
    return Lane(_ahead(resources, breakers, latencies, load, settings), load)


def _policy(settings: Settings) -> LaunchPolicy:
    return LaunchPolicy(
        _rungs(settings),
        settings.second_value,
        settings.max_extra_cost_ratio,
        settings.max_extra_tokens,
        settings.max_speculative_queries,
        settings.accept_precision,
    )


def _rungs(settings: Settings) -> frozenset[Rung]:
    return frozenset(Rung(name) for name in settings.rungs if name != "none")


def _state_file(settings: Settings) -> str:
    if settings.state is not None:
        return settings.state
    import platformdirs

    return str(Path(platformdirs.user_state_path("forerun")) / "state.sqlite")


def stage_policy(settings: Settings) -> Policy:
    """What the stages are told of the settings."""
    return Policy(
        settings.slice_tables,
        Thresholds(settings.answer_threshold, settings.guess_threshold),
        settings.draft_threshold,
        merge=settings.merge_results,
        max_queries=settings.max_speculative_queries,
    )
