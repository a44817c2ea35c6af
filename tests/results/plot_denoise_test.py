#!/usr/bin/env python3
"""results/plot_denoise.py on results made up here: what is drawn, what is said of bad files, the same bytes twice."""
import contextlib
import io
import json
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "results"))
import plot_denoise  # noqa: E402
from matplotlib.text import Text  # noqa: E402

SIDE = [0.0, 0.1, 0.2, 0.3]


def make_run(n=100, theory=True, unconverged=0.0, **change):
    def curve(branch, overlap):
        return {"branch": branch, "error": {"mean": [1 - q for q in overlap], "error": [0.01] * 4},
                "overlap": {"mean": overlap, "error": [0.01] * 4}, "unconverged": [unconverged] * 4}
    lines = {"informed": None, "transition": 0.1, "uninformed": 0.2}
    return {"model": f"xorsat:p=3,alpha=0.8,graph=erdos-renyi,n={n},temperature=0,planted=true,instance=0", "denoiser": "bp",
            "path": "autoregressive", "n": n, "signal": 1.0, "side": SIDE,
            "curves": [curve("uninformed", [0, 0.1, 0.5, 0.9]), curve("informed", [0.7, 0.8, 0.9, 0.95])],
            "theory": {"lines": lines, "side": [0, 0.3], "uninformed": [0, 0.9], "informed": [0.7, 0.95]} if theory else None,
            **change}


class PlotDenoise(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.addCleanup(plot_denoise.plt.close, "all")

    def write(self, content):
        (self.folder / "d.json").write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")

    def run_it(self, *more):
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = plot_denoise.main([str(self.folder / "d.json"), *more])
        return status, out.getvalue(), err.getvalue()

    def test_same_bytes_twice_and_nothing_else(self):
        self.write({"runs": [make_run(100), make_run(1000)]})
        self.assertEqual(self.run_it()[0], 0)
        first = {p.name: p.read_bytes() for p in self.folder.iterdir()}
        self.assertEqual(set(first), {"d.json", "d.png", "d.pdf"})
        self.assertEqual(self.run_it()[0], 0)
        self.assertEqual(first, {p.name: p.read_bytes() for p in self.folder.iterdir()})

    def test_one_column_an_ensemble_one_colour_a_size(self):
        self.write({"runs": [make_run(100), make_run(1000), make_run(100, model="sk:n=100", theory=False, path="diffusion")]})
        fig = plot_denoise.plot(plot_denoise.read(self.folder / "d.json"))
        self.assertEqual(len(fig.axes), 4)
        texts = {t.get_text() for t in fig.findobj(Text)}
        for text in ("N = 100", "N = 1000", "xorsat (bp)\np = 3, α = 0.8", "sk (bp)\n", "spinodals, transition"):
            self.assertIn(text, texts)
        self.assertNotIn("over 5 % not converged", texts)
        # of theory: two branches and the two lines that there are, and no more without it
        self.assertEqual([sum(len(line.get_xdata()) == 2 and line.get_marker() == "None" for line in ax.lines) for ax in fig.axes],
                         [4, 0, 4, 0])

    def test_several_files_are_one_figure_beside_the_first(self):
        self.write({"runs": [make_run(100)]})
        (self.folder / "e.json").write_text(json.dumps({"runs": [make_run(1000)]}), encoding="utf-8")
        self.assertEqual(self.run_it(str(self.folder / "e.json"), "--out", "both")[0], 0)
        self.assertEqual({p.name for p in self.folder.iterdir()}, {"d.json", "e.json", "both.png", "both.pdf"})

    def test_failures_are_open_symbols(self):
        self.write({"runs": [make_run(unconverged=0.5)]})
        fig = plot_denoise.plot(plot_denoise.read(self.folder / "d.json"))
        self.assertIn("over 5 % not converged", {t.get_text() for t in fig.findobj(Text)})
        marked = [line for line in fig.axes[0].lines if line.get_marker() in ("^", "v")]
        self.assertTrue(marked and all(line.get_markerfacecolor() == "white" for line in marked))

    def test_bad_files_are_one_line(self):
        for content, says in ((None, "cannot be read"), ("{", "not valid JSON"), ({}, "no list 'runs'"),
                              ({"runs": [make_run(side=[0, 1])]}, "list of 2 numbers"),
                              ({"runs": [make_run(path="x")]}, "path"), ({"runs": [make_run(theory=False, curves=[])]}, "a curve")):
            if content is None:
                (self.folder / "d.json").unlink(missing_ok=True)
            else:
                self.write(content)
            status, _, err = self.run_it()
            self.assertEqual((status, err.count("\n")), (2, 1), err)
            self.assertIn(says, err)
            self.assertFalse((self.folder / "d.png").exists())


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
