#include "bench/model_of.hpp"
#include "models/spiked_matrix.hpp"

namespace glass {

ModelEntry spiked_matrix_entry() {
  ModelEntry e = model_entry<SpikedMatrix>(
      "n^2 floats", {"spiked-matrix:prior=sparse-rademacher,rho=0.5,n=4,delta=0.25,planted=true,field=0.2,pins=1",
                     "spiked-matrix:prior=gaussian,n=3,delta=0.3,planted=true,field=0.3,pins=1",
                     "spiked-matrix:prior=gauss-bernoulli,rho=0.6,n=2,delta=0.3,field_spread=0.6,instance=1"});
  e.small = "prior=gaussian,delta=0.9,planted=true,field=0.1,pins=2";
  return e;
}

}  // namespace glass
