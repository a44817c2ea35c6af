#!/usr/bin/env python3
"""Plots what `glassmark compare` wrote: results/plot_compare.py DIR [--out NAME]

Reads DIR/summary.json and nothing else; writes DIR/NAME.png and DIR/NAME.pdf (NAME: compare).

Left: quality against cost. y is the size of the paired energy error, |mean over instances of [E(x) - E(x*)]/N|, zero
for an exact sampler; x is core-seconds per independent draw. A mean that Student's t over the instances does not tell
from zero at 3 sigma (p > 0.0027) is not an error measured: it is drawn open, at its 95 % upper limit (the far end of the
interval), with an arrow down. Where no correlation time could be measured, the cost of a recorded draw is a lower limit,
with an arrow to the right.
Right: the same differences instance by instance, with their mean and its standard error.

The same input gives the same bytes: no dates, no randomness (points are spread by their rank).
"""
import argparse
import math
import pathlib
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402
from matplotlib.lines import Line2D  # noqa: E402
from matplotlib.patheffects import withStroke  # noqa: E402
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter  # noqa: E402

import figures  # noqa: E402
import students_t  # noqa: E402
from figures import LINE, STYLE, BadInput, number  # noqa: E402

FAMILY_COLOURS = {
    "MCMC": figures.BLUE,
    "Langevin": figures.ORANGE,
    "diffusion": figures.GREEN,
    "flow": figures.VERMILION,
    "autoregressive": figures.PURPLE,
}
OTHER_COLOURS = [figures.SKY, figures.BLACK, figures.YELLOW]
MARKERS = ["o", "s", "^", "D", "v", "P"]
RESOLVED = 0.0027  # two-sided p-value: 3 sigma
LIMIT = 0.05  # two-sided, of the interval whose far end is the upper limit


def estimate(value, where):
    if value is None:
        return None, None
    if not isinstance(value, dict):
        raise BadInput(f"{where}: must be an object with mean and error, or null")
    return number(value.get("mean"), where + ".mean"), number(value.get("error"), where + ".error")


def resolved(c):
    """Is the paired energy error measured, or only bounded?"""
    if not c["error"] or c["instances"] < 2:
        return True
    return students_t.two_sided(abs(c["mean"]) / c["error"], c["instances"] - 1) <= RESOLVED


def upper_limit(c):
    return abs(c["mean"]) + students_t.quantile(LIMIT, c["instances"] - 1) * c["error"]


def read_cell(cell, where):
    if not isinstance(cell, dict):
        raise BadInput(f"{where}: must be an object")
    for key in ("model", "sampler", "sampler_name", "family"):
        if not isinstance(cell.get(key), str):
            raise BadInput(f"{where}: '{key}' must be a string")
    mean, error = estimate(cell.get("paired_energy"), where + ": paired_energy")
    points = (cell.get("paired_energy") or {}).get("per_instance") or []
    if not isinstance(points, list):
        raise BadInput(f"{where}: paired_energy.per_instance must be a list")
    points = [number(v, where + ": paired_energy.per_instance") for v in points]
    tau, tau_error = estimate(cell.get("tau"), where + ": tau")
    points = [v for v in points if v is not None]
    units = number(cell.get("instances"), where + ": instances")
    return {
        "instances": int(units) if units else len(points),
        "model": cell["model"],
        "sampler": cell["sampler"],
        "name": cell["sampler_name"],
        "family": cell["family"],
        "model_name": cell.get("model_name") or cell["model"].split(":")[0],
        "mean": mean,
        "error": error,
        "points": points,
        "cost": number(cell.get("seconds_per_independent_draw"), where + ": seconds_per_independent_draw"),
        "draw_cost": number(cell.get("seconds_per_draw"), where + ": seconds_per_draw"),
        "cost_spread": tau_error / tau if tau and tau_error else None,
    }


def read(path):
    summary = figures.read_json(path, "run `glassmark compare` with this --out first",
                                "delete it and run `glassmark compare` again")
    cells = summary.get("cells") if isinstance(summary, dict) else None
    if not isinstance(cells, list):
        raise BadInput(f"{path}: has no list 'cells'; not a summary of `glassmark compare`")
    cells = [read_cell(cell, f"{path}: cells[{k}]") for k, cell in enumerate(cells)]
    if not any(c["mean"] is not None for c in cells):
        raise BadInput(f"{path}: no cell has a paired energy; compare planted models (planted=true) to plot them")
    return cells


def keys_of(spec):
    return [item for item in spec.partition(":")[2].split(",") if item]


