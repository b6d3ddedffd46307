// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <string_view>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/chain/evm/abi.hpp>
#include <cordon/chain/text.hpp>

#include "context.hpp"
#include "explanation.hpp"
#include "safe.hpp"

/// Payloads for tests, built as wallets build them.
namespace cordon::explain::test {

inline Address account(uint8_t number) {
    std::array<uint8_t, 20> payload{};
    payload.fill(number);
    return Address{AddressKind::kEvm, payload};
}
inline const Address kSafe = account(0x5a), kPayee = account(0x11), kToken = account(0x77),
                     kStranger = account(0x99);

inline Address evm(const std::string& text) {
    return chain::parse_address(kEthereum, text).value();
}
// Released libraries of the Safe (official.cpp).
inline const Address kCallOnly = evm("0x9641d764fc13c8b624c04430c7356c1c7c8102e2"),
                     kMultiSend = evm("0x38869bf66a61cf6bdb996a6ae40d5853fd43b526"),
                     kMigration = evm("0x526643f69b81b008f46d95cd5ced5ec0edffdac6"),
                     kSingleton = evm("0x41675c099f32341bf84bfc5382af534df5c7461a");

inline Bytes operator+(Bytes a, const Bytes& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}
inline Bytes word(const Amount& number) {
    const auto bytes = number.to_big_endian();
    return {bytes.begin(), bytes.end()};
}
inline Bytes word(const Address& address) {
    Bytes out(12, 0);
    out.insert(out.end(), address.payload().begin(), address.payload().end());
    return out;
}
inline Bytes selector(std::string_view signature) {
    const auto parsed = chain::parse_abi_signature(signature).value().selector();
    return {parsed.begin(), parsed.end()};
}
/// A call whose last argument is bytes, after `words` static ones.
inline Bytes with_bytes(std::string_view signature, const Bytes& words, const Bytes& bytes) {
    Bytes out = selector(signature) + words + word(Amount{uint64_t{words.size() + 32}}) +
                word(Amount{uint64_t{bytes.size()}}) + bytes;
    out.resize(out.size() + (32 - bytes.size() % 32) % 32, 0);
    return out;
}
inline Bytes transfer(const Address& to, uint64_t amount) {
    return selector("transfer(address,uint256)") + word(to) + word(Amount{amount});
}

struct Part {
    Address to;
    uint64_t value = 0;
    Bytes data{};
    uint8_t operation = 0;
};
inline Bytes packed(const std::vector<Part>& parts) {
    Bytes out;
    for (const Part& each : parts) {
        out.push_back(each.operation);
        out.insert(out.end(), each.to.payload().begin(), each.to.payload().end());
        const Bytes rest =
            word(Amount{each.value}) + word(Amount{uint64_t{each.data.size()}}) + each.data;
        out.insert(out.end(), rest.begin(), rest.end());
    }
    return out;
}
inline Bytes multi_send(const std::vector<Part>& parts) {
    return with_bytes("multiSend(bytes)", {}, packed(parts));
}

inline SafeProposal proposal(const Address& to, Bytes data, uint8_t operation = 0,
                             uint64_t value = 0) {
    SafeProposal out;
    out.txn.chain = 1;
    out.txn.safe = kSafe;
    out.txn.to = to;
    out.txn.value = Amount{value};
    out.txn.data = std::move(data);
    out.txn.operation = operation;
    out.txn.nonce = Amount{uint64_t{7}};
    out.txn.gas_token = out.txn.refund_receiver = account(0);
    out.version = SafeVersion{1, 4, 1};
    return out;
}

/// The severity of a rule's worst finding that was judged; nothing when it was not raised.
inline std::optional<Verdict> raised(const Explanation& out, std::string_view rule) {
    std::optional<Verdict> worst;
    for (const Finding& each : out.findings)
        if (each.rule == rule && each.judged)
            worst = std::max(worst.value_or(Verdict::kOk), each.severity);
    return worst;
}

/// Payments by hand.
class FakeHistory final : public History {
public:
    std::vector<std::pair<Address, Amount>> paid;  // Of the Safe, in the native coin.
    std::optional<Amount> held;

    Dealings dealings(ChainId, const Address& from, const Address& to) const override {
        Dealings out;
        for (const auto& [payee, amount] : paid) out.count += from == kSafe && payee == to ? 1 : 0;
        return out;
    }
    std::vector<Address> payees(ChainId, const Address& from, std::size_t most) const override {
        std::vector<Address> out;
        for (const auto& [payee, amount] : paid)
            if (from == kSafe && out.size() < most) out.push_back(payee);
        return out;
    }
    std::optional<Amount> largest(ChainId, const Address& from, const Asset& asset) const override {
        std::optional<Amount> most;
        for (const auto& [payee, amount] : paid)
            if (from == kSafe && asset.is_native()) most = std::max(most.value_or(amount), amount);
        return most;
    }
    std::optional<Amount> balance(ChainId, const Address&, const Asset&) const override {
        return held;
    }
    std::vector<UtxoTxn> txns(ChainId, const Address&, std::size_t) const override { return {}; }
};

}  // namespace cordon::explain::test
