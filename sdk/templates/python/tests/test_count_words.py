"""The tool, with a host of the test's own."""

import unittest
from types import SimpleNamespace

from count_words import count_words
from palisade_tool import Json, ToolError, run


def count(read):
    host = SimpleNamespace(data=SimpleNamespace(read=read))
    return run(count_words, {"collection": "articles", "key": 1, "field": "body"}, host)


class CountWords(unittest.TestCase):
    def test_what_is_not_granted_is_not_counted(self):
        def denied(collection, query):
            raise ToolError("denied", "FORBIDDEN", "No.")

        with self.assertRaises(ToolError) as raised:
            count(denied)
        self.assertEqual(raised.exception.kind, "denied")

    def test_words_are_counted(self):
        self.assertEqual(count(lambda collection, query: [{"body": "one two\nthree"}]), [Json({"words": 3})])

    def test_items_without_text_are_errors(self):
        for items in [[], [{"body": None}], [{"body": 3}]]:
            with self.assertRaises(ToolError) as raised:
                count(lambda collection, query, items=items: items)
            self.assertEqual(raised.exception.kind, "invalid")


if __name__ == "__main__":
    unittest.main()
