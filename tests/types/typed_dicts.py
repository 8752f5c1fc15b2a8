"""JSON against the TypedDicts of an SDK's requests, with nothing left to chance.

Pydantic by itself would let three things pass: keys that a TypedDict doesn't have, the items of an
`Iterable` (which it reads only when somebody iterates), and objects of the SDK's response classes,
which allow any key. The schema is tightened before it judges.
"""

import json
from typing import Any

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic_core import SchemaValidator

CONFIG = ConfigDict(extra="forbid", strict=True, arbitrary_types_allowed=True)

# Keys by which the members of a union are told apart.
TAGS = ("type", "role")


def tighten(schema: Any) -> Any:
    """A copy of a schema of pydantic-core that reads every list and refuses every unknown key."""
    if isinstance(schema, (list, tuple)):
        return type(schema)(tighten(part) for part in schema)
    if not isinstance(schema, dict):
        return schema
    tight = {key: tighten(part) for key, part in schema.items() if key != "serialization"}
    match tight.get("type"):
        case "generator":
            tight["type"] = "list"
        # What the SDK declares open (the JSON Schema of a tool) stays open.
        case "typed-dict" if tight.get("extra_behavior") != "allow":
            tight["extra_behavior"] = "forbid"
            tight["config"] = {**tight.get("config", {}), "extra_fields_behavior": "forbid", "strict": True}
        case "model":
            # A class of responses. What stands in a request's JSON is never an object of it.
            ref = {"ref": tight["ref"]} if "ref" in tight else {}
            tight = {"type": "is-instance", "cls": tight["cls"], **ref}
    return tight


class TypedDicts:
    """A judge by one request type."""

    def __init__(self, request: Any) -> None:
        # In a list, because that is what lets a configuration reach a TypedDict and all within it.
        self._validator = SchemaValidator(tighten(TypeAdapter(list[request], config=CONFIG).core_schema))

    def problems(self, body: Any) -> list[str]:
        """What is wrong with a body; nothing, if the types take it."""
        try:
            self._validator.validate_json(json.dumps([body]), strict=True)
        except ValidationError as error:
            return explain([(details["loc"][1:], details) for details in error.errors(include_url=False)])
        return []


def explain(errors: list[tuple[tuple[int | str, ...], Any]]) -> list[str]:
    """One line for each error, without those of a union's members that the value never meant."""
    foreign = [
        loc[:-1] for loc, details in errors if details["type"] == "literal_error" and loc and loc[-1] in TAGS
    ]
    meant = [
        (loc, details) for loc, details in errors if not any(loc[: len(branch)] == branch for branch in foreign)
    ]
    return [
        f"{'.'.join(map(str, loc)) or 'the body'}: {details['msg']} (got {short(details['input'])})"
        for loc, details in meant or errors
    ]


def short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=repr)
    return text if len(text) <= 80 else f"{text[:77]}..."
