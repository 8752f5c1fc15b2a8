#!/usr/bin/env python3
"""Judges every request body that the assistant sends by the official SDKs' types.

One line for each body and a count at the end. Fails on a body that is refused, on a format without
a body, and on a body of a format that isn't expected.
"""

import argparse
import sys
from collections import Counter
from pathlib import Path

from formats import FORMATS
from snapshots import FOLDERS, Unreadable, snapshots

MOST_PROBLEMS = 12


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="*", type=Path, default=FOLDERS, help="folders of snapshots")
    parser.add_argument(
        "--expect",
        type=lambda text: text.split(","),
        default=list(FORMATS),
        help=f"formats that must be there, with commas between them (default: {','.join(FORMATS)})",
    )
    arguments = parser.parse_args()
    if unknown := set(arguments.expect) - set(FORMATS):
        parser.error(f"unknown formats: {', '.join(sorted(unknown))}")

    failures = []
    seen = Counter()
    passed = 0
    for folder in arguments.folders:
        if not folder.is_dir():
            print(f"FAILED  {folder}: no such folder")
            failures.append(str(folder))
            continue
        try:
            for snapshot in snapshots(folder, list(FORMATS)):
                seen[snapshot.format] += 1
                problems = judge(snapshot, arguments.expect)
                print(f"{'FAILED' if problems else 'ok    '}  {snapshot.format:18} {snapshot.name}")
                for problem in problems[:MOST_PROBLEMS]:
                    print(f"        {problem}")
                if len(problems) > MOST_PROBLEMS:
                    print(f"        and {len(problems) - MOST_PROBLEMS} more")
                if problems:
                    failures.append(snapshot.name)
                else:
                    passed += 1
        except Unreadable as error:
            print(f"FAILED  {error}")
            failures.append(str(error))
    for name in arguments.expect:
        if not seen[name]:
            print(f"FAILED  {name:18} no body at all")
            failures.append(name)
    print(f"{passed} passed, {len(failures)} failed")
    return 1 if failures else 0


def judge(snapshot, expected: list[str]) -> list[str]:
    if snapshot.format not in expected:
        return [f"a body of a format that isn't expected; --expect has {','.join(expected)}"]
    wire = FORMATS[snapshot.format]
    content = snapshot.content
    return wire.judge.problems(wire.around(content) if isinstance(content, list) else content)


if __name__ == "__main__":
    sys.exit(main())
