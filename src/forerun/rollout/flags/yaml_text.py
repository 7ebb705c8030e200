"""YAML that means what JSON would mean. PyYAML is loaded only when there is such a file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from forerun.errors import BadFlags

if TYPE_CHECKING:
    import yaml

_PLAIN = (
    ("null", r"null|~|", ["n", "~", ""]),
    ("bool", r"true|false", ["t", "f"]),
    ("int", r"-?(?:0|[1-9][0-9]*)", list("-0123456789")),
    ("float", r"-?(?:0|[1-9][0-9]*)\.[0-9]+", list("-0123456789")),
)
"""What is no text although it has no quotes, by its first signs."""


def loaded(text: str, name: str) -> object:
    """The only document in `text`. Raises `BadFlags` with line and column."""
    import yaml

    try:
        return yaml.load(text, _json_like_loader())  # noqa: S506 - a SafeLoader
    except yaml.MarkedYAMLError as broken:
        mark = broken.problem_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise _broken(name, f"{where}{broken.problem or 'it cannot be read'}") from None
    except (yaml.YAMLError, ValueError) as broken:
        raise _broken(name, str(broken).splitlines()[0]) from None


def dumped(document: object) -> str:
    import yaml

    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True)


def _broken(name: str, why: str) -> BadFlags:
    return BadFlags(
        f"{name} is no readable YAML: {why}.", "Check indentation, colons and quotes there."
    )


def _json_like_loader() -> type[yaml.SafeLoader]:
    import yaml

    class JSONLikeLoader(yaml.SafeLoader):
        """`off` and `2027-03-31` stay text: YAML 1.1 would make False and a date of them.

        Of two equal keys PyYAML lets the last win; here none may be read over.
        """

        yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012

        def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
            """Without aliases, which make endless values of few lines."""
            if self.check_event(yaml.AliasEvent):
                mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
                problem = "an alias is not read here"
                raise yaml.composer.ComposerError(None, None, problem, mark)
            return super().compose_node(parent, index)

        def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
            seen: set[str] = set()
            for key, _ in node.value:
                if isinstance(key, yaml.ScalarNode):
                    if key.value in seen:
                        problem = f"the key {key.value} stands there twice"
                        raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
                    seen.add(key.value)
            return super().construct_mapping(node, deep)

    for kind, pattern, first in _PLAIN:
        tag = f"tag:yaml.org,2002:{kind}"
        JSONLikeLoader.add_implicit_resolver(tag, re.compile(f"^(?:{pattern})$"), first)
    return JSONLikeLoader
