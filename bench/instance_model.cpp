// Apart from the formats, because it brings in every model.
#include <algorithm>

#include "bench/instance_formats.hpp"
#include "bench/model_of.hpp"
#include "models/core/options.hpp"

namespace glass {

std::unique_ptr<AnyModel> read_model(const std::filesystem::path& path, double temperature) {
  const std::string name = path.string();
  if (is_cnf(path)) {
    CnfFile f = read_cnf(name, temperature);
    if (!f.model.empty() && f.model != "nae-sat" && f.model != "bicolouring")
      throw_unknown("'" + name + "': model", f.model, {"nae-sat", "bicolouring"});
    const std::string at = f.environment.beta == kHardBeta ? "" : ",temperature=" + to_text(1 / f.environment.beta);
    return not_all_equal_from_clauses("file:path=" + name + at, f.model, std::move(f.clauses),
                                      std::move(f.environment));
  }
  const InstanceFile f = read_instance(path, temperature);
  const Place place{&name};
  if (f.temperature == 0)
    place.fail("says no temperature: add temperature=T, as in file:path=" + name + ",temperature=1");
  if (!f.model.empty()) {
    std::vector<std::string> known;
    for (const ModelEntry& e : model_entries())
      if (e.info.name != "file") known.push_back(e.info.name);
    if (std::find(known.begin(), known.end(), f.model) == known.end())
      throw_unknown("'" + name + "': model", f.model, known);
    if (f.model == "spherical-p-spin")
      place.fail("model spherical-p-spin has real sites, instance files hold +-1 spins: leave the model out");
  }
  return model_from_terms("file:path=" + name + ",temperature=" + to_text(f.temperature), f.model, f.terms,
                          f.environment);
}

}  // namespace glass
