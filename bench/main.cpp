#include "bench/command_line.hpp"

int main(int argc, char** argv) { return glass::command_line(argc, argv); }
