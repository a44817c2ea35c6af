#include "bench/signal_measures.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "bench/phase_model.hpp"

namespace glass {
namespace {

LogPartition predicted(const std::string& spec) { return *predicted_log_partition(*make_model(spec, 1)); }

TEST(SignalMeasures, LogPartitionIsAnnealedAndTheFreeEntropyBeyond) {
  const double n = 60;
  EXPECT_NEAR(predicted("ising-p-spin:p=3,n=60,planted=true,temperature=0.7").value,
              std::log(2.0) + 0.25 / 0.49 * (1 - 1 / n) * (1 - 2 / n), 1e-9);
  // below T_K the signal's state has more free entropy than knowing nothing
  const double cold = predicted("ising-p-spin:p=3,n=60,planted=true,temperature=0.6").value;
  EXPECT_GT(cold, std::log(2.0) + 0.25 / 0.36 * (1 - 1 / n) * (1 - 2 / n) + 1e-3);
  // a matrix above its static threshold says nothing of its signal; below it Phi grows as noise falls
  const auto matrix = [](double c) {
    return predicted("spiked-matrix:prior=sparse-rademacher,rho=0.08,n=100,planted=true,delta=" + to_text(c * 0.0064))
        .value;
  };
  EXPECT_NEAR(matrix(1.06), 0, 1e-12);
  EXPECT_GT(matrix(0.9), 1e-4);
  EXPECT_GT(matrix(0.7), matrix(0.9));
  EXPECT_NEAR(predicted("xorsat:p=3,n=1000,alpha=0.8,planted=true").value, 1024 * 0.8 + 0.2 * std::log(2.0), 1e-9);
  EXPECT_FALSE(predicted_log_partition(*make_model("xorsat:p=3,n=1000,alpha=0.93,planted=true", 1)));
  EXPECT_FALSE(predicted_log_partition(*make_model("edwards-anderson:l=4,planted=true", 1)));
}

/// I-MMSE as the check of Phi at a temperature below T_K: on the Nishimori line d Phi/d(1/Delta) = m^p/(2p) for order
/// p.
TEST(SignalMeasures, FreeEntropyHasTheSlopeOfTheMutualInformation) {
  const auto phi = [](double inverse) {
    return *make_phase("ising-p-spin:p=3,temperature=" + to_text(std::sqrt(1.5 / inverse)))->free_entropy();
  };
  const double inverse = 1 / 0.26, h = 1e-4;  // T = 0.6245
  const double zero = 0, m = make_phase("ising-p-spin:p=3,temperature=" + to_text(std::sqrt(1.5 / inverse)))
                                 ->branches(Path::gaussian, {&zero, 1})
                                 .front()
                                 .informed;
  EXPECT_NEAR((phi(inverse + h) - phi(inverse - h)) / (2 * h), m * m * m / 6, 1e-5);
}

TEST(SignalMeasures, TheSignalIsMetAtHalfTheInformedOverlap) {
  EXPECT_FALSE(signal_overlap(*make_model("ising-p-spin:p=3,n=30,planted=true,temperature=0.8", 1)));
  EXPECT_FALSE(signal_overlap(*make_model("sk:n=30,planted=true,temperature=1.2", 1)));
  EXPECT_NEAR(*signal_overlap(*make_model("ising-p-spin:p=3,n=30,planted=true,temperature=0.681598", 1)), 0.643144 / 2,
              2e-3);  // at T_d the overlap has a square-root edge
  EXPECT_GT(*signal_overlap(*make_model("xorsat:p=3,n=100,planted=true,alpha=0.85", 1)), 0.3);
}

/// Their mean is 0 (4.5 standard errors over 400 instances, four statements: 3e-5), and where the signal's state is all
/// there is they explain what ln Z does from instance to instance. (In the annealed phase short loops make ln Z.)
TEST(SignalMeasures, ControlVariatesHaveMeanZeroAndExplainLogZ) {
  for (const char* spec : {"sk:n=30,temperature=0.8,planted=true", "ising-p-spin:p=3,n=20,temperature=0.7,planted=true",
                           "spiked-matrix:n=200,prior=sparse-rademacher,rho=0.1,planted=true,delta=0.007"}) {
    const Eigen::MatrixXd c = control_variates(spec, 400, 7);
    for (Index j = 0; j < c.cols(); ++j) {
      const Eigen::VectorXd col = c.col(j);
      const MeanAndError e = estimate({col.begin(), col.end()});
      EXPECT_NEAR(e.mean, 0, 4.5 * e.error) << spec << " " << j;
      EXPECT_GT(e.error, 1e-5) << spec << " " << j;
    }
  }
  EXPECT_EQ(control_variates("xorsat:n=30,planted=true", 3, 7).cols(), 0);
  const char* cold = "sk:n=12,temperature=0.3,planted=true";
  std::vector<double> log_z;
  for (std::uint32_t k = 0; k < 40; ++k) {
    const auto model = make_model(cold + (",instance=" + to_text(k)), 7);
    const AnyDenoiser exact = make_denoiser(*model, {"exact", {}});
    auto messages = exact.start(Streams({7, Purpose::denoiser}, 1));
    Batch mean(12, 1);
    exact.posterior_mean(exact.base(1), messages, mean);
    log_z.push_back((*exact.log_partition(exact.base(1), messages))(0) / 12);
  }
  EXPECT_LT(estimate(log_z, control_variates(cold, 40, 7)).error, 0.5 * estimate(log_z).error);
}

/// -ln q(x*) is what `compare` calls EUBO, on the same instances and streams.
TEST(SignalMeasures, BoundAtTheSignalNeedsNoDraw) {
  const std::string spec = "sk:n=10,temperature=0.7,planted=true";
  const SignalBound exact = bound_at_signal(spec, "autoregressive:denoiser=exact", 6, 2, 3);
  EXPECT_EQ(exact.unconverged, 0);
  for (std::uint32_t k = 0; k < 6; ++k) {  // of exact marginals it is ln Z itself
    const auto model = make_model(spec + ",instance=" + to_text(k), 3);
    const AnyDenoiser d = make_denoiser(*model, {"exact", {}});
    auto messages = d.start(Streams({3, Purpose::denoiser}, 1));
    Batch mean(10, 1);
    d.posterior_mean(d.base(1), messages, mean);
    EXPECT_NEAR(exact.per_instance[k], (*d.log_partition(d.base(1), messages))(0) / 10, 1e-5);
  }
  EXPECT_THROW(bound_at_signal(spec, "glauber", 2, 1, 3), BadInput);
}

/// Below T_c AMP takes the state that the first site revealed points to, which costs O(N) where x* is the other way
/// round there: one order in ten. The sampler's law has all orders, and theory's KL is 0 (o(1) in ln Z: 0.02 allowed).
TEST(SignalMeasures, BoundAtTheSignalIsOfTheMeanOverOrders) {
  const std::string spec = "sk:n=200,temperature=0.5,planted=true";
  SignalBound b = bound_at_signal(spec, "autoregressive:denoiser=amp", 16, 4, 3);
  for (double& each : b.per_instance) each -= predicted(spec).value;
  const MeanAndError kl = estimate(b.per_instance, control_variates(spec, 16, 3));
  EXPECT_NEAR(kl.mean, 0, 0.02);
  RecordProperty("kl", std::to_string(kl.mean) + " +- " + std::to_string(kl.error));
  EXPECT_LT(kl.error, 0.02);
}

TEST(SignalMeasures, MessagePassingFindsTheSignalWhereItIsEasy) {
  const std::string matrix = "spiked-matrix:n=500,prior=sparse-rademacher,rho=0.3,planted=true,delta=";
  const Found cold = found_by_denoiser(matrix + "0.03", "amp", 0.15, 8, 2, 1);
  EXPECT_EQ(cold.fraction.mean, 1);
  EXPECT_EQ(cold.fraction.units, 8u);
  const Found hot = found_by_denoiser(matrix + "0.3", "amp", 0.15, 8, 2, 1);
  EXPECT_EQ(hot.fraction.mean, 0);
}
}  // namespace
}  // namespace glass
