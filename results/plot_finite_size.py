#!/usr/bin/env python3
"""Samplers at finite N beside what theory predicts: results/plot_finite_size.py DIR

DIR is the folder of `glassmark reproduce finite-size`. Writes, for every panel in it, PANEL.png and .pdf; scaling.png and .pdf
of all panels together; passage.png and .pdf where first passages were measured. Bars are standard errors over instances, dashes
beside KL divergences their medians.

PANEL: at the largest size that was run with all samplers, (a) energy per spin less that of the
signal, 0 for an exact sampler at any N, (b) Nishimori gap E q^2(x,x*) - E q^2(x,x'), 0 as well, (c) KL per spin, measured at all
sizes and predicted, (d) fraction of draws that solve all constraints, or lie at the signal, (e) core-seconds per independent
draw; and (f) energy error against the cost of a draw, samplers made longer and longer at one value of the control parameter.
"""
import argparse
import csv
import math
import pathlib
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

import figures  # noqa: E402
from figures import STYLE, BadInput, number  # noqa: E402

AGAIN = "run `glassmark reproduce finite-size` with this --out"
SAMPLERS = {  # name: colour, marker
    "glauber": (figures.BLUE, "o"),
    "parallel-tempering": (figures.SKY, "s"),
    "simulated-annealing": (figures.PURPLE, "P"),
    "discrete-langevin": (figures.GREEN, "^"),
    "diffusion": (figures.VERMILION, "D"),
    "flow": (figures.ORANGE, "v"),
    "autoregressive": (figures.BLACK, "X"),
}
CONTROLS = {"temperature": "temperature T", "alpha": "constraints per site α", "delta_over_rho2": "noise Δ/ρ²"}
PATHS = {"diffusion": figures.VERMILION, "autoregressive": figures.BLACK}


class Panel:
    """What the command wrote of one panel, with numbers as floats and empty cells as None."""

    def __init__(self, path):
        self.about = figures.read_json(path, AGAIN, AGAIN)
        self.name = path.stem
        if not isinstance(self.about, dict) or "thresholds" not in self.about or "control" not in self.about:
            raise BadInput(f"{path}: not a panel of `glassmark reproduce finite-size`")
        self.rows = table(path.with_suffix(".csv"))
        self.lines = table(path.with_name(f"{self.name}-lines.csv"))
        self.path_kl = table(path.with_name(f"{self.name}-path-kl.csv"))
        passages = path.with_name(f"{self.name}-passage.csv")
        self.passages = table(passages) if passages.exists() else []
        forward = path.with_name(f"{self.name}-forward-kl.csv")
        self.forward_kl = table(forward) if forward.exists() else []
        if not self.rows or not self.lines:
            raise BadInput(f"{path.with_suffix('.csv')}: holds no row; {AGAIN}")

    def sweep(self):
        """The rows of the size with most samplers over the control parameter; of such sizes the largest."""
        sizes = {}
        for r in self.rows:
            if r["what"] == "sweep":
                sizes.setdefault(r["n"], []).append(r)
        rank = {n: (len({r["sampler"] for r in some}), n) for n, some in sizes.items()}
        best = max(sizes, key=rank.get)
        return best, sizes[best]

    def forward(self):
        """Rows of the forward KL: those measured along the signal alone, and those of sweeps at other sizes and controls."""
        alone = {(r["n"], r["control"]) for r in self.forward_kl}
        return self.forward_kl + [r for r in self.rows if r["what"] == "sweep" and r["kl_per_spin"] is not None
                                  and (r["n"], r["control"]) not in alone]

    def marks(self):
        """(label, control value) of the thresholds that lie within the predicted curves."""
        low, high = self.lines[0]["control"], self.lines[-1]["control"]
        t = self.about["thresholds"]
        letter, static = {"temperature": ("T", "K"), "alpha": (r"\alpha", "s"), "delta_over_rho2": (r"\Delta", r"\mathrm{IT}")}.get(
            self.about["control"], ("c", "s"))
        found = [(f"${letter}_{{{name}}}$", t["diffusion"].get(key)) for name, key in (
            ("d", "dynamical"), (static, "static"), (r"\mathrm{AMP}", "amp"), ("c", "continuous"))]
        for path, label in (("diffusion", "tri, diff."), ("autoregressive", "tri, ar.")):
            tri = t.get(path, {}).get("tricritical")
            found.append((label, tri["control"] if tri else None))
        return [(label, v) for label, v in found if v is not None and low <= v <= high]


