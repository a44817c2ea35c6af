#!/usr/bin/env python3
"""results/plot_dynamics.py on results made up here: what is drawn, what is said of bad files, the same bytes twice."""
import contextlib
import io
import json
import pathlib
import re
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "results"))
import plot_dynamics  # noqa: E402
from matplotlib.text import Text  # noqa: E402

TIMES = [0, 1, 2, 5, 10, 100, 1000, 10000]


def series(values, error=0.01):
    return {"mean": values, "error": [error] * len(values)}


def make_run(n=32, temperature=0.66, median=50.0, planted=True, **change):
    curve = {"energy": series([-0.75] * 8), "q_start": series([1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.3, 0.1]),
             "q_planted": series([1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.3, 0.1]) if planted else None}
    crossing = {"level": 0.3, "chains": 64, "crossed": 60, "censored": 4, "median": median,
                "median_95": [median and 0.7 * median, median and 1.5 * median], "survival": {"time": [], "surviving": []}}
    return {"model": f"ising-p-spin:p=3,n={n},temperature={temperature},planted=true", "sampler": "glauber", "n": n,
            "beta": 1 / temperature, "instances": 16, "chains": 4, "times": TIMES,
            "curves": [{"start": "random", **curve}, {"start": "planted", **curve}],
            "planted_energy": {"mean": -0.72, "error": 0.01} if planted else None,
            "crossings": [{"start": "random", **crossing, "median": None, "median_95": [None, None]},
                          {"start": "planted", **crossing}] if planted else [], **change}


