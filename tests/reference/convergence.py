#!/usr/bin/env python3
"""Writes convergence.json beside itself: series, and what R-hat and the effective sample sizes of them are.

Written from the formulas of Vehtari, Gelman, Simpson, Carpenter & Buerkner (Bayesian Analysis 16, 667, 2021), not from
our C++: ranks by scipy, autocovariances by numpy.correlate, Geyer's sequences as lists.
"""
import json
import pathlib

import numpy as np
from scipy import stats


def halves(x):
    n = x.shape[1] // 2
    return np.array([part for chain in x for part in (chain[:n], chain[-n:])])


def scores(x):
    return stats.norm.ppf((stats.rankdata(x).reshape(x.shape) - 3 / 8) / (x.size + 1 / 4))


def plain_rhat(x):
    n = x.shape[1]
    between, within = n * np.var(x.mean(axis=1), ddof=1), np.mean([np.var(chain, ddof=1) for chain in x])
    return np.sqrt(((n - 1) / n * within + between / n) / within)


def rhat(x):
    return max(plain_rhat(scores(halves(y))) for y in (x, abs(x - np.median(x))) if np.ptp(y) > 0)


def plain_ess(x):
    m, n = x.shape
    covariance = np.mean([np.correlate(c - c.mean(), c - c.mean(), "full")[n - 1:] / n for c in x], axis=0)
    within = covariance[0] * n / (n - 1)
    plus = within * (n - 1) / n + np.var(x.mean(axis=1), ddof=1)
    rho = 1 - (within - covariance) / plus
    rho[0] = 1
    pairs = [rho[2 * k] + rho[2 * k + 1] for k in range(n // 2)]
    stop = next((k for k in range(1, len(pairs)) if pairs[k] < 0 or 2 * k + 3 > n), len(pairs))
    tail = max(rho[2 * stop], 0) if stop < len(pairs) else 0
    tau = -1 + 2 * sum(np.minimum.accumulate(pairs[:stop])) + tail
    return m * n / max(tau, 1 / np.log10(m * n))


def bulk(x):
    return plain_ess(scores(halves(x)))


def tail(x):
    indicators = [(x <= np.quantile(x, p)).astype(float) for p in (0.05, 0.95)]
    return min(plain_ess(halves(i)) for i in indicators if np.ptp(i) > 0)


def autoregressive(rng, a, chains, draws):
    x = np.empty((chains, draws))
    x[:, 0] = rng.standard_normal(chains)
    for t in range(1, draws):
        x[:, t] = a * x[:, t - 1] + np.sqrt(1 - a * a) * rng.standard_normal(chains)
    return x


def cases():
    rng = np.random.default_rng(20210601)
    independent = rng.standard_normal((4, 60))
    yield "independent", independent
    yield "autoregressive 0.8", autoregressive(rng, 0.8, 4, 80)
    yield "alternating -0.6", autoregressive(rng, -0.6, 4, 60)
    yield "one chain elsewhere", independent + 1.5 * np.array([[0], [0], [0], [1]])
    yield "one chain wider", independent * np.array([[1], [1], [1], [4]])
    yield "heavy tails", rng.standard_cauchy((4, 60))
    yield "few values", rng.integers(0, 3, (4, 60)).astype(float)
    yield "two values, slow", np.sign(autoregressive(rng, 0.9, 4, 80))
    yield "one chain stuck", np.vstack([rng.integers(-3, 4, (3, 60)), np.full((1, 60), 2)]).astype(float)
    yield "odd number of draws", rng.standard_normal((3, 31))
    yield "one chain", autoregressive(rng, 0.5, 1, 90)


if __name__ == "__main__":
    out = [{"name": name, "series": np.round(x, 3).tolist(), "rhat": rhat(y), "bulk_ess": bulk(y), "tail_ess": tail(y)}
           for name, x in cases() for y in [np.round(x, 3)]]
    text = json.dumps(out, separators=(",", ":")).replace('{"name"', '\n{"name"') + "\n"
    pathlib.Path(__file__).with_suffix(".json").write_text(text, encoding="utf-8")
