#!/usr/bin/env python3
"""Plots what `glassmark dynamics` wrote: results/plot_dynamics.py FILE.json... [--out NAME]

Reads these files and nothing else; writes NAME.png and NAME.pdf beside the first (NAME: its own, without its ending).

(a) Overlap with the planted signal against time, from planted starts (solid) and from random ones (dashed); where no
    signal is planted, the overlap with the start.
(b) Energy per spin above that of the signals of the same instances, which is zero in equilibrium; for the Ising p-spin
    also the threshold energy of one-step replica symmetry breaking, where random starts of an infinite system age.
(c) Median time to cross the barrier against N: Kaplan-Meier, bars are 95 % over instances; open with an arrow where
    fewer than half of the chains crossed within the run (the run's length is then a lower limit).

Bands and bars without a word are standard errors over instances. The same input gives the same bytes.
"""
import math
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402
from matplotlib.lines import Line2D  # noqa: E402
from matplotlib.ticker import MaxNLocator, NullFormatter  # noqa: E402

import figures  # noqa: E402
from figures import STYLE, BadInput, number  # noqa: E402

COLOURS = [figures.BLUE, figures.ORANGE, figures.GREEN, figures.VERMILION, figures.PURPLE, figures.SKY, figures.BLACK]
DASHES = {"planted": (None, None), "random": (3, 1.5)}
MARKERS = {"planted": "o", "random": "s"}


def threshold_energy(p, beta):
    """Energy per spin of the marginal states of the Ising p-spin at one step of replica symmetry breaking, or None above
    T_d. q = <tanh^2>, weights cosh^m(x z) Dz, x^2 = beta^2 p q^{p-1}/2; m where the replicon
    1 - (beta^2 p(p-1)/2) q^{p-2} <sech^4> = 1 - (p-1) x^2 <sech^4>/q vanishes; e = -(beta/2) (1 - (1 - m) q^p).
    Montanari & Ricci-Tersenghi, Eur. Phys. J. B 33, 339 (2003): an approximation for these models, whose marginal states
    break symmetry further."""
    z = np.linspace(-8, 8, 801)
    gauss = np.exp(-z * z / 2)

    def averages(m, x):
        cosh = np.cosh(x * z)
        weight = gauss * cosh**m
        weight /= weight.sum()
        return float(weight @ np.tanh(x * z) ** 2), float(weight @ cosh**-4)

    def marginal(m):
        """q and beta at which the states of this m are marginal; x by bisection, the replicon grows with it."""
        low, high = 0.05, 8.0
        for _ in range(45):
            x = (low + high) / 2
            q, sech4 = averages(m, x)
            low, high = (x, high) if (p - 1) * x * x * sech4 > q else (low, x)
        return q, math.sqrt(2 / (p * q ** (p - 1))) * x

    if beta < marginal(1.0)[1]:
        return None
    low, high = 0.01, 1.0
    for _ in range(40):
        m = (low + high) / 2
        q, at = marginal(m)
        low, high = (low, m) if at < beta else (m, high)
    return -(beta / 2) * (1 - (1 - m) * q**p)


def read_series(value, times, where):
    if value is None:
        return None
    if not isinstance(value, dict) or not all(isinstance(value.get(k), list) for k in ("mean", "error")):
        raise BadInput(f"{where}: must be an object with lists mean and error, or null")
    mean, error = ([number(v, f"{where}.{k}") for v in value[k]] for k in ("mean", "error"))
    if len(mean) != len(times) or len(error) != len(times) or None in mean or None in error:
        raise BadInput(f"{where}: must hold a number for each of the {len(times)} times")
    return np.array(mean), np.array(error)


def read_crossing(c, where):
    if not isinstance(c, dict) or c.get("start") not in DASHES:
        raise BadInput(f"{where}: must be an object whose start is random or planted")
    interval = c.get("median_95")
    if not isinstance(interval, list) or len(interval) != 2:
        raise BadInput(f"{where}: median_95 must be a list of two")
    return {"start": c["start"], "median": number(c.get("median"), where + ": median"),
            "low": number(interval[0], where + ": median_95"), "high": number(interval[1], where + ": median_95"),
            "level": number(c.get("level"), where + ": level")}


