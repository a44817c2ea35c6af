#include "bench/model_of.hpp"
#include "models/spherical_p_spin.hpp"

namespace glass {

ModelEntry spherical_p_spin_entry() {
  ModelEntry e = model_entry<SphericalPSpin>("n C(n, p-1) floats; p = 2: n^2",
                                             {"spherical-p-spin:p=2,n=3,temperature=0.65,planted=true",
                                              "spherical-p-spin:p=2,n=3,temperature=0.6,field=0.5,instance=1",
                                              "spherical-p-spin:p=3,n=3,temperature=0.5,field_spread=0.6,instance=2"});
  e.small = "temperature=0.9,planted=true,field=0.1";
  return e;
}

}  // namespace glass
