#include "bench/model_of.hpp"
#include "models/sk_binary.hpp"

namespace glass {

ModelEntry sk_binary_entry() {
  return model_entry<SkBinary>("n^2/8 bytes, n <= 32768",
                               {"sk-binary:n=6,temperature=1,planted=true,field=0.3,pins=1",
                                "sk-binary:n=5,temperature=0.9,field_spread=0.5,instance=3"});
}

}  // namespace glass
