#!/usr/bin/env python3
"""results/plot_pnas.py on panels made up here: what is drawn, what is said of bad files, the same bytes twice."""
import contextlib
import io
import json
import pathlib
import struct
import sys
import tempfile
import unittest
import unittest.mock

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "results"))
import figures  # noqa: E402
import numpy as np  # noqa: E402
import plot_pnas  # noqa: E402
from matplotlib.text import Text  # noqa: E402

SPECS = {"ising": "ising-p-spin:p=3", "spherical": "spherical-p-spin:p=3",
         "sparse-matrix": "spiked-matrix:prior=sparse-rademacher,rho=0.08", "bicolouring": "bicolouring:k=5"}
CONTROLS = {"ising": "temperature", "spherical": "temperature", "sparse-matrix": "delta_over_rho2", "bicolouring": "alpha"}
# control of the tricritical point, of its thresholds (dynamical, static, amp), and of the data
PLACES = {"ising": (0.741, 0.6816, 0.6514, None, 0.6, 0.78), "spherical": (0.667, 0.6124, 0.5861, None, 0.5, 0.7),
          "sparse-matrix": (1.0801, 1.0409, 1.0294, 0.9808, 0.97, 1.095), "bicolouring": (8.4, 9.465, 10.3, None, 8.2, 10.5)}
NAMES = [f"{model}-{path}" for path in ("diffusion", "autoregressive") for model in SPECS]


def make(name, rows=24, side=None, noisy=None):
    """Straight lines from the tricritical point to the thresholds; the hard side is where the thresholds are."""
    model, path = name.rsplit("-", 1)
    tri, dynamical, static, amp, low, high = PLACES[model]
    side = side or {"diffusion": 0.167, "autoregressive": 0.01 if model == "sparse-matrix" else 0.135}[path]
    noisy = model == "bicolouring" if noisy is None else noisy
    error = 2e-3 if noisy else 1e-12
    ends = {"informed": dynamical, "transition": static, "uninformed": amp or 3 * static - 2 * tri}
    table = []
    for c in np.linspace(low, high, rows):
        values = {line: side * (c - at) / (tri - at) for line, at in ends.items()}
        hard = (tri - c) * (tri - dynamical) > 0
        values = {line: float(v) if hard and v > 0 else None for line, v in values.items()}
        phase = ("uninformed-only" if not hard or values["informed"] else "uninformed-favoured" if values["transition"]
                 else "informed-favoured" if values["uninformed"] else "informed-only")
        cells = [float(c)]
        for line in plot_pnas.LINES:
            cells += [values[line], None if values[line] is None else error]
        table.append([*cells, 0.01 * (c - tri) ** 2 if hard and phase != "informed-only" else 0.0, error / 100, phase])
    text = ",".join(plot_pnas.COLUMNS) + "\n"
    text += "".join(",".join("" if v is None else str(v) for v in row) + "\n" for row in table)
    error_of = {"dynamical": error, "static": error, "amp": amp and error, "continuous": None,
                "tricritical": {"control": error, "side_information": error, "overlap": error}}
    about = {"model": SPECS[model], "parameters": {}, "path": path, "control": CONTROLS[model], "dynamical": dynamical,
             "static": static, "amp": amp, "continuous": None, "errors": error_of, "noisy": noisy,
             "tricritical": {"control": tri, "side_information": side, "overlap": 0.4},
             "command": f"glassmark reproduce pnas --panel {name} --out DIR", "version": "0.1.0"}
    return text, about