def model_labels(specs):
    """Name and the keys a reader needs: N, T, p; any other key where it is what tells two models apart."""
    labels = {}
    for spec in specs:
        keys = dict(item.partition("=")[::2] for item in keys_of(spec))
        parts = [spec.partition(":")[0]]
        for key, name in (("p", "p"), ("n", "N"), ("temperature", "T")):
            if key in keys:
                parts.append(f"{name} = {keys[key]}")
        labels[spec] = ", ".join(parts)
    return told_apart(specs, labels)


def sampler_labels(samplers):
    """The name alone, or with the keys that differ where one sampler stands in the plan twice."""
    return told_apart(list(samplers), dict(samplers))


def told_apart(specs, labels):
    for label in set(labels.values()):
        same = [s for s in specs if labels[s] == label]
        if len(same) > 1:
            shared = set.intersection(*(set(keys_of(s)) for s in same))
            for s in same:
                own = [k for k in keys_of(s) if k not in shared]
                labels[s] = "\n".join([label, *own])
    return labels


def family_colours(families):
    others = iter(OTHER_COLOURS * (1 + len(families)))
    return {f: FAMILY_COLOURS.get(f) or next(others) for f in families}


def letter(k):
    return chr(ord("a") + k) if k < 26 else letter(k // 26 - 1) + letter(k % 26)


def spread(values, half_width):
    """Offsets in [-half_width, half_width]: the van der Corput sequence along the sorted values, so that neighbours in
    value lie apart. No randomness: the figure is the same every time."""
    offsets = [0.0] * len(values)
    for rank, k in enumerate(sorted(range(len(values)), key=lambda k: (values[k], k))):
        v, base, bits = 0.0, 0.5, rank + 1
        while bits:
            v += base * (bits & 1)
            bits >>= 1
            base /= 2
        offsets[k] = (2 * v - 1) * half_width
    return offsets


def quality_against_cost(ax, cells, look, letters):
    marks = []
    for c in cells:
        cost = c["cost"] if c["cost"] is not None else c["draw_cost"]
        if c["mean"] is None or cost is None or cost <= 0:
            continue
        colour, marker = look(c)
        limit = not resolved(c)
        y = upper_limit(c) if limit else abs(c["mean"])
        error = 0.0 if limit else c["error"] or 0.0
        if y <= 0:
            continue  # exactly zero, without error: nowhere on a logarithmic axis
        face = "white" if limit else colour
        ax.plot(cost, y, marker, ms=5, mfc=face, mec=colour, mew=1.0, zorder=3)
        if limit:
            arrow(ax, cost, y, (0, -13), colour)
        elif error > 0:  # down to nowhere would stretch a logarithmic axis
            ax.errorbar(cost, y, yerr=[[min(error, 0.9 * y)], [error]], fmt="none", ecolor=colour, elinewidth=0.8, capsize=1.5, zorder=2)
        if c["cost"] is None:
            arrow(ax, cost, y, (13, 0), colour)
        elif c["cost_spread"]:
            down = min(c["cost_spread"], 0.9) * cost
            ax.errorbar(cost, y, xerr=[[down], [c["cost_spread"] * cost]], fmt="none", ecolor=colour, elinewidth=0.8,
                        capsize=1.5, zorder=2)
        marks.append({"x": cost, "y": y, "letter": letters[c["sampler"]], "colour": colour, "limit": limit, "error": error,
                      "at_least": c["cost"] is None, "spread": c["cost_spread"] or 0.0})
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_xlabel("cost: core-seconds per independent draw")
    ax.set_ylabel("paired energy error |mean| per spin (J)")
    ax.set_title("(a) quality against cost", loc="left")
    if marks:
        pad(ax, [m["x"] for m in marks], [m["y"] for m in marks])
    for axis in (ax.xaxis, ax.yaxis):  # labels between the decades only where there is hardly a decade
        axis.set_major_locator(LogLocator(numticks=8))
        axis.set_minor_locator(LogLocator(subs=range(2, 10), numticks=8))
        low, high = axis.get_view_interval()
        axis.set_minor_formatter(minor_label if high / low < 20 else NullFormatter())
    ax.grid(True, which="major", lw=0.3, color="0.85", zorder=0)
    ax.set_axisbelow(True)
    return marks


def minor_label(value, _):
    digit = round(value / 10.0 ** math.floor(math.log10(value) + 1e-9))
    return f"{digit}" if digit in (2, 5) else ""


def arrow(ax, x, y, by, colour):
    ax.annotate("", xy=(x, y), xytext=by, textcoords="offset points",
                arrowprops={"arrowstyle": "<|-", "lw": 0.8, "color": colour, "shrinkA": 0, "shrinkB": 2.5,
                            "mutation_scale": 5})


def pad(ax, xs, ys):
    """Room for arrows and letters: whole decades would squeeze the points, so a factor."""
    ax.set_xlim(min(xs) / 2.5, max(xs) * 2.5)
    ax.set_ylim(min(ys) / 3.0, max(ys) * 2.5)


def shared_area(a, b):
    return max(0, min(a[2], b[2]) - max(a[0], b[0])) * max(0, min(a[3], b[3]) - max(a[1], b[1]))


def place_letters(fig, ax, marks):
    """Each letter beside its point at the first of a ring of places that meets no point, arrow or earlier letter."""
    fig.canvas.draw()
    scale = fig.dpi / 72
    to_pixels = ax.transData.transform
    taken, letters = [], []  # a letter may cross a line if need be, never another letter
    for m in marks:
        px, py = to_pixels((m["x"], m["y"]))
        taken.append((px - 4 * scale, py - 4 * scale, px + 4 * scale, py + 4 * scale))
        if m["limit"]:
            taken.append((px - 3 * scale, py - 14 * scale, px + 3 * scale, py))
        if m["at_least"]:
            taken.append((px, py - 3 * scale, px + 14 * scale, py + 3 * scale))
        elif m["spread"]:
            ends = [to_pixels((m["x"] * f, m["y"]))[0] for f in (1 - min(m["spread"], 0.9), 1 + m["spread"])]
            taken.append((ends[0], py - 2 * scale, ends[1], py + 2 * scale))
        if m["error"]:
            ends = [to_pixels((m["x"], y))[1] for y in (max(m["y"] - m["error"], 0.1 * m["y"]), m["y"] + m["error"])]
            taken.append((px - 2 * scale, ends[0], px + 2 * scale, ends[1]))
    frame = ax.get_window_extent()
    for m in marks:
        px, py = to_pixels((m["x"], m["y"]))
        half_w, half_h = (1.2 + 2.6 * len(m["letter"])) * scale, 5.0 * scale
        best = None
        for radius in (8.5, 11, 14, 18, 23, 29, 36):
            for angle in (45, 135, 0, 180, 90, -45, -135, 20, 160, 70, 110, -20, -160, -70, -110, 270):
                dx, dy = radius * math.cos(math.radians(angle)), radius * math.sin(math.radians(angle))
                cx, cy = px + dx * scale, py + dy * scale
                box = (cx - half_w, cy - half_h, cx + half_w, cy + half_h)
                inside = box[0] > frame.x0 and box[2] < frame.x1 and box[1] > frame.y0 and box[3] < frame.y1
                overlap = sum(shared_area(box, t) for t in taken) + 100 * sum(shared_area(box, t) for t in letters)
                score = overlap + (0 if inside else 1e6)
                if best is None or score < best[0]:
                    best = (score, dx, dy, box)
            if best[0] == 0:
                break
        _, dx, dy, box = best
        letters.append(box)
        far = math.hypot(dx, dy) > 13
        line = {"arrowstyle": "-", "lw": 0.4, "color": m["colour"], "shrinkA": 4, "shrinkB": 3}
        note = ax.annotate(m["letter"], xy=(m["x"], m["y"]), xytext=(dx, dy), textcoords="offset points", ha="center", va="center",
                           color="black", zorder=5, arrowprops=line if far else None)
        note.set_path_effects([withStroke(linewidth=1.5, foreground="white")])


def differences(ax, cells, look, order, labels, letters, models):
    lane = 0.8 / max(1, len(models))
    for c in cells:
        if c["mean"] is None:
            continue
        colour, marker = look(c)
        centre = order.index(c["sampler"]) + (models.index(c["model"]) - (len(models) - 1) / 2) * lane
        y = [centre + o for o in spread(c["points"], 0.36 * lane)]
        ax.plot(c["points"], y, marker, ms=2.2, mfc=colour, mec="none", alpha=0.4, zorder=2)
        ax.errorbar(c["mean"], centre, xerr=c["error"], fmt=marker, ms=4.5, mfc="white", mec=colour, ecolor="black",
                    elinewidth=1.0, capsize=2, mew=1.1, zorder=4)
    ax.axvline(0, color="black", lw=0.7, zorder=1)
    for k in range(1, len(order)):
        ax.axhline(k - 0.5, color="0.88", lw=0.4, zorder=0)
    ax.set_yticks(range(len(order)))
    ax.set_yticklabels([f"{labels[s]}  {letters[s]}" for s in order])
    ax.tick_params(axis="y", length=0)
    ax.set_ylim(len(order) - 0.5, -0.5)
    ax.xaxis.set_major_locator(MaxNLocator(nbins=5, steps=[1, 2, 2.5, 5, 10]))
    ax.set_xlabel("[E(x) − E(x*)]/N by instance (J)")
    ax.set_title("(b) paired energy differences", loc="left")


def mark(label, **how):
    return Line2D([], [], **{"ls": "none", "marker": "o", "ms": 5, "mew": 0, "mfc": "0.4", "label": label, **how})


def symbol_handles(cells):
    """What the marks mean, for those that occur."""
    shown = [c for c in cells if c["mean"] is not None]
    handles = []
    if not all(resolved(c) for c in shown):
        handles.append(mark("(a) compatible with zero at 3σ: 95 % upper limit", marker=r"$\downarrow$", ms=6))
    if any(c["cost"] is None and c["draw_cost"] is not None for c in shown):
        handles.append(mark("(a) correlation time not known: cost of a recorded draw", marker=r"$\rightarrow$", ms=6))
    handles.append(mark("(b) one instance", ms=2.5, alpha=0.5))
    handles.append(mark("(b) mean ± standard error over instances", ls="-", lw=1.0, color="black", ms=4.5, mfc="white",
                        mec="0.4", mew=1.1))
    return handles


def legends(fig, families, models, symbols):
    """Families in one line, below them models on the left and symbols on the right."""
    block = {"frameon": False, "borderpad": 0.0, "borderaxespad": 0.0, "handletextpad": 0.4, "labelspacing": 0.3,
             "columnspacing": 1.4}
    rows = legend_rows(families, models, symbols)
    inch = 1 / fig.get_figheight()
    y = (LINE * rows + 0.02) * inch
    fig.legend(handles=families, loc="upper center", bbox_to_anchor=(0.5, y), ncol=min(len(families), 6), **block)
    y -= LINE * math.ceil(len(families) / 6) * inch
    fig.legend(handles=models, loc="upper left", bbox_to_anchor=(0.03, y), **block)
    fig.legend(handles=symbols, loc="upper left", bbox_to_anchor=(0.5, y), **block)


def legend_rows(families, models, symbols):
    lines = sum(1 + h.get_label().count("\n") for h in models)
    return math.ceil(len(families) / 6) + max(lines, len(symbols))


def fit_right_panel(fig, left, right):
    """Starts the right panel where its row labels end; where they are long the left panel gives way."""
    fig.canvas.draw()
    width = fig.get_figwidth() * fig.dpi
    names = max(label.get_window_extent().width for label in right.get_yticklabels()) / width
    where = left.get_position()
    share = min(where.width, (0.975 - where.x0 - names - 0.03) / 2)
    left.set_position([where.x0, where.y0, share, where.height])
    start = where.x0 + share + names + 0.03
    where = right.get_position()
    right.set_position([start, where.y0, 0.975 - start, where.height])


def plot(cells):
    """The figure for cells as `read` returns them."""
    plt.rcParams.update(STYLE)
    unique = lambda key: list(dict.fromkeys(c[key] for c in cells))  # noqa: E731
    models, order, families = unique("model"), unique("sampler"), unique("family")
    colours = family_colours(families)
    markers = {m: MARKERS[k % len(MARKERS)] for k, m in enumerate(models)}
    letters = {s: letter(k) for k, s in enumerate(order)}
    labels = sampler_labels({c["sampler"]: c["name"] for c in cells})
    names = model_labels(models)

    def look(c):
        return colours[c["family"]], markers[c["model"]]

    blocks = ([mark(f, mfc=colours[f]) for f in families], [mark(names[m], marker=markers[m]) for m in models],
              symbol_handles(cells))
    per_row = max(0.34, 0.15 * (1 + max(label.count("\n") for label in labels.values())), 0.15 * len(models))
    panel = max(2.4, per_row * len(order))
    top, bottom = 0.24, 0.50 + LINE * legend_rows(*blocks)
    height = panel + top + bottom
    fig = plt.figure(figsize=(7.2, height))
    tall = min(panel, 3.2)  # the left panel gains nothing from more rows on the right
    left = fig.add_axes([0.085, (bottom + panel - tall) / height, 0.375, tall / height])
    right = fig.add_axes([0.655, bottom / height, 0.335, panel / height])
    marks = quality_against_cost(left, cells, look, letters)
    differences(right, cells, look, order, labels, letters, models)
    legends(fig, *blocks)
    fit_right_panel(fig, left, right)
    place_letters(fig, left, marks)
    return fig


def main(argv):
    parser = argparse.ArgumentParser(description="Plots DIR/summary.json of `glassmark compare` as PNG and PDF.")
    parser.add_argument("dir", metavar="DIR", type=pathlib.Path)
    parser.add_argument("--out", metavar="NAME", default="compare", help="file name without its ending (default compare)")
    options = parser.parse_args(argv)
    return figures.guarded(
        "plot_compare", options.dir,
        lambda: figures.save(plot(read(options.dir / "summary.json")), options.dir, options.out))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
