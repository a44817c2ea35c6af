#!/usr/bin/env python3
"""`glassmark instance` and `glassmark sample` against an independent enumeration: enumeration_test.py GLASSMARK

The exported instance is read here, its 2^n configurations are enumerated in double precision, and the samples that the
program wrote are held against that law. Nothing of the program's own arithmetic is used. G-tests with cells pooled to
at least 5 expected; false-alarm rate of the whole file 1e-3 (Bonferroni over its G-tests). Seeds are fixed.
"""
import itertools
import json
import math
import pathlib
import subprocess
import sys
import tempfile
import unittest

import netCDF4
import numpy as np

GLASSMARK = sys.argv.pop(1) if len(sys.argv) > 1 else "build/glassmark"
SEED = 7
CHAINS, DRAWS, WARMUP, THIN = 64, 500, 400, 60  # the autocorrelation times are below 8 sweeps: measured and checked
TAU_DRAWS = 2000  # for that, without thinning
EXACT_DRAWS = 400

CHAIN_TARGETS = [
    "sk:n=6,temperature=0.7,planted=true,field=0.3,pins=1",
    "sk:n=5,temperature=0.6,field=-0.2,field_spread=0.5,instance=3",
    "ising-p-spin:p=3,n=6,temperature=0.8,field=0.2",
    "ising-p-spin:p=4,n=7,temperature=0.9,planted=true,pins=2",
    "curie-weiss:n=6,temperature=0.8,field=0.1",
]
EXACT_TARGETS = [
    "sk:n=6,temperature=0.5,planted=true,field=0.3,pins=1",
    "ising-p-spin:p=3,n=6,temperature=0.5,planted=true,field=0.2",
    "curie-weiss:n=5,temperature=0.8,field=0.2",
]
LEVEL = 1e-3 / (len(CHAIN_TARGETS) + len(EXACT_TARGETS))


def chi_square_tail(x, dof):
    """P(chi^2_dof > x) = Q(dof/2, x/2): series below the mean, continued fraction (Lentz) above.
    Press et al., Numerical Recipes, section 6.2."""
    a, x = dof / 2, x / 2
    if x <= 0:
        return 1.0
    front = math.exp(-x + a * math.log(x) - math.lgamma(a))
    if x < a + 1:
        term = total = 1 / a
        n = a
        while abs(term) > 1e-16 * abs(total):
            n += 1
            term *= x / n
            total += term
        return 1 - front * total
    b, c = x + 1 - a, 1e300
    d = 1 / b
    h = d
    for i in range(1, 10000):
        an = -i * (i - a)
        b += 2
        d = 1 / (an * d + b)
        c = b + an / c
        h *= d * c
        if abs(d * c - 1) < 1e-15:
            break
    return front * h


def g_test(counts, p):
    """p-value of counts against the law p. Cells of zero probability must be empty; the smallest are pooled."""
    total = counts.sum()
    if counts[p == 0].any():
        return 0.0
    order = np.argsort(p)[np.count_nonzero(p == 0):]
    cells, seen, expected = [], 0, 0.0
    for k in order:
        seen, expected = seen + counts[k], expected + total * p[k]
        if expected >= 5:
            cells.append((seen, expected))
            seen, expected = 0, 0.0
    if expected > 0:  # only if the largest cell itself is below 5
        raise AssertionError("too few draws for a test")
    if len(cells) < 4:
        raise AssertionError("the target is too peaked for a test")
    g = 2 * sum(o * math.log(o / e) for o, e in cells if o > 0)
    return chi_square_tail(g, len(cells) - 1)


def integrated_time(series):
    """tau = 1 + 2 sum_t rho(t), chains by draws, window at 5 tau (Sokal). 0 for what does not move by law (a pin)."""
    x = series - series.mean()
    variance = (x * x).mean()
    if variance == 0:
        return 0.0
    tau = 1.0
    for t in range(1, x.shape[1]):
        tau += 2 * (x[:, :-t] * x[:, t:]).mean() / variance
        if t > 5 * tau:
            return tau
    return math.inf


