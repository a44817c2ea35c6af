#include "bench/model_of.hpp"
#include "models/edwards_anderson.hpp"

namespace glass {

ModelEntry edwards_anderson_entry() {
  return model_entry<EdwardsAnderson>(
      "16 bytes a bond",
      {"edwards-anderson:d=2,l=3,boundary=periodic,temperature=1.5,planted=true,field=0.1,pins=1",
       "edwards-anderson:d=3,l=2,boundary=open,temperature=1.1,field_spread=0.4,instance=2",
       "edwards-anderson:d=3,l=2,boundary=open,temperature=0.9",
       "edwards-anderson:d=2,l=3,boundary=cylinder,couplings=gaussian,temperature=1.2,field=0.2,pins=2"});
}

std::unique_ptr<AnyModel> pair_graph_from_terms(std::string spec, std::string name, const TermList& terms,
                                                Environment env) {
  return std::make_unique<ModelOf<PairGraph>>(PairGraph(terms, std::move(env)), std::move(spec), std::move(name),
                                              std::nullopt, false);
}

}  // namespace glass
