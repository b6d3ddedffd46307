// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "program.hpp"

#include <CLI/CLI.hpp>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/base/unicode.hpp>
#include <cordon/chain/text.hpp>
#include <cordon/vault/program/commands.hpp>
#include <cordon/vault/sign/kinds.hpp>

#include "token.hpp"

namespace cordon::hsm {
namespace {

using vault::Machine;

struct Options {
    std::string module, token, pin_file;
    vault::Options of_key;  ///< As for key files; `label` is the key's in the token.
};

using Command = Status (*)(const Options&, const Machine&);

/// What a token says of itself, on a terminal.
std::string shown(const std::string& text) {
    return text.empty() || is_plain_line(text)
               ? text
               : to_hex({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

Result<std::shared_ptr<Token>> open_token(const Options& options, const Machine& machine) {
    CORDON_TRY(const auto module, Module::load(options.module));
    CORDON_TRY(const vault::LockedBytes pin,
               vault::passphrase(options.pin_file, "token " + options.token, false, machine));
    return Token::open(module, options.token,
                       {reinterpret_cast<const char*>(pin.view().data()), pin.size()});
}

/// A key without rules in its token signs nothing.
Result<vault::KeyFacts> facts_in(const Token& token, const std::string& label) {
    CORDON_TRY(const Bytes text, token.data(label));
    auto facts = vault::parse_key_facts({reinterpret_cast<const char*>(text.data()), text.size()});
    if (!facts) return fail(facts.error().in("the rules of " + label));
    return facts;
}

Status slots(const Options& options, const Machine& machine) {
    CORDON_TRY(const auto module, Module::load(options.module));
    CORDON_TRY(const std::vector<Slot> all, module->slots());
    for (const Slot& slot : all)
        CORDON_TRY(machine.console.put(
            format("{}\t{}\t{} {}\t{}\n", slot.id, slot.initialized ? shown(slot.label) : "-",
                   shown(slot.manufacturer), shown(slot.model), shown(slot.serial))));
    return {};
}

Status keys(const Options& options, const Machine& machine) {
    CORDON_TRY(const auto token, open_token(options, machine));
    CORDON_TRY(const std::vector<TokenKey> all, token->keys());
    for (const TokenKey& key : all) {
        const auto facts = facts_in(*token, key.label);
        CORDON_TRY(const auto signer, Token::signer(token, key.label));
        CORDON_TRY(const Address account, vault::evm_account(*signer, {}));
        CORDON_TRY(machine.console.put(format(
            "{}\t{}\t{}\t{}\t{}\n", shown(key.label), to_hex(key.public_key.compressed()),
            chain::display_address(kEthereum, account),
            key.stays ? "never leaves the token" : "CAN LEAVE THE TOKEN",
            facts
                ? format("{} of {} must agree", facts->quorum.needed, facts->quorum.members.size())
                : "no rules: signs nothing")));
    }
    return {};
}

Status new_key(const Options& options, const Machine& machine) {
    CORDON_TRY(const vault::KeyFacts facts, vault::facts_of(options.of_key, machine));
    CORDON_TRY(const auto token, open_token(options, machine));
    const std::string rules = vault::format_key_facts(facts);
    CORDON_TRY(const TokenKey key, token->generate(facts.label));
    // After the key: a key without rules signs nothing, and rules of another key would be worse.
    CORDON_TRY(
        token->store(facts.label, {reinterpret_cast<const uint8_t*>(rules.data()), rules.size()}));
    machine.console.tell(format("made the key \"{}\" ({}) in token {}\n", facts.label,
                                to_hex(key.public_key.compressed()), options.token));
    if (!key.stays) machine.console.tell("the token does not say that the key stays in it\n");
    return {};
}

Result<vault::Holder> holder(const Options& options, const Machine& machine) {
    CORDON_TRY(const auto token, open_token(options, machine));
    CORDON_TRY(vault::KeyFacts facts, facts_in(*token, options.of_key.label));
    CORDON_TRY(auto signer, Token::signer(token, options.of_key.label));
    return vault::Holder{std::move(facts), {}, std::move(signer)};
}

Status sign(const Options& options, const Machine& machine) {
    return vault::sign_bundle_with([&] { return holder(options, machine); }, options.of_key,
                                   machine);
}

Status verify(const Options& options, const Machine& machine) {
    return vault::verify_bundle_with([&] { return holder(options, machine); }, options.of_key,
                                     machine);
}

}  // namespace

int run_hsm_signer(const std::vector<std::string>& args, const Machine& machine) {
    Options options;
    Command chosen = nullptr;
    CLI::App app{
        "Explains what is to be signed, and signs it with a key in a token when people "
        "agreed.",
        "cordon-signer-hsm"};
    app.set_version_flag("--version", std::string{machine.version});
    app.require_subcommand(1);
    const auto verb = [&](const char* name, const char* words, Command command) -> CLI::App& {
        CLI::App* out = app.add_subcommand(name, words);
        out->callback([&chosen, command] { chosen = command; });
        out->add_option("--module", options.module,
                        "the token's PKCS#11 library, by its whole path")
            ->required();
        return *out;
    };
    const auto logged_in = [&](CLI::App& each) -> CLI::App& {
        each.add_option("--token", options.token, "the token's label")->required();
        each.add_option("--pin-file", options.pin_file,
                        "a file whose first line is the PIN (else it is asked for)");
        return each;
    };
    const auto of_key = [&](CLI::App& each) -> CLI::App& {
        logged_in(each).add_option("--label", options.of_key.label, "the key's label")->required();
        vault::add_bundle_options(each, options.of_key);
        return each;
    };
    verb("slots", "the tokens that the library sees", slots);
    logged_in(verb("keys", "the keys of a token, and who must agree", keys));
    vault::add_facts_options(logged_in(verb("new-key", "make a key in the token", new_key)),
                             options.of_key);
    of_key(verb("sign", "explain a bundle, ask, and sign it", sign))
        .add_option("--owner", options.of_key.owner, "of a Safe: which account of the key signs");
    of_key(verb("verify-bundle", "what sign would say, without signing", verify));
    try {
        std::vector<std::string> reversed{args.rbegin(), args.rend()};
        app.parse(reversed);
    } catch (const CLI::CallForHelp&) {
        const CLI::App* asked = &app;
        for (const CLI::App* each : app.get_subcommands()) asked = each;
        return machine.console.put(asked->help()) ? 0 : 4;
    } catch (const CLI::CallForVersion&) {
        return machine.console.put(format("cordon-signer-hsm {}\n", machine.version)) ? 0 : 4;
    } catch (const CLI::ParseError& error) {
        machine.console.tell(
            format("cordon-signer-hsm: {}. See cordon-signer-hsm --help\n", error.what()));
        return 2;
    }
    const Status status = chosen(options, machine);
    if (status) return 0;
    machine.console.tell(format("cordon-signer-hsm: {}\n", status.error().message));
    return vault::exit_code_of(status.error().code);
}

}  // namespace cordon::hsm
