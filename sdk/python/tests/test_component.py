"""From the component's exports to the tools and back."""

import json
import unittest
from dataclasses import dataclass
from types import SimpleNamespace

from tests import bindings
from palisade_tool import READ_ONLY, File, Image, Json, Text, ToolError, described, tool
from palisade_tool.component import component


@dataclass
class Arguments:
    what: str = described("What to do.")


@tool(title="Probe", arguments=Arguments, examples=[("An example", {"what": "parts"})], annotations=READ_ONLY)
def probe(arguments, host):
    """Does what
    the test says."""
    if arguments.what == "parts":
        return [Text("a"), Json({"ü": 1}), File("a.txt", "text/plain", b"a"), Image("image/png", b"b")]
    if arguments.what == "refuse":
        raise ToolError("limit", "FULL", "Full.")
    if arguments.what == "fault":
        return [1 / 0]
    if arguments.what == "read":
        return [Json(host.data.read("a", {"limit": 1})), Json(host.data.update("a", [1, "b"], {"c": None}))]
    try:
        host.kv.get("a")
    except ToolError as error:
        return [Text(error.kind)]
    return [Text(str(host.clock.now()))]


def denied(*arguments):
    raise bindings.Err(bindings.types.Error(bindings.ErrorKind.DENIED, "FORBIDDEN", "No."))


class Component(unittest.TestCase):
    def invoke(self, what, name="probe", **imports):
        exported = component([probe], **imports)()
        return exported.invoke(bindings.tools.Call("1", name, json.dumps({"what": what})))

    def failure(self, *arguments, **imports):
        with self.assertRaises(bindings.Err) as raised:
            self.invoke(*arguments, **imports)
        return raised.exception.value

    def test_the_description_is_the_contracts(self):
        [described_tool] = component([probe])().describe()
        self.assertEqual(described_tool.name, "probe")
        self.assertEqual(described_tool.description, "Does what the test says.")
        self.assertEqual(json.loads(described_tool.input_schema)["required"], ["what"])
        self.assertIsNone(described_tool.output_schema)
        self.assertEqual(described_tool.annotations, bindings.tools.Annotations(True, False, True, False))
        self.assertEqual(described_tool.examples, [bindings.tools.Example("An example", '{"what": "parts"}')])

    def test_a_tool_that_says_nothing_may_do_anything(self):
        @tool(title="Silent", arguments=Arguments)
        def silent(arguments, host):
            """Says nothing."""

        [described_tool] = component([silent])().describe()
        self.assertEqual(described_tool.annotations, bindings.tools.Annotations(False, True, False, True))

    def test_parts_become_the_contracts(self):
        text, value, file, image = self.invoke("parts")
        self.assertEqual((text.value, value.value), ("a", '{"ü": 1}'))
        self.assertEqual(file.value.content.value, b"a")
        self.assertEqual((image.value.media_type, image.value.bytes), ("image/png", b"b"))

    def test_errors_leave_as_the_contracts_whatever_was_raised(self):
        error = self.failure("refuse")
        self.assertEqual((error.kind.name, error.code, error.message), ("LIMIT", "FULL", "Full."))
        self.assertEqual(self.failure("fault").kind.name, "INTERNAL")
        self.assertEqual(self.failure(3).code, "INVALID_ARGUMENTS")
        self.assertEqual(self.failure("parts", "other").kind.name, "INVALID")

    def test_data_goes_and_comes_as_values_and_keys_as_text(self):
        asked = []

        def answering(answer):
            return lambda *arguments: asked.append(arguments) or answer

        data = SimpleNamespace(read=answering('[{"id": 1}]'), update=answering("[]"))
        items, updated = self.invoke("read", data=data)
        self.assertEqual((items.value, updated.value), ('[{"id": 1}]', "[]"))
        self.assertEqual(asked, [("a", '{"limit": 1}'), ("a", ["1", "b"], '{"c": null}')])

    def test_the_hosts_errors_arrive_as_tool_errors(self):
        [text] = self.invoke("other", kv=SimpleNamespace(get=denied))
        self.assertEqual(text.value, "denied")
        self.assertEqual(self.failure("read", data=SimpleNamespace(read=denied)).code, "FORBIDDEN")

    def test_what_is_not_imported_is_a_fault_of_the_tool(self):
        self.assertEqual(self.failure("other").kind.name, "INTERNAL")


if __name__ == "__main__":
    unittest.main()
