// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <cordon/base/memory.hpp>
#include <cordon/base/program.hpp>
#include <cordon/cli/run.hpp>

int main(int argc, char** argv) {
    cordon::return_freed_memory();
    return cordon::run_program(
        {"cordon",
         "what it said was stored is stored. Give it more (ulimit -v, the limit of its container), "
         "or less at once"},
        [&] { return cordon::cli::run(argc, argv, CORDON_VERSION); });
}
