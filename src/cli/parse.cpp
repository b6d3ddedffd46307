// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <algorithm>

#include <cordon/base/format.hpp>

#include "command.hpp"

namespace cordon::cli {
namespace {

std::vector<Flag> all_flags(const Command& command) {
    std::vector<Flag> flags = command.flags;
    flags.insert(flags.end(), global_flags().begin(), global_flags().end());
    return flags;
}

std::string option_name(const Flag& flag) {
    return flag.letter != 0 ? format("-{},--{}", flag.letter, flag.name)
                            : format("--{}", flag.name);
}

bool is_choice(std::string_view value, std::string_view choices) {
    while (!choices.empty()) {
        const std::size_t bar = choices.find('|');
        if (choices.substr(0, bar) == value) return true;
        choices.remove_prefix(bar == std::string_view::npos ? choices.size() : bar + 1);
    }
    return false;
}

// The flag that a misspelt one probably meant: smallest edit distance, at most a third of its
// length.
std::string nearest(std::string_view word, const std::vector<Flag>& flags) {
    const auto distance = [](std::string_view a, std::string_view b) {
        std::vector<std::size_t> row(b.size() + 1);
        for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
        for (std::size_t i = 1; i <= a.size(); ++i) {
            std::size_t diagonal = row[0];
            row[0] = i;
            for (std::size_t j = 1; j <= b.size(); ++j) {
                const std::size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = std::min({row[j] + 1, row[j - 1] + 1, changed});
            }
        }
        return row[b.size()];
    };
    std::string best;
    std::size_t best_distance = word.size() / 3 + 1;
    for (const Flag& flag : flags)
        if (const std::size_t d = distance(word, flag.name); d < best_distance) {
            best_distance = d;
            best = format("; did you mean --{}?", flag.name);
        }
    return best;
}

/// CLI11 says "--ledger: 1 required TEXT missing"; people want to know what the text is.
/// Between the values of a flag that was given several times. No path of a person has it.
constexpr char kBetween = '\n';

std::string missing_value(std::string_view text, const std::vector<Flag>& flags) {
    const std::string_view name = text.substr(0, text.find(':'));
    for (const Flag& flag : flags)
        if (name.ends_with(flag.name))
            return format("--{} needs a value: --{} {}", flag.name, flag.name, flag.value);
    return std::string{text};
}

}  // namespace

std::string Args::get(std::string_view flag) const {
    if (const auto given = values_.find(std::string{flag}); given != values_.end())
        return given->second;
    const auto fallback = defaults_.find(std::string{flag});
    return fallback == defaults_.end() ? std::string{} : fallback->second;
}

std::vector<std::string> Args::all(std::string_view flag) const {
    std::vector<std::string> values;
    const std::string joined = get(flag);
    for (std::size_t at = 0; at < joined.size();) {
        const std::size_t end = std::min(joined.find(kBetween, at), joined.size());
        values.push_back(joined.substr(at, end - at));
        at = end + 1;
    }
    return values;
}

Result<Args> parse_args(const Command& command, std::span<const char* const> words) {
    const std::vector<Flag> flags = all_flags(command);
    CLI::App app;
    app.set_help_flag();
    app.allow_extras();
    std::map<std::string, std::string> values;
    std::map<std::string, bool> switches;
    for (const Flag& flag : flags) {
        const std::string name{flag.name};
        if (flag.value.empty())
            app.add_flag(option_name(flag), switches[name]);
        else if (flag.many)
            app.add_option(option_name(flag), values[name])->join(kBetween);
        else
            app.add_option(option_name(flag), values[name])->take_last();
    }

    const auto usage = [&](std::string message) {
        return fail(ErrorCode::kInvalidParam,
                    format("{}\nusage: cordon {} {}\nhelp:  cordon {} --help", message,
                           command.name, command.usage, command.name));
    };
    std::vector<std::string> reversed{words.rbegin(), words.rend()};
    try {
        app.parse(reversed);
    } catch (const CLI::ArgumentMismatch& error) {
        return usage(missing_value(error.what(), flags));
    } catch (const CLI::ParseError& error) {
        return usage(error.what());
    }

    Args args;
    for (const Flag& flag : flags) {
        const std::string name{flag.name};
        if (!flag.fallback.empty()) args.defaults_[name] = flag.fallback;
        if (app.count("--" + name) == 0) continue;
        if (flag.value.empty()) {
            args.values_[name] = "true";
            continue;
        }
        args.values_[name] = values[name];
        if (flag.value.find('|') == std::string_view::npos) continue;
        const std::vector<std::string> given =
            flag.many ? args.all(name) : std::vector{values[name]};
        for (const std::string& each : given)
            if (!is_choice(each, flag.value))
                return usage(format("--{} is one of {}, not \"{}\"", name, flag.value, each));
    }
    for (const std::string& word : app.remaining()) {
        if (word.size() > 1 && word.starts_with('-'))
            return usage(
                format("unknown flag {}{}", word,
                       nearest(std::string_view{word}.substr(word.find_first_not_of('-')), flags)));
        if (!command.takes_operands) return usage(format("\"{}\" was not expected here", word));
        args.operands_.push_back(word);
    }
    return args;
}

}  // namespace cordon::cli
