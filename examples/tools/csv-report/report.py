"""The tool: reads items, and gives them as a table and as a CSV file."""

from typing import Any, Literal
from dataclasses import dataclass

from palisade_tool import READ_ONLY, Content, File, Host, Json, Text, ToolError, described, tool
from table import cells, csv_text

# Rows that the model and the screen get; the file has all.
SHOWN = 100
# Bytes of a file at most, by the contract.
LARGEST = 1024 * 1024


@dataclass
class Arguments:
    """What to report."""

    collection: str = described("Collection of the items.")
    fields: list[str] = described(
        "Fields, one a column, in this order; `author.name` for one of a related item.", minItems=1, maxItems=50
    )
    filter: dict[str, Any] | None = described("Directus filter; all items without it.", None)
    sort: list[str] = described("Fields to sort by, with `-` in front for descending.", [])
    limit: int = described("Items at most.", 500, minimum=1, maximum=5000)
    file_name: str = described("Name of the file.", "report.csv", minLength=1, maxLength=100)
    delimiter: Literal[",", ";", "\t"] = described("`;` for spreadsheets that write decimal commas.", ",")


OUTPUT = {
    "type": "object",
    "properties": {
        "columns": {"type": "array", "items": {"type": "string"}},
        "rows": {"type": "array", "items": {"type": "array"}, "description": f"At most {SHOWN}."},
        "count": {"type": "integer", "description": "Rows in the file."},
    },
    "required": ["columns", "rows", "count"],
}


@tool(
    title="Make a CSV report",
    arguments=Arguments,
    instructions="Use it when somebody wants a table, a list to download, or a file for a spreadsheet.",
    output_schema=OUTPUT,
    examples=[("Drafts by date", {"collection": "articles", "fields": ["id", "title"], "sort": ["-published_on"]})],
    annotations=READ_ONLY,
)
def report(arguments: Arguments, host: Host) -> list[Content]:
    """Reads items and gives them as a table and as a CSV file that the user can save."""
    host.progress.report(f"Reading {arguments.collection}", 0.0)
    query: dict[str, Any] = {"fields": arguments.fields, "limit": arguments.limit}
    if arguments.filter:
        query["filter"] = arguments.filter
    if arguments.sort:
        query["sort"] = arguments.sort
    items = host.data.read(arguments.collection, query)

    host.progress.report(f"Writing {len(items)} rows", 0.5)
    rows = [cells(item, arguments.fields) for item in items]
    content = csv_text(arguments.fields, rows, arguments.delimiter).encode()
    if len(content) > LARGEST:
        raise ToolError("limit", "FILE_TOO_LARGE", "The file would be larger than 1 MiB: ask for fewer items or fields.")
    return [
        Json({"columns": arguments.fields, "rows": rows[:SHOWN], "count": len(rows)}),
        File(named(arguments.file_name), "text/csv", content),
        Text(told(len(rows), arguments.limit)),
    ]


def named(name: str) -> str:
    """A file name without folders, that says what it is."""
    plain = "".join(one for one in name if one.isalnum() or one in " ._-").strip(" .") or "report"
    return plain if plain.lower().endswith(".csv") else f"{plain}.csv"


def told(count: int, limit: int) -> str:
    """What the model may say about it."""
    rows = "1 row" if count == 1 else f"{count} rows"
    return f"{rows}; there may be more, because {limit} was the limit." if count == limit else f"{rows}, which is all."