class Instance:
    def __init__(self, path):
        j = json.loads(path.read_text(encoding="utf-8"))
        self.n, self.beta = j["n"], 1 / j["temperature"]
        self.terms = [([int(i) for i in t[:-1]], t[-1]) for t in j["terms"]]
        self.order = j["order"]
        self.fields = np.array(j["fields"], dtype=float)
        self.planted = None if j["planted"] is None else np.array(j["planted"])
        self.pinned = [(int(i), int(s)) for i, s in j["pinned"]]

    def energy(self, x):
        """H of configurations along the last axis."""
        h = -(x @ self.fields)
        for sites, coupling in self.terms:
            h = h - coupling * np.prod(x[..., sites], axis=-1)
        return h

    def law(self, factor=1.0):
        """Probabilities by number_of; `factor` multiplies beta (to see the test fail)."""
        x = np.array(list(itertools.product((-1, 1), repeat=self.n)), dtype=float)[:, ::-1]
        log_p = -factor * self.beta * self.energy(x)
        for i, s in self.pinned:
            log_p[x[:, i] != s] = -np.inf
        p = np.exp(log_p - log_p.max())
        return p / p.sum()

    @staticmethod
    def number_of(x):
        return ((x > 0) * (1 << np.arange(x.shape[-1]))).sum(axis=-1)


class Samples:
    def __init__(self, path):
        with netCDF4.Dataset(path) as f:
            f.set_auto_mask(False)
            posterior, stats = f["posterior"], f["sample_stats"]
            self.dimensions = posterior["x"].dimensions
            self.x = posterior["x"][:].astype(float)
            self.energy = posterior["E"][:]
            self.m = posterior["m"][:]
            self.q = posterior["q_planted"][:] if "q_planted" in posterior.variables else None
            self.lp = stats["lp"][:]
            self.log_q = stats["log_q"][:] if "log_q" in stats.variables else None
            self.configuration = json.loads(f.configuration)
            self.names = set(posterior.variables) | set(stats.variables)


def glassmark(*arguments):
    # one thread: these targets are too small to share out
    done = subprocess.run([GLASSMARK, "--threads", "1", *arguments], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, check=False)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(arguments)}: exit {done.returncode}: {done.stderr}")


