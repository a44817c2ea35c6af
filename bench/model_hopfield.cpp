#include "bench/model_of.hpp"
#include "models/hopfield.hpp"

namespace glass {

ModelEntry hopfield_entry() {
  return model_entry<Hopfield>("n^2 floats", {"hopfield:n=6,alpha=0.5,temperature=0.9,planted=true,field=0.3,pins=1",
                                              "hopfield:n=5,alpha=1,temperature=0.7,field_spread=0.4,instance=3"});
}

}  // namespace glass
