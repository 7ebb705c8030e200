"""Opening the models that the settings name: each once, however many roles it plays."""

from __future__ import annotations

from dataclasses import dataclass

from forerun.app.settings import Settings
from forerun.drafters import Drafter, drafting_with
from forerun.orchestrators.crowding import CrowdedModel, room_for
from forerun.ports import Model
from forerun.stages import Models


@dataclass(frozen=True, slots=True)
class Roles:
    """The models by role, and each opened model once, for closing."""

    models: Models
    drafter: Drafter | None = None
    """A small model that drafts ahead of the writer."""
    opened: tuple[Model, ...] = ()

    async def aclose(self) -> None:
        for model in self.opened:
            await model.aclose()


def open_roles(settings: Settings) -> Roles:
    """A role's own model, else the main one, else none."""
    opened: dict[str, Model] = {}
    room = room_for(settings.max_model_calls)

    def opened_once(name: str) -> Model:
        if name not in opened:
            opened[name] = CrowdedModel(open_model(name, settings), room)
        return opened[name]

    def role(own: str | None) -> Model | None:
        name = own or settings.model
        if name is None:
            return None
        return opened_once(name)

    models = Models(
        analyst=role(settings.analyst_model),
        writer=role(settings.writer_model),
        reviewer=role(settings.reviewer_model) if settings.review else None,
        narrator=role(settings.narrator_model),
    )
    drafter = None
    if settings.drafter_model is not None and models.writer is not None:
        drafter = drafting_with(opened_once(settings.drafter_model))
    return Roles(models, drafter, tuple(opened.values()))


def open_model(name: str, settings: Settings) -> Model:
    """One model by its name, as the settings say. Loads its provider's SDK: some seconds."""
    from forerun.adapters import models  # heavy: only where a model is used

    return models.open_model(
        name,
        base_url=settings.model_url,
        api_key=settings.model_key,
        timeout_s=settings.model_timeout,
        attempts=settings.model_attempts,
        structured=settings.model_structured,
        prices=settings.prices,
    )
