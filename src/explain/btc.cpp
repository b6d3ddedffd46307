// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "btc.hpp"

#include <algorithm>
#include <map>

#include <cordon/base/base64.hpp>
#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/chain/bitcoin/policy.hpp>
#include <cordon/chain/bitcoin/sighash.hpp>
#include <cordon/chain/text.hpp>
#include <cordon/crypto/hash.hpp>

#include "btc_judge.hpp"
#include "encoding.hpp"

namespace cordon::explain {
namespace {

/// Inputs whose hash a person may want to compare; more are for machines.
constexpr std::size_t kMostHashes = 50;
/// Places that the sentence names; the rest is a code over them.
constexpr std::size_t kMostPlaces = 3;

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kBlank = " \t\r\n";
    const std::size_t first = text.find_first_not_of(kBlank);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

bool is_hex(std::string_view text) noexcept {
    return std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    });
}

Result<Bytes> psbt_bytes(std::string_view input) {
    if (input.starts_with("psbt\xff")) return Bytes(input.begin(), input.end());
    const std::string_view text = trimmed(input);
    if (text.starts_with("70736274")) return parse_hex(text);
    auto bytes = parse_base64(text);
    if (!bytes) return fail(bytes.error().in("PSBT as base64"));
    return bytes;
}

Result<Bytes> txn_bytes(std::string_view input) {
    const std::string_view text = trimmed(input);
    // The version of a txn begins with a byte that is no hex digit.
    if (!text.empty() && is_hex(text)) return parse_hex(text);
    return Bytes(input.begin(), input.end());
}

ChainId chain_of(const Context& context) {
    return context.chain && is_utxo(*context.chain) ? *context.chain : kBitcoin;
}

/// A few letters of data, where they are text.
std::string shown_data(ByteView data) {
    constexpr std::size_t kMost = 80;  // What relay rules let into one output for long.
    const bool text = std::all_of(data.begin(), data.end(),
                                  [](uint8_t byte) { return byte >= 32 && byte < 127; });
    if (text && !data.empty())
        return format("\"{}\"",
                      clipped({reinterpret_cast<const char*>(data.data()), data.size()}, kMost));
    return data.size() <= kMost
               ? to_hex(data)
               : format("{}... [data fingerprint {}]", to_hex(data.first(kMost)), data_code(data));
}

/// What an OP_RETURN pushes first, or all that follows it.
ByteView carried(ByteView script) noexcept {
    if (script.size() >= 2 && script[1] <= 75 && script.size() == script[1] + 2U)
        return script.subspan(2);
    return script.subspan(1);
}

class Describer {
public:
    Describer(const BtcTxn& btc, const Context& context, Walk& walk, Explanation& out)
        : btc_{btc}, context_{context}, walk_{walk}, out_{out} {}

    void effects() {
        for (std::size_t i = 0; i < btc_.outputs.size(); ++i) output(i);
        const std::optional<Amount> spent = btc_.spent();
        Call call;
        if (spent && *spent >= btc_.paid()) {
            const Amount fee = *spent - btc_.paid();
            const uint64_t rate = (fee.fits_u64() ? fee.low_u64() : UINT64_MAX) /
                                  std::max<std::size_t>(btc_.vsize(), 1);
            walk_.effect(EffectKind::kFee, call, payer_of(btc_, context_, {}), {},
                         format("{} is the fee (about {} sat a vbyte)", walk_.words.money({}, fee),
                                grouped(std::to_string(rate))));
            walk_.fee({}, fee);
        } else if (!btc_.inputs.empty()) {
            walk_.effect(EffectKind::kFee, call, payer_of(btc_, context_, {}), {},
                         "the fee is not known");
        }
    }

    /// What comes back, for the end of the sentence.
    std::string comes_back() const {
        Amount back;
        std::string places;
        std::size_t count = 0;
        Bytes rest;
        for (const BtcOutput& output : btc_.outputs) {
            if (output.own != Own::kProven) continue;
            back += Amount{output.value};
            const std::string address = chain::display_address(btc_.chain, output.address);
            if (++count <= kMostPlaces) {
                places += (places.empty() ? "" : ", ") + address;
            } else {
                const std::string row = format("{} {}\n", address, output.value);
                rest.insert(rest.end(), row.begin(), row.end());
            }
        }
        if (count == 0) return " Nothing comes back to the wallet.";
        if (count > kMostPlaces)
            places +=
                format(" and {} more [list fingerprint {}]", count - kMostPlaces, data_code(rest));
        return format(" {} {} back to the wallet ({}).", walk_.words.money({}, back),
                      count == 1 ? "comes" : "come", places);
    }

