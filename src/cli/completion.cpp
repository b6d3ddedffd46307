// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <cordon/base/format.hpp>

#include "command.hpp"

namespace cordon::cli {
namespace {

std::string flags_of(const Command& command, std::string_view prefix) {
    std::string out;
    for (const Flag& flag : command.flags) out += format("{}{} ", prefix, flag.name);
    for (const Flag& flag : global_flags()) out += format("{}{} ", prefix, flag.name);
    return out;
}

std::string bash() {
    std::string names, cases;
    for (const Command& command : commands()) {
        names += format("{} ", command.name);
        cases += format("    {}) words=\"{}\" ;;\n", command.name, flags_of(command, "--"));
    }
    return format(
        "_cordon() {{\n  local cur=${{COMP_WORDS[COMP_CWORD]}} words=\n"
        "  if [ \"$COMP_CWORD\" -eq 1 ]; then words=\"{}\"; else case ${{COMP_WORDS[1]}} in\n{}  "
        "esac; fi\n"
        "  if [[ $cur == -* || $COMP_CWORD -eq 1 ]]; then COMPREPLY=($(compgen -W \"$words\" -- "
        "\"$cur\"));\n"
        "  else COMPREPLY=($(compgen -f -- \"$cur\")); fi\n}}\ncomplete -o filenames -F _cordon "
        "cordon\n",
        names, cases);
}

std::string zsh() {
    std::string names, cases;
    for (const Command& command : commands()) {
        names += format("'{}:{}' ", command.name, command.summary);
        cases += format("    {}) compadd -- {};;\n", command.name, flags_of(command, "--"));
    }
    return format(
        "#compdef cordon\n_cordon() {{\n  local -a verbs=({})\n"
        "  if (( CURRENT == 2 )); then _describe verb verbs; return; fi\n"
        "  if [[ $PREFIX != -* ]]; then _files; return; fi\n  case $words[2] in\n{}  esac\n}}\n"
        "compdef _cordon cordon\n",
        names, cases);
}

std::string fish() {
    std::string out;
    for (const Command& command : commands()) {
        out += format("complete -c cordon -n __fish_use_subcommand -f -a {} -d '{}'\n",
                      command.name, command.summary);
        for (const Flag& flag : command.flags)
            out +=
                format("complete -c cordon -n '__fish_seen_subcommand_from {}' -l {} -d '{}'{}\n",
                       command.name, flag.name, flag.help, flag.value.empty() ? "" : " -r");
    }
    return out;
}

}  // namespace

Result<std::string> completion_script(std::string_view shell) {
    if (shell == "bash") return bash();
    if (shell == "zsh") return zsh();
    if (shell == "fish") return fish();
    return fail(ErrorCode::kInvalidParam,
                format("completion for \"{}\": expected bash, zsh or fish", shell));
}

}  // namespace cordon::cli
