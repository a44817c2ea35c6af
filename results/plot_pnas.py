#!/usr/bin/env python3
"""Plots what `glassmark reproduce pnas` wrote: results/plot_pnas.py DIR

Reads DIR/PANEL.csv and DIR/PANEL.json and nothing else; writes, each as .png and .pdf,
  DIR/PANEL            the phase diagram of denoising, for every panel that is there;
  DIR/pnas             all panels as in Ghio, Dandi, Krzakala and Zdeborova, PNAS 121 (2024), if two or more are there;
  DIR/kl-diffusion and DIR/kl-autoregressive
                       the predicted KL per spin of a sampler that stays on the uninformed branch to its end.

A panel: x is the control parameter, y the side information. Between the informed spinodal and the transition both
branches exist and the sampler is on the one of larger free entropy; between the transition and the uninformed spinodal it
is on the wrong one. An empty cell of the CSV is a line below zero or a line that does not exist; phase_at_zero says
which. Lines end at the exact points of the JSON: on y = 0 at the thresholds, at the tricritical point where all three
meet. Between the values of the CSV they are straight. Nothing is assumed of which side of it is hard.

The same input gives the same bytes: no dates, no randomness.
"""
import argparse
import csv
import math
import pathlib
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402
from matplotlib.lines import Line2D  # noqa: E402
from matplotlib.patches import Patch  # noqa: E402
from matplotlib.text import Text  # noqa: E402
from matplotlib.ticker import FuncFormatter, MaxNLocator  # noqa: E402

import figures  # noqa: E402
from figures import LINE, STYLE, BadInput  # noqa: E402

MODELS = ["ising", "spherical", "sparse-matrix", "bicolouring"]
PATHS = ["diffusion", "autoregressive"]
LINES = ["informed", "transition", "uninformed"]
THRESHOLD = {"informed": "dynamical", "transition": "static", "uninformed": "amp"}  # where a line reaches zero
PHASES = ["uninformed-only", "uninformed-favoured", "informed-favoured", "informed-only"]
COLUMNS = ["control", *(c for line in [*LINES, "kl_per_spin"] for c in (line, line + "_error")), "phase_at_zero"]
AGAIN = "run `glassmark reproduce pnas` with this --out again"

# the control parameter: its axis, its symbol, and what the field calls the static threshold
CONTROLS = {
    "temperature": ("temperature $T$", "T", ("K", "K Kauzmann")),
    "delta_over_rho2": (r"noise $\Delta/\rho^2$", r"\Delta", ("IT", "IT information-theoretic")),
    "alpha": (r"clauses per variable $\alpha$", r"\alpha", ("c", "c condensation")),
}
SIDES = {"diffusion": r"side information $\gamma^2$", "autoregressive": r"revealed fraction $\theta$"}
PATH_NAMES = {"diffusion": "flow and diffusion", "autoregressive": "autoregressive"}
LOOK = {  # told apart by their dashes too
    "informed": {"color": figures.BLUE, "dashes": (4, 1.5), "lw": 1.2},
    "transition": {"color": figures.BLACK, "dashes": (2.2, 1.2), "lw": 1.2},
    "uninformed": {"color": figures.GREEN, "dashes": (1.2, 0.8), "lw": 1.6},
}
REGIONS = [  # lower and upper line, fill, hatch and its colour
    ("informed", "transition", "#F6CF83", "////", "#B87F00"),
    ("transition", "uninformed", "#E58A4E", r"\\\\\\", "#8A3C00"),
]
PANEL_STYLE = {**STYLE, "hatch.linewidth": 0.45}
SMALL = {"axes.titlesize": 7.5, "xtick.labelsize": 7, "ytick.labelsize": 7, "legend.fontsize": 7}  # four panels in a row


def column_number(text, where, least=None):
    """A finite float, or None where the cell is empty."""
    if text.strip() == "":
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise BadInput(f"{where}: '{text}' is not a number")
    if least is not None and value < least:
        raise BadInput(f"{where}: {text} is below {least}")
    return value


