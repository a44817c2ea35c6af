#!/usr/bin/env python3
"""Plots what `glassmark denoise` wrote: results/plot_denoise.py FILE.json... [--out NAME]

Reads these files and nothing else; writes NAME.png and NAME.pdf beside the first (NAME: its own, without its ending).

One column of panels for each ensemble, a colour for each size. Above: mean square error against side information, below:
overlap of the denoiser's mean with the signal. Triangles up come from nothing while side information rises, triangles
down from the signal while it falls: where they differ the denoiser has two answers. Curves are state evolution or
density evolution, solid the uninformed branch, dashed the informed one; dotted lines are the informed spinodal, the
transition and the uninformed spinodal. Bars are standard errors over instances; open symbols where more than 5 % of
the calls did not converge. The same input gives the same bytes.
"""
import math
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402
from matplotlib.lines import Line2D  # noqa: E402

import figures  # noqa: E402
from figures import STYLE, BadInput, number  # noqa: E402

COLOURS = [figures.BLUE, figures.VERMILION, figures.GREEN, figures.ORANGE, figures.PURPLE, figures.SKY]
MARKERS = {"uninformed": "^", "informed": "v"}
LINES = ("informed", "transition", "uninformed")
SIDE = {"diffusion": "signal-to-noise ratio $\\gamma^2$", "autoregressive": "revealed fraction $\\theta$"}
MANY = 0.05


def numbers(value, length, where):
    if not isinstance(value, list) or len(value) != length:
        raise BadInput(f"{where}: must be a list of {length} numbers")
    out = [number(v, where) for v in value]
    if None in out:
        raise BadInput(f"{where}: must hold numbers only")
    return np.array(out)


def read_curve(c, length, where):
    if not isinstance(c, dict) or c.get("branch") not in MARKERS:
        raise BadInput(f"{where}: must be an object whose branch is uninformed or informed")
    curve = {"branch": c["branch"], "unconverged": numbers(c.get("unconverged"), length, where + ".unconverged")}
    for key in ("error", "overlap"):
        part = c.get(key)
        if not isinstance(part, dict):
            raise BadInput(f"{where}.{key}: must be an object with lists mean and error")
        curve[key] = tuple(numbers(part.get(k), length, f"{where}.{key}.{k}") for k in ("mean", "error"))
    return curve


def read_theory(t, where):
    if t is None:
        return None
    if not isinstance(t, dict) or not isinstance(t.get("lines"), dict) or not isinstance(t.get("side"), list):
        raise BadInput(f"{where}: must be null or an object with lines and side")
    length = len(t["side"])
    return {"lines": {k: number(t["lines"].get(k), f"{where}.lines.{k}") for k in LINES},
            "side": numbers(t["side"], length, where + ".side"),
            **{k: numbers(t.get(k), length, f"{where}.{k}") for k in MARKERS}}


def read_run(run, where):
    if not isinstance(run, dict) or not isinstance(run.get("side"), list) or not isinstance(run.get("curves"), list):
        raise BadInput(f"{where}: must be an object with lists 'side' and 'curves'")
    if not isinstance(run.get("model"), str) or not isinstance(run.get("denoiser"), str) or run.get("path") not in SIDE:
        raise BadInput(f"{where}: 'model' and 'denoiser' must be strings, 'path' diffusion or autoregressive")
    n, signal = (number(run.get(k), f"{where}: {k}") for k in ("n", "signal"))
    if n is None or signal is None or not run["curves"] or not run["side"]:
        raise BadInput(f"{where}: must have n, signal, side information and a curve")
    length = len(run["side"])
    return {"model": run["model"], "denoiser": run["denoiser"], "path": run["path"], "n": int(n), "signal": signal,
            "side": numbers(run["side"], length, where + ".side"),
            "curves": [read_curve(c, length, f"{where}: curves[{k}]") for k, c in enumerate(run["curves"])],
            "theory": read_theory(run.get("theory"), where + ": theory")}


def read(path):
    result = figures.read_json(path, "run `glassmark denoise` with this --out first",
                               "delete it and run `glassmark denoise` again")
    runs = result.get("runs") if isinstance(result, dict) else None
    if not isinstance(runs, list) or not runs:
        raise BadInput(f"{path}: has no list 'runs'; not written by `glassmark denoise`")
    return [read_run(run, f"{path}: runs[{k}]") for k, run in enumerate(runs)]


