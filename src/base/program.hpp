// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

namespace cordon {

struct ProgramWords {
    const char* name;
    /// What a person reads when memory has run out: what is left, and what to do next.
    const char* out_of_memory;
};

/// What every main() does around its work. Returns the exit code of `work`; what is thrown, on any
/// thread, is said on standard error and ends the program: with code 70, but where a thread leaves
/// no way back and memory is not what ran out, by an abort. Call it once, before any thread.
int run_program(const ProgramWords& words, const std::function<int()>& work) noexcept;

}  // namespace cordon
