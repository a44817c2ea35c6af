"""The SHA-256 of an instance, computed again from the text file as docs/file-formats.md defines it."""

import hashlib
import pathlib
import subprocess
import sys
import tempfile
import unittest

BINARY = sys.argv.pop(1)


def canonical(text):
    header, pins, fields, terms = {}, [], [], []
    for line in text.splitlines():
        words = line.split()
        if words[0] == "#":
            if words[1] == "pinned":
                pins.append((int(words[2]), words[3]))
            else:
                header[words[1]] = words[2]
            continue
        sites, value = [int(w) for w in words[:-1]], words[-1]
        if float(value) != 0:
            (terms if len(sites) > 1 else fields).append((sites, value))
    lines = [f"n {header['n']}", f"order {header['order']}", f"temperature {header['temperature']}"]
    lines += [f"pinned {i} {s}" for i, s in sorted(pins)]
    lines += [" ".join(map(str, s)) + " " + v for s, v in sorted(fields) + sorted(terms)]
    return header["sha256"], "".join(line + "\n" for line in lines)


class InstanceHash(unittest.TestCase):
    def test_text_file_has_the_sum_of_its_canonical_text(self):
        for spec in [
            "sk:n=7,temperature=0.7,field_spread=0.3,pins=2,planted=true",
            "ising-p-spin:n=8,temperature=0.9",
            "edwards-anderson:d=2,l=4,couplings=gaussian,field=0.25,temperature=1.1",
            "xorsat:n=30,planted=true,pins=1",
        ]:
            with self.subTest(spec=spec), tempfile.TemporaryDirectory() as folder:
                path = pathlib.Path(folder) / "a.txt"
                done = subprocess.run(
                    [BINARY, "instance", "--quiet", "--model", spec, "--seed", "3", "--out", str(path)],
                    capture_output=True,
                    text=True,
                    check=True,
                )
                stored, text = canonical(path.read_text())
                computed = hashlib.sha256(text.encode()).hexdigest()
                self.assertEqual(stored, computed)
                self.assertEqual(done.stdout, f"sha256 {computed}\n")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
