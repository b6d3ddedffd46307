// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include <cordon/model/block.hpp>

/// Small things to build chains from, so that a test reads like the story it tells:
///
///   account_chain().txn({transfer().from(thief).to(mule).amount(5)}).txn(...).ledger()
namespace cordon::test {

/// A different address for each number, of the kind wanted.
inline Address address(unsigned number, AddressKind kind = AddressKind::kEvm) {
    std::vector<uint8_t> payload(payload_size(kind).value_or(20), 0);
    for (std::size_t i = 0; i < 4; ++i)
        payload[payload.size() - 1 - i] = static_cast<uint8_t>(number >> (8 * i));
    payload[0] = 0xA0;
    return Address{kind, payload};
}

/// A different hash for each number.
inline Hash256 hash(uint64_t number) {
    Hash256 out;
    for (std::size_t i = 0; i < 8; ++i) {
        out.bytes[31 - i] = static_cast<uint8_t>(number >> (8 * i));
        out.bytes[8 + i] = static_cast<uint8_t>((number * 0x9E3779B97F4A7C15ULL) >> (8 * i));
    }
    return out;
}

/// A token by its code. The text must be valid.
inline Asset token(std::string_view text) { return Asset::parse(text).value(); }

class TransferBuilder {
public:
    TransferBuilder& from(const Address& value) { return transfer_.from = value, *this; }
    TransferBuilder& to(const Address& value) { return transfer_.to = value, *this; }
    TransferBuilder& amount(uint64_t value) { return transfer_.amount = Amount{value}, *this; }
    TransferBuilder& amount(const Amount& value) { return transfer_.amount = value, *this; }
    TransferBuilder& kind(TransferKind value) { return transfer_.kind = value, *this; }
    TransferBuilder& asset(const Asset& value) {
        transfer_.asset = value;
        if (transfer_.kind == TransferKind::kNative && !value.is_native())
            transfer_.kind = TransferKind::kToken;
        return *this;
    }
    operator Transfer() const { return transfer_; }  // NOLINT(google-explicit-constructor)

private:
    Transfer transfer_;
};
inline TransferBuilder transfer() { return {}; }

/// An account chain of one txn a block; block n has time start + 12 n seconds and its txn hash(n).
class AccountChain {
public:
    explicit AccountChain(ChainId chain = kEthereum) : chain_{chain} {}

    AccountChain& txn(std::vector<Transfer> rows) {
        for (uint32_t i = 0; i < rows.size(); ++i) rows[i].index = i;
        Block block;
        block.chain = chain_;
        block.header.number = blocks_.size() + 1;
        block.header.time = time_of(block.header.number);
        block.account_txns.push_back({hash(block.header.number), std::move(rows)});
        blocks_.push_back(std::move(block));
        return *this;
    }
    AccountChain& pay(const Address& from, const Address& to, uint64_t amount,
                      const Asset& asset = {}) {
        return txn({transfer().from(from).to(to).amount(amount).asset(asset)});
    }
    static UnixMillis time_of(BlockNum number) {
        return from_unix_seconds(1'700'000'000 + 12 * static_cast<int64_t>(number));
    }
    const std::vector<Block>& blocks() const { return blocks_; }

private:
    ChainId chain_;
    std::vector<Block> blocks_;
};

/// A UTXO chain of one txn a block, named by hash(number given).
class UtxoChain {
public:
    struct Out {
        Address address;
        uint64_t value = 0;
    };

    /// Without inputs it is a coinbase.
    UtxoChain& txn(uint64_t id, std::vector<OutPoint> inputs, std::vector<Out> outputs) {
        Block block;
        block.chain = kBitcoin;
        block.header.number = blocks_.size() + 1;
        block.header.time = AccountChain::time_of(block.header.number);
        UtxoTxn txn;
        txn.txid = hash(id);
        txn.coinbase = inputs.empty();
        for (const OutPoint& point : inputs) txn.inputs.push_back({point, std::nullopt});
        for (const Out& out : outputs) txn.outputs.push_back({out.value, out.address});
        block.utxo_txns.push_back(std::move(txn));
        blocks_.push_back(std::move(block));
        return *this;
    }
    const std::vector<Block>& blocks() const { return blocks_; }

private:
    std::vector<Block> blocks_;
};

inline OutPoint outpoint(uint64_t id, uint32_t index) { return {hash(id), index}; }

}  // namespace cordon::test