def lines_expected(row):
    """Which lines are above zero, by the phase at zero; None: all or none."""
    return {"uninformed-only": None, "uninformed-favoured": {"transition", "uninformed"},
            "informed-favoured": {"uninformed"}, "informed-only": set()}[row["phase_at_zero"]]


def read_row(cells, where):
    row = {"phase_at_zero": cells["phase_at_zero"].strip()}
    if row["phase_at_zero"] not in PHASES:
        raise BadInput(f"{where}, phase_at_zero: '{row['phase_at_zero']}' is none of {', '.join(PHASES)}")
    row["control"] = column_number(cells["control"], f"{where}, control")
    if row["control"] is None:
        raise BadInput(f"{where}, control: is empty")
    for line in LINES:
        row[line] = column_number(cells[line], f"{where}, {line}", 0)
        row[line + "_error"] = column_number(cells[line + "_error"], f"{where}, {line}_error", 0)
    row["kl_per_spin"] = column_number(cells["kl_per_spin"], f"{where}, kl_per_spin")
    row["kl_per_spin_error"] = column_number(cells["kl_per_spin_error"], f"{where}, kl_per_spin_error", 0)
    there = {line for line in LINES if row[line] is not None}
    expected = lines_expected(row)
    if there != expected and not (expected is None and there in (set(), set(LINES))):
        says = "all lines or none" if expected is None else " and ".join(sorted(expected)) or "no line"
        raise BadInput(f"{where}: phase_at_zero={row['phase_at_zero']} goes with {says} above zero, "
                       f"not with {' and '.join(sorted(there)) or 'none'}")
    return row


