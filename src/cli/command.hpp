// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <cordon/base/result.hpp>

namespace cordon::cli {

/// One flag. Help text, man page and shell completion are all made from these tables: there is no
/// second list.
struct Flag {
    std::string_view name;  ///< Without the dashes.
    std::string_view
        value;  ///< What help calls it, e.g. "DIR"; empty for a switch; "a|b|c" lists the choices.
    std::string_view help;           ///< One sentence without a final dot.
    std::string_view fallback = {};  ///< Default, as the user would write it; empty for none.
    char letter = 0;                 ///< Short form, or 0.
    bool many = false;               ///< May be given several times: Args::all().
};

/// What a verb was called with. Values are text; the verb gives them meaning.
class Args {
public:
    bool has(std::string_view flag) const { return values_.contains(std::string{flag}); }
    /// The value given, or the flag's default. Empty when neither.
    std::string get(std::string_view flag) const;
    /// Every value of a flag that may be given several times, in order.
    std::vector<std::string> all(std::string_view flag) const;
    const std::vector<std::string>& operands() const noexcept { return operands_; }

    std::map<std::string, std::string> values_;    // By long name; switches have "true".
    std::map<std::string, std::string> defaults_;  // By long name.
    std::vector<std::string> operands_;
};

enum class Format { kTable, kJson, kJsonl, kCsv };

/// What every verb gets besides its Args.
struct Session {
    std::string_view version;
    Format format = Format::kTable;
    bool color = false;     ///< Standard output takes colour.
    bool progress = false;  ///< Standard error is a terminal that may be redrawn.
    bool quiet = false;
    const std::atomic<bool>* cancel = nullptr;
    std::string command_line{};  ///< As typed, for the evidence.
};

struct Command {
    std::string_view name;
    std::string_view summary;  ///< One line.
    std::string_view usage;    ///< What follows "cordon NAME ".
    std::string_view about;    ///< A paragraph or two for help and man page.
    std::vector<Flag> flags;   ///< Its own; global_flags() come on top.
    std::vector<std::string_view>
        examples;  ///< Whole command lines with a comment, "# …" on a line of its own.
    bool takes_operands = false;
    /// The exit code; an Error is printed and becomes one.
    Result<int> (*run)(const Args&, const Session&);
};

/// Every verb, sorted by name. To add one: write its file, add one line in registry.cpp.
std::span<const Command> commands();
const Command* find_command(std::string_view name);

/// Flags that every verb takes.
std::span<const Flag> global_flags();

/// Reads the words after the verb. kInvalidParam says what is wrong and what was meant.
Result<Args> parse_args(const Command& command, std::span<const char* const> words);

/// Help for one verb, the overview, a man page (troff), a completion script. All from the tables
/// above.
std::string help_text(const Command& command);
std::string overview_text(std::string_view version);
std::string man_page(const Command* command, std::string_view version);
Result<std::string> completion_script(std::string_view shell);

}  // namespace cordon::cli
