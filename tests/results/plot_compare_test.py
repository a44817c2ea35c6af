#!/usr/bin/env python3
"""results/plot_compare.py on summaries made up here: what is drawn, what is said of bad files, the same bytes twice."""
import contextlib
import io
import json
import math
import pathlib
import re
import sys
import tempfile
import unittest
import unittest.mock

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "results"))
import plot_compare  # noqa: E402
from matplotlib.text import Text  # noqa: E402
import students_t  # noqa: E402

MODELS = ["sk:n=512,temperature=1.25,planted=true", "ising-p-spin:p=3,n=128,temperature=0.7,planted=true",
          "curie-weiss:n=100,temperature=0.9,planted=true"]
SAMPLERS = [("glauber", "MCMC"), ("metropolis", "MCMC"), ("discrete-langevin", "Langevin"), ("hubbard-langevin", "Langevin"),
            ("diffusion:denoiser=amp,steps=100", "diffusion"), ("flow:denoiser=amp", "flow"),
            ("autoregressive:denoiser=amp", "autoregressive")]


def make_cell(model=MODELS[0], sampler="glauber", family="MCMC", bias=0.0, error=0.01, cost=0.01, **change):
    # sixteen numbers of mean exactly `bias` and standard error exactly `error`
    base = [k - 7.5 for k in range(16)]
    scale = error / math.sqrt(sum(b * b for b in base) / 15 / 16)
    return {"model": model, "model_name": model.split(":")[0], "n": 512, "beta": 0.8, "sampler": sampler,
            "sampler_name": sampler.split(":")[0], "family": family, "kind": "chain", "instances": 16,
            "paired_energy": {"mean": bias, "error": error, "per_instance": [bias + scale * b for b in base]},
            "tau": {"mean": 20.0, "error": 2.0, "unit": "steps"}, "seconds_per_draw": cost / 5,
            "seconds_per_independent_draw": cost, "verdict": "agrees", **change}


def full(models, samplers=SAMPLERS):
    return [make_cell(m, s, f, bias=0.1 * (k > 3) * (j == 1) + 0.001 * k, cost=10.0 ** (k / 3 - 3 + j / 5))
            for j, m in enumerate(models) for k, (s, f) in enumerate(samplers)]