    void details(const chain::Psbt* psbt) {
        const auto field = [&](std::string name, std::string value) {
            out_.details.push_back({std::move(name), std::move(value)});
        };
        field("version", std::to_string(btc_.txn.version));
        field("locktime", btc_.txn.locktime == 0 ? "0"
                                                 : format("{} ({})", btc_.txn.locktime,
                                                          chain::absolute_lock(btc_.txn.locktime)));
        for (std::size_t i = 0; i < btc_.inputs.size(); ++i) {
            const BtcInput& input = btc_.inputs[i];
            const chain::InputView& view = btc_.txn.inputs[i];
            std::string amount = "an unknown amount";
            if (input.spent)
                amount = format("{}{}", walk_.words.money({}, Amount{input.spent->value}),
                                input.proven ? "" : " (not proven)");
            const std::string address =
                input.address.empty() ? "an unknown address" : walk_.words.address(input.address);
            field(format("input {}", i), format("{} of {}, {}, sequence {:#x}{}", amount, address,
                                                chain::format_outpoint(btc_.chain, view.prevout),
                                                view.sequence, signed_words(input)));
        }
        for (std::size_t i = 0; i < btc_.outputs.size(); ++i)
            if (btc_.outputs[i].own != Own::kNo)
                field(format("output {}", i),
                      format("{} back to {}: {}",
                             walk_.words.money({}, Amount{btc_.outputs[i].value}),
                             walk_.words.address(btc_.outputs[i].address), btc_.outputs[i].how));
        if (psbt != nullptr) unknown_fields(*psbt);
    }

    void hashes(const chain::Psbt* psbt) {
        Bytes bytes;
        chain::TxnView bare = btc_.txn;
        bare.segwit = false;
        bare.items.clear();
        append_txn(bytes, bare);
        out_.hashes.push_back({"txid", chain::format_hash(btc_.chain, crypto::sha256d(bytes))});
        if (btc_.txn.segwit) {
            bytes.clear();
            append_txn(bytes, btc_.txn);
            out_.hashes.push_back(
                {"wtxid", chain::format_hash(btc_.chain, crypto::sha256d(bytes))});
        }
        if (psbt == nullptr) return;
        std::vector<chain::OutputView> spent;
        for (const BtcInput& input : btc_.inputs)
            if (input.spent) spent.push_back(*input.spent);
        if (spent.size() != btc_.inputs.size()) spent.clear();
        const chain::Sighasher hasher{btc_.txn, spent};
        for (std::size_t i = 0; i < std::min(btc_.inputs.size(), kMostHashes); ++i) {
            const bool taproot = btc_.inputs[i].address.kind() == AddressKind::kP2tr;
            const uint32_t usual = taproot ? chain::kSighashDefault : chain::kSighashAll;
            const uint32_t type = btc_.inputs[i].sighash.value_or(usual);
            if (const auto hash = chain::signing_hash(hasher, *psbt, i, type))
                out_.hashes.push_back(
                    {format("sighash of input {}, {}", i, chain::sighash_name(type)),
                     to_hex(*hash)});
        }
    }

private:
    void output(std::size_t index) {
        const BtcOutput& output = btc_.outputs[index];
        if (output.own == Own::kProven) return;
        Call call;
        call.where = format("output {}", index);
        const Amount amount{output.value};
        const std::string money = walk_.words.money({}, amount);
        const Address who = payer_of(btc_, context_, output.address);
        if (output.address.kind() == AddressKind::kOpReturn) {
            walk_.effect(EffectKind::kMessage, call, who, {},
                         format("{}{} is written into the chain",
                                amount.is_zero() ? "" : format("{} is destroyed, and ", money),
                                shown_data(carried(output.script))));
            walk_.fee({}, amount);
            return;
        }
        if (output.script.empty() && !output.silent.empty()) {
            walk_.effect(EffectKind::kTransfer, call, who, {},
                         format("pays {} to the silent payment receiver {} (its address is not "
                                "computed yet)",
                                money, to_hex(output.silent)));
            walk_.fee({}, amount);
            walk_.danger(Danger::kMoney, who, {});
            return;
        }
        walk_.effect(
            EffectKind::kTransfer, call, who, output.address,
            format("{}{} to {}{}", who.empty() ? "pays " : walk_.words.address(who) + " pays ",
                   money, walk_.words.address(output.address),
                   output.own == Own::kClaimed ? ", said to be its own" : ""));
        walk_.fee({}, amount);
        walk_.danger(Danger::kMoney, who, output.address);
        // Change that is only claimed is no payee to look up: B4 speaks of it.
        if (output.own == Own::kNo)
            walk_.party({Party::Role::kPayee, who, output.address, {}, amount, call.where});
    }

    static std::string signed_words(const BtcInput& input) {
        if (!input.check) return input.complete ? ", signed" : "";
        std::size_t good = 0;
        for (const chain::CheckedSignature& each : input.check->signatures) good += each.valid;
        return format(", {} checked{}", counted(good, "signature", "signatures"),
                      input.complete ? ", complete" : "");
    }

