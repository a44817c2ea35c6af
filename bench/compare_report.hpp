#pragma once
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "bench/compare.hpp"

namespace glass {

/// Two tables per model, quality and cost, as Markdown that also reads well in a terminal.
std::string comparison_table(const Comparison& c);
/// Everything the tables and the figure need, times included.
nlohmann::json comparison_summary(const Plan& plan, const Comparison& c);

}  // namespace glass
