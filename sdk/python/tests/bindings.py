"""Stands in for the bindings that componentize-py generates of the contract: the same names and fields."""

import enum
import sys
from dataclasses import make_dataclass
from types import ModuleType


class Err(Exception):
    def __init__(self, value):
        super().__init__(value)
        self.value = value


class ErrorKind(enum.Enum):
    DENIED = 0
    INVALID = 1
    UNAVAILABLE = 2
    LIMIT = 3
    TIMEOUT = 4
    INTERNAL = 5
    OTHER = 6


def module(name, **members):
    made = ModuleType(name)
    made.__dict__.update(members)
    sys.modules[name] = made
    return made


RECORDS = {
    "Annotations": ["read_only", "destructive", "idempotent", "open_world"],
    "Example": ["title", "arguments"],
    "Tool": [
        "name", "title", "description", "instructions", "input_schema", "output_schema", "examples", "annotations",
    ],
    "Call": ["id", "tool", "arguments"],
    "Image": ["media_type", "bytes"],
    "File": ["name", "media_type", "content"],
    "Content_Text": ["value"],
    "Content_Json": ["value"],
    "Content_Image": ["value"],
    "Content_File": ["value"],
    "FileContent_Bytes": ["value"],
}

types = module("wit_world.imports.types", ErrorKind=ErrorKind, Error=make_dataclass("Error", ["kind", "code", "message"]))
tools = module("wit_world.exports.tools", **{name: make_dataclass(name, fields) for name, fields in RECORDS.items()})
module("componentize_py_types", Err=Err)
module("wit_world.exports", tools=tools)
module("wit_world.imports", types=types)
module("wit_world")
