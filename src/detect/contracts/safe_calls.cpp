// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "safe_calls.hpp"

#include <algorithm>

#include <cordon/chain/evm/abi.hpp>
#include <cordon/explain/official.hpp>

#include "selectors.hpp"

namespace cordon::detect {
namespace {

using explain::Official;

/// Batches in batches deeper than this are nobody's; the rest is called unreadable.
constexpr unsigned kMostBatches = 4;

const chain::AbiSignature& exec_signature() {
    static const chain::AbiSignature kSignature = *chain::parse_abi_signature(
        "execTransaction(address,uint256,bytes,uint8,uint256,uint256,"
        "uint256,address,address,bytes)");
    return kSignature;
}

bool is_exec(ByteView input) {
    static const Selector kExec = *selector_of(exec_signature().hash);
    return selector_of(input) == kExec;
}

std::optional<SafeCall> read_exec(const Address& safe, ByteView input) {
    if (!is_exec(input)) return std::nullopt;
    const auto arguments = chain::decode_abi_call(exec_signature(), input);
    if (!arguments) return std::nullopt;
    const auto& items = arguments->items;
    return SafeCall{safe, items[0].address, items[2].bytes, !items[3].number.is_zero()};
}

void add_targets(const Address& to, ByteView data, unsigned depth, DelegateTargets& out) {
    out.targets.push_back(to);
    const Official* official = explain::find_official(to);
    if (!official || official->kind != Official::Kind::kMultiSend) return;
    static const chain::AbiSignature kMultiSend = *chain::parse_abi_signature("multiSend(bytes)");
    const auto arguments = chain::decode_abi_call(kMultiSend, data);
    if (!arguments || depth == kMostBatches) {
        out.unreadable = true;
        return;
    }
    // Packed parts: operation, to, value, length, data (MultiSend.sol).
    constexpr std::size_t kTo = 1, kLength = 53, kHead = 85, kWord = 32, kAddress = 20;
    ByteView packed = arguments->items[0].bytes;
    while (!packed.empty()) {
        if (packed.size() < kHead) {
            out.unreadable = true;
            return;
        }
        const Amount length = amount_in(packed.subspan(kLength, kWord));
        if (!length.fits_u64() || length.low_u64() > packed.size() - kHead) {
            out.unreadable = true;
            return;
        }
        const auto size = static_cast<std::size_t>(length.low_u64());
        if (packed[0] != 0)
            add_targets({AddressKind::kEvm, packed.subspan(kTo, kAddress)},
                        packed.subspan(kHead, size), depth + 1, out);
        packed = packed.subspan(kHead + size);
    }
}

}  // namespace

std::vector<SafeCall> safe_calls(const TxnView& txn) {
    std::vector<SafeCall> all;
    if (!txn.activity || txn.activity->succeeded == false) return all;
    const auto add = [&](const Address& safe, ByteView input) {
        if (const auto call = read_exec(safe, input)) all.push_back(*call);
    };
    if (txn.activity->calls.empty()) {
        add(txn.activity->to, txn.activity->input);
        return all;
    }
    const std::vector<Call>& calls = txn.activity->calls;
    if (std::none_of(calls.begin(), calls.end(),
                     [](const Call& call) { return is_exec(call.input); }))
        return all;
    std::vector<bool> failed;
    for (const Call& call : calls) {
        failed.push_back(call.failed || (call.parent < failed.size() && failed[call.parent]));
        // The proxy hands the same calldata on to the singleton by DELEGATECALL: once is enough.
        if (!failed.back() && call.kind == CallKind::kCall) add(call.to, call.input);
    }
    return all;
}

DelegateTargets delegate_targets(const SafeCall& call) {
    DelegateTargets out;
    if (call.delegate) add_targets(call.to, call.data, 0, out);
    return out;
}

bool is_harmless_library(const Address& target) noexcept {
    const Official* official = explain::find_official(target);
    if (!official) return false;
    switch (official->kind) {
        case Official::Kind::kMultiSend:
        case Official::Kind::kMultiSendCallOnly:
        case Official::Kind::kSignMessageLib:
        case Official::Kind::kCreateCall:
        case Official::Kind::kMigration: return true;
        default: return false;
    }
}

bool is_released_singleton(const Address& code) noexcept {
    const Official* official = explain::find_official(code);
    return official && (official->kind == Official::Kind::kSingleton ||
                        official->kind == Official::Kind::kSingletonL2);
}

}  // namespace cordon::detect