def ensemble(run):
    """The model without its size, its instance and what is switched off."""
    name, _, keys = run["model"].partition(":")
    dull = ("n=", "instance=", "planted=", "field=0", "field_spread=0", "pins=0", "temperature=0,", "graph=erdos")
    kept = [k for k in keys.split(",") if not (k + ",").startswith(dull)]
    for long, short in (("temperature=", "T="), ("alpha=", "α="), ("delta=", "Δ="), ("rho=", "ρ="), ("prior=", "")):
        kept = [short + k[len(long):] if k.startswith(long) else k for k in kept]
    return name, ", ".join(k.replace("=", " = ") for k in kept), run["path"], run["denoiser"]


def draw(ax, runs, what, colours):
    theory = next((r["theory"] for r in runs if r["theory"]), None)
    if theory:
        for branch, dashes in (("informed", (4, 2)), ("uninformed", (None, None))):
            overlap = theory[branch] if len(theory["side"]) else np.array([])
            y = runs[0]["signal"] - overlap if what == "error" else overlap
            ax.plot(theory["side"], y, color="0.35", lw=1.0, dashes=dashes, zorder=2)
        for value in theory["lines"].values():
            if value is not None and value <= runs[0]["side"][-1]:
                ax.axvline(value, color="0.35", lw=0.7, dashes=(1, 1.5), zorder=1)
    for run in runs:
        for c in run["curves"]:
            mean, error = c[what]
            colour = colours[run["n"]]
            for failed in (False, True):
                at = (c["unconverged"] > MANY) == failed
                if at.any():
                    ax.errorbar(run["side"][at], mean[at], yerr=error[at], fmt=MARKERS[c["branch"]], ms=3.4, mew=0.7,
                                mec=colour, mfc="white" if failed else colour, ecolor=colour, elinewidth=0.6, zorder=3)
    ax.set_xlim(left=0, right=runs[0]["side"][-1] * 1.02 or 1)
    ax.set_ylim(bottom=min(0, ax.get_ylim()[0]))


def plot(runs):
    """The figure for runs as `read` returns them."""
    plt.rcParams.update(STYLE)
    groups = {}
    for run in runs:
        groups.setdefault(ensemble(run), []).append(run)
    sizes = sorted({run["n"] for run in runs})
    colours = {n: COLOURS[k % len(COLOURS)] for k, n in enumerate(sizes)}
    width = max(3.4, 2.4 * len(groups))
    handles = [Line2D([], [], ls="none", marker="s", ms=4, color=colours[n], label=f"N = {n}") for n in sizes]
    for branch, text in (("uninformed", "from nothing, rising"), ("informed", "from the signal, falling")):
        if any(c["branch"] == branch for run in runs for c in run["curves"]):
            handles.append(Line2D([], [], ls="none", marker=MARKERS[branch], ms=4, color="0.3", label=text))
    if any(run["theory"] for run in runs):
        handles.append(Line2D([], [], color="0.35", lw=1, label="theory, uninformed"))
        handles.append(Line2D([], [], color="0.35", lw=1, dashes=(4, 2), label="theory, informed"))
        handles.append(Line2D([], [], color="0.35", lw=0.7, dashes=(1, 1.5), label="spinodals, transition"))
    if any((c["unconverged"] > MANY).any() for run in runs for c in run["curves"]):
        handles.append(Line2D([], [], ls="none", marker="^", ms=4, mfc="white", mec="0.3",
                              label=f"over {100 * MANY:g} % not converged"))
    columns = 2 if width < 5 else 4
    below = 0.45 + figures.LINE * math.ceil(len(handles) / columns) + 0.05
    height = 3.4 + 0.4 + below
    fig, axes = plt.subplots(2, len(groups), figsize=(width, height), squeeze=False, sharex="col")
    for k, ((name, keys, path, denoiser), members) in enumerate(groups.items()):
        draw(axes[0][k], members, "error", colours)
        draw(axes[1][k], members, "overlap", colours)
        axes[0][k].set_title(f"{name} ({denoiser.partition(':')[0]})\n{keys}", loc="left", fontsize=7)
        axes[1][k].set_xlabel(SIDE[path])
    axes[0][0].set_ylabel("error $|x^* - m|^2/N$")
    axes[1][0].set_ylabel("overlap $m \\cdot x^*/N$")
    fig.subplots_adjust(left=0.55 / width, right=1 - 0.1 / width, top=1 - 0.35 / height, bottom=below / height,
                        wspace=0.25, hspace=0.1)
    fig.legend(handles=handles, loc="lower center", ncol=columns, frameon=False, borderpad=0, borderaxespad=0.2,
               handletextpad=0.5, labelspacing=0.3, columnspacing=1.4)
    return fig


def main(argv):
    return figures.main("plot_denoise", "Plots files of `glassmark denoise` as PNG and PDF.", read, plot, argv)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
