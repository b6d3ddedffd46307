// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <filesystem>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "ledger.hpp"

/// Builders for the tests of this room: a directory that cleans up, random chains, and the ledger
/// as a child would write it (a list of blocks, searched from end to end).
namespace cordon::ledger::test {

/// A directory of its own that goes away with the object.
class TempDir {
public:
    TempDir() {
        std::string pattern =
            (std::filesystem::temp_directory_path() / "cordon-ledger-XXXXXX").string();
        path_ = ::mkdtemp(pattern.data());
    }
    TempDir(const TempDir&) = delete;
    TempDir& operator=(const TempDir&) = delete;
    ~TempDir() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    const std::string& path() const noexcept { return path_; }
    std::string operator/(const std::string& name) const { return path_ + "/" + name; }

private:
    std::string path_;
};

inline Address address(unsigned n, AddressKind kind = AddressKind::kEvm) {
    std::array<uint8_t, 32> payload{};
    payload[0] = static_cast<uint8_t>(n >> 8);
    payload[19] = static_cast<uint8_t>(n);
    return Address{kind, ByteView{payload}.first(payload_size(kind).value_or(0))};
}

inline Hash256 hash(uint64_t n, uint8_t tag = 0) {
    Hash256 value;
    for (std::size_t i = 0; i < 8; ++i) value.bytes[i] = static_cast<uint8_t>(n >> (8 * i));
    value.bytes[31] = tag;
    return value;
}

inline Transfer transfer(uint32_t index, unsigned from, unsigned to, Amount amount) {
    return {index, address(from), address(to), Asset{}, amount, TransferKind::kNative};
}

/// A block with one txn of one transfer.
inline Block simple_block(BlockNum number, unsigned from = 1, unsigned to = 2) {
    Block block{kEthereum,
                {number,
                 BlockNumKind::kHeight,
                 from_unix_seconds(static_cast<int64_t>(1000 + number)),
                 hash(number, 1),
                 {}},
                {},
                {}};
    block.account_txns.push_back({hash(number, 2), {transfer(0, from, to, Amount{number})}});
    return block;
}

/// A coinbase that pays `value` to address `to`.
inline UtxoTxn coinbase(uint64_t id, uint64_t value, unsigned to) {
    UtxoTxn txn;
    txn.txid = hash(id, 3);
    txn.coinbase = true;
    txn.outputs = {{value, address(to, AddressKind::kP2wpkh)}};
    return txn;
}

inline UtxoTxn spend(uint64_t id, std::vector<OutPoint> from, std::vector<TxOut> outputs) {
    UtxoTxn txn;
    txn.txid = hash(id, 3);
    for (const OutPoint& point : from) txn.inputs.push_back({point, {}});
    txn.outputs = std::move(outputs);
    return txn;
}

inline Block utxo_block(BlockNum number, std::vector<UtxoTxn> txns) {
    Block block{kBitcoin, {number, BlockNumKind::kHeight, {}, hash(number, 1), {}}, {}, {}};
    block.utxo_txns = std::move(txns);
    return block;
}

/// The txids of the coinbases that exist twice (BIP-30): d5d27987...8599 and e3bf3d07...b468.
inline Hash256 bip30_twin(std::size_t which) {
    static const std::array<std::string, 2> shown{
        "d5d27987d2a3dfc724e359870c6644b40e497bdc0589a033220fe15429d88599",
        "e3bf3d07d4b0375638d5f1db5255fe07ba2c4cb067cd81b84ee974b6585fb468"};
    Hash256 txid;
    for (std::size_t i = 0; i < 32; ++i)
        txid.bytes[31 - i] =
            static_cast<uint8_t>(std::stoul(shown[which].substr(2 * i, 2), nullptr, 16));
    return txid;
}

/// Random but repeatable blocks, valid for a Writer when given to it in order.
class Stream {
public:
    Stream(ChainId chain, uint64_t seed) : chain_{chain}, random_{seed} {}

    unsigned below(unsigned n) { return static_cast<unsigned>(random_() % n); }

