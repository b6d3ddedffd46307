// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <cstdio>
#include <exception>

#include <cordon/hsm/program.hpp>

#include "terminal.hpp"

int main(int argc, char** argv) {
    using namespace cordon;
    try {
        vault::harden_process();
        vault::Terminal terminal;
        const auto now =
            std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
        return hsm::run_hsm_signer({argv + 1, argv + argc}, {terminal, now, {}, CORDON_VERSION});
    } catch (const std::exception& error) {
        std::fprintf(stderr,
                     "cordon-signer-hsm: internal error: %s. This is a bug: please report it.\n",
                     error.what());
    } catch (...) {
        std::fprintf(stderr,
                     "cordon-signer-hsm: internal error. This is a bug: please report it.\n");
    }
    return 70;
}