class PlotPnas(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.addCleanup(plot_pnas.plt.close, "all")

    def write(self, name, text=None, about=None, **changed):
        csv, json_of = make(name)
        (self.folder / f"{name}.csv").write_text(csv if text is None else text, encoding="utf-8")
        about = {**(json_of if about is None else about), **changed}
        (self.folder / f"{name}.json").write_text(json.dumps(about), encoding="utf-8")

    def panel(self, name, *arguments, **how):
        self.write(name, *arguments, **how)
        return plot_pnas.read(self.folder)[name]

    def run_it(self):
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = plot_pnas.main([str(self.folder)])
        return status, out.getvalue(), err.getvalue()

    def pictures(self):
        return {p.name: p.read_bytes() for p in self.folder.iterdir() if p.suffix not in (".csv", ".json")}

    def check_picture(self, name):
        png = (self.folder / f"{name}.png").read_bytes()
        self.assertEqual(png[:8], b"\x89PNG\r\n\x1a\n")
        self.assertEqual(png[-8:-4], b"IEND")
        width, height = struct.unpack(">II", png[16:24])
        pixels = plot_pnas.plt.imread(self.folder / f"{name}.png")[..., :3]
        self.assertEqual(pixels.shape, (height, width, 3))
        inked = (pixels < 0.97).any(axis=2)
        self.assertTrue(0.02 < inked.mean() < 0.8, name)
        pdf = (self.folder / f"{name}.pdf").read_bytes()
        self.assertTrue(pdf.startswith(b"%PDF-") and pdf.rstrip().endswith(b"%%EOF"), name)
        self.assertNotIn(b"CreationDate", pdf)
        self.assertGreater(len(pdf), 5000)
        return pixels

    def test_all_panels_the_same_bytes_twice_and_nothing_else(self):
        for name in NAMES:
            self.write(name)
        figures_wanted = [*NAMES, "pnas", "kl-diffusion", "kl-autoregressive"]
        status, out, err = self.run_it()
        self.assertEqual((status, err), (0, ""))
        self.assertEqual(len(out.splitlines()), 2 * len(figures_wanted))
        seen = self.pictures()
        self.assertEqual(sorted(seen), sorted(f"{n}.{e}" for n in figures_wanted for e in ("png", "pdf")))
        for name in figures_wanted:
            pixels = self.check_picture(name)
            for _, _, fill, _, _ in plot_pnas.REGIONS:
                colour = [int(fill[k:k + 2], 16) / 255 for k in (1, 3, 5)]
                share = (abs(pixels - colour) < 0.01).all(axis=2).mean()
                self.assertEqual(share > 0.003, not name.startswith("kl"), f"{name}: {fill}")
        self.assertEqual(self.run_it()[0], 0)
        self.assertEqual(self.pictures(), seen)

    def test_a_failure_leaves_nothing(self):
        self.write("ising-diffusion")

        def full_disk(self, path, **_):
            pathlib.Path(path).write_bytes(b"half")
            raise OSError(28, "No space left on device", str(path))

        with unittest.mock.patch.object(plot_pnas.plt.Figure, "savefig", full_disk):
            status, out, err = self.run_it()
        self.assertEqual((status, out), (2, ""))
        self.assertRegex(err, r"^plot_pnas: .*No space left.*\n$")
        self.assertEqual(self.pictures(), {})

    def test_some_panels(self):
        self.write("sparse-matrix-autoregressive")
        self.assertEqual(self.run_it()[0], 0)
        self.assertEqual({n for n in self.pictures() if n.endswith("png")},
                         {"sparse-matrix-autoregressive.png", "kl-autoregressive.png"})
        self.write("ising-diffusion")
        self.assertEqual(self.run_it()[0], 0)
        self.check_picture("pnas")
        fig = plot_pnas.plot_all(plot_pnas.read(self.folder))
        self.assertEqual(len(fig.axes), 8)
        empty = [ax.texts[0].get_text() for ax in fig.axes if not ax.get_lines()]
        self.assertEqual(len(empty), 6)
        self.assertIn("no data for\nbicolouring\nautoregressive", empty)

    def test_lines_end_at_the_exact_points(self):
        for name in NAMES:
            with self.subTest(name):
                panel = self.panel(name)
                tri, dynamical, static, amp, *_ = PLACES[name.rsplit("-", 1)[0]]
                top = panel["tricritical"]["side_information"]
                for line, at in (("informed", dynamical), ("transition", static), ("uninformed", amp)):
                    points = plot_pnas.line_points(panel, line)
                    self.assertIn((tri, top), (points[0], points[-1]))
                    if at:
                        self.assertEqual({points[0], points[-1]}, {(tri, top), (at, 0.0)})
                self.assertEqual(self.drawn(panel), [plot_pnas.line_points(panel, line) for line in plot_pnas.LINES])

    def drawn(self, panel):
        ax = plot_pnas.plot_panel(panel).axes[0]
        curves = [line.get_xydata() for line in ax.get_lines() if line.get_color() in {v["color"] for v in plot_pnas.LOOK.values()}
                  and len(line.get_xydata()) > 2 and line.get_marker() in (None, "None")]
        return [[tuple(map(float, p)) for p in c] for c in curves]

    def test_regions_by_hand(self):
        # dynamical 2, static 1, amp -: hard at low control values, tricritical point at 3; then its mirror image
        for sign in (1, -1):
            def row(c, i, t, u, phase):
                return sign * c, f"{sign * c},{i},0,{t},0,{u},0,0.5,0,{phase}\n"

            rows = [row(0.5, "", "", 1.0, "informed-favoured"), row(1.5, "", 0.6, 1.5, "uninformed-favoured"),
                    row(2.5, 1.0, 1.4, 1.9, "uninformed-only"), row(3.5, "", "", "", "uninformed-only")]
            text = ",".join(plot_pnas.COLUMNS) + "\n" + "".join(r for _, r in sorted(rows))
            panel = self.panel("ising-diffusion", text, dynamical=sign * 2.0, static=sign * 1.0,
                               tricritical={"control": sign * 3.0, "side_information": 2.0, "overlap": 0.4})
            x, low, high = plot_pnas.region(panel, "informed", "transition")
            self.assertEqual(sorted(zip(sign * x, low, high)),
                             [(0.5, 0, 0), (1.0, 0, 0), (1.5, 0, 0.6), (2.0, 0, 1.0), (2.5, 1.0, 1.4), (3.0, 2.0, 2.0)])
            x, low, high = plot_pnas.region(panel, "transition", "uninformed")
            self.assertEqual(sorted(zip(sign * x, low, high)),
                             [(0.5, 0, 1.0), (1.0, 0, 1.25), (1.5, 0.6, 1.5), (2.5, 1.4, 1.9), (3.0, 2.0, 2.0)])
            low, high = plot_pnas.x_range(panel)
            self.assertEqual((low, high), (min(sign * 0.5, sign * 3.5), max(sign * 0.5, sign * 3.5)))
            self.assertEqual([p[:2] for p in plot_pnas.kl_points(panel) if p[1] == 0], [(sign * 3.0, 0.0)])
            # a threshold on the wrong side of a value, as noise can have it, is no end of a line
            panel["static"] = sign * 1.6
            self.assertIsNone(plot_pnas.crossing(panel, "transition"))
            self.assertEqual(len(plot_pnas.line_points(panel, "transition")), 3)

    def test_a_line_between_two_values(self):
        # no value of the informed spinodal, which lies between the threshold at 2 and the tricritical point
        text = ",".join(plot_pnas.COLUMNS) + "\n" + "1,,,0.5,0,1,0,0.5,0,uninformed-favoured\n4,,,,,,,0,0,uninformed-only\n"
        panel = self.panel("ising-diffusion", text, dynamical=2.0, static=None,
                           tricritical={"control": 3.0, "side_information": 2.0, "overlap": 0.4})
        self.assertEqual(plot_pnas.line_points(panel, "informed"), [(2.0, 0.0), (3.0, 2.0)])
        x, low, high = plot_pnas.region(panel, "informed", "transition")
        self.assertEqual(list(zip(x, low, high)), [(1.0, 0, 0.5), (2.0, 0, 1.25), (3.0, 2.0, 2.0)])

    def test_no_first_order_line(self):
        text = ",".join(plot_pnas.COLUMNS) + "\n" + "".join(f"{c},,,,,,,0,0,uninformed-only\n" for c in (1, 2))
        panel = self.panel("ising-diffusion", text, tricritical=None, dynamical=None, static=None)
        self.assertEqual(self.drawn(panel), [])
        self.assertEqual(plot_pnas.region(panel, "informed", "transition")[0].size, 0)
        self.assertEqual(self.run_it()[0], 0)

    def test_error_bars_where_there_is_noise(self):
        for noisy in (False, True):
            panel = self.panel("bicolouring-diffusion", *make("bicolouring-diffusion", noisy=noisy))
            for ax in (plot_pnas.plot_panel(panel).axes[0], plot_pnas.plot_kl([panel]).axes[0]):
                self.assertEqual(bool(ax.containers), noisy)
        # the informed spinodal's bars: one standard error each way at each value
        bars = plot_pnas.plot_panel(panel).axes[0].containers[0].lines[2][0].get_segments()
        values = [(r["control"], r["informed"]) for r in panel["rows"] if r["informed"] is not None]
        for segment, (c, v) in zip(bars, values):
            np.testing.assert_allclose(segment, [(c, v - 2e-3), (c, v + 2e-3)])
        self.assertEqual(len(bars), len(values))

    def test_labels_keep_apart(self):
        self.assertEqual(plot_pnas.apart([10, 50], [8, 8], 0, 100), [10, 50])
        np.testing.assert_allclose(plot_pnas.apart([50, 50, 90], [8, 8, 8], 0, 100), [45, 55, 90])
        np.testing.assert_allclose(plot_pnas.apart([1, 99], [8, 8], 0, 100), [4, 96])
        np.testing.assert_allclose(plot_pnas.apart([98, 99], [8, 8], 0, 100), [86, 96])

    def test_text_is_legible_and_does_not_overlap(self):
        for name in NAMES:
            self.write(name)
        panels = plot_pnas.read(self.folder)
        several = list(panels.values())
        cases = [("pnas", plot_pnas.plot_all(panels), 7), ("kl", plot_pnas.plot_kl(several[:4]), 7),
                 ("kl of two", plot_pnas.plot_kl(several[6:]), 7), ("kl of one", plot_pnas.plot_kl(several[2:3]), 8),
                 ("pnas of three", plot_pnas.plot_all(dict(list(panels.items())[2:5])), 7)]
        cases += [(name, plot_pnas.plot_panel(panels[name]), 8) for name in ("ising-diffusion", *NAMES[-2:])]
        for name, fig, least in cases:
            with self.subTest(name):
                plot_pnas.plt.rcParams.update(plot_pnas.PANEL_STYLE)
                fig.canvas.draw()
                renderer = fig.canvas.get_renderer()
                texts = [t for legend in fig.legends for t in legend.get_texts()]
                for ax in fig.axes:
                    texts += [ax._left_title, ax.xaxis.label, ax.yaxis.label, *ax.texts]
                    texts += [t for a in (ax.xaxis, ax.yaxis) for t in a.get_ticklabels()
                              if a.get_view_interval()[0] <= t.get_position()[a is ax.yaxis] <= a.get_view_interval()[1]]
                boxes = [(t.get_text(), Text.get_window_extent(t, renderer)) for t in texts if t.get_text()]
                self.assertGreater(len(boxes), 10)
                self.assertGreaterEqual(min(t.get_fontsize() for t in texts), least)
                frames = [ax.get_window_extent(renderer) for ax in fig.axes]
                for k, (text, box) in enumerate(boxes):
                    self.assertTrue(box.x0 >= 0 and box.y0 >= 0 and box.x1 <= fig.bbox.x1 and box.y1 <= fig.bbox.y1,
                                    f"'{text}' is cut off")
                    # half a point of slack: boxes are a little larger than the ink
                    for other, its_box in boxes[:k]:
                        self.assertTrue(self.apart(box, its_box), f"'{text}' overlaps '{other}'")
                    for frame in frames:
                        self.assertTrue(self.apart(box, frame) or text.startswith("no data for"), f"'{text}' runs into a panel")

    @staticmethod
    def apart(a, b):
        return a.x0 > b.x1 - 1 or b.x0 > a.x1 - 1 or a.y0 > b.y1 - 1 or b.y0 > a.y1 - 1

    def test_titles(self):
        self.assertEqual(plot_pnas.title("ising-p-spin:p=4", {"p": 3}), "Ising 4-spin")
        self.assertEqual(plot_pnas.title("bicolouring", {"k": 5}), "bicolouring, K = 5")
        self.assertEqual(plot_pnas.title("bicolouring", {}), "bicolouring")
        self.assertEqual(plot_pnas.title(SPECS["sparse-matrix"], {}), "sparse rank one, ρ = 0.08")
        self.assertEqual(plot_pnas.title("spiked-matrix:prior=gaussian", {}), "spiked-matrix:prior=gaussian")
        self.assertEqual(plot_pnas.title("xorsat:k=3", {}), "xorsat:k=3")

    def test_bad_input_is_one_line(self):
        name = "ising-diffusion"
        text, about = make(name)
        lines = text.splitlines(keepends=True)

        def with_row(row):
            return lines[0] + row + lines[2]

        def without(table, key):
            return {k: v for k, v in table.items() if k != key}

        low = "0.5,,,,,0.1,1e-12,0.01,1e-12,"
        for words, csv, json_of in [
            (["no panel", "ising-diffusion.csv", "glassmark reproduce pnas"], None, None),
            (["ising-diffusion.json", "No such file"], text, None),
            (["ising-diffusion.csv", "No such file"], None, about),
            (["column 'transition' is missing"], text.replace(",transition,", ",change,", 1), about),
            (["column 'phase_at_zero' is missing"], text.replace("phase_at_zero", "phase", 1), about),
            (["column 'control' is missing"], "", about),
            (["fewer than two rows"], lines[0] + lines[1], about),
            (["line 2, uninformed: 'O.1' is not a number"], with_row(low.replace("0.1", "O.1") + "informed-favoured\n"), about),
            (["line 2, uninformed: 'nan' is not a number"], with_row(low.replace("0.1", "nan") + "informed-favoured\n"), about),
            (["line 2, uninformed: -0.1 is below 0"], with_row(low.replace("0.1", "-0.1") + "informed-favoured\n"), about),
            (["line 2, control: is empty"], with_row(low[3:] + "informed-favoured\n"), about),
            (["line 2, phase_at_zero: 'liquid' is none of", "informed-favoured"], with_row(low + "liquid\n"), about),
            (["line 2", "phase_at_zero=uninformed-only", "uninformed"], with_row(low + "uninformed-only\n"), about),
            (["line 2", "phase_at_zero=informed-only", "no line"], with_row(low + "informed-only\n"), about),
            (["line 2", "10 cells"], with_row("0.5,1,2\n"), about),
            (["line 2", "10 cells"], with_row(low + "informed-favoured,7\n"), about),
            (["line 3, control: must ascend"], lines[0] + lines[2] + lines[1], about),
            (["not valid CSV"], b"\xff\xfe\x00", about),
            (["ising-diffusion.json", "not valid JSON"], text, "{"),
            (["ising-diffusion.json", "must be an object"], text, [1]),
            (["'tricritical' is missing"], text, without(about, "tricritical")),
            (["errors: 'static' is missing"], text, {**about, "errors": without(about["errors"], "static")}),
            (["errors: must be an object"], text, {**about, "errors": 3}),
            (["tricritical: must be an object"], text, {**about, "tricritical": 3}),
            (["tricritical.control: must be a number"], text, {**about, "tricritical": {"control": "x", "side_information": 1}}),
            (["static: must be a number or null"], text, {**about, "static": "low"}),
            (["path: 'teleport' is none of diffusion, autoregressive"], text, {**about, "path": "teleport"}),
            (["path: 'autoregressive' is not"], text, {**about, "path": "autoregressive"}),
            (["control: '[]' is none of"], text, {**about, "control": []}),
            (["noisy: must be true or false"], text, {**about, "noisy": 1}),
            (["model: must be a string"], text, {**about, "model": None}),
        ]:
            with self.subTest(words=words):
                for path, content in (("csv", csv), ("json", json_of)):
                    path = self.folder / f"{name}.{path}"
                    path.unlink(missing_ok=True)
                    if isinstance(content, (dict, list)):
                        content = json.dumps(content)
                    if content is not None:
                        path.write_bytes(content if isinstance(content, bytes) else content.encode())
                status, out, err = self.run_it()
                self.assertEqual((status, out), (2, ""))
                self.assertEqual(len(err.splitlines()), 1, err)
                self.assertTrue(err.startswith(f"plot_pnas: {self.folder}"), err)
                for word in words:
                    self.assertIn(word, err)
                self.assertEqual(self.pictures(), {})

    def test_both_scripts_share_one_style(self):
        import plot_compare
        self.assertIs(plot_compare.BadInput, figures.BadInput)
        self.assertIs(plot_compare.STYLE, figures.STYLE)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