    Block next() {
        number_ += below(8) == 0 ? 1 + below(5) : 1;
        if (below(50) == 0) number_ += BlockNum{1} << below(40);
        time_ += below(4) * 1500;
        Block block;
        block.chain = chain_;
        block.header.number = number_;
        block.header.number_kind = static_cast<BlockNumKind>(below(3));
        if (below(10) != 0) block.header.time = UnixMillis{std::chrono::milliseconds{time_}};
        block.header.hash = fresh(1);
        const unsigned txns = below(6) == 0 ? 0 : below(6);
        for (unsigned i = 0; i < txns; ++i) is_utxo(chain_) ? add_utxo(block) : add_account(block);
        return block;
    }
    void skip_to(BlockNum number) { number_ = number; }
    /// Goes on behind `number`, after a rewind; unspent outputs are forgotten.
    void restart(BlockNum number) {
        number_ = number;
        unspent_.clear();
        promised_.clear();
    }

private:
    Hash256 fresh(uint8_t tag) {
        // Half of them as poor as a file that counts its hashes.
        Hash256 value = hash(++counter_, tag);
        if (below(2) == 0)
            for (std::size_t i = 8; i < 31; ++i) value.bytes[i] = static_cast<uint8_t>(random_());
        return value;
    }
    Amount amount() {
        const unsigned limbs = below(5);
        std::array<uint64_t, 4> value{};
        for (unsigned i = 0; i < limbs; ++i) value[i] = random_() >> below(60);
        if (below(20) == 0) value.fill(UINT64_MAX);
        return Amount::from_limbs(value);
    }
    Address holder() {
        if (below(30) == 0) return {};
        return address(below(12), below(9) == 0 ? AddressKind::kTron : AddressKind::kEvm);
    }
    void add_account(Block& block) {
        static const std::array assets{Asset{}, Asset::parse("USDT").value(),
                                       Asset::contract(address(7)),
                                       Asset::parse(std::string(64, 'x')).value()};
        AccountTxn txn;
        txn.hash = fresh(2);
        if (below(3) == 0) txn.time = UnixMillis{std::chrono::milliseconds{time_ + below(100)}};
        if (below(25) == 0)  // Before 1970, and far from the time of its block.
            txn.time = UnixMillis{std::chrono::milliseconds{
                static_cast<int64_t>(random_() >> (2 + below(60))) * (below(2) == 0 ? 1 : -1)}};
        uint32_t index = below(3);
        for (unsigned rows = below(8) == 0 ? 0 : 1 + below(5); rows > 0;
             --rows, index += 1 + below(3))
            txn.transfers.push_back({index, holder(), holder(), assets[below(4)], amount(),
                                     static_cast<TransferKind>(below(6))});
        block.account_txns.push_back(std::move(txn));
    }
    TxOut output() {
        static constexpr std::array kinds{AddressKind::kP2pkh,    AddressKind::kP2sh,
                                          AddressKind::kP2wpkh,   AddressKind::kP2wsh,
                                          AddressKind::kP2tr,     AddressKind::kP2pk,
                                          AddressKind::kMultisig, AddressKind::kNone,
                                          AddressKind::kScript,   AddressKind::kOpReturn};
        if (below(10) == 0) {
            std::array<uint8_t, 41> program{};
            program[1] = static_cast<uint8_t>(below(3));
            return {below(1000),
                    Address{AddressKind::kWitness, ByteView{program}.first(3 + below(39))}};
        }
        return {random_() % 1'000'000'000'000, address(below(4), kinds[below(10)])};
    }
    /// An output that nobody knows, with or without what the source says of it; now and then its
    /// txn comes later.
    TxIn unknown_input() {
        TxIn input{{fresh(9), below(3)}, {}};
        if (below(2) == 0) input.spent = output();
        if (below(3) == 0) promised_.push_back(input.prevout);
        return input;
    }
    void add_utxo(Block& block) {
        UtxoTxn txn;
        txn.txid = fresh(3);
        txn.version = below(3);
        txn.locktime = below(2) == 0 ? 0 : UINT32_MAX;
        txn.coinbase = below(4) == 0;
        std::optional<uint32_t> spent_early;
        if (txn.coinbase && below(4) == 0) {
            txn.txid = bip30_twin(below(2));
            std::erase_if(unspent_, [&](const OutPoint& at) { return at.txid == txn.txid; });
        } else if (!promised_.empty() && below(3) == 0) {
            txn.txid = promised_.back().txid;
            spent_early = promised_.back().index;
            promised_.pop_back();
        }
        for (unsigned n = txn.coinbase ? 0 : below(4); n > 0; --n) {
            if (below(4) == 0) {
                txn.inputs.push_back(unknown_input());
            } else if (!unspent_.empty()) {
                const std::size_t pick = below(static_cast<unsigned>(unspent_.size()));
                txn.inputs.push_back({unspent_[pick], {}});
                unspent_.erase(unspent_.begin() + static_cast<std::ptrdiff_t>(pick));
            }
        }
        for (unsigned n = 1 + below(8), i = 0; i < n; ++i) {
            txn.outputs.push_back(output());
            if (spent_early != i) unspent_.push_back({txn.txid, i});
        }
        block.utxo_txns.push_back(std::move(txn));
    }

