// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <cordon/base/format.hpp>

#include "exit_code.hpp"
#include "output.hpp"
#include "verbs.hpp"

namespace cordon::cli {
namespace {

Result<const Command*> named_command(const Args& args) {
    const Command* command = find_command(args.operands().front());
    if (command == nullptr)
        return fail(ErrorCode::kInvalidParam,
                    format("no verb \"{}\"; cordon help lists them", args.operands().front()));
    return command;
}

Result<int> run_help(const Args& args, const Session& session) {
    if (args.operands().empty()) {
        CORDON_TRY(print(overview_text(session.version)));
    } else if (args.operands().front() == "exit-codes") {
        CORDON_TRY(print(exit_code_table()));
    } else {
        CORDON_TRY(const Command* command, named_command(args));
        CORDON_TRY(print(help_text(*command)));
    }
    return kClean;
}

Result<int> run_man(const Args& args, const Session& session) {
    if (args.operands().empty()) {
        CORDON_TRY(print(man_page(nullptr, session.version)));
    } else {
        CORDON_TRY(const Command* command, named_command(args));
        CORDON_TRY(print(man_page(command, session.version)));
    }
    return kClean;
}

Result<int> run_completion(const Args& args, const Session&) {
    if (args.operands().size() != 1)
        return fail(ErrorCode::kInvalidParam, "expected the name of a shell: bash, zsh or fish");
    CORDON_TRY(const std::string script, completion_script(args.operands().front()));
    CORDON_TRY(print(script));
    return kClean;
}

}  // namespace

Command help_command() {
    return {.name = "help",
            .summary = "help on a verb, or on exit codes",
            .usage = "[VERB | exit-codes]",
            .about = "Prints the overview, the help of one verb, or what each exit code means.",
            .flags = {},
            .examples = {"cordon help trace", "cordon help exit-codes"},
            .takes_operands = true,
            .run = run_help};
}

Command man_command() {
    return {.name = "man",
            .summary = "print a man page",
            .usage = "[VERB]",
            .about =
                "Prints the man page of cordon or of one verb in troff, made from the same tables "
                "as --help.",
            .flags = {},
            .examples = {"cordon man trace | man -l -",
                         "cordon man > /usr/local/share/man/man1/cordon.1"},
            .takes_operands = true,
            .run = run_man};
}

Command completion_command() {
    return {
        .name = "completion",
        .summary = "print a completion script for a shell",
        .usage = "bash|zsh|fish",
        .about =
            "Prints a script that completes verbs and flags, made from the same tables as --help.",
        .flags = {},
        .examples = {"source <(cordon completion bash)"},
        .takes_operands = true,
        .run = run_completion};
}

}  // namespace cordon::cli
