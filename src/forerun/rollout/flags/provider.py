"""The flag file as a provider of OpenFeature. Imported only where the extra is installed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from openfeature.contrib.tools.flagd.core import FlagdCore
from openfeature.evaluation_context import EvaluationContext
from openfeature.event import ProviderEventDetails
from openfeature.exception import GeneralError, ProviderNotReadyError
from openfeature.flag_evaluation import FlagResolutionDetails, FlagValueType
from openfeature.provider import AbstractProvider, Metadata

from forerun.rollout.flags.source import FlagSource, Loaded

T = TypeVar("T")
Object = Sequence[FlagValueType] | Mapping[str, FlagValueType]


class FileProvider(AbstractProvider):
    """Evaluates what is in force, and says with each value of which version and sha it is."""

    def __init__(self, source: FlagSource) -> None:
        super().__init__()
        self._source = source
        self._behind = False

    def initialize(self, evaluation_context: EvaluationContext) -> None:
        """Read the file. Without a good one the provider is in error until there is one."""
        self._source.reload()
        self._behind = self._source.problem is not None
        self._source.tell = self._tell
        if self._source.loaded is None:
            raise GeneralError(self._source.problem)

    def get_metadata(self) -> Metadata:
        return Metadata("forerun-file")

    def resolve_boolean_details(
        self,
        flag_key: str,
        default_value: bool,
        evaluation_context: EvaluationContext | None = None,
    ) -> FlagResolutionDetails[bool]:
        loaded, core = self._in_force()
        found = core.resolve_boolean_value(flag_key, default_value, evaluation_context)
        return _stamped(found, loaded)

    def resolve_string_details(
        self,
        flag_key: str,
        default_value: str,
        evaluation_context: EvaluationContext | None = None,
    ) -> FlagResolutionDetails[str]:
        loaded, core = self._in_force()
        found = core.resolve_string_value(flag_key, default_value, evaluation_context)
        return _stamped(found, loaded)

    def resolve_integer_details(
        self,
        flag_key: str,
        default_value: int,
        evaluation_context: EvaluationContext | None = None,
    ) -> FlagResolutionDetails[int]:
        loaded, core = self._in_force()
        found = core.resolve_integer_value(flag_key, default_value, evaluation_context)
        return _stamped(found, loaded)

    def resolve_float_details(
        self,
        flag_key: str,
        default_value: float,
        evaluation_context: EvaluationContext | None = None,
    ) -> FlagResolutionDetails[float]:
        loaded, core = self._in_force()
        found = core.resolve_float_value(flag_key, default_value, evaluation_context)
        return _stamped(found, loaded)

    def resolve_object_details(
        self,
        flag_key: str,
        default_value: Object,
        evaluation_context: EvaluationContext | None = None,
    ) -> FlagResolutionDetails[Object]:
        loaded, core = self._in_force()
        found = core.resolve_object_value(flag_key, default_value, evaluation_context)
        return _stamped(found, loaded)

    def _in_force(self) -> tuple[Loaded, FlagdCore]:
        loaded = self._source.loaded
        if loaded is None:
            raise ProviderNotReadyError(self._source.problem)
        return loaded, loaded.core

    def _tell(self) -> None:
        """To those who listen: that flags have changed, or that what is in force is behind."""
        details = ProviderEventDetails(message=self._source.problem)
        was_behind, self._behind = self._behind, self._source.problem is not None
        if self._behind:
            is_ready = self._source.loaded is not None
            (self.emit_provider_stale if is_ready else self.emit_provider_error)(details)
            return
        if was_behind:
            self.emit_provider_ready(details)
        self.emit_provider_configuration_changed(details)


def _stamped(found: FlagResolutionDetails[T], loaded: Loaded) -> FlagResolutionDetails[T]:
    """With the version and sha of the very file that gave the value."""
    told = loaded.document
    return replace(
        found, flag_metadata={**found.flag_metadata, "version": told.version, "sha": told.sha}
    )
