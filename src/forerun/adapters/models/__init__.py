"""Language models of every provider that pydantic-ai knows, behind our `Model` port."""

from forerun.adapters.models.opening import open_model

__all__ = ["open_model"]
