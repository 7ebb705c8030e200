"""A drinks bottler that does not exist: three years of sales to try Forerun on."""

from forerun.demo.generator import generate, version
from forerun.demo.place import path
from forerun.demo.questions import QUESTIONS, TODAY

__all__ = ["QUESTIONS", "TODAY", "generate", "path", "version"]
