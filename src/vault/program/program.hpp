// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <cordon/base/time.hpp>

#include "../key_file.hpp"

/// The program `cordon-signer`, apart from the machine that it runs on (docs/user/signer.md).
namespace cordon::vault {

/// The person at the machine. Confined to one thread.
class Console {
public:
    virtual ~Console() = default;
    /// Without echo. kUnavailable when nobody is there.
    virtual Result<LockedBytes> ask_secret(std::string_view prompt) = 0;
    virtual Result<std::string> ask(std::string_view prompt) = 0;
    /// What a person reads: never a secret.
    virtual void tell(std::string_view text) = 0;
    /// What a program reads.
    virtual Status put(std::string_view text) = 0;
};

struct Machine {
    Console& console;
    UnixMillis now;
    KdfCost cost = {};  ///< Of key files that are made.
    std::string_view version = {};
};

/// What a person reads when memory has run out, which ends the program with 70. Files are made and
/// replaced whole (key_file.hpp), and a signature leaves in one of them or on standard output.
constexpr const char* kOutOfMemory =
    "nothing is signed but what it has put out, and key files are whole. Close other programs or "
    "give it more (ulimit -v), and do the same again";

/// Exit codes as DESIGN section 5 has them: 0 done, 2 usage, 3 bad input, 4 not available, 5
/// refused, 6 integrity.
int run_signer(const std::vector<std::string>& args, const Machine& machine);

}  // namespace cordon::vault
