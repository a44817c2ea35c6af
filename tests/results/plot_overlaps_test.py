#!/usr/bin/env python3
"""results/plot_overlaps.py on summaries made up here: what is drawn, what is said of bad files, the same bytes twice."""
import contextlib
import io
import json
import pathlib
import re
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "results"))
import plot_overlaps  # noqa: E402
from matplotlib.text import Text  # noqa: E402

EDGES = [-1.25, -0.75, -0.25, 0.25, 0.75, 1.25]
MODELS = ["sk:n=4,temperature=1.25,planted=true", "ising-p-spin:p=3,n=4,temperature=0.7,planted=true"]


def density(values, error=0.05):
    return {"density": values, "error": [error] * len(values)}


def make_cell(model=MODELS[0], sampler="glauber:refresh=256", planted=True):
    return {"model": model, "sampler": sampler, "sampler_name": sampler.split(":")[0],
            "overlaps": {"edges": EDGES, "between_chains": density([0.1, 0.2, 0.4, 0.8, 0.5]),
                         "with_planted": density([0.1, 0.3, 0.4, 0.7, 0.5]) if planted else None}}


class PlotOverlaps(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.addCleanup(plot_overlaps.plt.close, "all")

    def write(self, content):
        text = content if isinstance(content, str) else json.dumps(content)
        (self.folder / "summary.json").write_text(text, encoding="utf-8")

    def run_it(self, *more):
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = plot_overlaps.main([str(self.folder), *more])
        return status, out.getvalue(), err.getvalue()

    def figure(self, cells):
        self.write({"cells": cells})
        fig = plot_overlaps.plot(plot_overlaps.read(self.folder / "summary.json"))
        fig.canvas.draw()
        return fig

    def test_same_bytes_twice_and_nothing_else(self):
        self.write({"cells": [make_cell(m) for m in MODELS]})
        seen = []
        for _ in range(2):
            status, out, err = self.run_it()
            self.assertEqual((status, err), (0, ""))
            self.assertEqual(len(out.splitlines()), 2)
            seen.append([(self.folder / f"overlaps.{e}").read_bytes() for e in ("png", "pdf")])
        self.assertEqual(seen[0], seen[1])
        self.assertNotRegex(seen[0][1], rb"CreationDate")
        self.assertEqual(sorted(p.name for p in self.folder.iterdir()), ["overlaps.pdf", "overlaps.png", "summary.json"])

    def test_what_is_drawn(self):
        fig = self.figure([make_cell(), make_cell(sampler="metropolis"), make_cell(MODELS[1], planted=False)])
        first, second = fig.axes
        self.assertEqual([list(p.get_data().values) for p in first.patches], [[0.1, 0.2, 0.4, 0.8, 0.5]] * 2)
        self.assertEqual(list(first.patches[0].get_data().edges), EDGES)
        dots = [line for line in first.get_lines() if line.get_marker() == "o"]
        self.assertEqual([list(line.get_ydata()) for line in dots], [[0.1, 0.3, 0.4, 0.7, 0.5]] * 2)
        self.assertEqual(list(dots[0].get_xdata()), [-1, -0.5, 0, 0.5, 1])
        self.assertEqual([line for line in second.get_lines() if line.get_marker() == "o"], [])

    def test_text_is_legible_and_does_not_overlap(self):
        many = ["glauber", "metropolis", "discrete-langevin:step=0.1", "discrete-langevin:step=0.2", "flow:denoiser=amp"]
        for name, cells in (("one", [make_cell()]), ("many", [make_cell(m, s) for m in MODELS for s in many])):
            with self.subTest(name):
                fig = self.figure(cells)
                renderer = fig.canvas.get_renderer()
                texts = [t for legend in fig.legends for t in legend.get_texts()]
                for ax in fig.axes:
                    texts += [ax.xaxis.label, ax.yaxis.label, ax._left_title]
                    for axis in (ax.xaxis, ax.yaxis):
                        low, high = axis.get_view_interval()
                        texts += [t for t in axis.get_ticklabels() if low <= t.get_position()[axis is ax.yaxis] <= high]
                boxes = [(t.get_text(), Text.get_window_extent(t, renderer)) for t in texts if t.get_text()]
                for k, (text, box) in enumerate(boxes):
                    self.assertTrue(box.x0 >= 0 and box.y0 >= 0 and box.x1 <= fig.bbox.x1 and box.y1 <= fig.bbox.y1,
                                    f"'{text}' is cut off")
                    for other, its_box in boxes[:k]:
                        apart = (box.x0 > its_box.x1 - 1 or its_box.x0 > box.x1 - 1 or box.y0 > its_box.y1 - 1
                                 or its_box.y0 > box.y1 - 1)
                        self.assertTrue(apart, f"'{text}' overlaps '{other}'")

    def test_bad_input_is_one_line(self):
        good = make_cell()
        overlaps = good["overlaps"]
        for words, content in [
            (["summary.json", "No such file", "glassmark compare"], None),
            (["summary.json", "not valid JSON"], "{"),
            (["cells"], {}),
            (["no cell has overlaps"], {"cells": [{**good, "overlaps": None}]}),
            (["cells[0]"], {"cells": [3]}),
            (["cells[1]", "sampler"], {"cells": [good, {**good, "sampler": 3}]}),
            (["cells[0]", "edges"], {"cells": [{**good, "overlaps": {}}]}),
            (["cells[0]", "with_planted.density"], {"cells": [{**good, "overlaps": {**overlaps, "with_planted": density([1.0])}}]}),
        ]:
            with self.subTest(words=words):
                if content is not None:
                    self.write(content)
                status, out, err = self.run_it()
                self.assertEqual((status, out), (2, ""))
                self.assertEqual(len(err.splitlines()), 1, err)
                for word in words:
                    self.assertIn(word, err)
                self.assertEqual(list(self.folder.glob("overlaps*")), [])
        self.write({"cells": [good]})
        status, _, err = self.run_it("--out", "missing/name")
        self.assertEqual(status, 2)
        self.assertTrue(re.fullmatch(r"plot_overlaps: .*\n", err), err)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
