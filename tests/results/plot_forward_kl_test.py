#!/usr/bin/env python3
"""results/plot_forward_kl.py on a made-up summary: the numbers of its table, what is said of bad input, the same bytes twice."""
import contextlib
import csv
import io
import json
import math
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "results"))
import plot_forward_kl  # noqa: E402


def cell(alpha, n, kl, **change):
    checks = round(alpha * n)
    beta = 1024.0
    log_z = beta * checks / n + (1 - checks / n) * math.log(2)
    return {"model": f"xorsat:p=3,alpha={alpha},n={n},temperature=0,planted=true", "model_name": "xorsat", "beta": beta,
            "eubo": {"mean": kl + log_z, "error": 0.001}, "unconverged_fraction": 0.1, **change}


class PlotForwardKl(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.addCleanup(plot_forward_kl.plt.close, "all")
        (self.folder / "lines.csv").write_text("control,kl_per_spin\n0.7,0.0017\n0.8,0.0222\n", encoding="utf-8")

    def run_it(self, cells):
        (self.folder / "summary.json").write_text(json.dumps({"cells": cells}), encoding="utf-8")
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = plot_forward_kl.main([str(self.folder), str(self.folder / "lines.csv")])
        return status, err.getvalue()

    def test_numbers_and_the_same_bytes_twice(self):
        cells = [cell(0.8, 1000, 0.0262), cell(0.7, 1000, 0.004), cell(0.8, 10000, 0.0221)]
        self.assertEqual(self.run_it(cells), (0, ""))
        with open(self.folder / "xorsat-forward-kl.csv", encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual([(r["alpha"], r["n"]) for r in rows], [("0.7", "1000"), ("0.8", "1000"), ("0.8", "10000")])
        self.assertAlmostEqual(float(rows[1]["kl_per_spin"]), 0.0262, places=6)
        self.assertAlmostEqual(float(rows[1]["difference"]), 0.004, places=6)
        self.assertAlmostEqual(float(rows[2]["sigma"]), -0.1, places=2)
        first = {p.name: p.read_bytes() for p in self.folder.iterdir()}
        self.assertEqual(self.run_it(cells), (0, ""))
        self.assertEqual(first, {p.name: p.read_bytes() for p in self.folder.iterdir()})

    def test_bad_input_is_one_line(self):
        for cells, says in (([], "no cell"), ([cell(0.75, 1000, 0)], "no alpha = 0.75"), ([cell(0.8, 1000, 0, eubo=None)], "no EUBO"),
                            ([cell(0.8, 1000, 0, model_name="sk")], "must be xorsat")):
            status, err = self.run_it(cells)
            self.assertEqual((status, err.count("\n")), (2, 1), err)
            self.assertIn(says, err)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
