#include "bench/model_of.hpp"
#include "models/sk.hpp"

namespace glass {

template class ModelOf<Sk>;

ModelEntry sk_entry() {
  return model_entry<Sk>("n^2 floats", {"sk:n=6,temperature=1,planted=true,field=0.3,pins=1",
                                        "sk:n=5,temperature=0.9,field_spread=0.5,instance=3"});
}

std::unique_ptr<AnyModel> sk_from_terms(std::string spec, std::string name, const TermList& terms, Environment env,
                                        bool gaussian) {
  const Index n = env.sites();
  Couplings j(n, n);
  for (Index t = 0; t < terms.size(); ++t) {
    const auto s = terms.of(t);
    j(s[0], s[1]) = j(s[1], s[0]) = float(terms.couplings[std::size_t(t)]);
  }
  return std::make_unique<ModelOf<Sk>>(Sk(std::move(j), std::move(env)), std::move(spec), std::move(name), std::nullopt,
                                       gaussian);
}

}  // namespace glass
