// Two ensembles, one target: its kernels are compiled once.
#include "bench/model_of.hpp"
#include "models/diluted_p_spin.hpp"
#include "models/xorsat.hpp"

namespace glass {

ModelEntry diluted_p_spin_entry() {
  return model_entry<DilutedPSpin>(
      "36 bytes a clause (p = 3)",
      {"diluted-p-spin:p=3,alpha=1,n=7,temperature=1,planted=true,field=0.2,pins=1",
       "diluted-p-spin:p=2,alpha=1.5,n=8,graph=regular,temperature=1.1,field_spread=0.4,instance=1"});
}
ModelEntry xorsat_entry() {
  return model_entry<Xorsat>("36 bytes a clause (p = 3)",
                             {"xorsat:p=3,alpha=0.8,n=7,temperature=0.9,planted=true,field=0.2",
                              "xorsat:p=4,alpha=0.5,n=8,graph=regular,temperature=1,field_spread=0.3"});
}

std::unique_ptr<AnyModel> sparse_p_spin_from_terms(std::string spec, std::string name, const TermList& terms,
                                                   Environment env) {
  return std::make_unique<ModelOf<SparsePSpin>>(SparsePSpin(terms, std::move(env)), std::move(spec), std::move(name),
                                                std::nullopt, false);
}

}  // namespace glass
