"""The tool, with a host of the test's own."""

import unittest
from types import SimpleNamespace

from palisade_tool import File, Json, Text, ToolError, run, schema_of
from report import Arguments, named, report


class Host:
    """Answers a read, and remembers what was asked."""

    def __init__(self, answer):
        self.asked = []
        self.answer = answer
        self.data = SimpleNamespace(read=self.read)
        self.progress = SimpleNamespace(report=lambda message, fraction: None)

    def read(self, collection, query):
        self.asked.append((collection, query))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class Report(unittest.TestCase):
    def test_what_is_not_granted_is_not_read(self):
        denied = ToolError("denied", "FORBIDDEN", "No.")
        with self.assertRaises(ToolError) as raised:
            run(report, {"collection": "users", "fields": ["email"]}, Host(denied))
        self.assertIs(raised.exception, denied)

    def test_arguments_that_do_not_fit_are_refused_before_anything_is_read(self):
        good = {"collection": "articles", "fields": ["id"]}
        for wrong in [{"fields": []}, {"limit": 0}, {"limit": 5001}, {"delimiter": "|"}, {"sorted": ["id"]}, {"fields": "id"}]:
            host = Host([])
            with self.assertRaises(ToolError) as raised:
                run(report, {**good, **wrong}, host)
            self.assertEqual(raised.exception.kind, "invalid", wrong)
            self.assertEqual(host.asked, [])

    def test_a_table_a_file_and_what_to_say(self):
        host = Host([{"id": 1, "title": "One"}, {"id": 2, "title": "=2"}])
        table, file, text = run(report, {"collection": "articles", "fields": ["id", "title"], "sort": ["-id"]}, host)
        self.assertEqual(table, Json({"columns": ["id", "title"], "rows": [[1, "One"], [2, "=2"]], "count": 2}))
        self.assertEqual(file, File("report.csv", "text/csv", b"id,title\r\n1,One\r\n2,'=2\r\n"))
        self.assertEqual(text, Text("2 rows, which is all."))
        self.assertEqual(host.asked, [("articles", {"fields": ["id", "title"], "limit": 500, "sort": ["-id"]})])

    def test_the_table_is_shortened_and_the_file_is_not(self):
        host = Host([{"id": number} for number in range(200)])
        table, file, text = run(report, {"collection": "a", "fields": ["id"], "limit": 200}, host)
        self.assertEqual((len(table.value["rows"]), table.value["count"]), (100, 200))
        self.assertEqual(file.content.count(b"\r\n"), 201)
        self.assertIn("may be more", text.text)

    def test_a_file_that_is_too_large_is_an_error(self):
        host = Host([{"body": "x" * 600_000}] * 2)
        with self.assertRaises(ToolError) as raised:
            run(report, {"collection": "a", "fields": ["body"]}, host)
        self.assertEqual((raised.exception.kind, raised.exception.code), ("limit", "FILE_TOO_LARGE"))

    def test_file_names_have_no_folders(self):
        names = {"../../etc/passwd": "etcpasswd.csv", "Ü 1.CSV": "Ü 1.CSV", "...": "report.csv", 'a"\r\nb': "ab.csv"}
        for name, plain in names.items():
            self.assertEqual(named(name), plain)

    def test_the_schema_tells_the_model_what_there_is(self):
        schema = schema_of(Arguments)
        self.assertEqual(schema["required"], ["collection", "fields"])
        self.assertEqual(schema["properties"]["limit"]["maximum"], 5000)
        self.assertTrue(all("description" in one for one in schema["properties"].values()))


if __name__ == "__main__":
    unittest.main()
