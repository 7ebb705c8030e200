"""A drinks bottler that does not exist: three years of sales to try Forerun on."""

from forerun.demo.generator import generate, version
from forerun.demo.place import path
from forerun.demo.questions import NOW, QUESTIONS

__all__ = ["NOW", "QUESTIONS", "generate", "path", "version"]