def read_rows(path):
    try:
        with open(path, encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            header = [name.strip() for name in reader.fieldnames or []]
            missing = [c for c in COLUMNS if c not in header]
            if missing:
                raise BadInput(f"{path}: column '{missing[0]}' is missing; {AGAIN}")
            reader.fieldnames = header
            rows = []
            for cells in reader:
                where = f"{path}, line {reader.line_num}"
                if None in cells or None in cells.values():
                    raise BadInput(f"{where}: must have {len(header)} cells")
                rows.append(read_row(cells, where))
                if len(rows) > 1 and rows[-1]["control"] <= rows[-2]["control"]:
                    raise BadInput(f"{where}, control: must ascend")
    except OSError as e:
        raise BadInput(f"{path}: cannot be read ({e.strerror}); {AGAIN}") from e
    except (csv.Error, ValueError) as e:
        raise BadInput(f"{path}: not valid CSV ({e}); {AGAIN}") from e
    if len(rows) < 2:
        raise BadInput(f"{path}: has fewer than two rows; {AGAIN}")
    return rows


def member(table, key, where):
    if not isinstance(table, dict):
        raise BadInput(f"{where}: must be an object")
    if key not in table:
        raise BadInput(f"{where}: '{key}' is missing; {AGAIN}")
    return table[key]


def one_of(table, key, words, where):
    word = member(table, key, where)
    if not isinstance(word, str) or word not in words:
        raise BadInput(f"{where}: {key}: '{word}' is none of {', '.join(words)}")
    return word


def read_point(table, where):
    """The tricritical point, or None."""
    if table is None:
        return None
    point = {key: figures.number(member(table, key, where), f"{where}.{key}") for key in ("control", "side_information")}
    return point if None not in point.values() else None


def read_panel(folder, name):
    path = folder / f"{name}.json"
    about = figures.read_json(path, AGAIN, AGAIN)
    panel = {
        "name": name,
        "path": one_of(about, "path", PATHS, path),
        "control": one_of(about, "control", CONTROLS, path),
        "model": member(about, "model", path),
        "noisy": member(about, "noisy", path),
        "parameters": about.get("parameters") or {},
    }
    if not name.endswith(panel["path"]):
        raise BadInput(f"{path}: path: '{panel['path']}' is not the one of its name")
    if not isinstance(panel["model"], str):
        raise BadInput(f"{path}: model: must be a string")
    if not isinstance(panel["noisy"], bool):
        raise BadInput(f"{path}: noisy: must be true or false")
    errors = about.get("errors") or {}
    for key in THRESHOLD.values():
        panel[key] = figures.number(member(about, key, path), f"{path}: {key}")
        panel[key + "_error"] = figures.number(member(errors, key, f"{path}: errors"), f"{path}: errors.{key}")
    panel["tricritical"] = read_point(member(about, "tricritical", path), f"{path}: tricritical")
    panel["tricritical_error"] = read_point(errors.get("tricritical"), f"{path}: errors.tricritical")
    panel["rows"] = read_rows(folder / f"{name}.csv")
    panel["title"] = title(panel["model"], panel["parameters"])
    return panel


def read(folder):
    """The panels of a folder by name; all are read before anything is drawn."""
    names = [f"{model}-{path}" for path in PATHS for model in MODELS]
    names = [n for n in names if (folder / f"{n}.csv").exists() or (folder / f"{n}.json").exists()]
    if not names:
        raise BadInput(f"{folder}: has no panel (such as ising-diffusion.csv); run `glassmark reproduce pnas --out {folder}` first")
    return {name: read_panel(folder, name) for name in names}


def title(spec, parameters):
    """The model as a reader knows it; a spec without a name here is its own."""
    name, _, keys = spec.partition(":")
    keys = {**(parameters if isinstance(parameters, dict) else {}),
            **dict(item.partition("=")[::2] for item in keys.split(",") if item)}
    words = {"ising-p-spin": "Ising {p}-spin", "spherical-p-spin": "spherical {p}-spin",
             "spiked-matrix": "sparse rank one, ρ = {rho}", "bicolouring": "bicolouring, K = {k}"}.get(name, spec)
    if name == "spiked-matrix" and keys.get("prior") != "sparse-rademacher":
        return spec
    for key in ("p", "rho", "k"):
        if "{" + key + "}" in words and key not in keys:
            return spec
        words = words.replace("{" + key + "}", f"{keys.get(key)}")
    return words


# ---- what is drawn ----------------------------------------------------------------------------------------------------

def has_lines(row):
    return any(row[line] is not None for line in LINES)


def below_zero(row, line):
    """Is there such a line, at less than no side information?"""
    return row[line] is None and (has_lines(row) or row["phase_at_zero"] != "uninformed-only")


def points_above_zero(panel, line):
    """Side information by control: the values of the CSV and the tricritical point, where all lines end."""
    points = {r["control"]: r[line] for r in panel["rows"] if r[line] is not None}
    if panel["tricritical"] and any(has_lines(r) for r in panel["rows"]):
        points[panel["tricritical"]["control"]] = panel["tricritical"]["side_information"]
    return points


def crossing(panel, line):
    """Where the line reaches zero, if that lies among the data: beyond its points, before those where it is below zero.
    With noise it may not, and then the line ends at its last value."""
    at = panel[THRESHOLD[line]]
    present = list(points_above_zero(panel, line))
    absent = [r["control"] for r in panel["rows"] if below_zero(r, line)]
    if at is None or not present or not absent:
        return None
    separates = max(absent) <= at <= min(present) or max(present) <= at <= min(absent)
    return at if separates else None


def line_points(panel, line):
    """Ascending (control, side information): the values of the CSV, the threshold, the tricritical point."""
    points = points_above_zero(panel, line)
    at = crossing(panel, line)
    if at is not None:
        points[at] = 0.0
    return sorted(points.items())


def region(panel, lower, upper):
    """Control values and both borders of the region between two lines; a line below zero counts as zero."""
    borders = []
    for line in (lower, upper):
        points = {r["control"]: 0.0 for r in panel["rows"] if below_zero(r, line)}
        points.update(line_points(panel, line))
        borders.append(np.array(sorted(points.items())).reshape(-1, 2))
    if not all(len(b) for b in borders):
        return np.empty(0), np.empty(0), np.empty(0)
    x = np.unique(np.concatenate([b[:, 0] for b in borders]))
    low, high = (np.interp(x, b[:, 0], b[:, 1]) for b in borders)
    return x, low, np.maximum(low, high)


def kl_points(panel):
    """Ascending (control, KL per spin, error); nothing is paid where a line begins or where the failing region ends."""
    points = {r["control"]: (r["kl_per_spin"], r["kl_per_spin_error"] or 0.0)
              for r in panel["rows"] if r["kl_per_spin"] is not None}
    if points and panel["tricritical"]:
        points[panel["tricritical"]["control"]] = (0.0, 0.0)
    at = crossing(panel, "uninformed")
    if points and at is not None:
        points[at] = (0.0, 0.0)
    return [(c, *v) for c, v in sorted(points.items())]


def x_range(panel):
    low, high = panel["rows"][0]["control"], panel["rows"][-1]["control"]
    if panel["tricritical"]:
        tri, pad = panel["tricritical"]["control"], 0.05 * (high - low)
        low, high = min(low, tri - pad), max(high, tri + pad)
    return low, high


def verticals(panel):
    """Control value, error, label and meaning of each dotted line, ascending."""
    _, symbol, (static, static_meaning) = CONTROLS[panel["control"]]
    names = {"dynamical": ("d", "d dynamical"), "static": (static, static_meaning), "amp": ("AMP", "AMP")}
    found = [(panel[key], panel[key + "_error"] or 0.0, f"${symbol}_{{\\mathrm{{{sub}}}}}$", meaning)
             for key, (sub, meaning) in names.items() if panel[key] is not None]
    if panel["tricritical"]:
        error = (panel["tricritical_error"] or {"control": 0.0})["control"]
        found.append((panel["tricritical"]["control"], error, f"${symbol}_{{\\mathrm{{tri}}}}$", None))
    low, high = x_range(panel)
    return sorted((v for v in found if low <= v[0] <= high), key=lambda v: v[0])


def draw_verticals(ax, panel):
    """Dotted lines with a label above the frame; labels give way to each other and keep a line to their place."""
    marks = verticals(panel)
    notes = []
    for at, error, label, _ in marks:
        ax.axvline(at, color="0.25", lw=0.7, dashes=(0.8, 1.4), zorder=1.5)
        if panel["noisy"] and error > 0:
            ax.axvspan(at - error, at + error, color="0.82", lw=0, zorder=0.5)
        line = {"arrowstyle": "-", "lw": 0.4, "color": "0.25", "shrinkA": 0, "shrinkB": 0, "relpos": (0.5, 0)}
        notes.append(ax.annotate(label, xy=(at, 1), xycoords=("data", "axes fraction"), xytext=(0, 5), textcoords="offset points",
                                 ha="center", va="bottom", fontsize=plt.rcParams["xtick.labelsize"], arrowprops=line))
    if not notes:
        return
    points = 72 / ax.figure.dpi
    renderer = ax.figure.canvas.get_renderer()
    width = [Text.get_window_extent(n, renderer).width * points for n in notes]
    wanted = [ax.transData.transform((m[0], 0))[0] * points for m in marks]
    frame = ax.get_window_extent(renderer)
    for note, at, place in zip(notes, wanted, apart(wanted, width, frame.x0 * points, frame.x1 * points)):
        note.xyann = (place - at, 5)


def apart(wanted, width, low, high, gap=2.0):
    """Centres as near as can be (least squares) to the wanted ones, in their order, `gap` apart, from `low` to `high`."""
    offset = [0.0]
    for a, b in zip(width, width[1:]):
        offset.append(offset[-1] + 0.5 * (a + b) + gap)
    blocks = []  # isotonic regression of wanted - offset by pooling neighbours that meet: [sum, count]
    for w, o in zip(wanted, offset):
        blocks.append([w - o, 1])
        while len(blocks) > 1 and blocks[-2][0] / blocks[-2][1] > blocks[-1][0] / blocks[-1][1]:
            total, count = blocks.pop()
            blocks[-1][0] += total
            blocks[-1][1] += count
    start = [total / count for total, count in blocks for _ in range(count)]
    least, most = low + 0.5 * width[0], high - 0.5 * width[-1] - offset[-1]
    return [o + max(least, min(s, most)) for s, o in zip(start, offset)]


def draw_diagram(ax, panel, limits=None):
    """Regions, lines and marks of a phase diagram; axis labels and title are the caller's."""
    tops = [r[line] + (r[line + "_error"] or 0.0) for r in panel["rows"] for line in LINES if r[line] is not None]
    if panel["tricritical"]:
        tops.append(panel["tricritical"]["side_information"])
    for lower, upper, fill, hatch, edge in REGIONS:
        x, low, high = region(panel, lower, upper)
        if len(x):
            ax.fill_between(x, low, high, facecolor=fill, edgecolor=edge, hatch=hatch, lw=0, zorder=1)
    for line in LINES:
        points = line_points(panel, line)
        if points:
            ax.plot(*zip(*points), solid_capstyle="butt", zorder=3, **LOOK[line])
        rows = [r for r in panel["rows"] if panel["noisy"] and r[line] is not None and r[line + "_error"]]
        if rows:
            ax.errorbar([r["control"] for r in rows], [r[line] for r in rows], yerr=[r[line + "_error"] for r in rows], fmt="none",
                        ecolor=LOOK[line]["color"], elinewidth=0.7, capsize=1.4, capthick=0.7, zorder=3.5)
    if panel["tricritical"]:
        at = (panel["tricritical"]["control"], panel["tricritical"]["side_information"])
        ax.plot(*at, "o", ms=3.8, mfc="black", mec="white", mew=0.5, zorder=5)
        error = panel["tricritical_error"]
        if panel["noisy"] and error:
            ax.errorbar(*at, xerr=error["control"], yerr=error["side_information"], fmt="none", ecolor="black", elinewidth=0.7,
                        capsize=1.4, capthick=0.7, zorder=4.5)
    if not tops:
        ax.text(0.5, 0.5, "no first-order\ntransition", transform=ax.transAxes, ha="center", va="center")
    ax.set_xlim(limits or x_range(panel))
    ax.set_ylim(0, 1.12 * max(tops, default=0.0) or 1.0)
    ax.xaxis.set_major_locator(MaxNLocator(nbins=5, steps=[1, 2, 5, 10]))
    ax.yaxis.set_major_locator(MaxNLocator(nbins=4, steps=[1, 2, 5, 10]))
    draw_verticals(ax, panel)


def draw_kl(ax, panel):
    points = kl_points(panel)
    top = 0.0
    if points:
        x, y, error = (np.array(v) for v in zip(*points))
        top = (y + error * panel["noisy"]).max()
        ax.plot(x, y, "-", color=figures.VERMILION, lw=1.2, zorder=3)
        if panel["noisy"]:
            noisy = error > 0
            ax.errorbar(x[noisy], y[noisy], yerr=error[noisy], fmt="none", ecolor=figures.VERMILION, elinewidth=0.7, capsize=1.4,
                        capthick=0.7, zorder=3)
    if panel["tricritical"]:
        ax.plot(panel["tricritical"]["control"], 0, "o", ms=3.8, mfc="black", mec="white", mew=0.5, zorder=5, clip_on=False)
    ax.set_xlim(x_range(panel))
    ax.set_ylim(0, 1.1 * top or 1.0)
    ax.xaxis.set_major_locator(MaxNLocator(nbins=5, steps=[1, 2, 5, 10]))
    ax.yaxis.set_major_locator(MaxNLocator(nbins=4, steps=[1, 2, 5, 10]))
    power = math.floor(math.log10(top)) if top > 0 else 0
    unit = "nats"
    if power < -1:  # in the label: matplotlib's own place for it is where the titles are
        ax.yaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v / 10.0 ** power:.3g}"))
        unit = rf"$10^{{{power}}}$ nats"
    ax.set_xlabel(CONTROLS[panel["control"]][0], labelpad=2)
    ax.set_ylabel(f"KL per spin ({unit})", labelpad=2)
    draw_verticals(ax, panel)