class PlotDynamics(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.addCleanup(plot_dynamics.plt.close, "all")

    def write(self, content):
        text = content if isinstance(content, str) else json.dumps(content)
        (self.folder / "d.json").write_text(text, encoding="utf-8")

    def run_it(self, *more):
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = plot_dynamics.main([str(self.folder / "d.json"), *more])
        return status, out.getvalue(), err.getvalue()

    def figure(self, runs):
        self.write({"runs": runs})
        fig = plot_dynamics.plot(plot_dynamics.read(self.folder / "d.json"))
        fig.canvas.draw()
        return fig

    def test_same_bytes_twice_and_nothing_else(self):
        self.write({"runs": [make_run(32), make_run(64, median=600.0), make_run(128, median=None)]})
        seen = []
        for _ in range(2):
            status, out, err = self.run_it()
            self.assertEqual((status, err), (0, ""))
            self.assertEqual(len(out.splitlines()), 2)
            seen.append([(self.folder / f"d.{e}").read_bytes() for e in ("png", "pdf")])
        self.assertEqual(seen[0], seen[1])
        self.assertNotRegex(seen[0][1], rb"CreationDate")
        self.assertEqual(sorted(p.name for p in self.folder.iterdir()), ["d.json", "d.pdf", "d.png"])

    def test_what_is_drawn(self):
        fig = self.figure([make_run(32), make_run(64, median=600.0), make_run(128, median=None)])
        overlap, energy, crossing = fig.axes
        curves = [line for line in overlap.get_lines() if len(line.get_xdata()) == len(TIMES)]
        self.assertEqual(len(curves), 6)
        self.assertEqual(list(curves[0].get_xdata()), [0.5, *TIMES[1:]])  # time 0 on a logarithmic axis
        self.assertEqual(list(curves[0].get_ydata()), [1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.3, 0.1])
        above = [line for line in energy.get_lines() if len(line.get_xdata()) == len(TIMES)]
        self.assertAlmostEqual(above[0].get_ydata()[3], -0.75 + 0.72)
        flat = sorted(line.get_ydata()[0] for line in energy.get_lines() if len(line.get_xdata()) == 2)
        self.assertEqual(flat[0], 0)
        self.assertAlmostEqual(flat[1], 0.0182, places=3)  # the threshold energy above -beta/2
        marks = [(line.get_ydata()[0], line.get_markerfacecolor()) for line in crossing.get_lines() if line.get_marker() in "os"]
        self.assertEqual(sum(y == TIMES[-1] and face == "white" for y, face in marks), 4)  # not crossed: a lower limit
        self.assertIn(50.0, [y for y, _ in marks])

    def test_threshold_energy(self):
        self.assertIsNone(plot_dynamics.threshold_energy(3, 1 / 0.69))  # above T_d = 0.6816
        self.assertAlmostEqual(plot_dynamics.threshold_energy(3, 1 / 0.6815), -0.5 / 0.6815, delta=2e-4)  # m = 1 at T_d
        above = [plot_dynamics.threshold_energy(3, 1 / t) + 0.5 / t for t in (0.68, 0.67, 0.66)]
        self.assertEqual(above, sorted(above))

    def test_without_a_signal(self):
        fig = self.figure([make_run(planted=False)])
        self.assertEqual(len(fig.axes), 2)
        self.assertEqual(fig.axes[0].get_ylabel(), "overlap with the start")

    def test_text_is_legible_and_does_not_overlap(self):
        for name, runs in (("one", [make_run()]), ("three", [make_run(n, median=m) for n, m in ((32, 9.0), (64, 99.0), (128, None))]),
                           ("temperatures", [make_run(n, t) for n in (32, 64) for t in (0.66, 0.67)]),
                           ("null", [make_run(planted=False)])):
            with self.subTest(name):
                fig = self.figure(runs)
                renderer = fig.canvas.get_renderer()
                texts = [t for legend in fig.legends for t in legend.get_texts()]
                for ax in fig.axes:
                    texts += [ax.xaxis.label, ax.yaxis.label, ax._left_title]
                    for axis in (ax.xaxis, ax.yaxis):
                        low, high = sorted(axis.get_view_interval())
                        texts += [t for t in axis.get_ticklabels() if low <= t.get_position()[axis is ax.yaxis] <= high]
                boxes = [(t.get_text(), Text.get_window_extent(t, renderer)) for t in texts if t.get_text() and t.get_visible()]
                for t in texts:
                    self.assertGreaterEqual(t.get_fontsize(), 8)
                for k, (text, box) in enumerate(boxes):
                    self.assertTrue(box.x0 >= 0 and box.y0 >= 0 and box.x1 <= fig.bbox.x1 and box.y1 <= fig.bbox.y1,
                                    f"'{text}' is cut off")
                    for other, its_box in boxes[:k]:
                        apart = (box.x0 > its_box.x1 - 1 or its_box.x0 > box.x1 - 1 or box.y0 > its_box.y1 - 1
                                 or its_box.y0 > box.y1 - 1)
                        self.assertTrue(apart, f"'{text}' overlaps '{other}'")

    def test_bad_input_is_one_line(self):
        good = make_run()
        curve = good["curves"][0]
        for words, content in [
            (["d.json", "No such file", "glassmark dynamics"], None),
            (["d.json", "not valid JSON"], '{"runs": ['),
            (["runs"], {}),
            (["runs"], {"runs": []}),
            (["runs[0]"], {"runs": [3]}),
            (["runs[1]", "curves"], {"runs": [good, {**good, "curves": 3}]}),
            (["runs[0]", "curves[0]", "start"], {"runs": [{**good, "curves": [{**curve, "start": "warm"}]}]}),
            (["runs[0]", "curves[0]", "energy"], {"runs": [{**good, "curves": [{**curve, "energy": series([1.0])}]}]}),
            (["runs[0]", "crossings[0]", "median_95"], {"runs": [{**good, "crossings": [{"start": "random", "median_95": 3}]}]}),
            (["runs[0]", "n"], {"runs": [{**good, "n": None}]}),
        ]:
            with self.subTest(words=words):
                if content is not None:
                    self.write(content)
                status, out, err = self.run_it()
                self.assertEqual((status, out), (2, ""))
                self.assertEqual(len(err.splitlines()), 1, err)
                for word in words:
                    self.assertIn(word, err)
                self.assertEqual(list(self.folder.glob("d.p*")), [])
        self.write({"runs": [good]})
        status, _, err = self.run_it("--out", "missing/name")
        self.assertEqual(status, 2)
        self.assertTrue(re.fullmatch(r"plot_dynamics: .*\n", err), err)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