    ChainId chain_;
    std::mt19937_64 random_;
    BlockNum number_ = 100;
    int64_t time_ = 1'700'000'000'000;
    uint64_t counter_ = 0;
    std::vector<OutPoint> unspent_, promised_;
};

/// What a ledger should say, by looking at every block.
class Naive {
public:
    void append(Block block) {
        for (UtxoTxn& txn : block.utxo_txns) {
            for (TxIn& input : txn.inputs) {
                const auto known = outputs_.find(input.prevout);
                if (known != outputs_.end()) input.spent = known->second;
            }
            for (uint32_t i = 0; i < txn.outputs.size(); ++i)
                outputs_[{txn.txid, i}] = txn.outputs[i];
        }
        blocks_.push_back(std::move(block));
    }
    void rewind(std::optional<BlockNum> last_good) {
        std::vector<Block> kept;
        for (Block& block : blocks_)
            if (last_good && block.header.number <= *last_good) kept.push_back(std::move(block));
        blocks_.clear();
        outputs_.clear();
        for (Block& block : kept) append(std::move(block));
    }
    const std::vector<Block>& blocks() const noexcept { return blocks_; }

    std::vector<TxnPosition> txns_of(const Address& who, Side side) const {
        std::vector<TxnPosition> found;
        for (const Block& block : blocks_) {
            uint32_t n = 0;
            for (const AccountTxn& txn : block.account_txns) {
                for (const Transfer& row : txn.transfers)
                    if ((side != Side::kReceiver && row.from == who) ||
                        (side != Side::kSender && row.to == who)) {
                        found.push_back({block.header.number, n});
                        break;
                    }
                ++n;
            }
            for (const UtxoTxn& txn : block.utxo_txns) {
                bool hit = false;
                for (const TxIn& input : txn.inputs)
                    hit = hit ||
                          (side != Side::kReceiver && input.spent && input.spent->address == who);
                for (const TxOut& output : txn.outputs)
                    hit = hit || (side != Side::kSender && output.address == who);
                if (hit) found.push_back({block.header.number, n});
                ++n;
            }
        }
        return found;
    }
    std::set<Address> addresses() const {
        std::set<Address> all;
        for (const Block& block : blocks_) {
            for (const AccountTxn& txn : block.account_txns)
                for (const Transfer& row : txn.transfers) all.insert(row.from), all.insert(row.to);
            for (const UtxoTxn& txn : block.utxo_txns) {
                for (const TxIn& input : txn.inputs)
                    if (input.spent) all.insert(input.spent->address);
                for (const TxOut& output : txn.outputs) all.insert(output.address);
            }
        }
        return all;
    }

private:
    std::vector<Block> blocks_;
    std::map<OutPoint, TxOut> outputs_;
};

inline std::vector<Block> scan_all(const Reader& reader, ChainId chain) {
    std::vector<Block> blocks;
    const Status status = reader.scan(chain, 0, UINT64_MAX, [&](const Block& block) -> Status {
        blocks.push_back(block);
        return {};
    });
    EXPECT_TRUE(status) << status.error().message;
    return blocks;
}

inline std::vector<TxnPosition> drain(TxnCursor& cursor) {
    std::vector<TxnPosition> all;
    while (true) {
        const auto next = cursor.next();
        EXPECT_TRUE(next) << next.error().message;
        if (!next || !*next) return all;
        all.push_back(**next);
    }
}

inline std::unique_ptr<TxnCursor> cursor_of(const Reader& reader, ChainId chain, const Address& who,
                                            Side side, Order order,
                                            std::optional<TxnPosition> from) {
    return is_utxo(chain) ? reader.utxo_txns_of(chain, who, side, order, from)
                          : reader.account_txns_of(chain, who, side, order, from);
}

}  // namespace cordon::ledger::test
