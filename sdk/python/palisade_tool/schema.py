"""Dataclasses as JSON Schema, and JSON values as dataclasses.

Fields are `bool`, `int`, `float`, `str`, `Any`, `Literal`, `list`, `dict[str, …]`, dataclasses, and any
of them `| None`. `described("…")` gives a field its description, and bounds.
"""

import dataclasses
import types
import typing
from typing import Any, Literal, Union


class ArgumentError(ValueError):
    """What is wrong with a value, in words."""


def described(description: str, default: Any = dataclasses.MISSING, **bounds: int) -> Any:
    """A field with a description for the model, and with `minimum`, `maximum`, `minLength`, `maxLength`,
    `minItems` or `maxItems`. A default that is a list or dict is copied for each call."""
    metadata = {"schema": {"description": description, **bounds}}
    if isinstance(default, list | dict):
        return dataclasses.field(default_factory=default.copy, metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


PLAIN = {bool: "boolean", int: "integer", float: "number", str: "string"}


def schema_of(kind: Any) -> dict[str, Any]:
    """The JSON Schema of a type."""
    if kind in PLAIN:
        return {"type": PLAIN[kind]}
    if kind is Any:
        return {}
    if dataclasses.is_dataclass(kind):
        return _schema_of_class(kind)
    origin, parts = typing.get_origin(kind), typing.get_args(kind)
    if origin is Literal:
        kinds = {PLAIN[type(part)] for part in parts}
        return {"enum": list(parts), **({"type": kinds.pop()} if len(kinds) == 1 else {})}
    if origin is list:
        return {"type": "array", "items": schema_of(parts[0])}
    if origin is dict:
        return {"type": "object"}
    if _is_optional(kind):
        return schema_of(_present(kind))
    raise TypeError(f"{kind} has no JSON Schema here")


def _schema_of_class(kind: type) -> dict[str, Any]:
    hints = typing.get_type_hints(kind)
    fields = dataclasses.fields(kind)
    return {
        "type": "object",
        "properties": {
            one.name: {**schema_of(hints[one.name]), **one.metadata.get("schema", {})} for one in fields
        },
        "required": [one.name for one in fields if _is_required(one)],
        "additionalProperties": False,
    }


def parse(kind: Any, value: Any, place: str = "") -> Any:
    """A JSON value as a type. Raises `ArgumentError` where it doesn't fit."""
    if kind is Any:
        return value
    if dataclasses.is_dataclass(kind):
        return _parse_class(kind, value, place)
    origin, parts = typing.get_origin(kind), typing.get_args(kind)
    if _is_optional(kind):
        return None if value is None else parse(_present(kind), value, place)
    if origin is Literal:
        if value not in parts:
            raise ArgumentError(f"{_named(place)} has to be one of {', '.join(map(repr, parts))}")
        return value
    if origin is list:
        _expect(isinstance(value, list), place, "a list")
        return [parse(parts[0], one, f"{place}[{index}]") for index, one in enumerate(value)]
    if origin is dict:
        _expect(isinstance(value, dict), place, "an object")
        return {name: parse(parts[1], one, f"{place}.{name}") for name, one in value.items()}
    if kind is float:
        _expect(isinstance(value, int | float) and not isinstance(value, bool), place, "a number")
        return float(value)
    if kind is int and isinstance(value, float) and value.is_integer():
        return int(value)
    _expect(isinstance(value, kind) and (kind is bool or not isinstance(value, bool)), place, _article(PLAIN[kind]))
    return value


def _parse_class(kind: type, value: Any, place: str) -> Any:
    _expect(isinstance(value, dict), place, "an object")
    hints = typing.get_type_hints(kind)
    fields = {one.name: one for one in dataclasses.fields(kind)}
    within = f"{place}." if place else ""
    for name in value:
        if name not in fields:
            raise ArgumentError(f"there is no {_named(within + name)}")
    given = {}
    for name, one in fields.items():
        if name in value:
            given[name] = parse(hints[name], value[name], within + name)
            _check_bounds(given[name], one.metadata.get("schema", {}), within + name)
        elif _is_required(one):
            raise ArgumentError(f"{_named(within + name)} is missing")
    return kind(**given)


def _check_bounds(value: Any, bounds: dict[str, Any], place: str) -> None:
    if value is None:
        return
    sized = isinstance(value, str | list)
    what = f"the length of {_named(place)}" if sized else _named(place)
    size = len(value) if sized else value
    for least in (bounds.get("minimum"), bounds.get("minLength"), bounds.get("minItems")):
        if least is not None and size < least:
            raise ArgumentError(f"{what} is below {least}")
    for most in (bounds.get("maximum"), bounds.get("maxLength"), bounds.get("maxItems")):
        if most is not None and size > most:
            raise ArgumentError(f"{what} is above {most}")


def _is_optional(kind: Any) -> bool:
    return typing.get_origin(kind) in (Union, types.UnionType) and type(None) in typing.get_args(kind)


def _present(kind: Any) -> Any:
    """What an optional type is where it is there."""
    parts = [part for part in typing.get_args(kind) if part is not type(None)]
    if len(parts) != 1:
        raise TypeError(f"{kind} has no JSON Schema here")
    return parts[0]


def _is_required(one: Any) -> bool:
    return one.default is dataclasses.MISSING and one.default_factory is dataclasses.MISSING


def _expect(fits: bool, place: str, what: str) -> None:
    if not fits:
        raise ArgumentError(f"{_named(place)} has to be {what}")


def _named(place: str) -> str:
    return f"`{place}`" if place else "the whole"


def _article(what: str) -> str:
    return f"an {what}" if what[0] in "aio" else f"a {what}"
