// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "join_facts.hpp"

#include <algorithm>
#include <array>
#include <functional>

namespace cordon::patterns {
namespace {

/// Where Wasabi 1 rounds paid the coordinator's fee until 2019: bc1qs604c7jv6amk4cxqlnvuxv26hv3e48
/// cds4m0ew and bc1qa24tsgchvuxsaccp8vrnkfd85hrcpafg20kmjw (Dumplings). Evidence beside shape only.
constexpr std::array<std::array<uint8_t, 20>, 2> kCoordinators{{
    {0x86, 0x9f, 0x5c, 0x7a, 0x4c, 0xd7, 0x77, 0x6a, 0xe0, 0xc0,
     0xfc, 0xd9, 0xc3, 0x31, 0x5a, 0xbb, 0x23, 0x9a, 0x9f, 0x0d},
    {0xea, 0xaa, 0xb8, 0x23, 0x17, 0x67, 0x0d, 0x0e, 0xe3, 0x01,
     0x3b, 0x07, 0x3b, 0x25, 0xa7, 0xa5, 0xc7, 0x80, 0xf5, 0x28},
}};

bool is_coordinator(const Address& address) noexcept {
    if (address.kind() != AddressKind::kP2wpkh) return false;
    const ByteView payload = address.payload();
    return std::any_of(kCoordinators.begin(), kCoordinators.end(), [&](const auto& known) {
        return std::equal(known.begin(), known.end(), payload.begin(), payload.end());
    });
}

using Ids = std::pmr::vector<uint64_t>;

/// Sorts, removes repeats, and says how many are left.
uint32_t distinct(Ids& ids) {
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    return static_cast<uint32_t>(ids.size());
}

uint32_t in_both(const Ids& a, const Ids& b) noexcept {
    uint32_t count = 0;
    for (auto x = a.begin(), y = b.begin(); x != a.end() && y != b.end();)
        if (*x < *y)
            ++x;
        else if (*y < *x)
            ++y;
        else
            ++count, ++x, ++y;
    return count;
}

/// REQUIRES: out_values sorted.
void count_values(JoinFacts& facts, const JoinParams& params) {
    const auto& values = facts.out_values;
    for (auto at = values.begin(); at != values.end();) {
        const auto end = std::find_if(at, values.end(), [&](uint64_t v) { return v != *at; });
        const auto count = static_cast<uint32_t>(end - at);
        if (count > facts.equal) {
            facts.equal = count;
            facts.denom = *at;
        }
        if (count == 1) ++facts.single;
        if (count > 1) ++facts.repeated;
        if (*at >= params.wasabi2_least && is_standard_denomination(*at)) facts.standard += count;
        at = end;
    }
}

void count_kinds(JoinFacts& facts, const UtxoTxn& txn) {
    facts.kinds_known = true;
    std::array<uint32_t, 16> by_kind{}, out_kinds{};
    for (const TxIn& in : txn.inputs) {
        if (!in.spent) continue;
        const AddressKind kind = in.spent->address.kind();
        ++by_kind[static_cast<std::size_t>(kind) % by_kind.size()];
        facts.segwit_inputs += is_segwit_key(kind);
        facts.taproot += kind == AddressKind::kP2tr;
    }
    for (const TxOut& out : txn.outputs) {
        const AddressKind kind = out.address.kind();
        if (kind == AddressKind::kOpReturn) continue;
        ++out_kinds[static_cast<std::size_t>(kind) % out_kinds.size()];
        facts.segwit_outputs += is_segwit_key(kind);
        facts.p2wpkh_outputs += kind == AddressKind::kP2wpkh;
        facts.taproot += kind == AddressKind::kP2tr;
        facts.coordinator = facts.coordinator || is_coordinator(out.address);
    }
    const auto& kinds = facts.unknown == facts.inputs ? out_kinds : by_kind;
    facts.kind =
        static_cast<AddressKind>(std::max_element(kinds.begin(), kinds.end()) - kinds.begin());
    const auto place = static_cast<std::size_t>(facts.kind);
    facts.foreign_inputs = facts.inputs - facts.unknown - by_kind[place];
    facts.foreign_outputs = facts.outputs - out_kinds[place];
}

}  // namespace

bool is_segwit_key(AddressKind kind) noexcept {
    return kind == AddressKind::kP2wpkh || kind == AddressKind::kP2tr;
}

bool is_standard_denomination(uint64_t value) noexcept {
    constexpr uint64_t kLargestPowerOf3 = 12'157'665'459'056'928'801U;  // 3^40 in 64 bits.
    if (value == 0) return false;
    if ((value & (value - 1)) == 0 || kLargestPowerOf3 % value == 0) return true;
    if (value % 2 == 0 && kLargestPowerOf3 % (value / 2) == 0) return true;
    while (value % 10 == 0) value /= 10;
    return value == 1 || value == 2 || value == 5;
}

JoinFacts facts_of(const UtxoTxn& txn, const JoinParams& params,
                   std::pmr::memory_resource* memory) {
    JoinFacts facts{memory};
    facts.inputs = static_cast<uint32_t>(txn.inputs.size());
    const std::hash<Address> id;
    Ids senders{memory}, receivers{memory};
    senders.reserve(txn.inputs.size());
    facts.in_values.reserve(txn.inputs.size());
    for (const TxIn& in : txn.inputs) {
        if (!in.spent) {
            ++facts.unknown;
            continue;
        }
        senders.push_back(id(in.spent->address));
        facts.in_values.push_back(in.spent->value);
    }
    receivers.reserve(txn.outputs.size());
    facts.out_values.reserve(txn.outputs.size());
    for (const TxOut& out : txn.outputs) {
        if (out.address.kind() == AddressKind::kOpReturn) {
            ++facts.data;
            continue;
        }
        receivers.push_back(id(out.address));
        facts.out_values.push_back(out.value);
    }
    facts.outputs = static_cast<uint32_t>(facts.out_values.size());
    facts.inputs_sorted =
        facts.unknown == 0 &&
        std::is_sorted(facts.in_values.begin(), facts.in_values.end(), std::greater<>{});
    facts.outputs_sorted =
        std::is_sorted(facts.out_values.begin(), facts.out_values.end(), std::greater<>{});
    facts.senders = distinct(senders) + facts.unknown;
    facts.receivers = distinct(receivers);
    facts.reused = in_both(senders, receivers);
    std::sort(facts.in_values.begin(), facts.in_values.end(), std::greater<>{});
    std::sort(facts.out_values.begin(), facts.out_values.end());
    count_values(facts, params);
    count_kinds(facts, txn);
    return facts;
}

JoinFacts facts_of(const ledger::TxnShape& shape, const JoinParams& params,
                   std::pmr::memory_resource* memory) {
    JoinFacts facts{memory};
    facts.inputs = facts.unknown = static_cast<uint32_t>(shape.senders.size());
    Ids senders{shape.senders.begin(), shape.senders.end(), memory};
    Ids receivers{shape.receivers.begin(), shape.receivers.end(), memory};
    facts.out_values.assign(shape.values.begin(), shape.values.end());
    facts.outputs = static_cast<uint32_t>(facts.out_values.size());
    facts.outputs_sorted =
        std::is_sorted(facts.out_values.begin(), facts.out_values.end(), std::greater<>{});
    facts.senders = distinct(senders);
    facts.receivers = distinct(receivers);
    facts.reused = in_both(senders, receivers);
    std::sort(facts.out_values.begin(), facts.out_values.end());
    count_values(facts, params);
    return facts;
}

}  // namespace cordon::patterns