def read_run(run, where):
    if not isinstance(run, dict):
        raise BadInput(f"{where}: must be an object")
    for key in ("curves", "crossings", "times"):
        if not isinstance(run.get(key), list):
            raise BadInput(f"{where}: '{key}' must be a list")
    if not isinstance(run.get("model"), str) or not isinstance(run.get("sampler"), str):
        raise BadInput(f"{where}: 'model' and 'sampler' must be strings")
    times = [number(t, where + ": times") for t in run["times"]]
    n, beta = (number(run.get(k), f"{where}: {k}") for k in ("n", "beta"))
    if n is None or beta is None or len(times) < 2 or None in times:
        raise BadInput(f"{where}: must have n, beta and at least two times")
    curves = []
    for k, c in enumerate(run["curves"]):
        at = f"{where}: curves[{k}]"
        if not isinstance(c, dict) or c.get("start") not in DASHES:
            raise BadInput(f"{at}: must be an object whose start is random or planted")
        curves.append({"start": c["start"],
                       **{key: read_series(c.get(key), times, f"{at}.{key}") for key in ("energy", "q_start", "q_planted")}})
        if curves[-1]["energy"] is None or curves[-1]["q_start"] is None:
            raise BadInput(f"{at}: energy and q_start are missing")
    planted = run.get("planted_energy")
    return {"model": run["model"], "sampler": run["sampler"], "n": int(n), "beta": beta, "times": np.array(times),
            "curves": curves,
            "planted_energy": number(planted.get("mean"), where + ": planted_energy") if isinstance(planted, dict) else None,
            "crossings": [read_crossing(c, f"{where}: crossings[{k}]") for k, c in enumerate(run["crossings"])]}


def read(path):
    result = figures.read_json(path, "run `glassmark dynamics` with this --out first",
                               "delete it and run `glassmark dynamics` again")
    runs = result.get("runs") if isinstance(result, dict) else None
    if not isinstance(runs, list) or not runs:
        raise BadInput(f"{path}: has no list 'runs'; not written by `glassmark dynamics`")
    runs = [read_run(run, f"{path}: runs[{k}]") for k, run in enumerate(runs)]
    if not any(run["curves"] for run in runs):
        raise BadInput(f"{path}: holds no curve")
    return runs


def keys_of(model):
    return dict(item.partition("=")[::2] for item in model.partition(":")[2].split(","))


def run_labels(runs):
    """N, and temperature where it varies, and whatever else tells two runs apart."""
    keys = [keys_of(run["model"]) for run in runs]
    varies = [k for k in keys[0] if any(other.get(k) != keys[0][k] for other in keys)]
    names = {"n": "N", "temperature": "T"}
    shown = ["n"] + [k for k in varies if k != "n"]
    return [", ".join(f"{names.get(k, k)} = {key[k]}" for k in shown if k in key) or run["model"]
            for run, key in zip(runs, keys)]


def log_time(ax, runs):
    """Zero has no place on a logarithmic axis: it is drawn at 1/2 and called 0."""
    ax.set_xscale("log")
    last = max(run["times"][-1] for run in runs)
    ax.set_xlim(0.4, last * 1.25)
    decades = [10.0**k for k in range(1, int(math.log10(last) + 1e-9) + 1)]
    decades = decades[:: 2 if len(decades) > 3 else 1]
    ax.set_xticks([0.5, *decades])
    ax.set_xticklabels(["0", *(f"$10^{{{round(math.log10(d))}}}$" for d in decades)])
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.set_xlabel("time (steps)")


def band(ax, times, mean, error, colour, start):
    at = np.where(times == 0, 0.5, times)
    ax.plot(at, mean, color=colour, lw=1.1, dashes=DASHES[start], zorder=3)
    ax.fill_between(at, mean - error, mean + error, color=colour, alpha=0.22, lw=0, zorder=2)


def overlaps(ax, runs, colours):
    planted = all(c["q_planted"] is not None for run in runs for c in run["curves"])
    for run, colour in zip(runs, colours):
        for c in run["curves"]:
            band(ax, run["times"], *c["q_planted" if planted else "q_start"], colour, c["start"])
    log_time(ax, runs)
    ax.set_ylim(-0.12, 1.03)
    ax.axhline(0, color="0.7", lw=0.5, zorder=0)
    ax.set_ylabel("overlap with the signal" if planted else "overlap with the start")
    ax.set_title("(a) overlap", loc="left")


