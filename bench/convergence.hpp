#pragma once
// Do several chains agree? Rank-normalised split R-hat and effective sample sizes of Vehtari, Gelman, Simpson,
// Carpenter & Buerkner, "Rank-normalization, folding, and localization", Bayesian Analysis 16, 667 (2021), with a rule
// for series that do not move or take few values, as those of spins do.
#include <Eigen/Dense>
#include <optional>

namespace glass {

/// R-hat of series in the rows (chains x draws): each chain is cut into halves (the middle draw of an odd number is
/// left out), values are replaced by normal scores of their ranks among all, and R-hat = sqrt((B/W + n - 1)/n) compares
/// the variances between and within; the larger one of the values and of their distances from the median (which sees
/// chains of equal location and different spread). 1 where the chains agree.
///   Ties get their average rank, so discrete series need nothing special. All values equal: nothing, no statement can
/// be made. No half moves, but they differ: infinite. Fewer than 4 draws: nothing.
std::optional<double> split_rhat(const Eigen::MatrixXd& series);

/// Level above which R-hat counts as "not mixed": 1.01 (Vehtari et al.), or, where the series is so short that
/// independent draws would exceed this, what those exceed with probability `level`: then B/W of a single R-hat is F
/// with (m - 1, m (n - 1)) degrees of freedom, m = 2 chains halves of n draws.
double rhat_limit(Eigen::Index chains, Eigen::Index draws, double level);

/// Effective draws for the centre (of the rank-normalised values), and for the tails (the smaller one for the 5% and
/// 95% quantiles), by Geyer's monotone sequence over split chains; at most S log10 S for S draws. Nothing where nothing
/// moves, and for fewer than 8 draws.
std::optional<double> bulk_ess(const Eigen::MatrixXd& series);
std::optional<double> tail_ess(const Eigen::MatrixXd& series);

}  // namespace glass
