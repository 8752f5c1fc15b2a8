"""Rows of cells, and CSV (RFC 4180) that a spreadsheet doesn't run."""

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

# How formulas begin, in full width too.
FORMULAS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")

Cell = str | int | float | bool | None


def cells(item: dict[str, Any], fields: Sequence[str]) -> list[Cell]:
    """The values of an item, field by field."""
    return [cell(value_of(item, field.split("."))) for field in fields]


def value_of(value: Any, path: Sequence[str]) -> Any:
    """What stands at a path; a list of it where a related field has several items."""
    if not path:
        return value
    if isinstance(value, list):
        return [value_of(one, path) for one in value]
    return value_of(value.get(path[0]), path[1:]) if isinstance(value, dict) else None


def cell(value: Any) -> Cell:
    """A value as one cell: JSON text for what has parts."""
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, list) and all(isinstance(one, str | int | float) for one in value):
        return ", ".join(map(str, value))
    return json.dumps(value, ensure_ascii=False)


def csv_text(columns: Sequence[str], rows: Sequence[Sequence[Cell]], delimiter: str) -> str:
    """The file's text."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\r\n")
    writer.writerow([written(column) for column in columns])
    writer.writerows([written(one) for one in row] for row in rows)
    return text.getvalue()


def written(value: Cell) -> str:
    """A cell as it is written. Spreadsheets take text that begins so for a formula, which could send
    the sheet's content elsewhere: an apostrophe makes it text. Numbers stay as they are."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        return str(value)
    runs = value.lstrip().startswith(FORMULAS) or value.startswith(("\t", "\r", "\n"))
    return f"'{value}" if runs else value
