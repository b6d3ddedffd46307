// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "btc_txn.hpp"

#include <algorithm>

#include <cordon/base/format.hpp>
#include <cordon/chain/bitcoin/script.hpp>
#include <cordon/chain/bitcoin/sighash.hpp>
#include <cordon/crypto/hash.hpp>

namespace cordon::explain {
namespace {

// Witness and script of an input that is not signed yet, in bytes of weight units / 4, of the usual
// single key; for scripts a 2-of-3. Only the fee rate leans on them.
constexpr std::size_t kP2pkhScript = 107, kP2wpkhWitness = 27, kP2trWitness = 17;
constexpr std::size_t kP2shScript = 254, kP2wshWitness = 64;

bool has_witness(AddressKind kind) noexcept {
    return kind == AddressKind::kP2wpkh || kind == AddressKind::kP2wsh ||
           kind == AddressKind::kP2tr;
}

std::size_t guessed_size(AddressKind kind) noexcept {
    switch (kind) {
        case AddressKind::kP2wpkh: return kP2wpkhWitness;
        case AddressKind::kP2tr: return kP2trWitness;
        case AddressKind::kP2wsh: return kP2wshWitness;
        case AddressKind::kP2sh: return kP2shScript;
        default: return kP2pkhScript;
    }
}

/// The last push of a script that only pushes.
ByteView last_push(ByteView script) noexcept {
    std::size_t at = 0;
    ByteView last;
    while (at < script.size()) {
        const uint8_t op = script[at++];
        std::size_t size = op;
        if (op > 0x4e) {  // OP_1NEGATE and above push no bytes of their own.
            if (op > 0x60) return {};
            size = 0;
        } else if (op >= 0x4c) {
            const std::size_t width = std::size_t{1} << (op - 0x4c);
            if (script.size() - at < width) return {};
            size = 0;
            for (std::size_t i = width; i > 0; --i) size = size << 8 | script[at + i - 1];
            at += width;
        }
        if (script.size() - at < size) return {};
        last = script.subspan(at, size);
        at += size;
    }
    return last;
}

bool is_key(ByteView bytes) noexcept {
    return (bytes.size() == 33 && (bytes[0] == 2 || bytes[0] == 3)) ||
           (bytes.size() == 65 && bytes[0] == 4);
}

/// An amount that a valid signature covers is proven by it (BIP-143, BIP-341).
bool covers_amount(const chain::SpendCheck& check, const Address& address, bool witness) noexcept {
    return check.verdict == chain::SpendVerdict::kValid && !check.signatures.empty() &&
           (has_witness(address.kind()) || witness);
}

void check_signatures(BtcTxn& btc, const chain::Psbt* psbt) {
    std::vector<chain::OutputView> spent;
    for (const BtcInput& input : btc.inputs)
        if (input.spent) spent.push_back(*input.spent);
    if (spent.size() != btc.inputs.size()) spent.clear();
    const chain::Sighasher hasher{btc.txn, spent};
    chain::SpendBudget budget;
    for (std::size_t i = 0; i < btc.inputs.size(); ++i) {
        BtcInput& input = btc.inputs[i];
        const bool witness = btc.txn.inputs[i].item_count > 0;
        input.address_proven = input.spent.has_value();
        if (input.complete && !input.spent && !input.address.empty() && !witness) {
            // Before segwit a signature does not cover the amount: it can be checked without.
            const Bytes script = *chain::script_of_address(input.address);
            input.check = chain::check_spend(hasher, i, {0, script}, budget);
            input.address_proven = input.check->verdict == chain::SpendVerdict::kValid &&
                                   !input.check->signatures.empty();
        } else if (input.complete && input.spent) {
            input.check = chain::check_spend(hasher, i, *input.spent, budget);
            input.proven = input.proven || covers_amount(*input.check, input.address, witness);
        } else if (psbt != nullptr && !input.complete &&
                   (!psbt->inputs[i].signatures.empty() ||
                    !psbt->inputs[i].tap_signature.empty())) {
            const Address inner = chain::address_of_script(psbt->inputs[i].redeem_script);
            input.check = chain::check_partial(hasher, *psbt, i, budget);
            input.proven = input.proven ||
                           covers_amount(*input.check, input.address, has_witness(inner.kind()));
        }
    }
}

void add_outputs(BtcTxn& btc) {
    for (const chain::OutputView& output : btc.txn.outputs)
        btc.outputs.push_back({output.value,
                               output.script,
                               chain::address_of_script(output.script),
                               {},
                               Own::kNo,
                               {}});
}

}  // namespace

std::optional<Amount> BtcTxn::spent() const {
    Amount sum;
    for (const BtcInput& input : inputs) {
        if (!input.spent) return std::nullopt;
        sum += Amount{input.spent->value};
    }
    return sum;
}

Amount BtcTxn::paid() const {
    Amount sum;
    for (const BtcOutput& output : outputs) sum += Amount{output.value};
    return sum;
}

std::size_t BtcTxn::vsize() const {
    Bytes bytes;
    append_txn(bytes, txn);
    std::size_t witness = 0;
    for (const ByteView item : txn.items) witness += item.size() + 1;
    std::size_t size = bytes.size() - witness + (witness + 3) / 4;
    for (const BtcInput& input : inputs)
        if (!input.complete) size += guessed_size(input.address.kind());
    return size;
}

Result<KnownTxns> KnownTxns::make(const Context& context) {
    KnownTxns out;
    const auto read = [&](const std::vector<Bytes>& list, std::string_view name,
                          bool own) -> Status {
        for (std::size_t i = 0; i < list.size(); ++i) {
            Result<chain::TxnView> txn = chain::parse_txn(list[i]);
            if (!txn) return fail(txn.error().in(format("context: {} {}", name, i)));
            const Hash256 txid = chain::txid_of(*txn);
            if (own) {
                UtxoTxn& model = out.own_.emplace_back(chain::to_model(*txn, txid));
                for (std::size_t k = 0; k < model.inputs.size(); ++k)
                    if (const Address from = shown_address(*txn, txn->inputs[k]); !from.empty())
                        model.inputs[k].spent = TxOut{0, from};
            }
            out.outputs_.try_emplace(txid, std::move(txn->outputs));
        }
        return {};
    };
    CORDON_TRY(read(context.txns, "txns", true));
    CORDON_TRY(read(context.parents, "parents", false));
    return out;
}

const chain::OutputView* KnownTxns::output(const OutPoint& point) const {
    const auto found = outputs_.find(point.txid);
    if (found == outputs_.end() || point.index >= found->second.size()) return nullptr;
    return &found->second[point.index];
}

Address shown_address(const chain::TxnView& txn, const chain::InputView& input) {
    const std::span<const ByteView> items = txn.witness(input);
    if (!input.script.empty()) {
        const ByteView last = last_push(input.script);
        if (last.empty()) return {};
        // A key alone may be a P2PKH's or, as the only push, a script of P2SH: of two pushes it is
        // a signature's key.
        if (is_key(last) && items.empty() && input.script.size() > last.size() + 1)
            return Address{AddressKind::kP2pkh, crypto::hash160(last)};
        return Address{AddressKind::kP2sh, crypto::hash160(last)};
    }
    if (items.empty()) return {};
    if (items.size() == 2 && items[1].size() == 33 && is_key(items[1]))
        return Address{AddressKind::kP2wpkh, crypto::hash160(items[1])};
    const ByteView last = items.back();
    // One item is a taproot signature; a control block ends a taproot script: neither shows the
    // key.
    const bool control = last.size() >= 33 && last.size() % 32 == 1 && last[0] >= 0xc0;
    if (items.size() == 1 || control) return {};
    return Address{AddressKind::kP2wsh, crypto::sha256(last)};
}

Result<BtcTxn> btc_of_txn(const chain::TxnView& txn, const KnownTxns& known, ChainId chain) {
    BtcTxn btc{chain, txn, {}, {}};
    for (const chain::InputView& view : txn.inputs) {
        BtcInput input;
        if (const chain::OutputView* output = known.output(view.prevout)) {
            input.spent = *output;
            input.proven = true;
            input.address = chain::address_of_script(output->script);
        } else {
            input.address = shown_address(txn, view);
        }
        input.complete = !view.script.empty() || view.item_count > 0;
        btc.inputs.push_back(std::move(input));
    }
    add_outputs(btc);
    check_signatures(btc, nullptr);
    return btc;
}

Result<BtcTxn> btc_of_psbt(const chain::Psbt& psbt, const KnownTxns& known, ChainId chain) {
    BtcTxn btc{chain, psbt.txn, {}, {}, psbt.modifiable, chain::check_silent_payments(psbt)};
    for (std::size_t i = 0; i < psbt.inputs.size(); ++i) {
        const chain::PsbtInput& from = psbt.inputs[i];
        BtcInput input;
        input.proven = from.proven.has_value();
        if (const chain::OutputView* output = from.spent()) input.spent = *output;
        if (const chain::OutputView* output = known.output(psbt.txn.inputs[i].prevout)) {
            input.faults = chain::psbt_input_faults(psbt, i);
            if (input.spent && (input.spent->value != output->value ||
                                !std::equal(input.spent->script.begin(), input.spent->script.end(),
                                            output->script.begin(), output->script.end())))
                input.faults.emplace_back(
                    "it says something else of what it spends than the txn "
                    "before it does");
            input.spent = *output;
            input.proven = true;
        } else {
            input.faults = chain::psbt_input_faults(psbt, i);
        }
        if (input.spent) input.address = chain::address_of_script(input.spent->script);
        input.sighash = from.sighash;
        input.complete = from.finalized();
        // What is final already stands in the txn, so that it can be checked.
        chain::InputView& view = btc.txn.inputs[i];
        view.script = from.final_script.value_or(ByteView{});
        if (from.final_witness) {
            view.first_item = static_cast<uint32_t>(btc.txn.items.size());
            view.item_count = static_cast<uint32_t>(from.final_witness->size());
            btc.txn.items.insert(btc.txn.items.end(), from.final_witness->begin(),
                                 from.final_witness->end());
        }
        btc.inputs.push_back(std::move(input));
    }
    btc.txn.segwit = !btc.txn.items.empty();
    add_outputs(btc);
    for (std::size_t i = 0; i < psbt.outputs.size(); ++i)
        btc.outputs[i].silent = psbt.outputs[i].silent_payment;
    check_signatures(btc, &psbt);
    return btc;
}

}  // namespace cordon::explain
