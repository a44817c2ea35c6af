#pragma once
#include <stdexcept>

namespace glass {

/// The caller's input is wrong: the message is one line that names the field and the remedy. Exit status 2.
struct BadInput : std::invalid_argument {
  using invalid_argument::invalid_argument;
};

/// A pair that does not fit together (a pairwise sampler on a 3-spin model): a recorded outcome with its reason.
struct Refused : BadInput {
  using BadInput::BadInput;
};

}  // namespace glass