def energies(ax, runs, colours):
    lines = set()
    relative = all(run["planted_energy"] is not None for run in runs)
    for run, colour in zip(runs, colours):
        zero = run["planted_energy"] if relative else 0.0
        for c in run["curves"]:
            mean, error = c["energy"]
            band(ax, run["times"], mean - zero, error, colour, c["start"])
        keys = keys_of(run["model"])
        if relative and run["model"].startswith("ising-p-spin:") and int(keys.get("p", 3)) >= 3:
            threshold = threshold_energy(int(keys.get("p", 3)), run["beta"])
            if threshold is not None:
                lines.add(round(threshold + run["beta"] / 2, 9))  # above -beta/2, the equilibrium energy of N = infinity
    for above in sorted(lines):
        ax.axhline(above, color=figures.BLACK, lw=0.8, dashes=(1, 1), zorder=1)
    log_time(ax, runs)
    if relative:
        ax.axhline(0, color="0.7", lw=0.5, zorder=0)
        tops = [c["energy"][0][c["energy"][0].size // 3:].max() - run["planted_energy"] for run in runs for c in run["curves"]]
        room = max(0.02, *tops, *lines)
        ax.set_ylim(-0.35 * room, 1.35 * room)  # the first steps down from infinite temperature leave the panel
    ax.yaxis.set_major_locator(MaxNLocator(nbins=5))
    ax.set_ylabel("[E(t) − E(x*)]/N (J)" if relative else "E/N (J)")
    ax.set_title("(b) energy", loc="left")
    return bool(lines)


def barrier(ax, runs):
    sizes, censored = [], False
    for run in runs:
        last = run["times"][-1]
        for c in run["crossings"]:
            n = run["n"] * (0.97 if c["start"] == "planted" else 1.03)
            colour = figures.BLACK if c["start"] == "planted" else figures.VERMILION
            sizes.append(run["n"])
            if c["median"] is None:
                censored = True
                ax.plot(n, last, MARKERS[c["start"]], ms=4.5, mfc="white", mec=colour, zorder=3)
                ax.annotate("", xy=(n, last), xytext=(0, 13), textcoords="offset points",
                            arrowprops={"arrowstyle": "<|-", "lw": 0.8, "color": colour, "shrinkA": 0, "shrinkB": 2.5,
                                        "mutation_scale": 5})
                continue
            at = max(c["median"], 0.5)
            low, high = max(c["low"] or 0.5, 0.5), c["high"] if c["high"] is not None else last
            ax.errorbar(n, at, yerr=[[max(0.0, at - low)], [max(0.0, high - at)]], fmt=MARKERS[c["start"]], ms=4.5, mfc=colour,
                        mec=colour, ecolor=colour, elinewidth=0.8, capsize=2, zorder=3)
    ax.set_yscale("log")
    ax.set_xscale("log")
    ticks = sorted(set(sizes))
    ax.set_xticks(ticks)
    ax.set_xticklabels([str(n) for n in ticks])
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.tick_params(axis="x", which="minor", length=0)
    ax.set_xlim(min(ticks) / 1.4, max(ticks) * 1.4)
    ax.set_ylim(0.4, 5 * max(run["times"][-1] for run in runs))
    ax.set_xlabel("spins N")
    ax.set_ylabel("median time (steps)")
    ax.set_title("(c) crossing the barrier", loc="left")
    return censored


def plot(runs):
    """The figure for runs as `read` returns them."""
    plt.rcParams.update(STYLE)
    colours = [COLOURS[k % len(COLOURS)] for k in range(len(runs))]
    crosses = any(run["crossings"] for run in runs)
    panels = 3 if crosses else 2
    labels = run_labels(runs)
    starts = list(dict.fromkeys(c["start"] for run in runs for c in run["curves"]))
    levels = {c["start"]: c["level"] for run in runs for c in run["crossings"]}
    handles = [Line2D([], [], color=colour, lw=1.4, label=label) for colour, label in zip(colours, labels)]
    handles += [Line2D([], [], color="0.3", lw=1.1, dashes=DASHES[s], label=f"{s} starts") for s in starts]
    fig = plt.figure(figsize=(7.2, 2.2))  # its height follows from the legend
    axes = [fig.add_subplot(1, panels, k + 1) for k in range(panels)]
    overlaps(axes[0], runs, colours)
    if energies(axes[1], runs, colours):
        handles.append(Line2D([], [], color=figures.BLACK, lw=0.8, dashes=(1, 1), label="threshold energy (1RSB)"))
    if crosses:
        censored = barrier(axes[2], runs)
        for start, sign, colour in (("planted", "≤", figures.BLACK), ("random", "≥", figures.VERMILION)):
            if start in levels:
                handles.append(Line2D([], [], ls="none", marker=MARKERS[start], ms=4.5, color=colour,
                                      label=f"(c) {start} starts: q {sign} {levels[start]:g}"))
        if censored:
            handles.append(Line2D([], [], ls="none", marker="o", ms=4.5, mfc="white", mec="0.3",
                                  label="(c) fewer than half crossed: lower limit"))
    columns = 3
    rows = math.ceil(len(handles) / columns)
    below = 0.5 + figures.LINE * rows + 0.05
    height = 2.0 + 0.25 + below
    fig.set_size_inches(7.2, height)
    fig.subplots_adjust(left=0.085, right=0.985, top=1 - 0.25 / height, bottom=below / height, wspace=0.42)
    fig.legend(handles=handles, loc="lower center", ncol=columns, frameon=False, borderpad=0, borderaxespad=0.2,
               handletextpad=0.5, labelspacing=0.3, columnspacing=1.6)
    return fig


def main(argv):
    return figures.main("plot_dynamics", "Plots files of `glassmark dynamics` as PNG and PDF.", read, plot, argv)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
