"""Files that commands read and write, and standard input in the place of one."""

from __future__ import annotations

import sys
from pathlib import Path

from forerun.errors import BadInput, UnreadableFile


def read_text(file: Path, shape: str) -> str:
    """All of it; `-` is standard input. `shape` says what it should be, where it cannot be read."""
    try:
        content = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableFile(f"{file} is not UTF-8 text.", shape) from error
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise UnreadableFile(f"{file} cannot be read: {reason}.", "Check the path.") from error


def write_new(text: str, path: Path) -> None:
    """Raises `BadInput` where it is there already, or cannot be written."""
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise BadInput(
            f"{path} is there already and was not touched.", "Name a new file, or move that one."
        ) from None
    except OSError as failed:
        reason = failed.strerror or "it cannot be written"
        raise BadInput(f"{path} was not written: {reason}.", "Name another file.") from failed