# ---- legends and whole figures ----------------------------------------------------------------------------------------

def region_handles():
    words = ["works: on the dominant of two branches", "fails: on the wrong one of two branches"]
    handles = [Patch(facecolor="white", edgecolor="0.4", lw=0.6, label="works: there is one branch")]
    for (_, _, fill, hatch, edge), label in zip(REGIONS, words):
        handles.append(Patch(facecolor=fill, edgecolor=edge, hatch=hatch, lw=0, label=label))
    return handles


def line_handles():
    handles = [Line2D([], [], label=f"{line} spinodal" if line != "transition" else line, **LOOK[line])
               for line in ("informed", "uninformed", "transition")]
    return [*handles, tricritical_handle()]


def tricritical_handle():
    return Line2D([], [], ls="none", marker="o", ms=4, mfc="black", mec="white", mew=0.5, label="tricritical point")


def note_handles(panels):
    """What the labels of the dotted lines mean, for those that occur, and what error bars are."""
    meanings = list(dict.fromkeys(v[3] for p in panels for v in verticals(p) if v[3]))
    handles = []
    if meanings:
        handles.append(Line2D([], [], color="0.25", lw=0.7, dashes=(0.8, 1.4), label="threshold: " + ", ".join(meanings)))
    if any(p["noisy"] for p in panels):
        handles.append(Line2D([], [], ls="none", marker="|", ms=6, mew=0.7, color="0.25", label="± one standard error"))
    return handles


