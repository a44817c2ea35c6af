#!/usr/bin/env python3
"""Forward KL of decimation on XORSAT, measured against predicted: results/plot_forward_kl.py COMPARE_DIR LINES.csv [--out NAME]

Reads COMPARE_DIR/summary.json of `glassmark compare` (autoregressive on planted xorsat at temperature 0) and LINES.csv of
`glassmark phase lines --model xorsat:... --path autoregressive`; writes NAME.csv, NAME.png and NAME.pdf beside LINES.csv.

KL(target || sampler)/N is EUBO/N - ln Z/N: the mean of -ln q(x*) over planted signals, which are exact draws, less the
entropy of the solutions. ln Z = beta M + (N - M) ln 2 where the M checks are independent, as they are below
alpha_s = 0.918 but for O(1) of them. (a) KL per spin against alpha. (b) N times what is measured beyond the prediction: flat
where that falls as 1/N. Bars are standard errors over instances.
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

import figures  # noqa: E402
from figures import STYLE, BadInput, number  # noqa: E402

COLOURS = [figures.BLUE, figures.VERMILION, figures.GREEN, figures.ORANGE, figures.PURPLE, figures.SKY, figures.BLACK]
AGAIN = "run `glassmark compare` with this --out first"


def read_cells(folder):
    """(alpha, N, KL per spin, its error, fraction of calls that did not converge), by alpha and N."""
    path = folder / "summary.json"
    summary = figures.read_json(path, AGAIN, AGAIN)
    cells = summary.get("cells") if isinstance(summary, dict) else None
    if not isinstance(cells, list):
        raise BadInput(f"{path}: has no list 'cells'; {AGAIN}")
    out = []
    for k, cell in enumerate(cells):
        where = f"{path}: cells[{k}]"
        keys = dict(item.partition("=")[::2] for item in str(cell.get("model", "")).partition(":")[2].split(","))
        if cell.get("model_name") != "xorsat" or keys.get("temperature") != "0":
            raise BadInput(f"{where}: must be xorsat at temperature=0, is {cell.get('model')}")
        eubo = cell.get("eubo")
        if not isinstance(eubo, dict):
            raise BadInput(f"{where}: has no EUBO; use an autoregressive sampler and planted=true")
        n, alpha, beta = int(keys["n"]), float(keys["alpha"]), number(cell.get("beta"), where + ": beta")
        checks = math.floor(alpha * n + 0.5)
        log_z = beta * checks / n + (1 - checks / n) * math.log(2)
        out.append((alpha, n, number(eubo["mean"], where) - log_z, number(eubo["error"], where),
                    number(cell.get("unconverged_fraction"), where) or 0.0))
    if not out:
        raise BadInput(f"{path}: holds no cell")
    return sorted(out)


def read_lines(path):
    try:
        with open(path, encoding="utf-8", newline="") as file:
            rows = [(float(r["control"]), float(r["kl_per_spin"])) for r in csv.DictReader(file)]
    except (OSError, KeyError, ValueError, TypeError) as e:
        raise BadInput(f"{path}: not a table of `glassmark phase lines` ({e})") from e
    if len(rows) < 2:
        raise BadInput(f"{path}: needs two values of alpha or more")
    return np.array(sorted(rows)).T


def joined(cells, lines):
    """Cells with the prediction at their alpha, which must be one of the table's."""
    out = []
    for alpha, n, kl, error, unconverged in cells:
        k = int(np.argmin(np.abs(lines[0] - alpha)))
        if abs(lines[0][k] - alpha) > 1e-9:
            raise BadInput(f"the lines have no alpha = {alpha:g}; choose a step that meets it")
        out.append((alpha, n, kl, error, float(lines[1][k]), unconverged))
    return out


def table(rows):
    text = "alpha,n,kl_per_spin,kl_per_spin_error,predicted,difference,sigma,unconverged_fraction\n"
    for alpha, n, kl, error, predicted, unconverged in rows:
        text += (f"{alpha:g},{n},{kl:.6f},{error:.6f},{predicted:.6f},{kl - predicted:.6f},"
                 f"{(kl - predicted) / error:.2f},{unconverged:.4f}\n")
    return text


def plot(rows, lines):
    plt.rcParams.update(STYLE)
    fig, (left, right) = plt.subplots(1, 2, figsize=(6.8, 2.9))
    sizes, alphas = sorted({r[1] for r in rows}), sorted({r[0] for r in rows})
    left.plot(lines[0], lines[1], color="0.3", lw=1, label="predicted", zorder=2)
    for n, colour in zip(sizes, COLOURS):
        some = np.array([r for r in rows if r[1] == n])
        left.errorbar(some[:, 0], some[:, 2], yerr=some[:, 3], fmt="o", ms=3.2, color=colour, elinewidth=0.7,
                      label=f"N = {n}", zorder=3)
    left.set_xlabel("checks per spin α")
    left.set_ylabel("KL(target ∥ sampler)/N (nats)")
    left.set_title("(a) forward KL of decimation", loc="left")
    left.legend(frameon=False)
    for k, (alpha, colour) in enumerate(zip(alphas, COLOURS)):
        some = np.array([r for r in rows if r[0] == alpha])
        n = some[:, 1]
        right.errorbar(n * 1.07 ** (k - len(alphas) / 2), n * (some[:, 2] - some[:, 4]), yerr=n * some[:, 3], fmt="s", ms=3,
                       color=colour, elinewidth=0.7, label=f"α = {alpha:g}")
    right.axhline(0, color="0.5", lw=0.7)
    right.set_xscale("log")
    right.set_xlabel("spins N")
    right.set_ylabel("measured − predicted, in all (nats)")
    right.set_title("(b) what finite size adds", loc="left")
    right.legend(frameon=False, ncol=2, fontsize=6.5, loc="upper left")
    fig.tight_layout()
    return fig


def main(argv):
    parser = argparse.ArgumentParser(prog="plot_forward_kl", description="Measured and predicted forward KL of decimation on XORSAT.")
    parser.add_argument("folder", metavar="COMPARE_DIR", type=pathlib.Path)
    parser.add_argument("lines", metavar="LINES.csv", type=pathlib.Path)
    parser.add_argument("--out", metavar="NAME", default="xorsat-forward-kl", help="file name without its ending")
    options = parser.parse_args(argv)
    target = options.lines.parent

    def work():
        lines = read_lines(options.lines)
        rows = joined(read_cells(options.folder), lines)
        figures.save(plot(rows, lines), target, options.out)
        whole = target / f"{options.out}.csv"
        whole.with_suffix(".csv.part").write_text(table(rows), encoding="utf-8")
        whole.with_suffix(".csv.part").replace(whole)
        print(whole)

    return figures.guarded("plot_forward_kl", target, work)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
