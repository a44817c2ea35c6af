#!/usr/bin/env python3
"""The code that CONTRIBUTING.md and README.md show is code that compiles: each of their C++ blocks stands, line by line
and apart from comments and indentation, in tests/samplers/contributing_test.cpp."""
import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent


def lines(text):
    bare = (re.sub(r"//.*", "", line).strip() for line in text.splitlines())
    return [line for line in bare if line]


class Contributing(unittest.TestCase):
    def test_blocks_are_compiled(self):
        compiled = lines((ROOT / "tests/samplers/contributing_test.cpp").read_text(encoding="utf-8"))
        for name, expected in (("CONTRIBUTING.md", 2), ("README.md", 1)):  # the sampler, its line in entries.hpp; its step
            text = (ROOT / name).read_text(encoding="utf-8")
            blocks = [lines(b) for b in re.findall(r"```cpp\n(.*?)```", text, re.DOTALL)]
            self.assertEqual(len(blocks), expected, name)
            for block in blocks:
                self.assertTrue(
                    any(compiled[k:k + len(block)] == block for k in range(len(compiled))),
                    f"{name}: not in contributing_test.cpp as it stands: {block[0]} ...")


if __name__ == "__main__":
    unittest.main(argv=["contributing_test.py"])
