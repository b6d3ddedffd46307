// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <chrono>

#include <cordon/base/program.hpp>
#include <cordon/hsm/program.hpp>

#include "terminal.hpp"

int main(int argc, char** argv) {
    using namespace cordon;
    return run_program({"cordon-signer-hsm", vault::kOutOfMemory}, [&] {
        vault::harden_process();
        vault::Terminal terminal;
        const auto now =
            std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
        return hsm::run_hsm_signer({argv + 1, argv + argc}, {terminal, now, {}, CORDON_VERSION});
    });
}
