"""The judges themselves: what they take, and above all what they refuse."""

import copy
import io
import json
import sys
import tempfile
import unittest
from contextlib import redirect_stdout
from pathlib import Path
from unittest.mock import patch

import check
from formats import FORMATS
from snapshots import FOLDERS

EXAMPLES = {name: json.loads((Path(__file__).parent / "examples" / f"{name}.json").read_text()) for name in FORMATS}

# Below these keys any JSON may stand: schemas, arguments, results.
FREE = {"parameters", "parametersJsonSchema", "responseJsonSchema", "schema", "input_schema", "args", "response"}


def is_free(path):
    # `input` is a list of items in Responses, and the arguments of a call in Messages.
    return any(key in FREE for key in path) or (path and path[-1] == "input" and "content" in path)


def places(value, path=()):
    """Each object and each plain value in a body that the types describe, with its path."""
    if is_free(path):
        return
    if not isinstance(value, list):
        yield path, value
    if isinstance(value, (dict, list)):
        for key, part in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(part, (*path, key))


def changed(body, path, change):
    """A copy of a body with a change at a place."""
    body = copy.deepcopy(body)
    *parents, last = path
    target = body
    for key in parents:
        target = target[key]
    change(target, last)
    return body


def put(value):
    return lambda at, key: at.__setitem__(key, value)


def run(*arguments):
    """The command, with its exit code and what it wrote."""
    written = io.StringIO()
    with patch.object(sys, "argv", ["check.py", *map(str, arguments)]), redirect_stdout(written):
        return check.main(), written.getvalue()


class Judges(unittest.TestCase):
    def problems(self, name, body):
        return FORMATS[name].judge.problems(body)

    def refused(self, name, body, *words):
        problems = self.problems(name, body)
        self.assertTrue(problems, f"taken: {json.dumps(body)}")
        for word in words:
            self.assertIn(word, "\n".join(problems))

    def test_examples_are_taken(self):
        for name, example in EXAMPLES.items():
            with self.subTest(name):
                self.assertEqual(self.problems(name, example), [])

    def test_an_unknown_key_is_refused_wherever_it_stands(self):
        for name, example in EXAMPLES.items():
            for path, value in places({"body": example}):
                if path and isinstance(value, dict):
                    with self.subTest(name, path=path):
                        added = changed({"body": example}, (*path, "unknown_key"), put(1))
                        self.refused(name, added["body"], "unknown_key")

    def test_a_wrong_type_is_refused_wherever_it_stands(self):
        for name, example in EXAMPLES.items():
            for path, value in places(example):
                if path and not isinstance(value, dict):
                    wrong = 7 if isinstance(value, (str, bool, type(None))) else "7"
                    with self.subTest(name, path=path):
                        self.refused(name, changed(example, path, put(wrong)))

    def test_a_missing_field_is_refused(self):
        required = {
            "openai_compatible": [
                ("model",), ("messages",), ("stream",), ("messages", 1, "content"), ("messages", 3, "tool_call_id"),
                ("messages", 2, "tool_calls", 0, "function", "arguments"), ("tools", 0, "function", "name"),
            ],
            "openai": [
                ("stream",), ("input", 1, "id"), ("input", 3, "call_id"), ("input", 4, "output"),
                ("tools", 0, "strict"), ("text", "format", "schema"),
            ],
            "anthropic": [
                ("model",), ("messages",), ("max_tokens",), ("stream",), ("messages", 0, "role"),
                ("messages", 1, "content", 0, "signature"), ("messages", 1, "content", 3, "input"),
                ("messages", 2, "content", 0, "tool_use_id"), ("tools", 0, "input_schema"),
            ],
            "google": [
                ("contents",), ("contents", 0, "parts", 1, "inlineData", "data"),
                ("contents", 0, "parts", 2, "fileData", "fileUri"),
                ("contents", 2, "parts", 0, "functionResponse", "name"),
                ("contents", 2, "parts", 0, "functionResponse", "response"),
                ("tools", 0, "functionDeclarations", 0, "name"),
            ],
        }
        self.assertEqual(required.keys(), FORMATS.keys())
        for name, paths in required.items():
            for path in paths:
                with self.subTest(name, path=path):
                    self.refused(name, changed(EXAMPLES[name], path, lambda at, key: at.pop(key)), path[-1])

    def test_every_item_of_a_list_is_read(self):
        for name, key in [("openai_compatible", "messages"), ("openai", "input"), ("anthropic", "messages")]:
            with self.subTest(name):
                self.refused(name, {**EXAMPLES[name], key: [*EXAMPLES[name][key], 7]})
        self.refused("google", {**EXAMPLES["google"], "contents": [7]})

    def test_reasoning_goes_back_as_text_and_in_answers_only(self):
        for path, value in [((2, "reasoning_content"), []), ((1, "reasoning_content"), "Hm."), ((2, "reasons"), "Hm.")]:
            wrong = changed(EXAMPLES["openai_compatible"], ("messages", *path), put(value))
            self.refused("openai_compatible", wrong, path[-1])

    def test_what_googles_types_alone_would_take_is_refused(self):
        google = EXAMPLES["google"]
        mode = ("toolConfig", "functionCallingConfig", "mode")
        for path, value, word in [
            (("system_instruction",), google["systemInstruction"], "system_instruction"),
            (("generationConfig", "max_output_tokens"), 1, "max_output_tokens"),
            (("generationConfig", "systemInstruction"), google["systemInstruction"], "systemInstruction"),
            (("generationConfig", "audioTimestamp"), True, "audio_timestamp"),
            (("generationConfig", "stopSequences"), None, "stopSequences"),
            (mode, "SOMETIMES", "SOMETIMES"),
            (mode, "auto", "AUTO"),
            (("contents", 1, "parts", 1, "thoughtSignature"), "not base64!", "thoughtSignature"),
            (("tools", 0, "functionDeclarations", 1, "parameters", "const"), "x", "const"),
            (("tools", 0, "functionDeclarations", 1, "parameters", "$schema"), "x", "$schema"),
            (("tools", 0, "retrieval"), {}, "retrieval"),
        ]:
            with self.subTest(path=path, value=value):
                self.refused("google", changed(google, path, put(value)), word)


