"""The request bodies in the snapshots of the assistant's tests, which `cargo test` keeps exact."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterator

TESTS = Path(__file__).parents[2] / "plugin" / "tests" / "turn"
FOLDERS = [TESTS / "snapshots", TESTS / "providers" / "snapshots"]

# What the fake host of the assistant's own tests speaks, where a snapshot's name says nothing else.
USUAL = "openai_compatible"


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
    prefix = name.partition("__")[0]
    return prefix if prefix in formats else USUAL if prefix == "turn" else f"unknown ({prefix})"
