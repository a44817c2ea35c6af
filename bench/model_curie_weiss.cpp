#include "bench/model_of.hpp"
#include "models/curie_weiss.hpp"

namespace glass {

ModelEntry curie_weiss_entry() {
  return model_entry<CurieWeiss>("n floats", {"curie-weiss:n=6,temperature=0.9,field=0.4,field_spread=0.2,pins=1",
                                              "curie-weiss:n=5,temperature=0.5,field=0.1,coupling=-1"});
}

}  // namespace glass
