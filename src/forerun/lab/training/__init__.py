"""Fits the built-in parser's weights and confidence. A development command: it needs numpy."""
