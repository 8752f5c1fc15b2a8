"""The component's exports, and its imports as a host. Needs the bindings that componentize-py makes, so
only the module that becomes the component imports this one."""

import json
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

from componentize_py_types import Err
from wit_world.exports import tools as contract
from wit_world.imports import types

from . import Content, File, Image, Json, Text, Tool, ToolError, run, schema_of


def component(tools: Sequence[Tool], **imports: ModuleType) -> type:
    """Makes the component's export: `Tools = component([…], data=data, …)`, with the modules of
    `wit_world.imports` that the component's world has."""
    host = _Host(imports)
    named = {tool.name: tool for tool in tools}

    class Tools:
        def describe(self) -> list[contract.Tool]:
            return [_description(tool) for tool in tools]

        def invoke(self, call: contract.Call) -> list[Any]:
            try:
                if call.tool not in named:
                    raise ToolError.invalid(f"There is no tool {call.tool}.")
                return [_content(part) for part in run(named[call.tool], json.loads(call.arguments), host)]
            except ToolError as error:
                raise Err(types.Error(_kind(error.kind), error.code, error.message)) from error
            except Exception as error:
                message = f"{type(error).__name__}: {error}"
                raise Err(types.Error(types.ErrorKind.INTERNAL, "INTERNAL", message)) from error

    return Tools


def _description(tool: Tool) -> contract.Tool:
    annotations = tool.annotations
    return contract.Tool(
        tool.name,
        tool.title,
        tool.description,
        tool.instructions,
        json.dumps(schema_of(tool.arguments)),
        tool.output_schema and json.dumps(tool.output_schema),
        [contract.Example(title, json.dumps(arguments)) for title, arguments in tool.examples],
        contract.Annotations(
            annotations.read_only, annotations.destructive, annotations.idempotent, annotations.open_world
        ),
    )


def _content(part: Content) -> Any:
    match part:
        case Text(text):
            return contract.Content_Text(text)
        case Json(value):
            return contract.Content_Json(json.dumps(value, ensure_ascii=False))
        case Image(media_type, content):
            return contract.Content_Image(contract.Image(media_type, content))
        case File(name, media_type, content):
            return contract.Content_File(contract.File(name, media_type, contract.FileContent_Bytes(content)))
    raise TypeError(f"{part!r} is no part of an answer")


def _kind(kind: str) -> types.ErrorKind:
    return types.ErrorKind[kind.upper()]


def _asking(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, with the host's errors as `ToolError`."""

    def asked(*arguments: Any) -> Any:
        try:
            return function(*arguments)
        except Err as error:
            value = error.value
            if not isinstance(value, types.Error):
                raise
            raise ToolError(value.kind.name.lower(), value.code, value.message) from error

    return asked


class _Capability:
    """A module of the contract, with the host's errors as `ToolError`."""

    def __init__(self, module: ModuleType) -> None:
        self._module = module

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._module, name)
        return _asking(found) if callable(found) and not isinstance(found, type) else found


class _Data:
    """Data, with Python's values rather than JSON text."""

    def __init__(self, module: ModuleType) -> None:
        self._ask = _Capability(module)

    def describe(self, collections: Sequence[str]) -> list[Any]:
        return json.loads(self._ask.describe(list(collections)))

    def read(self, collection: str, query: dict[str, Any]) -> list[dict[str, Any]]:
        return json.loads(self._ask.read(collection, json.dumps(query)))

    def create(self, collection: str, items: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        return json.loads(self._ask.create(collection, json.dumps(list(items))))

    def update(self, collection: str, keys: Sequence[Any], changes: dict[str, Any]) -> list[dict[str, Any]]:
        return json.loads(self._ask.update(collection, [str(key) for key in keys], json.dumps(changes)))

    def delete(self, collection: str, keys: Sequence[Any]) -> None:
        self._ask.delete(collection, [str(key) for key in keys])


class _Host:
    """The imports that the component has."""

    def __init__(self, imports: dict[str, ModuleType]) -> None:
        for name, module in imports.items():
            setattr(self, name, _Data(module) if name == "data" else _Capability(module))
