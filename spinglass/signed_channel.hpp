#pragma once
#include "spinglass/scalar_channel.hpp"

namespace glass {

/// Averages for the prior (1-rho) delta_0 + (rho/2)(delta_1 + delta_-1), 0 < rho <= 1; +-1 spins are rho = 1.
///
/// The law of b is N(b; 0, snr) Z(snr, b), so that every average is E Z f over a centred Gaussian b, with f even. A
/// trapezoid rule on that converges geometrically: the nearest zero of Z is at least pi/2 off the real axis. At large
/// snr the integrand of the error is a bump round |b| = snr/2 + ln 2(1-rho)/rho, where 0 and 1 are equally likely;
/// nodes are taken where it is above 1e-19 of its height. Cost: 10 (small snr) to 700 (snr = 1e4) nodes, two
/// exponentials each.
ChannelAverages signed_averages(double rho, double snr);
/// E ln Z, for the normalised prior.
double signed_free_entropy(double rho, double snr);

}  // namespace glass
