// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "command.hpp"
#include "verbs.hpp"

namespace cordon::cli {

std::span<const Flag> global_flags() {
    static const std::array kFlags{
        Flag{"format", "table|json|jsonl|csv",
             "How results are printed; machine output never changes shape", "table"},
        Flag{"json", "", "Short for --format json"},
        Flag{"color", "auto|always|never", "Colour on a terminal; NO_COLOR is honoured", "auto"},
        Flag{"no-progress", "", "No progress line on standard error"},
        Flag{"quiet", "", "Nothing on standard error but errors", {}, 'q'},
        Flag{"exit-zero", "", "Exit 0 instead of 1 when something was found"},
        Flag{"help", "", "Show this help", {}, 'h'},
    };
    return kFlags;
}

// Sorted by name; one line a verb.
std::span<const Command> commands() {
    static const std::array kCommands{
        alerts_command(),   backup_command(),     change_command(), classify_command(),
        cluster_command(),  completion_command(), doctor_command(), explain_command(),
        guard_command(),    heists_command(),     help_command(),   ingest_command(),
        ledger_command(),   links_command(),      log_command(),    man_command(),
        patterns_command(), qr_command(),         report_command(), screen_command(),
        serve_command(),    statement_command(),  trace_command(),  wallet_command(),
        watch_command(),
    };
    return kCommands;
}

const Command* find_command(std::string_view name) {
    const auto all = commands();
    const auto found = std::find_if(all.begin(), all.end(),
                                    [&](const Command& each) { return each.name == name; });
    return found == all.end() ? nullptr : &*found;
}

}  // namespace cordon::cli
