#include "bench/model_of.hpp"
#include "models/ising_p_spin.hpp"

namespace glass {

ModelEntry ising_p_spin_entry() {
  return model_entry<IsingPSpin>("n C(n, p-1) floats",
                                 {"ising-p-spin:p=3,n=6,temperature=1,planted=true,field=0.3,pins=1",
                                  "ising-p-spin:p=4,n=6,temperature=0.8,field_spread=0.4"});
}

std::unique_ptr<AnyModel> ising_p_spin_from_terms(std::string spec, std::string name, const TermList& terms,
                                                  Environment env, bool gaussian) {
  std::vector<float> j(std::size_t(IsingPSpin::binomial(env.sites(), terms.order)));
  for (Index t = 0; t < terms.size(); ++t) {
    Index at = 0;
    int rank = 1;
    for (const auto i : terms.of(t)) at += IsingPSpin::binomial(i, rank++);
    j[std::size_t(at)] = float(terms.couplings[std::size_t(t)]);
  }
  return std::make_unique<ModelOf<IsingPSpin>>(IsingPSpin(terms.order, j, std::move(env)), std::move(spec),
                                               std::move(name), std::nullopt, gaussian);
}

}  // namespace glass
