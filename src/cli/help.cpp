// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <cordon/base/format.hpp>

#include "command.hpp"

namespace cordon::cli {
namespace {

std::string flag_usage(const Flag& flag) {
    std::string text = flag.letter != 0 ? format("-{}, --{}", flag.letter, flag.name)
                                        : format("    --{}", flag.name);
    if (!flag.value.empty()) text += format(" {}", flag.value);
    return text;
}

/// Breaks text at blanks so that no line passes `width`; every line but the first starts with
/// `indent` blanks.
std::string wrap(std::string_view text, std::size_t indent, std::size_t width) {
    std::string out;
    std::size_t column = indent;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(' '), text.size());
        const std::string_view word = text.substr(0, end);
        if (column > indent && column + 1 + word.size() > width) {
            out += '\n' + std::string(indent, ' ');
            column = indent;
        } else if (column > indent) {
            out += ' ';
            ++column;
        }
        out += word;
        column += word.size();
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out;
}

std::string flag_table(std::span<const Flag> flags) {
    constexpr std::size_t kColumn = 36;
    std::string out;
    for (const Flag& flag : flags) {
        std::string line = "  " + flag_usage(flag);
        line += line.size() + 2 > kColumn ? "\n" + std::string(kColumn, ' ')
                                          : std::string(kColumn - line.size(), ' ');
        std::string help{flag.help};
        if (!flag.fallback.empty()) help += format(" [{}]", flag.fallback);
        out += line + wrap(help, kColumn, 100) + "\n";
    }
    return out;
}

/// Escapes what troff would read as a request or an escape.
std::string troff(std::string_view text) {
    std::string out;
    bool line_start = true;
    for (const char c : text) {
        if (c == '\\') {
            out += "\\e";
        } else if (c == '-') {
            out += "\\-";
        } else {
            if (line_start && (c == '.' || c == '\'')) out += "\\&";
            out += c;
        }
        line_start = c == '\n';
    }
    return out;
}

std::string man_flags(std::span<const Flag> flags) {
    std::string out;
    for (const Flag& flag : flags) {
        out += ".TP\n\\fB" +
               troff(flag.letter != 0 ? format("-{}, --{}", flag.letter, flag.name)
                                      : format("--{}", flag.name)) +
               "\\fR";
        if (!flag.value.empty()) out += " \\fI" + troff(flag.value) + "\\fR";
        out += "\n" + troff(flag.help);
        if (!flag.fallback.empty()) out += troff(format(" (default: {})", flag.fallback));
        out += ".\n";
    }
    return out;
}

}  // namespace

std::string help_text(const Command& command) {
    std::string out =
        format("{}\n\nusage: cordon {} {}\n\n", command.summary, command.name, command.usage);
    if (!command.examples.empty()) {
        out += "examples:\n";
        for (const std::string_view example : command.examples) out += format("  {}\n", example);
        out += "\n";
    }
    out += wrap(command.about, 0, 100) + "\n\n";
    if (!command.flags.empty()) out += "flags:\n" + flag_table(command.flags) + "\n";
    return out + "flags of every verb:\n" + flag_table(global_flags());
}

std::string overview_text(std::string_view version) {
    std::string out = format(
        "cordon {}: follow stolen crypto assets, hold bad withdrawals, share the evidence.\n\n"
        "examples:\n"
        "  cordon report examples/dmm_bitcoin_2024 --out out/dmm     # a whole case in one step\n"
        "  cordon ingest --ledger led transfers:theft.csv labels:labels.csv\n"
        "  cordon trace --ledger led --seed 0x5811…456f\n\nverbs:\n",
        version);
    for (const Command& command : commands())
        out += format("  {:<12}{}\n", command.name, command.summary);
    return out + "\nhelp on a verb: cordon VERB --help     exit codes: cordon help exit-codes\n";
}

std::string man_page(const Command* command, std::string_view version) {
    const std::string name =
        command != nullptr ? format("cordon-{}", command->name) : std::string{"cordon"};
    std::string upper = name;
    std::transform(upper.begin(), upper.end(), upper.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    std::string out = format(".TH {} 1 \"\" \"cordon {}\" \"Cordon\"\n.SH NAME\n{} \\- {}\n",
                             troff(upper), version, troff(name),
                             troff(command != nullptr ? command->summary : "crypto-heist defence"));
    if (command == nullptr) {
        out += ".SH SYNOPSIS\n\\fBcordon\\fR \\fIVERB\\fR [\\fIFLAGS\\fR]\n.SH VERBS\n";
        for (const Command& each : commands())
            out += format(".TP\n\\fB{}\\fR\n{}.\n", troff(each.name), troff(each.summary));
    } else {
        out += format(".SH SYNOPSIS\n\\fBcordon {}\\fR {}\n.SH DESCRIPTION\n{}\n.SH FLAGS\n",
                      troff(command->name), troff(command->usage), troff(command->about));
        out += man_flags(command->flags);
        out += ".SH EXAMPLES\n.nf\n";
        for (const std::string_view example : command->examples) out += troff(example) + "\n";
        out += ".fi\n";
    }
    out += ".SH FLAGS OF EVERY VERB\n" + man_flags(global_flags());
    return out;
}

}  // namespace cordon::cli
