// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "program.hpp"

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <new>
#include <system_error>

namespace cordon {
namespace {

constexpr int kFailed = 70;  // EX_SOFTWARE of sysexits.h.
ProgramWords program{"cordon", ""};

void say_scarce(const char* what) noexcept {
    std::fprintf(stderr, "%s: out of %s; %s\n", program.name, what, program.out_of_memory);
}

void say_bug(const char* colon, const char* what) noexcept {
    std::fprintf(stderr, "%s: internal error%s%s. This is a bug: please report it.\n", program.name,
                 colon, what);
}

/// Says what was thrown; whether it was for want of memory. Takes no memory itself.
bool say_what_was_thrown() noexcept {
    try {
        throw;
    } catch (const std::bad_alloc&) {
        say_scarce("memory");
        return true;
    } catch (const std::system_error& error) {
        // Of a std::thread for whose stack there was no memory, most often.
        if (error.code() == std::errc::resource_unavailable_try_again) {
            say_scarce("memory or of threads (ulimit -u)");
            return true;
        }
        say_bug(": ", error.what());
    } catch (const std::exception& error) {
        say_bug(": ", error.what());
    } catch (...) {
        say_bug("", "");
    }
    return false;
}

/// On a thread of a library nobody else would catch it.
[[noreturn]] void end_of_a_thread() noexcept {
    if (!std::current_exception())
        say_bug("", "");
    else if (say_what_was_thrown())
        std::_Exit(kFailed);
    std::abort();
}

}  // namespace

int run_program(const ProgramWords& words, const std::function<int()>& work) noexcept {
    program = words;
    std::set_terminate(end_of_a_thread);
    try {
        return work();
    } catch (...) {
        say_what_was_thrown();
    }
    return kFailed;
}

}  // namespace cordon
