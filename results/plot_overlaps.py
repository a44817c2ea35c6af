#!/usr/bin/env python3
"""Plots the overlap distributions that `glassmark compare` wrote: results/plot_overlaps.py DIR [--out NAME]

Reads DIR/summary.json and nothing else; writes DIR/NAME.png and DIR/NAME.pdf (NAME: overlaps).

A panel per model: P(q) between independent chains or draws (filled band, one standard error over instances) and, where a
signal is planted, of the overlap with it (dots with the same error). On the Nishimori line the two are the same for an
exact sampler; a sampler stuck in a part of configuration space shows in the difference.

The same input gives the same bytes: no dates, no randomness.
"""
import argparse
import math
import pathlib
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402
from matplotlib.lines import Line2D  # noqa: E402
from matplotlib.ticker import MaxNLocator  # noqa: E402

import figures  # noqa: E402
import plot_compare  # noqa: E402
from figures import STYLE, BadInput, number  # noqa: E402

COLOURS = [figures.BLUE, figures.ORANGE, figures.GREEN, figures.VERMILION, figures.PURPLE, figures.SKY, figures.BLACK,
           figures.YELLOW]


def numbers(values, count, where):
    if not isinstance(values, list):
        raise BadInput(f"{where}: must be a list")
    out = [number(v, where) for v in values]
    if len(out) != count or None in out:
        raise BadInput(f"{where}: must hold {count} numbers")
    return np.array(out)


def read_density(value, bins, where):
    if value is None:
        return None
    if not isinstance(value, dict):
        raise BadInput(f"{where}: must be an object with density and error, or null")
    return numbers(value.get("density"), bins, where + ".density"), numbers(value.get("error"), bins, where + ".error")


def read_cell(cell, where):
    if not isinstance(cell, dict):
        raise BadInput(f"{where}: must be an object")
    for key in ("model", "sampler", "sampler_name"):
        if not isinstance(cell.get(key), str):
            raise BadInput(f"{where}: '{key}' must be a string")
    overlaps = cell.get("overlaps")
    if overlaps is None:
        return None
    if not isinstance(overlaps, dict) or not isinstance(overlaps.get("edges"), list) or len(overlaps["edges"]) < 2:
        raise BadInput(f"{where}: overlaps must be an object with edges, or null")
    edges = numbers(overlaps["edges"], len(overlaps["edges"]), where + ": overlaps.edges")
    return {"model": cell["model"], "sampler": cell["sampler"], "name": cell["sampler_name"], "edges": edges,
            **{key: read_density(overlaps.get(key), len(edges) - 1, f"{where}: overlaps.{key}")
               for key in ("between_chains", "with_planted")}}


def read(path):
    summary = figures.read_json(path, "run `glassmark compare` with this --out first",
                                "delete it and run `glassmark compare` again")
    cells = summary.get("cells") if isinstance(summary, dict) else None
    if not isinstance(cells, list):
        raise BadInput(f"{path}: has no list 'cells'; not a summary of `glassmark compare`")
    cells = [c for c in (read_cell(cell, f"{path}: cells[{k}]") for k, cell in enumerate(cells)) if c]
    if not cells:
        raise BadInput(f"{path}: no cell has overlaps; compare with at least two chains, or plant a signal")
    return cells


def draw(ax, cell, colour):
    edges, middle = cell["edges"], (cell["edges"][1:] + cell["edges"][:-1]) / 2
    if cell["between_chains"] is not None:
        density, error = cell["between_chains"]
        ax.stairs(density, edges, color=colour, lw=1.0, zorder=3)
        ax.fill_between(edges, np.append(density - error, 0), np.append(density + error, 0), step="post", color=colour,
                        alpha=0.22, lw=0, zorder=2)
    if cell["with_planted"] is not None:
        density, error = cell["with_planted"]
        shown = (density > 0) | (error > 0)
        ax.errorbar(middle[shown], density[shown], yerr=error[shown], fmt="o", ms=2.2, mfc=colour, mec=colour, ecolor=colour,
                    elinewidth=0.6, lw=0, zorder=4)


def plot(cells):
    """The figure for cells as `read` returns them."""
    plt.rcParams.update(STYLE)
    models, samplers = (list(dict.fromkeys(c[key] for c in cells)) for key in ("model", "sampler"))
    colours = {s: COLOURS[k % len(COLOURS)] for k, s in enumerate(samplers)}
    names = plot_compare.model_labels(models)
    labels = plot_compare.sampler_labels({c["sampler"]: c["name"] for c in cells})
    handles = [Line2D([], [], color=colours[s], lw=1.4, label=labels[s].replace("\n", ", ")) for s in samplers]
    if any(c["between_chains"] is not None for c in cells):
        handles.append(Line2D([], [], color="0.3", lw=1.0, label="between chains"))
    if any(c["with_planted"] is not None for c in cells):
        handles.append(Line2D([], [], color="0.3", ls="none", marker="o", ms=2.2, label="with the signal"))
    columns = min(2, len(models))
    rows = math.ceil(len(models) / columns)
    legend_columns = 2 if max(len(h.get_label()) for h in handles) > 24 else 3
    below = 0.45 + figures.LINE * math.ceil(len(handles) / legend_columns)
    height = rows * 2.25 + below
    fig = plt.figure(figsize=(7.2, height))
    for k, model in enumerate(models):
        ax = fig.add_subplot(rows, columns, k + 1)
        for c in cells:
            if c["model"] == model:
                draw(ax, c, colours[c["sampler"]])
        ax.set_xlim(-1.05, 1.05)
        ax.set_ylim(bottom=0)
        ax.yaxis.set_major_locator(MaxNLocator(nbins=5))
        ax.set_title(f"({plot_compare.letter(k)}) {names[model]}", loc="left")
        ax.set_ylabel("P(q)")
        ax.set_xlabel("overlap q")
    fig.subplots_adjust(left=0.08, right=0.985, top=1 - 0.25 / height, bottom=below / height, wspace=0.22, hspace=0.55)
    fig.legend(handles=handles, loc="lower center", ncol=legend_columns, frameon=False, borderpad=0, borderaxespad=0.2,
               handletextpad=0.5, labelspacing=0.3, columnspacing=1.6)
    return fig


def main(argv):
    parser = argparse.ArgumentParser(description="Plots P(q) of DIR/summary.json of `glassmark compare` as PNG and PDF.")
    parser.add_argument("dir", metavar="DIR", type=pathlib.Path)
    parser.add_argument("--out", metavar="NAME", default="overlaps", help="file name without its ending (default overlaps)")
    options = parser.parse_args(argv)
    return figures.guarded(
        "plot_overlaps", options.dir,
        lambda: figures.save(plot(read(options.dir / "summary.json")), options.dir, options.out))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
