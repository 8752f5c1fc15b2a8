"""Cells and CSV."""

import csv
import io
import unittest

from table import cells, csv_text, written


class Cells(unittest.TestCase):
    def test_related_fields_are_followed(self):
        item = {"id": 1, "author": {"name": "Ada"}, "tags": [{"name": "a"}, {"name": "b"}], "options": {"x": 1}}
        fields = ["id", "author.name", "tags.name", "options", "author.none", "none.at.all", "id.deeper"]
        self.assertEqual(cells(item, fields), [1, "Ada", "a, b", '{"x": 1}', None, None, None])


class Csv(unittest.TestCase):
    def test_formulas_become_text(self):
        for formula in ["=1+1", "+1", "-1+2", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =cmd|' /C calc'!A0", "＝1"]:
            self.assertEqual(written(formula), f"'{formula}", repr(formula))

    def test_other_cells_stay_as_they_are(self):
        for value, text in [(-5, "-5"), (1.5, "1.5"), (True, "true"), (None, ""), ("", ""), ("a=b", "a=b"), ("Ü", "Ü")]:
            self.assertEqual(written(value), text)

    def test_delimiters_quotes_and_lines_are_quoted(self):
        rows = [['say "hi"', "a,b", "two\nlines"], ["ends\r", "a;b", None]]
        for delimiter in [",", ";", "\t"]:
            text = csv_text(["one", "=two", "three"], rows, delimiter)
            read = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
            self.assertEqual(read, [["one", "'=two", "three"], rows[0], ["ends\r", "a;b", ""]])

    def test_lines_end_as_the_standard_says(self):
        self.assertEqual(csv_text(["a", "b"], [[1, "x y"]], ","), "a,b\r\n1,x y\r\n")


if __name__ == "__main__":
    unittest.main()
