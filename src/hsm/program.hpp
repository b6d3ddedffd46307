// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <cordon/vault/program/program.hpp>

namespace cordon::hsm {

/// The program `cordon-signer-hsm`: what `cordon-signer` does, with keys in a token
/// (docs/signer/hsm.md). Exit codes as there.
int run_hsm_signer(const std::vector<std::string>& args, const vault::Machine& machine);

}  // namespace cordon::hsm
