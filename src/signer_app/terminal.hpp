// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cordon/vault/program/program.hpp>

namespace cordon::vault {

/// The terminal that the process has: questions and answers go there, whatever standard input and
/// output are.
class Terminal final : public Console {
public:
    Result<LockedBytes> ask_secret(std::string_view prompt) override;
    Result<std::string> ask(std::string_view prompt) override;
    void tell(std::string_view text) override;
    Status put(std::string_view text) override;
};

/// No core dumps, no debugger, no swap where the system lets us: whoever gets at this process's
/// memory has the key.
void harden_process() noexcept;

}  // namespace cordon::vault