def one_row(handles):
    return [(handles, len(handles))] if handles else []


def legends(fig, groups):
    """Blocks of (handles, columns) from the bottom of the figure upwards to legend_height(groups)."""
    how = {"frameon": False, "borderpad": 0.0, "borderaxespad": 0.0, "handletextpad": 0.5, "labelspacing": 0.3,
           "columnspacing": 1.4, "handlelength": 2.4, "handleheight": 0.9}
    y = legend_height(groups)
    for handles, columns in groups:
        fig.legend(handles=handles, loc="upper center", bbox_to_anchor=(0.5, y / fig.get_figheight()), ncol=columns, **how)
        y -= LINE * math.ceil(len(handles) / columns)


def legend_height(groups):
    return 0.04 + LINE * sum(math.ceil(len(handles) / columns) for handles, columns in groups)


def place(fig, x, y, width, height):
    """Axes at inches from the lower left corner."""
    w, h = fig.get_size_inches()
    return fig.add_axes([x / w, y / h, width / w, height / h])


def caption(ax, text):
    ax.set_title(text, loc="left", pad=17)  # above the labels of the dotted lines


def plot_panel(panel):
    """One column of a paper."""
    plt.rcParams.update(PANEL_STYLE)  # matplotlib asks for some of it when it saves
    groups = [(region_handles(), 1), (line_handles(), 2)]
    groups += [([h], 1) for h in note_handles([panel])]
    bottom, height = legend_height(groups) + 0.46, 2.05
    fig = plt.figure(figsize=(3.4, bottom + height + 0.42))
    ax = place(fig, 0.62, bottom, 2.60, height)
    draw_diagram(ax, panel)
    ax.set_xlabel(CONTROLS[panel["control"]][0])
    ax.set_ylabel(SIDES[panel["path"]])
    caption(ax, f"{panel['title']}: {PATH_NAMES[panel['path']]}")
    legends(fig, groups)
    return fig


