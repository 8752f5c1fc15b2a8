"""The request bodies in the snapshots of the assistant's tests, which `cargo test` keeps exact."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterator

TESTS = Path(__file__).parents[2] / "plugin" / "tests" / "turn"
FOLDERS = sorted(TESTS.rglob("snapshots"))

# What the fake host of the assistant's own tests speaks, where a snapshot's name says nothing else.
USUAL = "openai_compatible"
# What is written where: the modules of `providers/` that test one format each, by how their names begin.
MODULES = {"gemini": "google", "responses": "openai", "anthropic": "anthropic"}


class Unreadable(Exception):
    """A snapshot that is neither a transcript nor JSON."""


@dataclass(frozen=True)
class Snapshot:
    name: str
    format: str
    # A body, or a list of messages.
    content: Any


def snapshots(folder: Path, formats: list[str]) -> Iterator[Snapshot]:
    """The requests in a folder, by name; transcripts are left to the judge of chunks in `tests/sdk`."""
    for path in sorted(folder.glob("*.snap")):
        content = read(path)
        if content is not None:
            yield Snapshot(path.stem, format_of(path.stem, formats), content)


def read(path: Path) -> Any:
    """The JSON in a snapshot, or `None` for a transcript."""
    text = path.read_text(encoding="utf-8")
    _, separator, content = text.removeprefix("---\n").partition("\n---\n")
    if not (text.startswith("---\n") and separator):
        raise Unreadable(f"{path}: not a snapshot")
    try:
        return json.loads(content)
    except json.JSONDecodeError as error:
        lines = content.splitlines()
        if "__request_" not in path.stem and lines and all(line.startswith(("{", "→")) for line in lines):
            return None
        raise Unreadable(f"{path}: neither a transcript nor JSON: {error}") from error


def format_of(name: str, formats: list[str]) -> str:
    prefix, *rest = name.split("__")
    if prefix in formats:
        return prefix
    if prefix != "turn":
        return f"unknown ({prefix})"
    module = rest[1] if len(rest) > 1 and rest[0] == "providers" else ""
    return next((format for start, format in MODULES.items() if module.startswith(start)), USUAL)
