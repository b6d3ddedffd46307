// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// Any txn gets a class, the same one twice, with a confidence of 0..1; a join says why; and what
// the filter of clusters sees of it is bounded, too. Each input and output is two bytes: kind and
// value.
#include <cordon/patterns/classify.hpp>
#include <cordon/patterns/join_filter.hpp>

namespace {

/// Few different values, so that equal, standard and paired ones are found soon.
uint64_t value_of(uint8_t byte) {
    constexpr std::array<uint64_t, 8> kBases{0,         546,        100'000,    1'000'000,
                                             5'000'000, 10'000'000, 16'777'216, UINT64_MAX};
    return kBases[byte % kBases.size()] + (byte / kBases.size()) * uint64_t{1'003};
}

cordon::TxOut out_of(uint8_t kind_byte, uint8_t value_byte, uint8_t place) {
    using cordon::AddressKind;
    constexpr std::array<AddressKind, 8> kKinds{
        AddressKind::kP2wpkh, AddressKind::kP2wpkh, AddressKind::kP2wpkh,   AddressKind::kP2tr,
        AddressKind::kP2pkh,  AddressKind::kP2wsh,  AddressKind::kOpReturn, AddressKind::kNone};
    const AddressKind kind = kKinds[kind_byte % kKinds.size()];
    std::array<uint8_t, 32> payload{};
    payload[5] = (kind_byte & 0x80) != 0 ? 0 : place;  // Some share an address.
    const auto size = cordon::payload_size(kind).value_or(0);
    return {value_of(value_byte), cordon::Address{kind, {payload.data(), size}}};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
    using namespace cordon;
    UtxoTxn txn;
    std::vector<uint32_t> senders, receivers;
    std::vector<uint64_t> values;
    for (std::size_t i = 0; i + 1 < size; i += 2) {
        const TxOut out = out_of(data[i], data[i + 1], static_cast<uint8_t>(i));
        if ((data[i] & 0x40) != 0) {
            TxIn input{{{}, static_cast<uint32_t>(i)}, out};
            if ((data[i] & 0x20) != 0) input.spent.reset();
            txn.inputs.push_back(input);
            senders.push_back(data[i]);
        } else {
            txn.outputs.push_back(out);
            receivers.push_back(static_cast<uint32_t>(i));
            values.push_back(out.value);
        }
    }
    patterns::JoinParams legacy;
    legacy.joinmarket_legacy = true;
    for (const auto& params : {patterns::JoinParams{}, legacy}) {
        const auto once = patterns::classify(txn, params);
        const auto again = patterns::classify(txn, params);
        if (once.what != again.what || once.reasons != again.reasons) __builtin_trap();
        if (!(once.confidence >= 0 && once.confidence <= 1)) __builtin_trap();
        if (is_join(once.what) && once.reasons.empty()) __builtin_trap();
    }
    const ledger::TxnShape shape{{1, 0}, senders, receivers, values};
    if (patterns::join_filter().is_join(shape) != patterns::join_filter().is_join(shape))
        __builtin_trap();
    return 0;
}
