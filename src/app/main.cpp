// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <exception>
#include <new>

#include <cordon/base/memory.hpp>
#include <cordon/cli/run.hpp>

int main(int argc, char** argv) {
    cordon::return_freed_memory();
    try {
        return cordon::cli::run(argc, argv, CORDON_VERSION);
    } catch (const std::bad_alloc&) {
        std::fprintf(stderr,
                     "cordon: out of memory; what it said was stored is stored. Give it more "
                     "(ulimit -v, the limit of its container), or less at once\n");
    } catch (const std::exception& error) {
        std::fprintf(stderr, "cordon: internal error: %s. This is a bug: please report it.\n",
                     error.what());
    } catch (...) {
        std::fprintf(stderr, "cordon: internal error. This is a bug: please report it.\n");
    }
    return 70;
}