def plot_all(panels):
    """The paper's layout: models from left to right, paths from top to bottom; a column has one x axis."""
    plt.rcParams.update({**PANEL_STYLE, **SMALL})
    groups = [(region_handles(), 3), (line_handles(), 4)]
    groups += one_row(note_handles(panels.values()))
    bottom, width, height, step = legend_height(groups) + 0.44, 1.29, 1.40, 2.22
    fig = plt.figure(figsize=(7.2, bottom + step + height + 0.44))
    for k, model in enumerate(MODELS):
        column = [panels[n] for n in (f"{model}-{path}" for path in PATHS) if n in panels]
        ranges = [x_range(p) for p in column]
        for j, path in enumerate(PATHS):
            name = f"{model}-{path}"
            ax = place(fig, 0.72 + k * (width + 0.39), bottom + (1 - j) * step, width, height)
            letter = chr(ord("a") + j * len(MODELS) + k)
            if name in panels:
                panel = panels[name]
                draw_diagram(ax, panel, (min(r[0] for r in ranges), max(r[1] for r in ranges)))
                caption(ax, f"({letter}) {panel['title']}")
                ax.set_xlabel(CONTROLS[panel["control"]][0], labelpad=2)
            else:
                ax.text(0.5, 0.5, f"no data for\n{model}\n{path}", transform=ax.transAxes, ha="center", va="center", color="0.35")
                ax.set_xticks([])
                ax.set_yticks([])
                caption(ax, f"({letter})")
            if k == 0:
                ax.set_ylabel(f"{PATH_NAMES[path]}\n{SIDES[path]}", linespacing=1.4)
                ax.yaxis.set_label_coords(-0.26, 0.5)
    legends(fig, groups)
    return fig


