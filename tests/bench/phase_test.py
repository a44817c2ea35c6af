#!/usr/bin/env python3
"""`glassmark phase` and `glassmark reproduce pnas` as their user meets them: phase_test.py GLASSMARK"""
import csv
import io
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

GLASSMARK = str(pathlib.Path(sys.argv.pop(1) if len(sys.argv) > 1 else "build/glassmark").resolve())
ISING = "ising-p-spin:p=3"


class Phase(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def run_it(self, *arguments, threads=None):
        extra = [] if threads is None else ["--threads", str(threads)]
        return subprocess.run([GLASSMARK, *map(str, arguments), *extra], capture_output=True, text=True,
                              cwd=self.folder, stdin=subprocess.DEVNULL, timeout=500, check=False,
                              env={**os.environ, "OMP_WAIT_POLICY": "passive", "NO_COLOR": "1"})

    def good(self, *arguments, **how):
        done = self.run_it(*arguments, **how)
        self.assertEqual(done.returncode, 0, f"{arguments}: {done.stderr}")
        return done.stdout

    def bad(self, *arguments, says):
        done = self.run_it(*arguments)
        self.assertEqual(done.returncode, 2, f"{arguments}: {done.stderr}")
        self.assertEqual(done.stdout, "")
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        self.assertIn(says, done.stderr)
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_thresholds(self):
        t = json.loads(self.good("phase", "thresholds", "--model", ISING, "--path", "autoregressive", "--json"))
        self.assertAlmostEqual(t["dynamical"], 0.681598, delta=1e-6)
        self.assertAlmostEqual(t["tricritical"]["side_information"], 0.135316, delta=1e-6)
        self.assertIsNone(t["amp"])
        self.assertEqual((t["model"], t["path"], t["control"]), ("ising-p-spin", "autoregressive", "temperature"))
        table = self.good("phase", "thresholds", "--model", "sk")
        self.assertIn("continuous   1.0000000000", table)
        self.assertIn("dynamical    -", table)

    def test_a_sweep_is_a_list_and_a_file(self):
        l = json.loads(self.good("phase", "lines", "--model", f"{ISING},temperature=0.66:0.76:0.02", "--json",
                                 "--out", "lines.csv"))
        self.assertEqual([round(x["value"], 6) for x in l], [0.66, 0.68, 0.7, 0.72, 0.74, 0.76])
        self.assertEqual(l[0]["phase_at_zero"], "uninformed-favoured")
        self.assertIsNone(l[0]["informed"])
        self.assertEqual(l[-1]["kl_per_spin"], 0)
        rows = list(csv.DictReader(io.StringIO((self.folder / "lines.csv").read_text())))
        self.assertEqual(len(rows), 6)
        self.assertEqual(rows[0]["informed"], "")
        self.assertEqual(float(rows[2]["transition"]), l[2]["transition"])

    def test_grid(self):
        g = json.loads(self.good("phase", "grid", "--model", f"{ISING},temperature=0.68|0.75", "--side", "0:0.3:0.05",
                                 "--json"))
        self.assertEqual(g["side_information"], [0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3])
        self.assertGreater(g["informed"][0][1], g["uninformed"][0][1] + 0.5)
        self.assertEqual(g["informed"][1], g["uninformed"][1])
        self.good("phase", "grid", "--model", ISING, "--out", "grid.csv", "--quiet")
        rows = list(csv.DictReader(io.StringIO((self.folder / "grid.csv").read_text())))
        self.assertEqual(len(rows), 101)  # without --side, up to twice the tricritical point

    def test_crossing(self):
        straight = json.loads(self.good("phase", "crossing", "--model", ISING, "--route", "0.7/0>0.7/4", "--json"))
        crossings = straight["legs"][0]["crossings"]
        self.assertEqual([c["line"] for c in crossings], ["informed", "transition", "uninformed"])
        self.assertAlmostEqual(crossings[1]["side_information"], 0.101391, delta=1e-6)
        self.assertFalse(straight["right"])
        self.assertAlmostEqual(straight["jumps"][0]["side_information"], 0.130944, delta=1e-6)
        self.assertEqual(straight["smc_route"], "route=1/0>1/4")
        text = self.good("phase", "crossing", "--model", ISING, "--route",
                         "0.70/0 > 0.78/0 > 0.78/0.3 > 0.70/0.3 > 0.70/4", "--out", "crossings.csv")
        self.assertIn("leg 4: 0.7/0.3 > 0.7/4: meets no line", text)
        self.assertIn("right branch all the way: no first-order line is met", text)
        self.assertEqual(len((self.folder / "crossings.csv").read_text().splitlines()), 1)
        two = json.loads(self.good("phase", "crossing", "--model", "ising-p-spin:p=3|4", "--route", "0.7/0 > 0.7/4",
                                   "--path", "diffusion", "--json"))
        self.assertEqual([x["parameters"]["p"] for x in two], [3, 4])

    def test_same_bytes_at_any_number_of_threads(self):
        model = "xorsat:k=3,alpha=0.7|0.8,method=population,population=8192,sweeps=20,discard=10,points=16,seeds=2"
        one, two = (self.good("phase", "lines", "--model", model, "--path", "autoregressive", "--json", threads=n)
                    for n in (1, 2))
        self.assertEqual(one, two)

    def test_reproduce_writes_a_panel(self):
        out = self.good("reproduce", "pnas", "--panel", "spherical-autoregressive", "--out", "pnas", "--quiet")
        self.assertIn("spherical-autoregressive.csv", out)
        for end, least in ((".csv", 10000), (".json", 500), (".png", 10000), (".pdf", 10000)):
            self.assertGreater((self.folder / "pnas" / f"spherical-autoregressive{end}").stat().st_size, least)
        about = json.loads((self.folder / "pnas" / "spherical-autoregressive.json").read_text())
        self.assertAlmostEqual(about["tricritical"]["side_information"], 1 / 9, delta=1e-12)

    def test_bad_input(self):
        self.bad("phase", "thresholds", "--model", "isng-p-spin", says="nearest is 'ising-p-spin'")
        self.bad("phase", "lines", "--model", "ising-p-spin:p=1", says="p=1: must be at least 2")
        self.bad("phase", "lines", "--model", "ising-p-spin:n=4", says="unknown key 'n'")
        self.bad("phase", "lines", "--model", "ising-p-spin:temperature=0", says="temperature=0")
        self.bad("phase", "lines", "--model", "spiked-matrix:prior=sparse-rademacher,rho=1.5", says="rho=1.5")
        self.bad("phase", "lines", "--model", "spiked-matrix:prior=gaussian,rho=0.5", says="choose gauss-bernoulli")
        self.bad("phase", "lines", "--model", "bicolouring:k=2", says="k=2: must be at least 3")
        self.bad("phase", "lines", "--model", "bicolouring:method=population,population=10", says="population=10")
        self.bad("phase", "lines", "--model", ISING, "--path", "flo", says="unknown path 'flo'")
        self.bad("phase", "lines", "--model", ISING, "--out", "x.txt", says="must end in .csv")
        self.bad("phase", "lines", "--model", ISING, "--out", "no/x.csv", says="does not exist")
        self.bad("phase", "lines", "--model", ISING, "--side", "0:1:0.1", says="only for phase grid")
        self.bad("phase", "grid", "--model", ISING, "--side", "1:0:0.1", says="--side")
        self.bad("phase", "grid", "--model", ISING, "--path", "autoregressive", "--side", "0:2:0.5", says="below 1")
        self.bad("phase", "grid", "--model", "colouring", says="density evolution does")
        self.bad("phase", "crossing", "--model", ISING, says="--route is missing")
        self.bad("phase", "crossing", "--model", ISING, "--route", "0.7", says="must read CONTROL/SIDE")
        self.bad("phase", "crossing", "--model", ISING, "--route", "0.7/0", says="two waypoints")
        self.bad("phase", "crossing", "--model", ISING, "--route", "0.7/0 > 0.7/x", says="must be a number")
        self.bad("phase", "crossing", "--model", ISING, "--route", "0.7/0 > 0/1", says="temperature must be above 0")
        self.bad("phase", "crossing", "--model", ISING, "--path", "autoregressive", "--route", "0.7/0 > 0.7/1",
                 says="below 1")
        self.bad("phase", "crossing", "--model", f"{ISING},temperature=0.7", "--route", "0.7/0 > 0.7/1",
                 says="leave it out")
        self.bad("phase", "lines", "--model", ISING, "--route", "0.7/0 > 0.7/1", says="only for phase crossing")
        self.bad("phase", "lins", "--model", ISING, says="lins")
        self.bad("reproduce", "pnas", "--panel", "isng", "--out", "x", says="nearest is 'ising-diffusion'")
        self.bad("reproduce", "pnas", "--out", "/proc/x", says="cannot make this folder")


if __name__ == "__main__":
    unittest.main(verbosity=2)
