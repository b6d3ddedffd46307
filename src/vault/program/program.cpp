// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "program.hpp"

#include <CLI/CLI.hpp>

#include <cordon/base/format.hpp>

#include "commands.hpp"

namespace cordon::vault {
namespace {

using Command = Status (*)(const Options&, const Machine&);

void add_key(CLI::App& verb, Options& options) {
    verb.add_option("--key", options.key, "the key file")->required();
    verb.add_option("--passphrase-file", options.passphrase_file,
                    "a file whose first line is the passphrase (else it is asked for)");
}

void add_new(CLI::App& verb, Options& options) {
    verb.add_option("-o,--output", options.output, "the new key file")->required();
    verb.add_option("--new-passphrase-file", options.new_passphrase_file,
                    "a file whose first line is the passphrase of the new file");
}

}  // namespace

int exit_code_of(ErrorCode code) noexcept {
    switch (code) {
        case ErrorCode::kPermission: return 5;
        case ErrorCode::kChecksum:
        case ErrorCode::kCorrupt: return 6;
        case ErrorCode::kIo:
        case ErrorCode::kNoSpace:
        case ErrorCode::kLocked:
        case ErrorCode::kUnavailable: return 4;
        default: return 3;
    }
}

void add_facts_options(CLI::App& verb, Options& options) {
    verb.add_option("--label", options.label, "what people call the key")->required();
    verb.add_option("--quorum", options.quorum, "JSON file: who must agree before it signs")
        ->required();
    verb.add_option("--chain", options.chains, "a chain that it may sign for: btc, eth, …")
        ->required();
    verb.add_option("--kind", options.kinds,
                    "a kind of payload that it may sign: evm, safe, delay, typed-data, psbt")
        ->required();
    verb.add_option("--descriptor", options.descriptors,
                    "an output descriptor of the wallet: what pays it is change");
    verb.add_option("--sighash", options.sighashes,
                    "a sighash type beside ALL that is allowed, as a number");
    verb.add_flag("--unattended", options.unattended,
                  "sign without a person who types the hash; needs the gate in the quorum");
}

void add_bundle_options(CLI::App& verb, Options& options) {
    verb.add_option("--bundle", options.bundle, "the bundle (docs/formats/bundle.md)")->required();
    verb.add_option("-o,--output", options.output, "where the signed payload goes");
}

int run_signer(const std::vector<std::string>& args, const Machine& machine) {
    Options options;
    Command chosen = nullptr;
    CLI::App app{"Holds keys, explains what is to be signed, and signs what people agreed to.",
                 "cordon-signer"};
    app.set_version_flag("--version", std::string{machine.version});
    app.require_subcommand(1);
    const auto verb = [&](const char* name, const char* words, Command command) -> CLI::App& {
        CLI::App* out = app.add_subcommand(name, words);
        out->callback([&chosen, command] { chosen = command; });
        return *out;
    };
    {
        CLI::App& each = verb("new-key", "make a key file", new_key);
        add_new(each, options);
        add_facts_options(each, options);
        each.add_flag("--raw", options.raw, "one key instead of a seed");
        each.add_option("--dice-file", options.dice_file,
                        "rolls of a die (1 to 6) that are mixed with the system's randomness");
        each.add_flag("--dice-only", options.dice_only,
                      "the rolls alone: anybody can do it again elsewhere, and must trust the dice")
            ->needs("--dice-file");
    }
    {
        CLI::App& each = verb("show", "addresses, extended keys, quorum and rules", show_key);
        add_key(each, options);
        each.add_option("--count", options.count, "addresses of each kind")
            ->check(CLI::Range(1U, 1000U));
    }
    {
        CLI::App& each = verb("sign", "explain a bundle, ask, and sign it", sign_bundle);
        add_key(each, options);
        add_bundle_options(each, options);
        each.add_option("--owner", options.owner, "of a Safe: which account of the key signs");
    }
    {
        CLI::App& each =
            verb("verify-bundle", "what sign would say, without signing", verify_bundle);
        add_key(each, options);
        each.add_option("--bundle", options.bundle, "the bundle")->required();
    }
    {
        CLI::App& each =
            verb("passphrase", "give the key file another passphrase", change_passphrase);
        add_key(each, options);
        each.add_option("--new-passphrase-file", options.new_passphrase_file,
                        "a file whose first line is the new passphrase");
    }
    {
        CLI::App& each = verb("rotate", "make a key that follows this one", rotate_key);
        add_key(each, options);
        add_new(each, options);
    }
    add_key(verb("retire", "make the key refuse to sign, for good", retire_key), options);
    {
        CLI::App& each = verb("backup", "split the seed into shares of words", backup_key);
        add_key(each, options);
        each.add_option("--share", options.files, "a group as M-of-N; once for each group")
            ->required();
        each.add_option("--groups", options.count, "how many groups are needed")->required();
        each.add_option("-o,--output", options.output,
                        "a new folder, for one file a share; each goes to another place")
            ->required();
    }
    {
        CLI::App& each = verb("restore", "make a key file from shares", restore_key);
        add_new(each, options);
        add_facts_options(each, options);
        each.add_option("--share", options.files, "a file with one share")->required();
    }
    {
        CLI::App& each = verb("receive",
                              "put frames together: the lines \"ur:…\" of a scanner, on "
                              "standard input (docs/formats/ur.md)",
                              receive_frames);
        each.add_option("-o,--output", options.output, "where the content goes")->required();
    }
    {
        CLI::App& each = verb("frames", "show a file as QR codes, for a camera", show_frames);
        each.add_option("file", options.files, "what was signed")->required()->expected(1);
        each.add_option("--rate", options.rate, "frames a second")->check(CLI::Range(1U, 30U));
        each.add_option("--seconds", options.seconds, "when it stops by itself")
            ->check(CLI::Range(1U, 3600U));
    }
    try {
        std::vector<std::string> reversed{args.rbegin(), args.rend()};
        app.parse(reversed);
    } catch (const CLI::CallForHelp&) {
        const CLI::App* asked = &app;
        for (const CLI::App* each : app.get_subcommands()) asked = each;
        return machine.console.put(asked->help()) ? 0 : 4;
    } catch (const CLI::CallForVersion&) {
        return machine.console.put(format("cordon-signer {}\n", machine.version)) ? 0 : 4;
    } catch (const CLI::ParseError& error) {
        machine.console.tell(format("cordon-signer: {}. See cordon-signer --help\n", error.what()));
        return 2;
    }
    const Status status = chosen(options, machine);
    if (status) return 0;
    machine.console.tell(format("cordon-signer: {}\n", status.error().message));
    return exit_code_of(status.error().code);
}

}  // namespace cordon::vault