    void unknown_fields(const chain::Psbt& psbt) {
        const auto note = [&](const std::vector<chain::PsbtEntry>& entries,
                              const std::string& where) {
            for (const chain::PsbtEntry& entry : entries)
                if (entry.name.empty())
                    out_.details.push_back({format("unknown field {:#x}{}", entry.type, where),
                                            shown_data(entry.value)});
        };
        note(psbt.globals, "");
        for (std::size_t i = 0; i < psbt.inputs.size(); ++i)
            note(psbt.inputs[i].entries, format(" of input {}", i));
        for (std::size_t i = 0; i < psbt.outputs.size(); ++i)
            note(psbt.outputs[i].entries, format(" of output {}", i));
    }

    const BtcTxn& btc_;
    const Context& context_;
    Walk& walk_;
    Explanation& out_;
};

/// The effects with what one payee gets put together: a sentence has no room for thirty outputs to
/// one address.
std::vector<Effect> by_payee(const std::vector<Effect>& effects, Words& words) {
    std::vector<Effect> out;
    std::map<std::pair<std::string, std::string>, std::pair<std::size_t, std::size_t>> places;
    for (const Effect& effect : effects) {
        if (effect.kind != EffectKind::kTransfer || effect.to.empty() || !effect.amount) {
            out.push_back(effect);
            continue;
        }
        // Texts of one payee differ in the amount only.
        const std::string money = words.money({}, *effect.amount);
        std::string rest = effect.text;
        rest.erase(rest.find(money), money.size());
        const auto [at, fresh] = places.try_emplace({effect.to, rest}, out.size(), 1);
        if (fresh) {
            out.push_back(effect);
            continue;
        }
        auto& [place, count] = at->second;
        ++count;
        Effect& sum = out[place];
        const std::string before = words.money({}, *sum.amount);
        *sum.amount += *effect.amount;
        const std::string tail = format(" in {} outputs", count - 1);
        if (count > 2 && sum.text.ends_with(tail)) sum.text.resize(sum.text.size() - tail.size());
        sum.text.replace(sum.text.find(before), before.size(), words.money({}, *sum.amount));
        sum.text += format(" in {} outputs", count);
    }
    return out;
}

Explanation explained(const BtcTxn& btc, const chain::Psbt* psbt, const KnownTxns& known,
                      const Context& given, std::string type) {
    Context context = given;
    const TxnHistory history{given.history, known.own()};
    if (!known.own().empty()) context.history = &history;
    Explanation out;
    out.type = std::move(type);
    Walk walk{out, context, btc.chain};
    Describer describer{btc, context, walk, out};
    describer.effects();
    BtcJudge judge{btc, context, walk};
    judge.judge();
    walk.judge();
    out.summary = summarise(by_payee(out.effects, walk.words)) + describer.comes_back();
    out.worst_case = walk.worst_case();
    const std::optional<Amount> spent = btc.spent();
    const std::string all =
        spent ? walk.words.money({}, *spent) : std::string{"everything that it spends"};
    if (judge.open_ended()) {
        out.worst_case =
            format("{}: whoever sees the signature can send it wherever he likes.", all);
        out.summary += " But others can change it after it is signed.";
    } else if (judge.amounts_open()) {
        out.worst_case =
            "What the spent coins hold beyond the outputs becomes fee, and nothing here "
            "proves how much that is. " +
            out.worst_case;
    }
    describer.details(psbt);
    describer.hashes(psbt);
    finish(out);
    return out;
}

}  // namespace

Result<std::vector<Explanation>> explain_psbt(std::string_view input, const Context& context) {
    CORDON_TRY(const Bytes bytes, psbt_bytes(input));
    CORDON_TRY(const chain::Psbt psbt, chain::parse_psbt(bytes));
    CORDON_TRY(const KnownTxns known, KnownTxns::make(context));
    CORDON_TRY(BtcTxn btc, btc_of_psbt(psbt, known, chain_of(context)));
    CORDON_TRY(find_own(btc, &psbt, context));
    return std::vector{explained(btc, &psbt, known, context, "psbt")};
}

Result<std::vector<Explanation>> explain_btc(std::string_view input, const Context& context) {
    CORDON_TRY(const Bytes bytes, txn_bytes(input));
    CORDON_TRY(const chain::TxnView txn, chain::parse_txn(bytes));
    CORDON_TRY(const KnownTxns known, KnownTxns::make(context));
    CORDON_TRY(BtcTxn btc, btc_of_txn(txn, known, chain_of(context)));
    CORDON_TRY(find_own(btc, nullptr, context));
    return std::vector{explained(btc, nullptr, known, context, "btc")};
}

}  // namespace cordon::explain
