// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <set>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/chain/bitcoin/base58.hpp>
#include <cordon/chain/bitcoin/script.hpp>
#include <cordon/chain/bitcoin/taproot.hpp>
#include <cordon/chain/text.hpp>
#include <cordon/crypto/hash.hpp>

#include "btc_txn.hpp"

namespace cordon::explain {
namespace {

/// Indices of a descriptor that are tried where nothing hints at one: Bitcoin Core keeps as many
/// keys ready.
constexpr uint32_t kScan = 1'000;
/// And with those that a PSBT hints at, whose author chooses how many.
constexpr std::size_t kMaxTried = 5'000;
/// Consensus: no script that can be spent is longer.
constexpr std::size_t kMaxScript = 10'000;

bool same(ByteView a, ByteView b) noexcept {
    return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

/// The descriptors of a context, and the scripts that they were asked for.
class Wallet {
public:
    static Result<Wallet> make(const Context& context, ChainId chain) {
        Wallet out;
        for (std::size_t i = 0; i < context.descriptors.size(); ++i) {
            auto one = chain::Descriptor::parse(context.descriptors[i], chain);
            if (!one) return fail(one.error().in(format("context: descriptors {}", i)));
            out.descriptors_.push_back(std::move(*one));
        }
        return out;
    }

    /// "your wallet, address 7" when a descriptor makes the script at one of the hints, or at one
    /// of the first indices.
    std::optional<std::string> owns(ByteView script, const std::set<uint32_t>& hints) {
        if (descriptors_.empty()) return std::nullopt;
        for (const uint32_t hint : hints)
            if (tried_.size() < kMaxTried && tried_.insert(hint).second) add(hint);
        const Bytes key(script.begin(), script.end());
        if (const auto found = scripts_.find(key); found != scripts_.end()) return found->second;
        if (!std::exchange(scanned_, true))
            for (uint32_t i = 0; i < kScan; ++i)
                if (tried_.insert(i).second) add(i);
        const auto found = scripts_.find(key);
        return found == scripts_.end() ? std::nullopt : std::optional{found->second};
    }

private:
    void add(uint32_t index) {
        for (std::size_t i = 0; i < descriptors_.size(); ++i)
            for (std::size_t branch = 0; branch < descriptors_[i].branches(); ++branch) {
                const auto made = descriptors_[i].scripts(branch, index);
                if (!made) continue;  // One in 2^127, or an index that is out of range.
                for (const Bytes& script : *made)
                    scripts_.try_emplace(script,
                                         descriptors_[i].ranged()
                                             ? format("your wallet {}, {} {}", i + 1,
                                                      branch == 1 ? "change" : "address", index)
                                             : format("your wallet {}", i + 1));
            }
    }

    std::vector<chain::Descriptor> descriptors_;
    std::map<Bytes, std::string> scripts_;
    std::set<uint32_t> tried_;
    bool scanned_ = false;
};

/// What scripts say of their keys, by whose they are: two outputs of one wallet have one shape.
struct WalletShape {
    std::string text;
    bool proven = true;  ///< Every key is derived from an extended key of the PSBT.
};

/// Reads shapes of a PSBT. Its author chooses how many keys and steps there are: both are bounded,
/// and what is beyond has no shape. Confined to one explanation.
class Shapes {
public:
    explicit Shapes(const chain::Psbt& psbt) : psbt_{psbt} {
        for (const chain::KeyOrigin& origin : psbt.xpubs) {
            if (xpubs_.size() == kMaxXpubs) break;
            auto key = chain::parse_ext_key(chain::format_base58check(origin.key));
            xpubs_.push_back(key ? std::optional{*key} : std::nullopt);
        }
    }

    std::optional<WalletShape> input(std::size_t index) {
        const chain::PsbtInput& input = psbt_.inputs[index];
        const chain::OutputView* spent = input.spent();
        if (spent == nullptr) return std::nullopt;
        return shape({spent->script, input.keys, input.redeem_script, input.witness_script,
                      input.tap_key, !input.tap_merkle_root.empty()});
    }
    std::optional<WalletShape> output(std::size_t index) {
        const chain::PsbtOutput& output = psbt_.outputs[index];
        return shape({psbt_.txn.outputs[index].script, output.keys, output.redeem_script,
                      output.witness_script, output.tap_key, !output.tap_tree.empty()});
    }

private:
    /// A 15-of-15 of everybody's needs 15; each step costs some 25 microseconds.
    static constexpr std::size_t kMaxXpubs = 64, kMaxSteps = 20'000;

    struct Parts {
        ByteView script;
        const std::vector<chain::KeyOrigin>& keys;
        ByteView redeem, witness, tap_key;
        bool tap_tree;
    };

    static bool holds(const crypto::PublicKey& derived, ByteView key) {
        if (key.size() == 32) return same(derived.x_only(), key);
        return same(derived.compressed(), key) || same(derived.uncompressed(), key);
    }

    /// The extended key from which it is really derived, else the fingerprint that is claimed.
    void add_owner(const chain::KeyOrigin& origin, std::string& text, bool& proven) {
        for (std::size_t i = 0; i < xpubs_.size(); ++i) {
            const chain::KeyOrigin& from = psbt_.xpubs[i];
            if (!xpubs_[i] || from.fingerprint != origin.fingerprint ||
                from.path.size() > origin.path.size() ||
                !std::equal(from.path.begin(), from.path.end(), origin.path.begin()))
                continue;
            const std::size_t steps = origin.path.size() - from.path.size();
            if (steps > steps_left_) break;
            steps_left_ -= steps;
            Result<chain::ExtKey> key = *xpubs_[i];
            for (std::size_t k = from.path.size(); key && k < origin.path.size(); ++k)
                key = chain::child_of(*key, origin.path[k]);
            if (!key || !holds(key->key, origin.key)) continue;
            text = format("x{}", i);
            return;
        }
        text = format("f{}", to_hex(origin.fingerprint));
        proven = false;
    }

    /// A script with its keys replaced by their owners; keys that stand beside each other are
    /// sorted, for wallets sort them by value (BIP-67). Nothing when a key has no owner.
    std::optional<WalletShape> script(const std::vector<chain::KeyOrigin>& keys, ByteView bytes) {
        if (bytes.size() > kMaxScript) return std::nullopt;
        WalletShape out;
        std::vector<std::string> run;
        const auto flush = [&] {
            std::sort(run.begin(), run.end());
            for (const std::string& each : run) out.text += each + " ";
            run.clear();
        };
        for (std::size_t at = 0; at < bytes.size();) {
            const uint8_t op = bytes[at];
            const bool push = op >= 1 && op <= 75 && bytes.size() - at > op;
            const std::size_t size = push ? op + 1U : 1U;
            if (op == 33 || op == 65) {
                if (!push) return std::nullopt;
                const ByteView key = bytes.subspan(at + 1, op);
                const auto found = std::find_if(keys.begin(), keys.end(), [&](const auto& origin) {
                    return same(origin.key, key);
                });
                if (found == keys.end()) return std::nullopt;
                add_owner(*found, run.emplace_back(), out.proven);
            } else {
                flush();
                out.text += to_hex(bytes.subspan(at, size)) + " ";
            }
            at += size;
        }
        flush();
        return out;
    }

    template <typename Fits>
    std::optional<WalletShape> key(const std::vector<chain::KeyOrigin>& keys, const Fits& fits,
                                   std::string_view name) {
        for (const chain::KeyOrigin& origin : keys) {
            if (!fits(origin.key)) continue;
            WalletShape out;
            add_owner(origin, out.text, out.proven);
            out.text = format("{} {}", name, out.text);
            return out;
        }
        return std::nullopt;
    }

    std::optional<WalletShape> shape(const Parts& parts) {
        if (steps_left_ == 0) return std::nullopt;
        --steps_left_;
        Address pays = chain::address_of_script(parts.script);
        std::string prefix;
        const auto named = [&](std::optional<WalletShape> out, std::string_view name) {
            if (out) out->text = format("{}{} {}", prefix, name, out->text);
            return out;
        };
        if (pays.kind() == AddressKind::kP2sh) {
            if (parts.redeem.empty() || !same(crypto::hash160(parts.redeem), pays.payload()))
                return std::nullopt;
            pays = chain::address_of_script(parts.redeem);
            if (pays.kind() != AddressKind::kP2wpkh && pays.kind() != AddressKind::kP2wsh)
                return named(script(parts.keys, parts.redeem), "sh");
            prefix = "sh ";
        }
        const auto by_hash = [&](ByteView each) {
            return each.size() != 32 && same(crypto::hash160(each), pays.payload());
        };
        switch (pays.kind()) {
            case AddressKind::kP2pkh: return key(parts.keys, by_hash, "pkh");
            case AddressKind::kP2wpkh: return key(parts.keys, by_hash, prefix + "wpkh");
            case AddressKind::kP2wsh:
                if (parts.witness.empty() || !same(crypto::sha256(parts.witness), pays.payload()))
                    return std::nullopt;
                return named(script(parts.keys, parts.witness), "wsh");
            case AddressKind::kP2tr: {
                if (parts.tap_tree || parts.tap_key.empty()) return std::nullopt;
                const auto output = chain::tap_output_key(parts.tap_key, std::nullopt);
                if (!output || !same(output->x_only(), pays.payload())) return std::nullopt;
                return key(
                    parts.keys, [&](ByteView each) { return same(each, parts.tap_key); }, "tr");
            }
            default: return std::nullopt;
        }
    }

    const chain::Psbt& psbt_;
    std::vector<std::optional<chain::ExtKey>> xpubs_;
    std::size_t steps_left_ = kMaxSteps;
};

std::set<uint32_t> hints_of(const std::vector<chain::KeyOrigin>& keys) {
    std::set<uint32_t> out;
    for (const chain::KeyOrigin& key : keys)
        if (!key.path.empty()) out.insert(key.path.back() & ~chain::kHardened);
    return out;
}

}  // namespace

Status find_own(BtcTxn& btc, const chain::Psbt* psbt, const Context& context) {
    CORDON_TRY(Wallet wallet, Wallet::make(context, btc.chain));
    std::optional<Shapes> shapes;
    if (psbt != nullptr) shapes.emplace(*psbt);
    std::vector<std::optional<WalletShape>> input_shapes;
    bool any_mine = false, one_address = true, one_shape = shapes.has_value();
    for (std::size_t i = 0; i < btc.inputs.size(); ++i) {
        BtcInput& input = btc.inputs[i];
        const auto hints = psbt != nullptr ? hints_of(psbt->inputs[i].keys) : std::set<uint32_t>{};
        input.mine = !input.address.empty() && context.account == input.address;
        if (!input.mine && input.spent)
            input.mine = wallet.owns(input.spent->script, hints).has_value();
        any_mine = any_mine || input.mine;
        input_shapes.push_back(shapes ? shapes->input(i) : std::nullopt);
        one_address = one_address && input.address == btc.inputs[0].address;
        one_shape = one_shape && input_shapes[i] && input_shapes[i]->text == input_shapes[0]->text;
    }
    // Whoever adds a coin of his own to a txn has an address in it, too: an output to the payer of
    // one input goes back to who signs only where that input is his, by what the caller told, or
    // because one wallet pays everything.
    const bool one_payer = !any_mine && (one_address || one_shape);
    std::map<Address, std::size_t> inputs;
    std::map<std::string, std::size_t> spent;
    const auto better = [&](auto& map, const auto& key, std::size_t i) {
        const auto [at, fresh] = map.try_emplace(key, i);
        if (!fresh && btc.inputs[i].mine) at->second = i;
    };
    for (std::size_t i = 0; i < btc.inputs.size(); ++i) {
        better(inputs, btc.inputs[i].address, i);
        if (input_shapes[i]) better(spent, input_shapes[i]->text, i);
    }
    const auto trusted = [&](std::size_t i) { return btc.inputs[i].mine || one_payer; };
    for (std::size_t i = 0; i < btc.outputs.size(); ++i) {
        BtcOutput& output = btc.outputs[i];
        if (output.script.empty() || output.address.empty()) continue;
        const auto set = [&](Own own, std::string how) {
            output.own = own;
            output.how = std::move(how);
        };
        const std::set<uint32_t> hints =
            psbt != nullptr ? hints_of(psbt->outputs[i].keys) : std::set<uint32_t>{};
        if (const auto at = inputs.find(output.address); at != inputs.end()) {
            const bool proven = btc.inputs[at->second].address_proven && trusted(at->second);
            set(proven ? Own::kProven : Own::kClaimed,
                format("the address that input {} spends from", at->second));
        } else if (context.account && output.address == *context.account) {
            set(Own::kProven, "your account");
        } else if (auto how = wallet.owns(output.script, hints)) {
            set(Own::kProven, std::move(*how));
        } else if (shapes) {
            const auto shape = shapes->output(i);
            const auto found = shape ? spent.find(shape->text) : spent.end();
            if (found == spent.end()) continue;
            if (shape->proven && input_shapes[found->second]->proven && trusted(found->second)) {
                set(Own::kProven, "the same keys as what it spends, by their extended keys");
            } else {
                set(Own::kClaimed, "the payload says that the keys are the same wallet's");
            }
        }
    }
    return {};
}

}  // namespace cordon::explain
