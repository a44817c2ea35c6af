#include "bench/model_of.hpp"
#include "models/colouring.hpp"

namespace glass {

ModelEntry colouring_entry() {
  return model_entry<Colouring>("20 q n + 16 M bytes",
                                {"colouring:n=4,colours=3,degree=2,temperature=0.5,planted=true,field=0.3,pins=1",
                                 "colouring:n=3,colours=4,degree=2,graph=regular,temperature=0.6,field_spread=0.4",
                                 "colouring:n=5,colours=3,degree=1.6,temperature=0,planted=true,pins=1"});
}

}  // namespace glass
