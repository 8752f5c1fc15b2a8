"""The tool: counts the words of a text."""

from dataclasses import dataclass

from palisade_tool import READ_ONLY, Content, Host, Json, ToolError, described, tool


@dataclass
class Arguments:
    """What to count."""

    collection: str = described("Collection of the item.")
    key: int = described("Key of the item.")
    field: str = described("Field with the text.")


EXAMPLE = {"collection": "articles", "key": 1, "field": "body"}


@tool(
    title="Count words",
    arguments=Arguments,
    examples=[("The words of an article", EXAMPLE)],
    annotations=READ_ONLY,
)
def count_words(arguments: Arguments, host: Host) -> list[Content]:
    """Counts the words in a text field of an item."""
    query = {"fields": [arguments.field], "filter": {"id": {"_eq": arguments.key}}, "limit": 1}
    items = host.data.read(arguments.collection, query)
    if not items:
        raise ToolError.invalid(f"There is no item {arguments.key} in {arguments.collection}.")
    text = items[0].get(arguments.field)
    if not isinstance(text, str):
        raise ToolError.invalid(f"`{arguments.field}` of the item holds no text.")
    return [Json({"words": len(text.split())})]
