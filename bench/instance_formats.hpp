#pragma once
// Between the readers and writers of instance files: what they check and build in common.
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bench/instance_file.hpp"
#include "bench/whole_file.hpp"
#include "models/not_all_equal.hpp"

namespace glass {

/// A place in a file, for messages: "'sk.txt', line 12: ". Costs nothing until something is wrong.
struct Place {
  const std::string* path;
  const char* unit = "";     ///< "line", "terms"
  std::int64_t number = -1;  ///< none if negative
  [[noreturn]] void fail(const std::string& message) const;
};

/// The header of an instance file, as far as it was given.
struct InstanceHead {
  std::string model, sha256;
  std::optional<int> order;
  std::optional<double> n, temperature;
  int base = 0;  ///< number of the first site
};

/// Checks a head, then takes terms, fields, pins and a signal one by one. Site numbers are the file's (from `base`).
class InstanceBuilder {
 public:
  /// `temperature` > 0 replaces the head's.
  InstanceBuilder(const Place& place, const InstanceHead& head, double temperature);

  void term(const Place& place, std::span<const double> sites, double coupling);
  void field(const Place& place, double site, double value);
  void pin(const Place& place, double site, double value);
  void planted(const Place& place, std::span<const double> values);
  InstanceFile finish(const Place& place) &&;

 private:
  Index site(const Place& place, double number) const;
  void refuse_repeated_terms() const;
  InstanceFile file_;
  int base_;
  std::string sha256_;
  std::optional<double> own_temperature_;
  std::vector<bool> has_field_;
  std::vector<std::int64_t> numbers_;  // place of each term
  std::optional<Place> place_;         // of the last one: path and unit
  std::vector<Index> sorted_;          // sites of the term at hand
};

bool is_cnf(const std::filesystem::path& path);
std::string text_number(double v);  ///< 17 significant digits
/// What a message may show of a file's content: short, printable.
std::string shown(std::string_view token);
std::string read_all(const std::string& path);

void write_text(const std::filesystem::path& path, const AnyModel& model, std::uint32_t seed,
                const std::string& sha256);
InstanceFile read_text(const std::string& path, double temperature);
void write_json(const std::filesystem::path& path, const AnyModel& model, std::uint32_t seed,
                const std::string& sha256);
InstanceFile read_json(const std::string& path, double temperature);

/// A DIMACS file with the line "c nae".
struct CnfFile {
  std::string model;  ///< "nae-sat", "bicolouring"; empty where the file does not say
  Clauses clauses;
  Environment environment;  ///< temperature 0 where the file does not say
};
void write_cnf(const std::filesystem::path& path, const AnyModel& model, std::uint32_t seed);
CnfFile read_cnf(const std::string& path, double temperature);

}  // namespace glass
