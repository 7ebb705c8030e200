"""YAML as plain Python values, read strictly. PyYAML is loaded only when there is a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from forerun.errors import BadKnowledge
from forerun.knowledge.places import Place

if TYPE_CHECKING:
    import yaml


def loaded(text: str, place: Place) -> object:
    """The only document in `text`. Raises `BadKnowledge` with line and column."""
    import yaml

    try:
        return yaml.load(text, _strict_loader())  # noqa: S506 - a SafeLoader
    except yaml.MarkedYAMLError as broken:
        raise _broken(place, broken.problem_mark, broken.problem or "cannot be read") from None
    except (yaml.YAMLError, ValueError, RecursionError) as broken:
        first = str(broken).splitlines()[0] if str(broken) else "it is nested too deeply"
        raise _broken(place, None, first) from None


def _broken(place: Place, mark: yaml.Mark | None, why: str) -> BadKnowledge:
    where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
    hint = "Check indentation, colons and quotes there."
    return place.wrong(f"is no readable YAML: {where}{why}.", hint)


def _strict_loader() -> type[yaml.SafeLoader]:
    import yaml

    class StrictLoader(yaml.SafeLoader):
        """PyYAML lets the last of two equal keys win; here none may be read over."""

        def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
            seen: set[str] = set()
            for key, _ in node.value:
                if isinstance(key, yaml.ScalarNode) and key.tag != "tag:yaml.org,2002:merge":
                    if key.value in seen:
                        problem = f"the key {key.value} stands there twice"
                        raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
                    seen.add(key.value)
            return super().construct_mapping(node, deep)

    return StrictLoader
