// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "btc_judge.hpp"

#include <algorithm>
#include <set>

#include <cordon/base/format.hpp>
#include <cordon/chain/bitcoin/fingerprint.hpp>
#include <cordon/chain/bitcoin/policy.hpp>
#include <cordon/chain/bitcoin/sighash.hpp>

namespace cordon::explain {
namespace {

/// Sat per vbyte. In the block of April 2024's halving, the dearest ever, the median was above
/// 1,000; ordinary weeks stay below 100.
constexpr uint64_t kHighRate = 300, kAbsurdRate = 2'000;
/// A tenth of what is spent is no price for a txn, unless little is spent.
constexpr uint64_t kFeeShare = 10, kSmallFee = 10'000;
/// Earlier txns that show how a wallet works, and addresses that are asked for them.
constexpr std::size_t kEarlier = 20, kAskedAddresses = 5;
constexpr uint32_t kNoReplacement = 0xfffffffe;  // BIP-125: from here on it is final.
constexpr uint32_t kFinal = 0xffffffff;
constexpr uint32_t kFirstTime = 500'000'000;  // Consensus: a locktime from here on is unix seconds.
constexpr uint64_t kDust = 294;               // Bitcoin Core: the least of any kind (P2WPKH).

std::string input_name(std::size_t index) { return format("input {}", index); }
std::string output_name(std::size_t index) { return format("output {}", index); }

}  // namespace

Address payer_of(const BtcTxn& btc, const Context& context, const Address& payee) {
    Address first;
    std::size_t asked = 0;
    for (const BtcInput& input : btc.inputs) {
        if (input.address.empty()) continue;
        if (first.empty()) first = input.address;
        if (context.history == nullptr || asked++ == kAskedAddresses) break;
        if (context.history->dealings(btc.chain, input.address, payee).count > 0)
            return input.address;
    }
    return context.account ? *context.account : first;
}

void BtcJudge::judge() {
    judge_validity();
    judge_amounts();
    judge_fee();
    judge_signatures();
    judge_outputs();
    judge_times();
    judge_wallet();
}

void BtcJudge::judge_validity() {
    if (btc_.txn.inputs.empty() || btc_.txn.outputs.empty())
        return walk_.raise("B14", Verdict::kWarn,
                           "It is not whole yet: inputs or outputs are missing.");
    if (const Status valid = chain::check_txn(btc_.txn); !valid)
        walk_.raise("B14", Verdict::kBlock,
                    format("No node takes this txn: {}.", valid.error().message));
    for (std::size_t i = 0; i < btc_.inputs.size(); ++i)
        if (btc_.inputs[i].spent && btc_.inputs[i].spent->value > chain::kMaxMoney)
            walk_.raise("B14", Verdict::kBlock, "It spends more than there is.", input_name(i));
    if (const auto spent = btc_.spent(); spent && *spent < btc_.paid())
        walk_.raise("B14", Verdict::kBlock,
                    format("It pays {} out of {}: no node takes that.",
                           walk_.words.money({}, btc_.paid()), walk_.words.money({}, *spent)));
    if ((btc_.modifiable & 3) != 0)
        walk_.raise("B13", Verdict::kWarn,
                    format("Whoever gets it next may still add {}.",
                           (btc_.modifiable & 3) == 3   ? "inputs and outputs"
                           : (btc_.modifiable & 1) != 0 ? "inputs"
                                                        : "outputs"));
}

void BtcJudge::judge_amounts() {
    std::size_t unknown = 0, claimed = 0, taproot = 0, shown = 0;
    bool all_signed = true;
    for (std::size_t i = 0; i < btc_.inputs.size(); ++i) {
        const BtcInput& input = btc_.inputs[i];
        all_signed = all_signed && input.complete;
        if (!input.spent) ++unknown;
        if (input.spent && !input.proven) ++claimed;
        if (input.address.kind() == AddressKind::kP2tr) ++taproot;
        for (const std::string& fault : input.faults)
            walk_.raise("B5", input.spent ? Verdict::kBlock : Verdict::kWarn,
                        format("A careful signer refuses: {}.", fault), input_name(i));
        if (!input.address.empty() && !input.address_proven) ++shown;
    }
    if (all_signed && !btc_.inputs.empty())
        walk_.raise("B16", Verdict::kOk,
                    "It is signed throughout: whoever has it can send it now, without you.");
    const auto mine = std::count_if(btc_.inputs.begin(), btc_.inputs.end(),
                                    [](const BtcInput& each) { return each.mine; });
    if (mine > 0 && static_cast<std::size_t>(mine) < btc_.inputs.size())
        walk_.raise(
            "B1", Verdict::kWarn,
            format("Others pay, too: {} of {} inputs are not of your wallet.",
                   btc_.inputs.size() - static_cast<std::size_t>(mine), btc_.inputs.size()));
    if (shown > 0)
        walk_.raise("B1", Verdict::kOk,
                    format("Who pays {} is what their scripts say, and not proven.",
                           counted(shown, "input", "inputs")));
    if (unknown > 0) {
        // Who is asked to sign must know what for. A txn that is signed throughout asks nobody.
        amounts_open_ = !all_signed;
        walk_.raise(
            "B1", all_signed ? Verdict::kOk : Verdict::kWarn,
            format("How much {} of {} spend is not known: the txns before it were not given.",
                   counted(unknown, "input", "inputs"), btc_.inputs.size()));
    }
    // BIP-143 covers the amount of the input that it signs, not those of the others: told other
    // amounts in two rounds, a signer gives away the difference as fee (CVE-2020-14199). BIP-341
    // covers all.
    const bool covered = taproot == btc_.inputs.size() || btc_.inputs.size() == 1;
    if (claimed > 0 && !covered && !all_signed) {
        amounts_open_ = true;
        walk_.raise("B1", Verdict::kWarn,
                    format("The amounts of {} are what the payload says, and not proven: the fee "
                           "may be higher than shown.",
                           counted(claimed, "input", "inputs")));
    }
}

void BtcJudge::judge_fee() {
    const std::optional<Amount> spent = btc_.spent();
    if (!spent)
        return walk_.not_judged("B2",
                                "The fee is not known: it is what the inputs hold beyond the "
                                "outputs.");
    if (*spent < btc_.paid()) return;
    const Amount whole = *spent - btc_.paid();
    const uint64_t fee = whole.fits_u64() ? whole.low_u64() : UINT64_MAX;
    const uint64_t rate = fee / std::max<std::size_t>(btc_.vsize(), 1);
    const std::string text =
        format("The fee is {}, about {} sat a vbyte", walk_.words.money({}, Amount{fee}),
               grouped(std::to_string(rate)));
    if (rate >= kAbsurdRate)
        walk_.raise("B2", Verdict::kBlock, text + ": more than ever was needed.");
    else if (rate >= kHighRate)
        walk_.raise("B2", Verdict::kWarn, text + ": far more than usual.");
    else if (fee >= kSmallFee && Amount{fee} >= mul_div(*spent, Amount{1U}, Amount{kFeeShare}))
        walk_.raise("B2", Verdict::kWarn, text + ": a large part of what is spent.");
}

void BtcJudge::judge_types(const std::string& where, uint32_t type, bool given) {
    constexpr uint32_t kBase = 0x1f;
    const uint32_t base = type & kBase;
    const bool anyone = (type & chain::kSighashAnyoneCanPay) != 0;
    const std::string_view verb = given ? "was given" : "is asked for";
    const std::string name = chain::sighash_name(type);
    if (base == chain::kSighashNone) {
        open_ended_ = true;
        return walk_.raise("B3", Verdict::kBlock,
                           format("A signature of type {} {}: whoever sees it can send the money "
                                  "wherever he likes.",
                                  name, verb),
                           where);
    }
    if (base == chain::kSighashSingle) {
        open_ended_ = true;
        return walk_.raise("B3", Verdict::kBlock,
                           format("A signature of type {} {}: it holds one output only, all others "
                                  "can be replaced.",
                                  name, verb),
                           where);
    }
    if (base > chain::kSighashSingle) {
        return walk_.raise("B3", Verdict::kBlock,
                           format("A signature of the unknown type {} {}.", name, verb), where);
    }
    if (anyone)
        walk_.raise("B3", Verdict::kWarn,
                    format("A signature of type {} {}: others can add inputs; what is paid stays.",
                           name, verb),
                    where);
}

void BtcJudge::judge_signatures() {
    for (std::size_t i = 0; i < btc_.inputs.size(); ++i) {
        const BtcInput& input = btc_.inputs[i];
        if (input.sighash) judge_types(input_name(i), *input.sighash, false);
        if (!input.check) continue;
        std::set<uint32_t> types;
        for (const chain::CheckedSignature& each : input.check->signatures)
            if (types.insert(each.sighash).second && input.sighash != each.sighash)
                judge_types(input_name(i), each.sighash, true);
        switch (input.check->verdict) {
            case chain::SpendVerdict::kValid: break;
            case chain::SpendVerdict::kInvalid:
                walk_.raise(
                    "B6", Verdict::kBlock,
                    format("What is signed already does not fit this txn: {}.", input.check->why),
                    input_name(i));
                break;
            case chain::SpendVerdict::kInconclusive:
                walk_.raise("B6", Verdict::kWarn,
                            format("Whether what is signed already fits cannot be said: {}.",
                                   input.check->why),
                            input_name(i));
                break;
        }
    }
}

void BtcJudge::judge_outputs() {
    if (btc_.silent && !*btc_.silent)
        walk_.raise("B5", Verdict::kBlock,
                    format("A silent payment is not proven: {}.", btc_.silent->error().message));
    else if (btc_.silent && !(*btc_.silent)->keys_bound)
        walk_.raise(
            "B5", Verdict::kBlock,
            "A silent payment is not proven: its proofs stand on keys that are not those of "
            "what is spent.");
    for (std::size_t i = 0; i < btc_.outputs.size(); ++i) {
        const BtcOutput& output = btc_.outputs[i];
        const std::string where = output_name(i);
        const std::string money = walk_.words.money({}, Amount{output.value});
        if (output.own == Own::kClaimed)
            walk_.raise("B4", Verdict::kWarn,
                        format("{} to {} is called change, and nothing here proves it: {}. Compare "
                               "the address on a device, or give the wallet's descriptor.",
                               money, walk_.words.address(output.address), output.how),
                        where);
        switch (output.address.kind()) {
            case AddressKind::kOpReturn:
                walk_.raise("B11", Verdict::kOk,
                            format("{} of data are written into the chain for ever.",
                                   counted(output.script.size(), "byte", "bytes")),
                            where);
                if (output.value > 0)
                    walk_.raise("B10", Verdict::kBlock,
                                format("{} is destroyed: nobody can spend this output.", money),
                                where);
                break;
            case AddressKind::kWitness:
                walk_.raise("B10", Verdict::kBlock,
                            format("{} goes to a kind of output that has no rules yet: a miner can "
                                   "take it.",
                                   money),
                            where);
                break;
            case AddressKind::kScript:
                if (output.silent.empty() || !output.script.empty())
                    walk_.raise("B10", Verdict::kWarn,
                                format("{} goes to a script of no known form: who can take it is "
                                       "not known.",
                                       money),
                                where);
                break;
            default:
                if (output.value < kDust)
                    walk_.raise("B10", Verdict::kWarn,
                                format("{} is less than it costs to spend it.", money), where);
        }
    }
}

void BtcJudge::judge_times() {
    const chain::TxnView& txn = btc_.txn;
    bool locked = false, replaceable = false;
    for (std::size_t i = 0; i < txn.inputs.size(); ++i) {
        const uint32_t sequence = txn.inputs[i].sequence;
        locked = locked || sequence != kFinal;
        replaceable = replaceable || sequence < kNoReplacement;
        const std::string lock = chain::relative_lock(sequence);
        if (txn.version >= 2 && !lock.empty())
            walk_.raise("B12", Verdict::kOk, format("It counts only {} after the coin came.", lock),
                        input_name(i));
    }
    if (txn.locktime != 0 && locked) {
        const bool later = txn.locktime >= kFirstTime && context_.now &&
                           to_unix_seconds(*context_.now) < txn.locktime;
        walk_.raise(
            "B12", later ? Verdict::kWarn : Verdict::kOk,
            format(
                "It counts only after {}{}.", chain::absolute_lock(txn.locktime),
                later ? ", which is still to come: it can be sent then without asking again" : ""));
    }
    if (replaceable)
        walk_.raise("B12", Verdict::kOk,
                    "Until it is in a block, who signed it can replace it by another.");
}

void BtcJudge::judge_wallet() {
    if (context_.history == nullptr) return;
    std::set<Address> own;
    for (const BtcInput& input : btc_.inputs)
        if (!input.address.empty() && own.size() < kAskedAddresses) own.insert(input.address);
    if (context_.account) own.insert(*context_.account);
    std::vector<UtxoTxn> earlier;
    std::set<Hash256> seen;
    for (const Address& address : own)
        for (UtxoTxn& txn : context_.history->txns(btc_.chain, address, kEarlier))
            if (seen.insert(txn.txid).second) earlier.push_back(std::move(txn));
    if (earlier.empty())
        return walk_.not_judged("B9",
                                "Whether this wallet's software made it is not known: no "
                                "earlier txns were given.");
    std::size_t signs = 0;
    std::string told;
    const auto sign = [&](std::string_view rule, Verdict alone, const std::string& text) {
        ++signs;
        told += (told.empty() ? "" : "; ") + text;
        walk_.raise(rule, alone,
                    format("{}{}.", static_cast<char>(std::toupper(text[0])), text.substr(1)));
    };
    const bool keeps = std::any_of(btc_.outputs.begin(), btc_.outputs.end(),
                                   [](const BtcOutput& each) { return each.own != Own::kNo; });
    const bool kept = std::all_of(earlier.begin(), earlier.end(), [&](const UtxoTxn& txn) {
        return std::any_of(txn.outputs.begin(), txn.outputs.end(), [&](const TxOut& output) {
            return own.count(output.address) > 0 || pays_itself(txn, output);
        });
    });
    const std::string all =
        earlier.size() == 1 ? "the one earlier txn" : format("all {} earlier txns", earlier.size());
    if (!keeps && kept)
        sign("B7", Verdict::kWarn,
             format("nothing comes back, and in {} of this wallet something did", all));
    std::set<AddressKind> kinds;
    for (const UtxoTxn& txn : earlier)
        for (const TxOut& output : txn.outputs) kinds.insert(output.address.kind());
    const bool payees = std::any_of(btc_.outputs.begin(), btc_.outputs.end(),
                                    [](const BtcOutput& each) { return each.own == Own::kNo; });
    const bool foreign =
        payees && std::all_of(btc_.outputs.begin(), btc_.outputs.end(), [&](const BtcOutput& each) {
            return each.own != Own::kNo || kinds.count(each.address.kind()) == 0;
        });
    if (foreign) {
        std::set<std::string> names;
        for (const BtcOutput& each : btc_.outputs)
            if (each.own == Own::kNo) names.emplace(to_string(each.address.kind()));
        std::string list;
        for (const std::string& each : names) list += (list.empty() ? "" : ", ") + each;
        // Payees have addresses of all kinds: by itself that means little.
        sign("B8", Verdict::kOk,
             format("an output of kind {} is paid, and in {} of this wallet none was", list, all));
    }
    UtxoTxn now;
    now.version = btc_.txn.version;
    now.locktime = btc_.txn.locktime;
    for (const BtcInput& input : btc_.inputs)
        if (!input.address.empty()) now.inputs.push_back({{}, TxOut{0, input.address}});
    const chain::Fingerprint print = chain::fingerprint(now);
    const bool known = std::any_of(earlier.begin(), earlier.end(), [&](const UtxoTxn& txn) {
        return chain::same_software(chain::fingerprint(txn), print);
    });
    if (!known) {
        std::string reasons;
        for (const std::string& each : chain::differs(chain::fingerprint(earlier.front()), print))
            reasons += (reasons.empty() ? "" : ", ") + each;
        sign("B9", Verdict::kWarn,
             format("it is written differently from {} of this wallet ({})", all, reasons));
    }
    if (signs >= 2)
        walk_.raise("B15", Verdict::kBlock,
                    format("{} signs together say that the wallet itself did not make this: {}.",
                           signs == 2 ? "Two" : "Three", told));
}

}  // namespace cordon::explain