class PlotCompare(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.addCleanup(plot_compare.plt.close, "all")

    def write(self, summary):
        text = summary if isinstance(summary, str) else json.dumps(summary)
        (self.folder / "summary.json").write_text(text, encoding="utf-8")

    def run_it(self, *more):
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = plot_compare.main([str(self.folder), *more])
        return status, out.getvalue(), err.getvalue()

    def figure(self, cells):
        self.write({"cells": cells})
        fig = plot_compare.plot(plot_compare.read(self.folder / "summary.json"))
        fig.canvas.draw()
        return fig

    def points(self, axes, marker, size):
        return [line for line in axes.get_lines() if line.get_marker() == marker and line.get_markersize() == size]

    def test_same_bytes_twice_and_nothing_else(self):
        self.write({"cells": full(MODELS[:2])})
        seen = []
        for _ in range(2):
            status, out, err = self.run_it()
            self.assertEqual((status, err), (0, ""))
            self.assertEqual(len(out.splitlines()), 2)
            seen.append([(self.folder / f"compare.{e}").read_bytes() for e in ("png", "pdf")])
        self.assertEqual(seen[0], seen[1])
        self.assertTrue(seen[0][0].startswith(b"\x89PNG"))
        self.assertTrue(seen[0][1].startswith(b"%PDF"))
        self.assertNotRegex(seen[0][1], rb"CreationDate")
        self.assertEqual(sorted(p.name for p in self.folder.iterdir()), ["compare.pdf", "compare.png", "summary.json"])
        self.assertEqual(self.run_it("--out", "other")[0], 0)
        self.assertEqual((self.folder / "other.png").read_bytes(), seen[0][0])

    def test_a_failure_leaves_nothing(self):
        self.write({"cells": full(MODELS[:1])})

        def full_disk(self, path, **_):
            pathlib.Path(path).write_bytes(b"half")
            raise OSError(28, "No space left on device", str(path))

        with unittest.mock.patch.object(plot_compare.plt.Figure, "savefig", full_disk):
            status, out, err = self.run_it()
        self.assertEqual((status, out), (2, ""))
        self.assertIn("No space left", err)
        self.assertEqual([p.name for p in self.folder.iterdir()], ["summary.json"])

    def test_resolved_errors_and_upper_limits(self):
        # Student's t with 15 degrees of freedom is 2.131 at 5 % and 3.586 at 0.27 %
        for bias, is_limit in ((0.0, True), (0.0354, True), (-0.0354, True), (0.0363, False), (-0.0363, False), (0.2, False)):
            with self.subTest(bias=bias):
                left = self.figure([make_cell(bias=bias)]).axes[0]
                point, = self.points(left, "o", 5)
                self.assertEqual(point.get_markerfacecolor() == "white", is_limit)
                self.assertAlmostEqual(point.get_ydata()[0], abs(bias) + (0.02131 if is_limit else 0), 4)
                self.assertEqual(point.get_xdata()[0], 0.01)
                low, high = left.get_ylim()
                self.assertTrue(low < point.get_ydata()[0] < high)

    def test_students_t(self):
        # exact for 1 and 2 degrees of freedom; tables for the others
        for t in (0.1, 1.0, 5.0, 50.0):
            self.assertAlmostEqual(students_t.two_sided(t, 1), 1 - 2 / math.pi * math.atan(t), 12)
            self.assertAlmostEqual(students_t.two_sided(t, 2), 1 - t / math.sqrt(2 + t * t), 12)
        for dof, t in ((3, 3.1824463), (4, 2.7764451), (15, 2.1314495), (30, 2.0422725)):
            self.assertAlmostEqual(students_t.quantile(0.05, dof), t, 6)

    def test_right_panel_shows_every_instance_and_the_mean(self):
        fig = self.figure([make_cell(bias=0.05)])
        right = fig.axes[1]
        cloud, = self.points(right, "o", 2.2)
        self.assertEqual(sorted(cloud.get_xdata()), sorted(make_cell(bias=0.05)["paired_energy"]["per_instance"]))
        self.assertLessEqual(max(abs(y) for y in cloud.get_ydata()), 0.4)
        mean, = self.points(right, "o", 4.5)
        self.assertAlmostEqual(float(mean.get_xdata()[0]), 0.05)

    def test_missing_values(self):
        none = {"mean": None, "error": None, "per_instance": None}
        cells = [
            make_cell(sampler="a", seconds_per_independent_draw=None, tau=None),
            make_cell(sampler="b", seconds_per_independent_draw=None, seconds_per_draw=None),
            make_cell(sampler="c", paired_energy=None),
            make_cell(sampler="d", paired_energy=none),
            make_cell(sampler="e", paired_energy={"mean": 0.1, "error": None, "per_instance": [0.1]}, instances=1),
            make_cell(sampler="f", paired_energy={"mean": 0.0, "error": 0.0, "per_instance": []}),
            make_cell(sampler="g", tau={"mean": 3.0, "error": None, "unit": "steps"}),
        ]
        fig = self.figure(cells)
        drawn = {t.get_text() for t in fig.axes[0].texts if t.get_text()}
        self.assertEqual(drawn, {"a", "e", "g"})  # letters of the rows whose cost and error are both known
        text = [t.get_text() for legend in fig.legends for t in legend.get_texts()]
        self.assertTrue(any("cost of a recorded draw" in t for t in text))
        self.write({"cells": cells})
        self.assertEqual(self.run_it()[0], 0)

    def test_text_is_legible_and_does_not_overlap(self):
        many = SAMPLERS + [("diffusion:denoiser=exact,steps=100", "diffusion"), ("diffusion:denoiser=amp,steps=1000", "diffusion"),
                           ("tempered:replicas=8", "MCMC"), ("population", "learned"), ("two", "flow"), ("three", "flow")]
        # an axis that ends on a labelled tick; cells on top of each other
        edge = [make_cell(sampler=s, family=f, error=0.00289) for s, f in SAMPLERS]
        for name, cells in (("one cell", full(MODELS[:1], SAMPLERS[:1])), ("one model", full(MODELS[:1])),
                            ("the demo", full(MODELS[:2])), ("crowded", full(MODELS, many)), ("edge", edge)):
            with self.subTest(name):
                fig = self.figure(cells)
                self.assertEqual(fig.get_figwidth(), 7.2)
                renderer = fig.canvas.get_renderer()
                texts = [t for legend in fig.legends for t in legend.get_texts()]
                for ax in fig.axes:
                    texts += [ax.title, ax.xaxis.label, ax.yaxis.label, *ax.texts]
                    texts += [t for a in (ax.xaxis, ax.yaxis) for t in a.get_ticklabels(which="both")
                              if a.get_view_interval()[0] <= (t.get_position()[a is ax.yaxis]) <= a.get_view_interval()[1]]
                    texts += [ax._left_title]  # loc="left" is where the panels' titles are
                # the words alone: an Annotation would count its connecting line in
                boxes = [(t.get_text(), Text.get_window_extent(t, renderer)) for t in texts if t.get_text() and t.get_visible()]
                self.assertGreater(len(boxes), 10)
                for text, box in boxes:
                    self.assertTrue(box.x0 >= 0 and box.y0 >= 0 and box.x1 <= fig.bbox.x1 and box.y1 <= fig.bbox.y1,
                                    f"'{text}' is cut off")
                for t in texts:
                    self.assertGreaterEqual(t.get_fontsize(), 8)
                left, right = (ax.get_window_extent(renderer) for ax in fig.axes)
                for t in fig.axes[1].get_yticklabels():
                    self.assertGreater(t.get_window_extent(renderer).x0, left.x1, f"'{t.get_text()}' runs into panel (a)")
                self.assertGreater(right.width, 0.25 * fig.bbox.width)
                for k, (text, box) in enumerate(boxes):
                    for other, its_box in boxes[:k]:
                        # half a point of slack: boxes are a little larger than the ink
                        apart = (box.x0 > its_box.x1 - 1 or its_box.x0 > box.x1 - 1 or box.y0 > its_box.y1 - 1
                                 or its_box.y0 > box.y1 - 1)
                        self.assertTrue(apart, f"'{text}' overlaps '{other}'")

    def test_labels_tell_cells_apart(self):
        labels = plot_compare.sampler_labels({s: s.split(":")[0] for s in ("a:x=1,y=2", "a:x=1,y=3", "b:x=1")})
        self.assertEqual(labels, {"a:x=1,y=2": "a\ny=2", "a:x=1,y=3": "a\ny=3", "b:x=1": "b"})
        labels = plot_compare.model_labels(["sk:n=8,temperature=1,field=0", "sk:n=8,temperature=1,field=1", MODELS[1]])
        self.assertEqual(len(set(labels.values())), 3)
        self.assertEqual(labels[MODELS[1]], "ising-p-spin, p = 3, N = 128, T = 0.7")
        self.assertEqual(len(set(plot_compare.family_colours(["MCMC", "flow", "x", "y"]).values())), 4)
        self.assertEqual([plot_compare.letter(k) for k in (0, 25, 26, 27)], ["a", "z", "aa", "ab"])

    def test_bad_input_is_one_line(self):
        good = make_cell()
        for words, summary in [
            (["summary.json", "No such file", "glassmark compare"], None),
            (["summary.json", "not valid JSON"], '{"cells": ['),
            (["summary.json", "not valid JSON"], ""),
            (["cells"], {}),
            (["cells"], [1, 2]),
            (["cells"], {"cells": 3}),
            (["no cell has a paired energy"], {"cells": []}),
            (["planted"], {"cells": [make_cell(paired_energy=None)]}),
            (["cells[0]"], {"cells": [3]}),
            (["cells[1]", "sampler"], {"cells": [good, {k: v for k, v in good.items() if k != "sampler"}]}),
            (["cells[0]", "paired_energy"], {"cells": [make_cell(paired_energy=3)]}),
            (["cells[0]", "per_instance"], {"cells": [make_cell(paired_energy={"mean": 0, "error": 1, "per_instance": ["x"]})]}),
            (["cells[0]", "seconds_per_draw"], {"cells": [make_cell(seconds_per_draw="fast")]}),
        ]:
            with self.subTest(words=words):
                if summary is not None:
                    self.write(summary)
                status, out, err = self.run_it()
                self.assertEqual((status, out), (2, ""))
                self.assertEqual(len(err.splitlines()), 1, err)
                self.assertTrue(err.startswith("plot_compare: "), err)
                for word in words:
                    self.assertIn(word, err)
                self.assertEqual(list(self.folder.glob("compare*")), [])
        self.write({"cells": [good]})
        status, _, err = self.run_it("--out", "missing/name")
        self.assertEqual(status, 2)
        self.assertTrue(re.fullmatch(r"plot_compare: .*\n", err), err)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