class Command(unittest.TestCase):
    def folder(self, **files):
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        for name, content in files.items():
            (folder / f"{name}.snap").write_text(content)
        return folder

    def snapshot(self, content):
        return f"---\nsource: plugin/tests/turn/x.rs\n---\n{json.dumps(content, indent=2)}\n"

    def test_bodies_lists_and_transcripts(self):
        files = {f"{name}__text__request_0": self.snapshot(example) for name, example in EXAMPLES.items()}
        files["turn__requests__x"] = self.snapshot(EXAMPLES["openai_compatible"]["messages"])
        files["google__text"] = '---\nsource: x\n---\n{"type":"start"}\n→ send\n'
        code, written = run(self.folder(**files))
        self.assertEqual((code, written.splitlines()[-1]), (0, "5 passed, 0 failed"))

    def test_a_refused_body_fails_and_is_named(self):
        body = {**EXAMPLES["openai"], "temprature": 1}
        code, written = run(self.folder(openai__text__request_0=self.snapshot(body)), "--expect", "openai")
        self.assertEqual((code, written.splitlines()[-1]), (1, "0 passed, 1 failed"))
        self.assertIn("openai__text__request_0\n        temprature: Extra inputs are not permitted", written)

    def test_what_is_missing_or_unknown_fails(self):
        usual = {"openai__text__request_0": self.snapshot(EXAMPLES["openai"])}
        for reason, files, expect in [
            ("google             no body at all", usual, "openai,google"),
            ("openai             no body at all", {}, "openai"),
            ("isn't expected", usual | {"google__x__request_0": self.snapshot(EXAMPLES["google"])}, "openai"),
            ("isn't expected", usual | {"cohere__x__request_0": self.snapshot({})}, "openai"),
            ("neither a transcript nor JSON", usual | {"openai__x__request_1": '---\na: b\n---\n{"model"\n'}, "openai"),
            ("not a snapshot", usual | {"openai__x": "{}"}, "openai"),
        ]:
            with self.subTest(reason):
                code, written = run(self.folder(**files), "--expect", expect)
                self.assertEqual(code, 1, written)
                self.assertIn(reason, written)
        code, written = run("no-such-folder", "--expect", "openai")
        self.assertEqual(code, 1)
        self.assertIn("no such folder", written)

    def test_the_assistants_snapshots_are_where_they_are_looked_for(self):
        for folder in FOLDERS:
            self.assertTrue(any(folder.glob("*.snap")), folder)


if __name__ == "__main__":
    unittest.main()
