// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/chain/bitcoin/descriptor.hpp>
#include <cordon/chain/bitcoin/script.hpp>
#include <cordon/chain/text.hpp>

#include "../backup/dice.hpp"
#include "../sign/kinds.hpp"
#include "commands.hpp"

namespace cordon::vault {
namespace {

using chain::kHardened;

// 256 bits, as BIP-39's 24 words hold.
constexpr std::size_t kSecret = 32;

Result<LockedBytes> fresh_secret(const Options& options, const Machine& machine) {
    LockedBytes out{kSecret};
    if (options.dice_file.empty()) {
        os_random(out.bytes());
        return out;
    }
    CORDON_TRY(std::string rolls, read_text(options.dice_file));
    rolls.erase(std::remove(rolls.begin(), rolls.end(), '\n'), rolls.end());
    const Result<DiceEntropy> dice =
        entropy_of_dice(rolls, kSecret, options.dice_only ? Random{} : os_random);
    wipe(rolls.data(), rolls.size());
    if (!dice) return fail(dice.error().in("--dice-file"));
    for (const std::string& warning : dice->warnings)
        machine.console.tell(format("dice: {}\n", warning));
    std::copy_n(dice->entropy.bytes().begin(), kSecret, out.bytes().begin());
    return out;
}

Status make_key(KeyFile key, const Options& options, const Machine& machine) {
    CORDON_TRY(const std::string name, root_name(key));
    CORDON_TRY(const LockedBytes secret,
               passphrase(options.new_passphrase_file, options.output, true, machine));
    CORDON_TRY(write_new_key(options.output, key, secret.view(), machine.cost));
    machine.console.tell(
        format("made the key \"{}\" ({}) in {}\n", key.facts.label, name, options.output));
    return {};
}

/// The same key with other facts or another passphrase, in its place.
Status rewrite(const std::string& path, const OpenedKey& key, ByteView secret,
               const KdfCost& cost) {
    CORDON_TRY(const Bytes sealed, seal_key_file(key.file, secret, cost));
    // What cannot be opened again must not take the place of what can.
    CORDON_TRY([[maybe_unused]] const KeyFile again, open_key_file(sealed, secret));
    return replace_key_file(path, sealed);
}

/// An account of the ways that every wallet knows, as a descriptor.
std::string account(const KeyRing& ring, uint32_t purpose, ChainId network,
                    std::string_view before) {
    const uint32_t coin = network == kBitcoin ? 0 : 1;  // SLIP-44.
    const KeyPath path{purpose | kHardened, coin | kHardened, 0 | kHardened};
    const auto root = ring.extended({});
    const auto key = ring.extended(path);
    if (!root || !key) return {};
    const std::string body =
        format("{}([{}/{}h/{}h/0h]{}/<0;1>/*)", before, to_hex(chain::fingerprint_of(root->key)),
               purpose, coin, chain::format_ext_key(*key));
    return format("{}#{}", body, chain::descriptor_checksum(body));
}

ChainId network_of(const KeyFacts& facts) {
    const auto found = std::find_if(facts.chains.begin(), facts.chains.end(), is_utxo);
    return found == facts.chains.end() ? kBitcoin : *found;
}

}  // namespace

std::vector<std::string> seed_descriptors(const KeyFile& key) {
    const auto ring = KeyRing::make(key);
    if (!ring || key.form != KeyForm::kSeed ||
        std::none_of(key.facts.chains.begin(), key.facts.chains.end(), is_utxo))
        return {};
    const ChainId network = network_of(key.facts);
    return {account(*ring, 84, network, "wpkh"), account(*ring, 86, network, "tr")};
}

Result<std::string> describe(const KeyFile& key, unsigned count) {
    const KeyFacts& facts = key.facts;
    CORDON_TRY(KeyRing ring, KeyRing::make(key));
    CORDON_TRY(const std::string name, root_name(key));
    std::string out = format(
        "key         {}\nroot        {}\nform        {}\nstate       {} since "
        "{}\nmade        {}\n",
        facts.label, name, key.form == KeyForm::kSeed ? "seed" : "one key", to_string(facts.state),
        format_rfc3339(facts.since), format_rfc3339(facts.created));
    const auto row = [&](std::string_view what, std::string_view text) {
        out += format("{:<12}{}\n", what, text);
    };
    if (!facts.predecessor.empty()) row("follows", facts.predecessor);
    for (const ChainId chain : facts.chains) row("chain", to_string(chain));
    for (const std::string& kind : facts.kinds) row("signs", kind);
    for (const uint8_t type : facts.sighashes) row("sighash", std::to_string(type));
    if (facts.unattended) row("unattended", "yes");
    row("quorum", format("{} of {}{}", facts.quorum.needed, facts.quorum.members.size(),
                         facts.quorum.gate ? ", and the gate" : ""));
    for (const wallet::Quorum::Member& each : facts.quorum.members)
        row("member", format("{} {}", each.name, each.key.text()));
    if (facts.quorum.gate) row("gate", facts.quorum.gate->text());
    for (const std::string& text : facts.descriptors) row("wallet", text);

    const bool evm = std::any_of(facts.chains.begin(), facts.chains.end(),
                                 [](ChainId chain) { return chain.family == ChainFamily::kEvm; });
    if (key.form == KeyForm::kRaw) {
        if (evm) {
            CORDON_TRY(const Address address, evm_account(ring, {}));
            row("account", chain::display_address(kEthereum, address));
        }
        return out;
    }
    for (uint32_t i = 0; evm && i < count; ++i) {
        CORDON_TRY(const Address address, evm_account(ring, evm_path(i)));
        row("account", format("{} {}", chain::display_address(kEthereum, address),
                              chain::format_path(evm_path(i))));
    }
    for (const std::string& text : seed_descriptors(key)) {
        row("wallet", text);
        CORDON_TRY(const chain::Descriptor read, chain::Descriptor::parse(text, network_of(facts)));
        for (uint32_t i = 0; i < count; ++i) {
            CORDON_TRY(const std::vector<Bytes> scripts, read.scripts(0, i));
            row("address", chain::format_address(network_of(facts),
                                                 chain::address_of_script(scripts.front())));
        }
    }
    return out;
}

Status new_key(const Options& options, const Machine& machine) {
    KeyFile key;
    key.form = options.raw ? KeyForm::kRaw : KeyForm::kSeed;
    CORDON_TRY(key.facts, facts_of(options, machine));
    CORDON_TRY(key.secret, fresh_secret(options, machine));
    return make_key(std::move(key), options, machine);
}

Status show_key(const Options& options, const Machine& machine) {
    CORDON_TRY(const OpenedKey key, open_key(options, machine));
    CORDON_TRY(const std::string text, describe(key.file, options.count));
    return machine.console.put(text);
}

Status change_passphrase(const Options& options, const Machine& machine) {
    CORDON_TRY(const OpenedKey key, open_key(options, machine));
    CORDON_TRY(const LockedBytes secret,
               passphrase(options.new_passphrase_file, "the file from now on", true, machine));
    CORDON_TRY(rewrite(options.key, key, secret.view(), machine.cost));
    machine.console.tell("the passphrase is changed; copies of the old file keep the old one\n");
    return {};
}

Status rotate_key(const Options& options, const Machine& machine) {
    CORDON_TRY(OpenedKey old, open_key(options, machine));
    if (old.file.facts.state != KeyState::kActive)
        return fail(ErrorCode::kConflict,
                    format("the key \"{}\" is {} already", old.file.facts.label,
                           to_string(old.file.facts.state)));
    KeyFile key;
    key.form = old.file.form;
    key.facts = old.file.facts;
    // Descriptors are of the old key's wallet.
    key.facts.descriptors.clear();
    key.facts.created = key.facts.since = from_unix_seconds(to_unix_seconds(machine.now));
    CORDON_TRY(key.facts.predecessor, root_name(old.file));
    CORDON_TRY(key.secret, fresh_secret(options, machine));
    CORDON_TRY(make_key(std::move(key), options, machine));
    old.file.facts.state = KeyState::kRetiring;
    old.file.facts.since = from_unix_seconds(to_unix_seconds(machine.now));
    return rewrite(options.key, old, old.passphrase.view(), old.cost);
}

Status retire_key(const Options& options, const Machine& machine) {
    CORDON_TRY(OpenedKey key, open_key(options, machine));
    if (key.file.facts.state == KeyState::kRetired)
        return fail(ErrorCode::kConflict, "the key is retired already");
    key.file.facts.state = KeyState::kRetired;
    key.file.facts.since = from_unix_seconds(to_unix_seconds(machine.now));
    CORDON_TRY(rewrite(options.key, key, key.passphrase.view(), key.cost));
    machine.console.tell(
        format("the key \"{}\" signs nothing any more; copies of the file, and "
               "backups of its seed, could: destroy them once the money has "
               "moved\n",
               key.file.facts.label));
    return {};
}

}  // namespace cordon::vault
