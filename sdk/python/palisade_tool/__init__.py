"""Tools for Palisade in Python: a thin layer over what the component imports and exports.

A tool is a function with the decorator `tool`; its arguments are a dataclass, of which the JSON Schema
is made. `component` makes the component's export of one or more tools, and hands each call a host whose
values are Python's rather than JSON text. Tests call `run` with a host of their own.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from .schema import ArgumentError, described, parse, schema_of

ErrorKind = Literal["denied", "invalid", "unavailable", "limit", "timeout", "internal", "other"]


class ToolError(Exception):
    """What went wrong, for the model and the user. The host's errors arrive as it, too."""

    def __init__(self, kind: ErrorKind, code: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.code = code
        self.message = message

    @classmethod
    def invalid(cls, message: str) -> "ToolError":
        """The arguments are wrong, in a way that the message says."""
        return cls("invalid", "INVALID_ARGUMENTS", message)


@dataclass(frozen=True)
class Annotations:
    """What calls do to the world; what isn't said is taken to be the worst. The host takes the stricter
    of this and what the grant allows."""

    read_only: bool = False
    destructive: bool = True
    idempotent: bool = False
    open_world: bool = True


READ_ONLY = Annotations(read_only=True, destructive=False, idempotent=True, open_world=False)


@dataclass(frozen=True)
class Text:
    """A part of an answer: text, Markdown where that helps."""

    text: str


@dataclass(frozen=True)
class Json:
    """A part of an answer: one JSON value."""

    value: Any


@dataclass(frozen=True)
class File:
    """A part of an answer: a file that the tool made, at most 1 MiB."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True)
class Image:
    """A part of an answer: a PNG, JPEG, GIF or WebP image, at most 1 MiB."""

    media_type: str
    content: bytes


Content = Text | Json | File | Image


class Data(Protocol):
    """The project's data, with exactly the permissions of the caller."""

    def describe(self, collections: Sequence[str]) -> list[Any]: ...
    def read(self, collection: str, query: dict[str, Any]) -> list[dict[str, Any]]: ...
    def create(self, collection: str, items: Sequence[dict[str, Any]]) -> list[dict[str, Any]]: ...
    def update(self, collection: str, keys: Sequence[Any], changes: dict[str, Any]) -> list[dict[str, Any]]: ...
    def delete(self, collection: str, keys: Sequence[Any]) -> None: ...


class Host(Protocol):
    """What the component can ask of the host. What its world doesn't import raises an error.

    `http`, `kv`, `progress`, `log`, `clock`, `random` and `identity` are the generated modules of the
    contract; their errors arrive as `ToolError` as well.
    """

    data: Data
    http: Any
    kv: Any
    progress: Any
    log: Any
    clock: Any
    random: Any
    identity: Any


@dataclass(frozen=True)
class Tool:
    """A tool, as the decorator makes it."""

    name: str
    title: str
    description: str
    arguments: type
    invoke: Callable[[Any, Host], Sequence[Content]]
    instructions: str | None = None
    output_schema: dict[str, Any] | None = None
    examples: Sequence[tuple[str, dict[str, Any]]] = ()
    annotations: Annotations = field(default_factory=Annotations)


def tool(*, title: str, arguments: type, name: str | None = None, **more: Any) -> Callable[..., Tool]:
    """Makes a tool of a function of arguments and host. The function's name and documentation are the
    tool's; `instructions`, `output_schema`, `examples` and `annotations` can be said as well."""

    def decorate(function: Callable[[Any, Host], Sequence[Content]]) -> Tool:
        description = " ".join((function.__doc__ or "").split())
        return Tool(name or function.__name__, title, description, arguments, function, **more)

    return decorate


def run(called: Tool, values: Any, host: Any) -> Sequence[Content]:
    """Runs a call as the component does."""
    try:
        arguments = parse(called.arguments, values)
    except ArgumentError as error:
        raise ToolError.invalid(f"The arguments don't fit: {error}.") from error
    return called.invoke(arguments, host)
