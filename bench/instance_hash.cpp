#include "bench/instance_hash.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <iterator>
#include <memory>
#include <numeric>

#include "bench/instance_formats.hpp"

namespace glass {

std::string instance_hash(const TermList& terms, const Environment& env) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> digest(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  const auto must = [](int done) {
    if (done != 1) throw std::runtime_error("sha256: libcrypto refuses it");
  };
  must(digest ? EVP_DigestInit_ex(digest.get(), EVP_sha256(), nullptr) : 0);
  fmt::memory_buffer text;
  const auto to = std::back_inserter(text);
  const auto pass_on = [&](std::size_t enough) {
    if (text.size() < enough) return;
    must(EVP_DigestUpdate(digest.get(), text.data(), text.size()));
    text.clear();
  };
  constexpr std::size_t kEnough = 1 << 16;

  fmt::format_to(to, "n {}\norder {}\ntemperature {}\n", env.sites(), terms.order, text_number(1 / env.beta));
  for (Index i = 0; i < env.sites(); ++i)
    if (env.pins(i) != Tilt::kFree) fmt::format_to(to, "pinned {} {}\n", i, env.pins(i) > 0 ? "+1" : "-1");
  for (Index i = 0; i < env.sites(); ++i) {
    if (env.h(i) != 0) fmt::format_to(to, "{} {:.17g}\n", i, double(env.h(i)));
    pass_on(kEnough);
  }
  std::vector<Index> order;
  for (Index t = 0; t < terms.size(); ++t)
    if (terms.couplings[std::size_t(t)] != 0) order.push_back(t);
  const auto before = [&](Index a, Index b) { return std::ranges::lexicographical_compare(terms.of(a), terms.of(b)); };
  if (!std::is_sorted(order.begin(), order.end(), before)) std::sort(order.begin(), order.end(), before);
  for (const Index t : order) {
    for (const auto i : terms.of(t)) fmt::format_to(to, "{} ", i);
    // as the model uses it, which holds beta J in single precision
    fmt::format_to(to, "{:.17g}\n", double(float(env.beta * terms.couplings[std::size_t(t)])) / env.beta);
    pass_on(kEnough);
  }
  pass_on(0);
  unsigned char sum[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  must(EVP_DigestFinal_ex(digest.get(), sum, &length));
  std::string out;
  for (unsigned k = 0; k < length; ++k) out += fmt::format("{:02x}", sum[k]);
  return out;
}

}  // namespace glass
