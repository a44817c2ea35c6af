#pragma once
#include <bit>
#include <cmath>
#include <cstdint>

namespace glass {

/// e^x for x <= 88, within 2 units in the last place; 0 below -87. No libm and no branch, so that loops over it
/// vectorise to the same bits everywhere. Reduction and coefficients of Cephes' expf (S. Moshier, netlib).
inline float fast_exp(float x) {
  const float inside = x > -87.0f ? x : -87.0f;
  const float n = std::floor(std::fma(inside, 1.44269504088896341f, 0.5f));
  const float r = std::fma(n, 2.12194440e-4f, std::fma(n, -0.693359375f, inside));  // ln 2 in two parts
  float p = 1.9875691500e-4f;
  p = std::fma(p, r, 1.3981999507e-3f);
  p = std::fma(p, r, 8.3334519073e-3f);
  p = std::fma(p, r, 4.1665795894e-2f);
  p = std::fma(p, r, 1.6666665459e-1f);
  p = std::fma(p, r, 5.0000001201e-1f);
  p = std::fma(p, r * r, r) + 1.0f;
  const float y = p * std::bit_cast<float>(std::uint32_t(std::int32_t(n) + 127) << 23);
  return x > -87.0f ? y : 0.0f;
}

}  // namespace glass
