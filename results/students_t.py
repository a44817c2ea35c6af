"""Student's t without scipy, which the plots do not need otherwise."""
import math


def two_sided(t, dof):
    """P(|T| > t) for Student's t with a whole number of degrees of freedom.
    Abramowitz and Stegun, 26.7.3 and 26.7.4: a finite sum in cos(theta), theta = atan(t/sqrt(dof))."""
    theta = math.atan(t / math.sqrt(dof))
    c, total, term = math.cos(theta), 0.0, 1.0
    if dof % 2:
        term = c
        for k in range(1, dof - 1, 2):
            total += term
            term *= c * c * (k + 1) / (k + 2)
        return 1 - 2 / math.pi * (theta + math.sin(theta) * total)
    for k in range(0, dof, 2):
        total += term
        term *= c * c * (k + 1) / (k + 2)
    return 1 - math.sin(theta) * total


def quantile(p, dof):
    """The t with P(|T| > t) = p, by bisection."""
    low, high = 0.0, 1.0
    while two_sided(high, dof) > p:
        high *= 2
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if two_sided(middle, dof) > p else (low, middle)
    return high