class Enumeration(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def instance(self, model):
        path = self.folder / "instance.json"
        glassmark("instance", "--model", model, "--seed", str(SEED), "--out", str(path))
        return Instance(path)

    def sample(self, model, sampler, draws, warmup=WARMUP, thin=THIN):
        path = self.folder / "run.nc"
        glassmark("sample", "--model", model, "--sampler", sampler, "--draws", str(draws), "--chains", str(CHAINS),
                  "--warmup", str(warmup), "--thin", str(thin), "--seed", str(SEED), "--quiet", "--out", str(path))
        return Samples(path)

    def check_numbers(self, inst, s, draws):
        """Everything in the file that follows from x and the instance alone."""
        self.assertEqual(s.dimensions, ("chain", "draw", "site"))
        self.assertEqual(s.x.shape, (CHAINS, draws, inst.n))
        self.assertTrue(np.all(np.abs(s.x) == 1))
        h = inst.energy(s.x)
        scale = sum(abs(j) for _, j in inst.terms) + np.abs(inst.fields).sum()
        # couplings are beta J in single precision: 2^-24 of each term, and a few roundings of the sums
        np.testing.assert_allclose(s.energy, h, rtol=0, atol=1e-6 * scale)
        np.testing.assert_allclose(s.lp, -inst.beta * h, rtol=0, atol=1e-6 * scale * inst.beta)
        np.testing.assert_allclose(s.m, s.x.mean(axis=-1), rtol=0, atol=1e-12)
        self.assertEqual(s.q is not None, inst.planted is not None)
        if inst.planted is not None:
            np.testing.assert_allclose(s.q, (s.x * inst.planted).mean(axis=-1), rtol=0, atol=1e-12)
        for i, sign in inst.pinned:
            self.assertTrue(np.all(s.x[..., i] == sign), f"pinned site {i} moved")
            if inst.planted is not None:
                self.assertEqual(inst.planted[i], sign)
        self.assertNotIn("energy", s.names)  # ArviZ keeps that name for HMC
        self.assertEqual(s.configuration["seed"], SEED)

    def check_law(self, inst, s, must_see):
        """The law, and that the test would notice a law with each of its parts slightly off."""
        p = inst.law()
        counts = np.bincount(Instance.number_of(s.x).ravel(), minlength=p.size)
        value = g_test(counts, p)
        self.assertGreater(value, LEVEL, "the draws do not have the enumerated law")
        free = p[p > 0]
        self.assertGreater(free.max() / free.min(), 40, "the target is too flat to test anything")
        for factor in must_see:
            self.assertLess(g_test(counts, inst.law(factor)), 1e-6, f"blind to beta times {factor}")
        return value

    def test_chains_against_enumeration(self):
        for model in CHAIN_TARGETS:
            with self.subTest(model=model):
                inst = self.instance(model)
                self.assertEqual("pins" in model, len(inst.pinned) > 0)
                self.assertEqual("planted" in model, inst.planted is not None)
                self.assertEqual(len(inst.terms), math.comb(inst.n, inst.order))

                series = self.sample(model, "glauber", TAU_DRAWS, thin=1)
                tau = max(integrated_time(v) for v in [series.energy, series.m, *np.moveaxis(series.x, -1, 0)])
                self.assertGreaterEqual(THIN, 5 * tau, f"thin = {THIN} is below 5 tau, tau = {tau:.2f} sweeps")
                self.assertGreaterEqual(WARMUP, 20 * tau)

                s = self.sample(model, "glauber", DRAWS)
                self.check_numbers(inst, s, DRAWS)
                value = self.check_law(inst, s, (0.9, 1.1))
                print(f"{model}: tau = {tau:.2f} sweeps, G-test p = {value:.3g}", file=sys.stderr)

    def test_exact_autoregression_knows_its_law(self):
        for model in EXACT_TARGETS:
            with self.subTest(model=model):
                inst = self.instance(model)
                s = self.sample(model, "autoregressive:denoiser=exact", EXACT_DRAWS)
                self.check_numbers(inst, s, EXACT_DRAWS)
                value = self.check_law(inst, s, (0.9, 1.1))
                log_p = np.log(np.maximum(inst.law(), 1e-300))
                # a sum of at most n single-precision logarithms
                np.testing.assert_allclose(s.log_q, log_p[Instance.number_of(s.x)], rtol=2e-6, atol=2e-6)
                print(f"{model}: exact autoregression, G-test p = {value:.3g}", file=sys.stderr)

    def test_another_seed_is_another_instance(self):
        paths = [self.folder / f"{seed}.json" for seed in (7, 8)]
        for path in paths:
            glassmark("instance", "--model", "sk:n=6", "--seed", path.stem, "--out", str(path))
        self.assertNotEqual(Instance(paths[0]).terms, Instance(paths[1]).terms)

    def test_xarray_opens_the_groups(self):
        try:
            import xarray
        except ImportError:
            self.skipTest("python3-xarray is not installed; netCDF4 reads the same file in the other tests")
        s = self.sample("sk:n=4,planted=true", "glauber", 10)
        for group, names in (("posterior", {"x", "E", "m", "q_planted"}), ("sample_stats", {"lp", "acceptance_rate"})):
            with xarray.open_dataset(self.folder / "run.nc", group=group) as data:
                self.assertLessEqual(names, set(data.data_vars))
                self.assertEqual((data.sizes["chain"], data.sizes["draw"]), (CHAINS, 10))
                if group == "posterior":
                    np.testing.assert_array_equal(data["x"].values, s.x)
                    self.assertEqual(data["x"].dims, ("chain", "draw", "site"))


class Tools(unittest.TestCase):
    def test_chi_square_tail(self):
        # closed forms: dof 2: exp(-x/2); dof 1: erfc(sqrt(x/2)); dof 4: exp(-x/2)(1 + x/2)
        for x in (0.01, 0.5, 2.0, 7.0, 40.0, 200.0):
            self.assertAlmostEqual(chi_square_tail(x, 2) / math.exp(-x / 2), 1, 10)
            self.assertAlmostEqual(chi_square_tail(x, 1) / math.erfc(math.sqrt(x / 2)), 1, 9)
            self.assertAlmostEqual(chi_square_tail(x, 4) / (math.exp(-x / 2) * (1 + x / 2)), 1, 9)

    def test_integrated_time_of_an_ar1_series(self):
        rng = np.random.default_rng(1)
        x = np.zeros((64, 4000))
        for t in range(1, 4000):
            x[:, t] = 0.8 * x[:, t - 1] + rng.standard_normal(64)
        self.assertAlmostEqual(integrated_time(x[:, 100:]), 9.0, delta=0.5)  # (1 + a)/(1 - a)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