def table(path):
    try:
        with open(path, encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    except OSError as e:
        raise BadInput(f"{path}: cannot be read ({e.strerror}); {AGAIN}") from e
    words = {"what", "sampler", "family", "kind", "verdict", "spec", "denoiser"}
    out = []
    for k, row in enumerate(rows):
        try:
            out.append({key: (value if key in words else float(value) if value else None) for key, value in row.items()})
        except (TypeError, ValueError) as e:
            raise BadInput(f"{path}: line {k + 2}: not a number ({e}); {AGAIN}") from e
    return out


def by_sampler(rows):
    for name, (colour, marker) in SAMPLERS.items():
        some = sorted((r for r in rows if r["sampler"] == name), key=lambda r: r["control"])
        if some:
            yield name, colour, marker, some


def curve(axes, rows, value, colour, marker, label=None, scale=1.0):
    """Against the control parameter, with the column's own error where it has one."""
    some = [r for r in rows if r[value] is not None]
    if not some:
        return
    error = [scale * r[value + "_se"] for r in some] if value + "_se" in some[0] else None
    axes.errorbar([r["control"] for r in some], [scale * r[value] for r in some], yerr=error, color=colour, marker=marker,
                  ms=3.2, lw=0.7, elinewidth=0.7, label=label)


def mark(axes, panel, words=False):
    for label, value in panel.marks():
        axes.axvline(value, color="0.6", lw=0.6, ls=":", zorder=0)
        if words:
            axes.annotate(label, (value, 1.0), xycoords=("data", "axes fraction"), xytext=(0, 1.5), textcoords="offset points",
                          rotation=60, fontsize=6, ha="left", va="bottom", color="0.3")


def sizes_of(rows):
    return sorted({r["n"] for r in rows})


def against_sizes(axes, sizes):
    axes.set_xscale("log")
    axes.set_xticks(sizes, [f"{n / 1000:g}k" if n % 1000 == 0 else f"{n:g}" for n in sizes])
    axes.minorticks_off()
    axes.set_xlim(sizes[0] / 1.25, sizes[-1] * 1.25)
    axes.set_xlabel("sites N")


def kl(axes, panel):
    for path, colour in PATHS.items():
        axes.plot([r["control"] for r in panel.lines], [r["kl_" + path] for r in panel.lines], color=colour, lw=1,
                  label=f"{path}, predicted")
    forward = panel.forward()
    for rows, value, colour in ((panel.path_kl, "kl_per_spin", PATHS["diffusion"]), (forward, "kl_per_spin", PATHS["autoregressive"])):
        for n, marker in zip(sizes_of(rows), "ov^sD"):
            some = [r for r in rows if r["n"] == n and r["kl_per_spin"] is not None]
            name = "path KL" if rows is panel.path_kl else "EUBO − ln Z"
            axes.errorbar([r["control"] for r in some], [r[value] for r in some], yerr=[r[value + "_se"] for r in some], fmt=marker,
                          ms=3, mfc="none", color=colour, elinewidth=0.6, mew=0.7, label=f"{name}, N = {n:g}")
            known = [r for r in rows if r["n"] == n and r.get("kl_median") is not None]
            axes.plot([r["control"] for r in known], [r["kl_median"] for r in known], "_", color=colour, ms=7, mew=0.7)
    axes.axhline(0, color="0.7", lw=0.6, zorder=0)
    low, high = axes.get_ylim()
    axes.set_ylim(low, high + 0.6 * (high - low))  # room for the words
    axes.legend(frameon=False, fontsize=5.5, ncol=2, loc="upper right")


def effort(axes, panel):
    rows = [r for r in panel.rows if r["what"] == "effort" and r["core_seconds_per_draw"]]
    for name, colour, marker, some in by_sampler(rows):
        some.sort(key=lambda r: r["core_seconds_per_draw"])
        x, y = [r["core_seconds_per_draw"] for r in some], [abs(r["energy_error"]) for r in some]
        error = [r["energy_error_se"] for r in some]
        axes.errorbar(x, [max(v, 1e-9) for v in y], yerr=error, color=colour, lw=0.6, elinewidth=0.5, zorder=2,
                      marker=marker, ms=0, label=name)
        for a, b, e in zip(x, y, error):  # open: not resolved from 0
            axes.plot([a], [max(b, 1e-9)], marker, ms=3.6, color=colour, mfc=colour if b > 2 * e else "white", zorder=3)
    axes.set_xscale("log")
    axes.set_yscale("log")
    if not rows:
        axes.set_axis_off()
    else:
        floor = min((r["energy_error_se"] for r in rows if r["energy_error_se"]), default=1e-4)
        axes.set_ylim(bottom=0.3 * floor)
        name = CONTROLS.get(panel.about["control"], "control").split()[-1]
        axes.set_title(f"(f) effort, N = {rows[0]['n']:g}, {name} = {rows[0]['control']:g}; open: < 2σ", loc="left")


def plot(panel):
    plt.rcParams.update(STYLE)
    fig, grid = plt.subplots(3, 2, figsize=(7.2, 7.6))
    n, rows = panel.sweep()
    solved = any(r["solved"] is not None for r in rows)
    success = "solved" if solved else "near_signal"
    for axes, value, title, scale in ((grid[0][0], "energy_error", f"(a) energy error, N = {n:g}", 1),
                                      (grid[0][1], "nishimori_gap", f"(b) Nishimori gap, N = {n:g}", 1),
                                      (grid[1][1], success, f"(d) {'solutions' if solved else 'draws at the signal'}, N = {n:g}", 1),
                                      (grid[2][0], "core_seconds_per_independent_draw", f"(e) cost, N = {n:g}", 1)):
        for name, colour, marker, some in by_sampler(rows):
            curve(axes, some, value, colour, marker, name, scale)
        axes.set_title(title, loc="left", pad=24 if axes in grid[0] else 6)
    for axes in (grid[0][0], grid[0][1]):
        axes.axhline(0, color="0.5", lw=0.7, zorder=0)
    grid[0][0].set_ylabel("[E(x) − E(x*)]/N")
    grid[0][1].set_ylabel("E q²(x,x*) − E q²(x,x′)")
    grid[1][1].set_ylabel("fraction of draws")
    grid[1][1].set_ylim(-0.05, 1.05)
    grid[2][0].set_yscale("log")
    grid[2][0].set_ylabel("core-seconds per independent draw")
    if all(r[success] is None for r in rows):  # no state of the signal anywhere
        grid[1][1].set_axis_off()
    kl(grid[1][0], panel)
    grid[1][0].set_title("(c) KL(target ∥ sampler) per spin", loc="left")
    grid[1][0].set_ylabel("nats per spin")
    effort(grid[2][1], panel)
    grid[2][1].set_xlabel("core-seconds per draw")
    grid[2][1].set_ylabel("|E(x) − E(x*)|/N")
    for axes in (*grid[0], *grid[1], grid[2][0]):
        axes.set_xlabel(CONTROLS.get(panel.about["control"], panel.about["control"]))
        mark(axes, panel, words=axes in grid[0])
        low, high = panel.lines[0]["control"], panel.lines[-1]["control"]
        axes.set_xlim(low - 0.03 * (high - low), high + 0.03 * (high - low))
    named = {label: handle for axes in (grid[2][1], grid[0][0]) for handle, label in zip(*axes.get_legend_handles_labels())}
    shown = [n for n in SAMPLERS if n in named]
    fig.legend([named[n] for n in shown], shown, loc="upper center", ncol=4, frameon=False, fontsize=7, bbox_to_anchor=(0.5, 0.965))
    fig.suptitle(f"{panel.about['model']}, planted", fontsize=9, y=0.99)
    fig.tight_layout(rect=(0, 0, 1, 0.93))
    return fig


def hardest(panel):
    """The control value, of those shown at most sizes, where most is predicted to be lost."""
    sizes = {}
    for r in panel.rows:
        if r["what"] == "sweep":
            sizes.setdefault(r["control"], set()).add(r["n"])
    most = max(len(s) for s in sizes.values())
    lost = {r["control"]: max(r["kl_diffusion"], r["kl_autoregressive"]) for r in panel.lines}
    return max((c for c in sizes if len(sizes[c]) == most), key=lambda c: lost[min(lost, key=lambda x: abs(x - c))])


def scaling(panels):
    plt.rcParams.update(STYLE)
    fig, grid = plt.subplots(2, len(panels), figsize=(2.3 * len(panels), 4.6), squeeze=False)
    for k, panel in enumerate(panels):
        c = hardest(panel)
        rows = [r for r in panel.rows if r["what"] == "sweep" and r["control"] == c]
        top, bottom = grid[0][k], grid[1][k]
        for name, colour, marker, some in by_sampler(rows):
            some.sort(key=lambda r: r["n"])
            top.errorbar([r["n"] for r in some], [r["energy_error"] for r in some], yerr=[r["energy_error_se"] for r in some], color=colour,
                         marker=marker, ms=3.2, lw=0.7, elinewidth=0.7, label=name)
        top.axhline(0, color="0.5", lw=0.7, zorder=0)
        top.set_title(f"{panel.name}\n{CONTROLS.get(panel.about['control'], '').split()[-1]} = {c:g}", loc="left")
        near = min(panel.lines, key=lambda r: abs(r["control"] - c))
        forward, path = (sorted((r for r in some if r["control"] == c and r["kl_per_spin"] is not None), key=lambda r: r["n"])
                         for some in (panel.forward(), panel.path_kl))
        for some, name, key in ((path, "diffusion", "kl_diffusion"), (forward, "autoregressive", "kl_autoregressive")):
            colour, marker = SAMPLERS[name]
            bottom.axhline(near[key], color=colour, lw=0.8, ls="--", zorder=0)
            bottom.errorbar([r["n"] for r in some], [r["kl_per_spin"] for r in some], yerr=[r["kl_per_spin_se"] for r in some],
                            color=colour, marker=marker, ms=3.2, lw=0.7, elinewidth=0.7, label=name)
        sizes = sizes_of(rows + path + forward)
        for axes in (top, bottom):
            against_sizes(axes, sizes)
    grid[0][0].set_ylabel("[E(x) − E(x*)]/N")
    grid[1][0].set_ylabel("KL per spin (nats); dashed: N → ∞")
    named = {}
    for axes in grid[0]:
        named.update(dict(zip(*reversed(axes.get_legend_handles_labels()))))
    fig.legend(named.values(), named.keys(), loc="upper center", ncol=min(7, 2 * len(panels)), frameon=False, fontsize=7)
    rows_of_legend = math.ceil(len(named) / min(7, 2 * len(panels)))
    fig.tight_layout(rect=(0, 0, 1, 1 - 0.045 * rows_of_legend))
    return fig


def keys_of(spec):
    """What tells two denoisers of one panel apart."""
    return next((k for k in spec.split(":", 1)[-1].split(",") if k.startswith("damping=")), "undamped")


def passage(panel):
    plt.rcParams.update(STYLE)
    fig, (left, right) = plt.subplots(1, 2, figsize=(8.0, 2.9))
    denoisers = list(dict.fromkeys(r["denoiser"] for r in panel.passages))
    for c, colour, marker in zip(sorted({r["control"] for r in panel.passages}), (figures.BLUE, figures.VERMILION, figures.GREEN), "osD"):
        some = sorted((r for r in panel.passages if r["control"] == c), key=lambda r: r["n"])
        known = [r for r in some if r["median_steps"] is not None]
        low = [r["median_steps"] - (r["median_low"] if r["median_low"] is not None else r["median_steps"]) for r in known]
        high = [(r["median_high"] if r["median_high"] is not None else r["steps"]) - r["median_steps"] for r in known]
        label = f"{CONTROLS.get(panel.about['control'], '').split()[-1]} = {c:g}"
        left.errorbar([r["n"] for r in known], [r["median_steps"] for r in known], yerr=[low, high], color=colour, marker=marker, ms=3.5,
                      lw=0.8, elinewidth=0.7, label=label)
        for r in some:
            if r["median_steps"] is None and r["steps"]:  # more than half never arrived
                left.plot([r["n"]], [r["steps"]], marker="^", color=colour, mfc="none", ms=5)
        for k, denoiser in enumerate(denoisers):
            asked = [r for r in some if r["denoiser"] == denoiser]
            right.errorbar([r["n"] for r in asked], [r["found_by_denoiser"] for r in asked],
                           yerr=[r["found_by_denoiser_se"] for r in asked], color=colour, marker=marker, ms=3.5, lw=0.8, elinewidth=0.7,
                           mfc="none" if k else colour, ls="--" if k else "-", label=f"{label}, {keys_of(denoiser)}")
    sizes = sizes_of(panel.passages)
    for axes in (left, right):
        against_sizes(axes, sizes)
    left.legend(frameon=False)
    right.legend(frameon=False, fontsize=6.5, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    left.set_yscale("log")
    left.set_ylabel("sweeps until the signal is met (median)")
    left.set_title(f"(a) {panel.passages[0]['sampler']}, random starts", loc="left")
    right.set_ylim(-0.05, 1.05)
    right.set_ylabel("fraction of starts")
    right.set_title(f"(b) {panel.passages[0]['denoiser'].split(':')[0]} finds the signal", loc="left")
    fig.tight_layout()
    return fig


def main(argv):
    parser = argparse.ArgumentParser(prog="plot_finite_size", description="Samplers at finite N beside what theory predicts.")
    parser.add_argument("folder", metavar="DIR", type=pathlib.Path)
    folder = parser.parse_args(argv).folder

    def work():
        names = [p for p in sorted(folder.glob("*.json")) if p.with_name(f"{p.stem}-lines.csv").exists()]
        if not names:
            raise BadInput(f"{folder}: holds no panel; {AGAIN}")
        panels = [Panel(p) for p in names]
        for panel in panels:
            figures.save(plot(panel), folder, panel.name)
        figures.save(scaling(panels), folder, "scaling")
        for panel in panels:
            if panel.passages:
                figures.save(passage(panel), folder, f"{panel.name}-passage")

    return figures.guarded("plot_finite_size", folder, work)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
