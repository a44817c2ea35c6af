#!/usr/bin/env python3
"""Who may include whom, and who may print: DESIGN section 2, read off the source lines.

    models/core <- models <- spinglass;  models/core <- samplers;  models, spinglass, samplers <- bench
"""
import pathlib
import re
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
# folder (longest match first) -> folders it may include
ALLOWED = {
    "models/core": {"models/core"},
    "models": {"models/core", "models"},
    "spinglass": {"models/core", "models", "spinglass"},
    "samplers": {"models/core", "samplers"},
    "bench": {"models/core", "models", "spinglass", "samplers", "bench"},
}
SUFFIXES = {".hpp", ".cpp", ".h", ".cc", ".ipp", ".cu", ".cuh"}
# Outside bench a library neither prints nor opens files; <istream>, <ostream> and <sstream> are fine (checkpoints).
PRINTING_HEADERS = {"iostream", "fstream", "cstdio", "stdio.h", "filesystem", "print", "syncstream"}
PRINTING = re.compile(
    r"\bstd\s*::\s*(cout|cerr|clog|cin|print|println|ifstream|ofstream|fstream|filesystem)\b"
    r"|\bfmt\s*::\s*(print|println|output_file)\b"
    r"|(?<![\w.>])(?:std\s*::\s*)?(printf|fprintf|vprintf|vfprintf|puts|fputs|putchar|fwrite|fread|fopen|freopen)\s*\("
)
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">]+)[">]', re.MULTILINE)
# Comments go; string literals stay for the include lines and are emptied for the printing rule.
TOKENS = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])\'', re.DOTALL)


def folder_of(path):
    """The most specific governed folder of a path relative to the root; None outside."""
    for folder in ALLOWED:
        if path.startswith(folder + "/"):
            return folder
    return None


def strip(text, keep_strings):
    def replace(match):
        token = match.group(0)
        if token.startswith("/"):
            return "\n" * token.count("\n") or " "
        return token if keep_strings else '""'

    return TOKENS.sub(replace, text)


def sources(root):
    return sorted(
        p for top in {f.split("/")[0] for f in ALLOWED} for p in (root / top).rglob("*") if p.suffix in SUFFIXES
    )


def violations(root):
    found = []
    for path in sources(root):
        name = path.relative_to(root).as_posix()
        own = folder_of(name)
        text = path.read_text(encoding="utf-8")

        def complain(position, what, clean):
            found.append(f"{name}:{clean.count(chr(10), 0, position) + 1}: {what}")

        clean = strip(text, keep_strings=True)
        for match in INCLUDE.finditer(clean):
            quote, target = match.groups()
            other = folder_of(target)
            if other is not None:
                if other not in ALLOWED[own]:
                    complain(match.start(), f"{own} must not include {target}", clean)
                elif not (root / target).is_file():
                    complain(match.start(), f"{target} does not exist", clean)
            elif quote == '"':  # "../samplers/x.hpp" or "x.hpp" would escape the rule
                complain(match.start(), f'write "{target}" from the root, as "models/sk.hpp"', clean)
            if own != "bench" and target in PRINTING_HEADERS:
                complain(match.start(), f"<{target}> belongs in bench", clean)
        clean = strip(text, keep_strings=False)
        if own != "bench":
            for match in PRINTING.finditer(clean):
                complain(match.start(), f"'{match.group(0).strip(' (')}' belongs in bench", clean)
    return found


class IncludeDirections(unittest.TestCase):
    def test_tree_obeys(self):
        for folder in ALLOWED:  # a moved folder must not pass by being empty
            self.assertTrue([p for p in sources(ROOT) if folder_of(p.relative_to(ROOT).as_posix()) == folder], folder)
        self.assertEqual(violations(ROOT), [])

    def planted(self, name, text):
        """The violations of a tree that is in order but for one file."""
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for good, body in {
                "models/core/types.hpp": "#include <vector>\n",
                "models/sk.hpp": '#include "models/core/types.hpp"\n',
                "spinglass/amp.hpp": '#include "models/sk.hpp"\n',
                "samplers/sweep.hpp": '#include "models/core/types.hpp"\n',
                "bench/run.hpp": '#include <cstdio>\n#include "samplers/sweep.hpp"\n#include "spinglass/amp.hpp"\n',
                name: text,
            }.items():
                (root / good).parent.mkdir(parents=True, exist_ok=True)
                (root / good).write_text(body, encoding="utf-8")
            return violations(root)

    def test_a_tree_in_order_passes(self):
        self.assertEqual(self.planted("models/more.hpp", "// std::cout << printf(\n/* #include <iostream>\n */\n"), [])
        self.assertEqual(self.planted("models/core/state.hpp", '#include <istream>\nchar c[] = "printf(x)";\n'), [])
        self.assertEqual(self.planted("samplers/a.cpp", "int snprintf(int); int x = snprintf(1);\n"), [])

    def test_every_rule_bites(self):
        for name, text, line in [
            ("models/core/bad.hpp", '\n#include "models/sk.hpp"\n', 2),
            ("models/bad.hpp", '#include "samplers/sweep.hpp"\n', 1),
            ("models/bad.cpp", '#include "spinglass/amp.hpp"\n', 1),
            ("spinglass/bad.hpp", '#include "samplers/sweep.hpp"\n', 1),
            ("samplers/bad.hpp", '#include "models/sk.hpp"\n', 1),
            ("samplers/bad.cpp", '  #  include "spinglass/amp.hpp"  // why not\n', 1),
            ("samplers/bad.cpp", "#include <spinglass/amp.hpp>\n", 1),
            ("samplers/bad.cpp", '#include "../spinglass/amp.hpp"\n', 1),
            ("samplers/bad.cpp", '#include "sweep.hpp"\n', 1),
            ("spinglass/bad.cpp", '/* one\n two */\n#include "bench/run.hpp"\n', 3),
            ("bench/bad.cpp", '#include "models/gone.hpp"\n', 1),
            ("models/bad.cpp", "#include <iostream>\n", 1),
            ("models/bad.cpp", "#include <cstdio>\n", 1),
            ("samplers/bad.cpp", "#include <fstream>\n", 1),
            ("spinglass/bad.cpp", "#include <filesystem>\n", 1),
            ("samplers/bad.hpp", 'int f();\nvoid g() { printf("%d", f()); }\n', 2),
            ("samplers/bad.hpp", 'void g() { std::cout << "x"; }\n', 1),
            ("models/core/bad.cpp", 'auto* f = std::fopen("x", "w");\n', 1),
        ]:
            with self.subTest(name=name, text=text):
                found = self.planted(name, text)
                self.assertEqual(len(found), 1, found)
                self.assertTrue(found[0].startswith(f"{name}:{line}: "), found)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
