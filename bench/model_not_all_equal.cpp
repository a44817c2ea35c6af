#include "bench/model_of.hpp"
#include "models/not_all_equal.hpp"

namespace glass {

ModelEntry bicolouring_entry() {
  return model_entry<Bicolouring>("8 k alpha n bytes",
                                  {"bicolouring:n=6,k=3,alpha=1.5,temperature=0.5,planted=true,field=0.2,pins=1",
                                   "bicolouring:n=6,k=3,alpha=2,temperature=0.3,field_spread=0.4,instance=2",
                                   "bicolouring:n=7,k=3,alpha=0.6,temperature=0,planted=true,pins=1"});
}

ModelEntry nae_sat_entry() {
  return model_entry<NaeSat>("8 k alpha n bytes",
                             {"nae-sat:n=6,k=3,alpha=2,temperature=0.5,planted=true,field=0.2,field_spread=0.3,pins=1",
                              "nae-sat:n=6,k=2,alpha=1,temperature=0.4,instance=1"});
}

std::unique_ptr<AnyModel> not_all_equal_from_clauses(std::string spec, std::string name, Clauses clauses,
                                                     Environment env) {
  return std::make_unique<ModelOf<NotAllEqual>>(NotAllEqual(std::move(clauses), std::move(env)), std::move(spec),
                                                std::move(name), std::nullopt, false);
}

}  // namespace glass