def plot_kl(panels):
    """The panels of one path side by side."""
    plt.rcParams.update({**PANEL_STYLE, **(SMALL if len(panels) > 1 else {})})
    path = panels[0]["path"]
    curve = Line2D([], [], color=figures.VERMILION, lw=1.2,
                   label=f"KL(target || {PATH_NAMES[path]}) per spin, predicted" if len(panels) > 1 else "predicted KL per spin")
    groups = [([curve, tricritical_handle()], 2)]
    notes = note_handles(panels)
    groups += one_row(notes) if len(panels) > 1 else [([h], 1) for h in notes]
    bottom, height, margin, gap = legend_height(groups) + 0.44, 1.40, 0.48, 0.46
    total = 3.4 if len(panels) == 1 else 7.2
    width = (total - margin - 0.15 - gap * (len(panels) - 1)) / len(panels)
    fig = plt.figure(figsize=(total, bottom + height + 0.44))
    for k, panel in enumerate(panels):
        ax = place(fig, margin + k * (width + gap), bottom, width, height)
        draw_kl(ax, panel)
        caption(ax, f"({chr(ord('a') + k)}) {panel['title']}" if len(panels) > 1 else f"{panel['title']}: {PATH_NAMES[path]}")
    legends(fig, groups)
    return fig


def plot(panels):
    """Names and figures, one at a time."""
    for name, panel in panels.items():
        yield name, plot_panel(panel)
    if len(panels) > 1:
        yield "pnas", plot_all(panels)
    for path in PATHS:
        of_path = [p for p in panels.values() if p["path"] == path]
        if of_path:
            yield f"kl-{path}", plot_kl(of_path)


def main(argv):
    parser = argparse.ArgumentParser(description="Plots DIR/*.csv and DIR/*.json of `glassmark reproduce pnas` as PNG and PDF.")
    parser.add_argument("dir", metavar="DIR", type=pathlib.Path)
    folder = parser.parse_args(argv).dir

    def work():
        for name, fig in plot(read(folder)):
            figures.save(fig, folder, name)
            plt.close(fig)

    return figures.guarded("plot_pnas", folder, work)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
