"""What the plot scripts share: the look of a paper's column, reading what glassmark wrote, saving figures whole."""
import argparse
import json
import math
import pathlib
import sys

# Okabe and Ito (2008): told apart with every common form of colour blindness.
BLUE, ORANGE, GREEN, VERMILION, PURPLE = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7"
SKY, BLACK, YELLOW = "#56B4E9", "#000000", "#F0E442"
LINE = 0.155  # inches, one line of a legend
STYLE = {
    "font.family": "DejaVu Sans",
    "font.size": 8,
    "axes.labelsize": 8,
    "axes.titlesize": 8,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "legend.fontsize": 8,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "pdf.fonttype": 42,
}


class BadInput(Exception):
    pass


def number(value, where):
    """A finite float, or None for null and for what JSON cannot say (NaN)."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise BadInput(f"{where}: must be a number or null")
    return float(value) if math.isfinite(value) else None


def read_json(path, absent, broken):
    """`absent` and `broken` are what a reader does about a file that cannot be read, or is not JSON."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as e:
        raise BadInput(f"{path}: cannot be read ({e.strerror}); {absent}") from e
    except ValueError as e:
        raise BadInput(f"{path}: not valid JSON ({e}); {broken}") from e


def save(fig, folder, name):
    """FOLDER/NAME.png and .pdf, each whole or not at all, without dates."""
    for ending, settings in (("png", {"metadata": {"Software": None}}), ("pdf", {"metadata": {"CreationDate": None}})):
        whole = folder / f"{name}.{ending}"
        part = folder / f"{name}.{ending}.part"
        try:
            fig.savefig(part, format=ending, dpi=200, **settings)
            part.replace(whole)
        finally:
            part.unlink(missing_ok=True)
        print(whole)


def guarded(program, folder, work):
    """Runs work(); what was wrong with the input or the folder is one line and exit status 2."""
    try:
        work()
    except OSError as e:
        print(f"{program}: {e.filename or folder}: {e.strerror}; choose a folder that can be written", file=sys.stderr)
        return 2
    except BadInput as e:
        print(f"{program}: {e}", file=sys.stderr)
        return 2
    return 0


def main(program, description, read, plot, argv):
    """PROGRAM FILE.json... [--out NAME]: plot of the runs that read(FILE) gives for all files, beside the first one."""
    parser = argparse.ArgumentParser(prog=program, description=description)
    parser.add_argument("files", metavar="FILE.json", type=pathlib.Path, nargs="+")
    parser.add_argument("--out", metavar="NAME", help="file name without its ending (default: the first file's)")
    options = parser.parse_args(argv)
    first = options.files[0]
    return guarded(program, first.parent,
                   lambda: save(plot([run for f in options.files for run in read(f)]), first.parent, options.out or first.stem))
