#!/usr/bin/env python3
"""results/plot_finite_size.py on made-up panels: what is drawn, at which size, what is said of bad input, the same bytes twice."""
import contextlib
import io
import json
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "results"))
import plot_finite_size  # noqa: E402

COLUMNS = ("what,control,n,sampler,family,kind,instances,energy_error,energy_error_se,nishimori_gap,nishimori_gap_se,"
           "nishimori_informative,kl_per_spin,kl_per_spin_se,kl_infinite,weight_ess_per_draw,tau,ess_per_instance,rhat,near_signal,"
           "near_signal_se,solved,solved_se,unconverged,core_seconds_per_draw,core_seconds_per_independent_draw,verdict,spec")


def row(what, control, n, sampler, **values):
    cells = {"what": what, "control": control, "n": n, "sampler": sampler, "instances": 4, "energy_error": 0.1, "energy_error_se": 0.01,
             "nishimori_gap": 0.0, "nishimori_gap_se": 0.01, "core_seconds_per_draw": 0.5, "core_seconds_per_independent_draw": 1.0,
             "verdict": '"a, b"', "spec": '"x:y=1,z=2"', **values}
    return ",".join(str(cells.get(c, "")) for c in COLUMNS.split(","))


class PlotFiniteSize(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.addCleanup(plot_finite_size.plt.close, "all")

    def write(self, name="a", rows=None, passages=False, forward=False):
        tri = {"control": 0.74, "side_information": 0.17, "overlap": 0.4}
        t = {"dynamical": 0.68, "static": 0.65, "amp": None, "continuous": None, "tricritical": tri}
        about = {"model": "ising-p-spin:p=3", "control": "temperature", "thresholds": {"diffusion": t, "autoregressive": t}}
        (self.folder / f"{name}.json").write_text(json.dumps(about))
        if rows is None:
            rows = [row("sweep", c, n, s, **({"kl_per_spin": 0.02, "kl_per_spin_se": 0.001, "kl_infinite": 0} if s == "autoregressive" else {}))
                    for n in (64, 128) for c in (0.66, 0.7, 0.8) for s in ("glauber", "diffusion", "autoregressive")]
            rows += [row("sweep", 0.7, 256, "autoregressive", kl_per_spin=0.01, kl_per_spin_se=0.002, kl_infinite=0)]
            rows += [row("effort", 0.7, 128, "glauber", energy_error=e, core_seconds_per_draw=s) for e, s in ((0.3, 1e-3), (0.001, 1e-2))]
        (self.folder / f"{name}.csv").write_text("\n".join([COLUMNS, *rows]) + "\n")
        (self.folder / f"{name}-lines.csv").write_text("control,kl_diffusion,kl_autoregressive\n0.6,0.04,0.05\n0.7,0.008,0.012\n0.9,0,0\n")
        (self.folder / f"{name}-path-kl.csv").write_text(
            "control,n,instances,kl_per_spin,kl_per_spin_se,kl_median,predicted,unconverged,denoiser\n0.7,64,4,0.02,0.001,0.018,0.008,0,\"amp\"\n")
        if forward:
            (self.folder / f"{name}-forward-kl.csv").write_text(
                "control,n,instances,kl_per_spin,kl_per_spin_se,kl_median,kl_infinite,predicted,unconverged,sampler\n"
                "0.66,256,4,0.03,0.001,0.028,1,0.02,0,\"a:b=1,c=2\"\n0.7,64,4,,,0.5,4,0.01,0,\"a:b=1,c=2\"\n")
        if passages:
            (self.folder / f"{name}-passage.csv").write_text(
                "control,n,sampler,instances,chains,steps,crossed,median_steps,median_low,median_high,found_by_denoiser,"
                "found_by_denoiser_se,unconverged,denoiser\n0.7,500,glauber,4,4,100,16,20,10,40,0.5,0.1,0,\"amp\"\n"
                "0.7,1000,glauber,4,4,100,3,,,,0,0,0,\"amp\"\n")

    def run_it(self):
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = plot_finite_size.main([str(self.folder)])
        return status, err.getvalue()

    def test_figures_and_the_same_bytes_twice(self):
        self.write("a", passages=True)
        self.write("b")
        seen = []
        for _ in range(2):
            self.assertEqual(self.run_it(), (0, ""))
            seen.append({p.name: p.read_bytes() for p in self.folder.iterdir()})
        self.assertEqual(seen[0], seen[1])
        self.assertEqual({n for n in seen[0] if n.endswith("pdf")}, {"a.pdf", "b.pdf", "scaling.pdf", "a-passage.pdf"})

    def test_the_size_with_all_samplers_is_shown(self):
        self.write()
        panel = plot_finite_size.Panel(self.folder / "a.json")
        n, rows = panel.sweep()
        self.assertEqual((n, len(rows)), (128, 9))
        self.assertEqual(plot_finite_size.hardest(panel), 0.7)
        self.assertEqual([round(v, 2) for _, v in panel.marks()], [0.68, 0.65, 0.74, 0.74])
        fig = plot_finite_size.plot(panel)
        energy = [line for line in fig.axes[0].get_lines() if len(line.get_xdata()) == 3]
        self.assertEqual({tuple(line.get_ydata()) for line in energy}, {(0.1, 0.1, 0.1)})
        # (f): the point within 2 sigma of 0 is open
        faces = [line.get_markerfacecolor() for line in fig.axes[5].get_lines() if line.get_marker() == "o" and len(line.get_xdata()) == 1]
        self.assertEqual(faces[1], "white")
        self.assertNotEqual(faces[0], "white")

    def test_forward_kl_along_the_signal_goes_before_that_of_a_sweep(self):
        self.write(forward=True)
        panel = plot_finite_size.Panel(self.folder / "a.json")
        rows = panel.forward()
        self.assertEqual(sum((r["n"], r["control"]) == (64, 0.7) for r in rows), 1)  # where all were infinite, no mean
        self.assertEqual([r["kl_per_spin"] for r in rows if (r["n"], r["control"]) == (256, 0.66)], [0.03])
        fig = plot_finite_size.plot(panel)
        dashes = [line for line in fig.axes[2].get_lines() if line.get_marker() == "_" and len(line.get_xdata())]
        self.assertIn((0.66, 0.028), [(x, y) for line in dashes for x, y in zip(line.get_xdata(), line.get_ydata())])
        self.assertEqual(self.run_it(), (0, ""))

    def test_bad_input(self):
        status, err = self.run_it()
        self.assertEqual((status, len(err.splitlines())), (2, 1))
        self.assertIn("holds no panel", err)
        self.write(rows=[row("sweep", "hot", 64, "glauber")])
        status, err = self.run_it()
        self.assertEqual((status, len(err.splitlines())), (2, 1))
        self.assertIn("a.csv: line 2: not a number", err)
        self.write()
        (self.folder / "a.json").write_text("{}")
        self.assertIn("not a panel", self.run_it()[1])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
