#!/usr/bin/env python3
"""`glassmark reproduce finite-size` as its user meets it: finite_size_command_test.py GLASSMARK"""
import csv
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

GLASSMARK = str(pathlib.Path(sys.argv.pop(1) if len(sys.argv) > 1 else "build/glassmark").resolve())


class FiniteSize(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def run_it(self, *arguments):
        return subprocess.run([GLASSMARK, "reproduce", "finite-size", *arguments], capture_output=True, text=True, cwd=self.folder,
                              stdin=subprocess.DEVNULL, timeout=500, check=False,
                              env={**os.environ, "OMP_WAIT_POLICY": "passive", "NO_COLOR": "1"})

    def rows(self, name):
        with open(self.folder / "out" / name, encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def test_a_panel_is_written_and_goes_on_where_it_was_cut(self):
        first = self.run_it("--quick", "--panel", "sk", "--out", "out")
        self.assertEqual(first.returncode, 0, first.stderr)
        rows = self.rows("sk.csv")
        self.assertEqual({r["sampler"] for r in rows}, {"glauber", "parallel-tempering", "discrete-langevin", "diffusion", "flow",
                                                        "autoregressive"})
        for r in rows:
            self.assertTrue(r["energy_error"] and r["core_seconds_per_draw"], r)
            self.assertEqual(bool(r["kl_per_spin"]), r["sampler"] == "autoregressive", r)
            self.assertEqual(bool(r["near_signal"]), r["control"] == "0.7", r)  # above T_c there is no state of the signal
        self.assertEqual([r["predicted"] for r in self.rows("sk-path-kl.csv")], ["0", "0"])
        about = json.loads((self.folder / "out" / "sk.json").read_text())
        self.assertEqual(about["plans"][0]["plan"]["instances"], 4)
        self.assertAlmostEqual(about["thresholds"]["diffusion"]["continuous"], 1, delta=1e-9)
        for end in ("png", "pdf"):
            self.assertGreater((self.folder / "out" / f"sk.{end}").stat().st_size, 5000)

        table = (self.folder / "out" / "sk.csv").read_bytes()
        gone = next((self.folder / "out" / "runs" / "sk" / "sweep-n64" / "cells").glob("2-sk--6-*.nc"))
        gone.unlink()
        again = self.run_it("--quick", "--panel", "sk", "--out", "out")
        self.assertEqual(again.returncode, 0, again.stderr)
        self.assertEqual(again.stderr.count("skipped"), 11)
        kept = ("core_seconds_per_draw", "core_seconds_per_independent_draw")
        before = list(csv.DictReader(table.decode().splitlines()))
        for a, b in zip(before, self.rows("sk.csv"), strict=True):
            self.assertEqual({k: v for k, v in a.items() if k not in kept}, {k: v for k, v in b.items() if k not in kept})

        other = self.run_it("--panel", "sk", "--out", "out")  # the full run does not fit into a quick one's folder
        self.assertEqual(other.returncode, 2)
        self.assertIn("already holds another run", other.stderr.splitlines()[-1])

    def test_bad_input(self):
        for arguments, says in ((["--panel", "xorsta", "--out", "x"], "nearest is 'xorsat'"),
                                (["--out", "/proc/x"], "cannot make this folder")):
            done = self.run_it("--quick", *arguments)
            self.assertEqual((done.returncode, done.stdout), (2, ""), done.stderr)
            self.assertIn(says, done.stderr)
            self.assertEqual(list(self.folder.iterdir()), [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
