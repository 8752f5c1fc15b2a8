"""Dataclasses as JSON Schema, and JSON values as dataclasses."""

import unittest
from dataclasses import dataclass
from typing import Any, Literal

from palisade_tool.schema import ArgumentError, described, parse, schema_of


@dataclass
class Size:
    width: float = described("In metres.")


@dataclass
class Arguments:
    count: int = described("How many.", minimum=1, maximum=3)
    unit: Literal["box", "crate"] = described("In what.", "box")
    names: list[str] = described("Names.", ["a"], minItems=1)
    size: Size | None = described("How large.", None)
    filter: dict[str, Any] | None = described("Which.", None)
    fast: bool = described("Whether to hurry.", False)


class Schema(unittest.TestCase):
    def test_a_class_becomes_an_object_without_more(self):
        schema = schema_of(Arguments)
        self.assertEqual(schema["required"], ["count"])
        self.assertFalse(schema["additionalProperties"])
        properties = schema["properties"]
        self.assertEqual(properties["count"], {"type": "integer", "description": "How many.", "minimum": 1, "maximum": 3})
        self.assertEqual(properties["unit"], {"enum": ["box", "crate"], "type": "string", "description": "In what."})
        self.assertEqual(properties["names"]["items"], {"type": "string"})
        self.assertEqual(properties["size"]["properties"]["width"]["type"], "number")
        self.assertEqual(properties["filter"]["type"], "object")

    def test_a_type_without_a_schema_is_a_fault_when_it_is_described(self):
        for kind in [set, int | str, bytes]:
            with self.assertRaises(TypeError):
                schema_of(kind)


class Parse(unittest.TestCase):
    def test_what_fits_becomes_a_value(self):
        given = {"count": 2.0, "size": {"width": 1}, "filter": {"a": {"_eq": 1}}, "fast": True}
        parsed = parse(Arguments, given)
        self.assertEqual(parsed, Arguments(2, "box", ["a"], Size(1.0), {"a": {"_eq": 1}}, True))
        self.assertIsInstance(parsed.size.width, float)

    def test_complaints_name_the_place(self):
        wrong = [
            (None, "the whole has to be an object"),
            ({}, "`count` is missing"),
            ({"count": "1"}, "`count` has to be an integer"),
            ({"count": True}, "`count` has to be an integer"),
            ({"count": 0}, "`count` is below 1"),
            ({"count": 4}, "`count` is above 3"),
            ({"count": 1, "unit": "bag"}, "`unit` has to be one of 'box', 'crate'"),
            ({"count": 1, "names": "a"}, "`names` has to be a list"),
            ({"count": 1, "names": []}, "the length of `names` is below 1"),
            ({"count": 1, "names": ["a", 1]}, "`names[1]` has to be a string"),
            ({"count": 1, "size": {}}, "`size.width` is missing"),
            ({"count": 1, "size": {"width": 1, "depth": 1}}, "there is no `size.depth`"),
            ({"count": 1, "other": 1}, "there is no `other`"),
            ({"count": 1, "fast": 1}, "`fast` has to be a boolean"),
        ]
        for value, complaint in wrong:
            with self.assertRaises(ArgumentError) as raised:
                parse(Arguments, value)
            self.assertEqual(str(raised.exception), complaint)

    def test_a_list_that_is_the_default_is_not_shared(self):
        first = parse(Arguments, {"count": 1})
        first.names.append("b")
        self.assertEqual(parse(Arguments, {"count": 1}).names, ["a"])


if __name__ == "__main__":
    unittest.main()
