// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "bitcoin_chain.hpp"

#include <algorithm>

#include <cordon/base/check.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/chain/bitcoin/header.hpp>
#include <cordon/crypto/hash.hpp>
#include <cordon/crypto/merkle.hpp>

namespace cordon::gen {
namespace {

constexpr uint64_t kCoinbaseBlocks = 200;
constexpr std::size_t kCoinbaseOutputs = 64;
constexpr std::size_t kMaturity = 100;
constexpr uint64_t kHalving = 210'000;
constexpr uint64_t kSubsidy = 5'000'000'000;
constexpr uint32_t kStart = 1'600'000'000;
constexpr uint32_t kBits = 0x207fffff;  // Every second hash is below.
// The largest txn planned (500 inputs) has less weight than is left to the 4,000,000 of BIP-141.
constexpr uint64_t kFullWeight = 3'380'000;
constexpr std::size_t kVersionSize = 4;

// The first block of regtest, which has main net's coinbase.
constexpr std::string_view kGenesis =
    "0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27ac72c"
    "3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4adae5494dffff7f20020000000101000000010000000000000000"
    "000000000000000000000000000000000000000000000000ffffffff4d04ffff001d0104455468652054696d657320"
    "30332f4a616e2f32303039204368616e63656c6c6f72206f6e206272696e6b206f66207365636f6e64206261696c6f"
    "757420666f722062616e6b73ffffffff0100f2052a01000000434104678afdb0fe5548271967f1a67130b7105cd6a8"
    "28e03909a67962e0ea1f61deb649f6bc3f4cef38c4f35504e51ec112de5c384df7ba0b8d578a4c702b6bf11d5fac00"
    "000000";

uint64_t subsidy_at(uint64_t height) noexcept {
    return kSubsidy >> std::min<uint64_t>(height / kHalving, 63);
}

void append_height(Bytes& out, uint64_t height) {
    if (height <= 16) return out.push_back(static_cast<uint8_t>(0x50 + height));
    // Little-endian, with room for the sign bit.
    unsigned size = 1;
    while (height >> (8 * size - 1) != 0) ++size;
    out.push_back(static_cast<uint8_t>(size));
    append_number(out, height, size);
}

}  // namespace

BitcoinChain::BitcoinChain(Params params)
    : params_{params}, random_{params.seed}, economy_{random_} {}

void BitcoinChain::genesis(Bytes& raw_block) {
    raw_block = parse_hex(kGenesis).value();
    tip_ = chain::parse_header(raw_block).value().hash;
    next_height_ = 1;
}

bool BitcoinChain::next(Bytes& raw_block) {
    if (closed_) return false;
    if (next_height_ == 0) return genesis(raw_block), true;
    const uint64_t height = next_height_++;
    parent_ = tip_;
    body_.clear();
    places_.clear();
    txids_.assign(1, {});
    wtxids_.assign(1, {});
    weight_ = 0;
    fees_ = 0;
    if (immature_.size() == kMaturity) {
        for (const Coin& coin : immature_.front()) economy_.add(coin);
        immature_.pop_front();
    }
    const bool warming = height <= kCoinbaseBlocks;
    const uint64_t wanted = random_.between(1400, 2600);
    closed_ = !warming && txns_ == params_.txns;
    for (uint64_t i = 0; !warming && i < wanted && txns_ < params_.txns && weight_ < kFullWeight;
         ++i)
        add_txn();
    time_ = static_cast<uint32_t>(kStart + 600 * height + random_.below(500));
    stale_ = 0;
    const Salt salt{Economy::miner(random_), random_(), subsidy_at(height) + fees_,
                    warming ? kCoinbaseOutputs : std::size_t{1}};
    tip_ = write_block(raw_block, salt, places_.size());
    std::vector<Coin>& coins = immature_.emplace_back();
    for (uint32_t i = 0; i < salt.outputs; ++i)
        coins.push_back(
            {txids_[0], i, salt.value / salt.outputs, Economy::address_of(salt.miner, i)});
    return true;
}

void BitcoinChain::stale(Bytes& raw_block) {
    CORDON_CHECK(next_height_ > 1);
    // Its own random numbers: the chain must be the same with and without stale blocks. It leaves
    // the last txns out, whose outputs no other txn of the block can need, and their fees
    // unclaimed.
    Random random{mix(params_.seed ^ mix(height() << 20 | ++stale_))};
    const Salt salt{Economy::miner(random), random(), subsidy_at(height()), 1};
    const Hash256 coinbase = txids_[0];
    write_block(raw_block, salt, places_.size() - places_.size() / 10);
    txids_[0] = coinbase;
}

void BitcoinChain::add_txn() {
    economy_.plan(plan_);
    write_txn(plan_);
    fees_ += plan_.fee;
    ++txns_;
}

void BitcoinChain::write_txn(const PlannedTxn& txn) {
    stripped_.clear();
    witness_.clear();
    append_number(stripped_, random_.chance(8500) ? 2 : 1, kVersionSize);
    append_compact_size(stripped_, txn.inputs.size());
    const uint32_t sequence = random_.chance(6000) ? 0xfffffffd : 0xffffffff;
    bool segwit = false;
    for (const Coin& coin : txn.inputs) {
        append_bytes(stripped_, coin.txid);
        append_number(stripped_, coin.index, 4);
        segwit |= append_unlocking(stripped_, witness_, coin.owner, params_.seed, random_);
        append_number(stripped_, sequence, 4);
    }
    append_compact_size(stripped_, txn.outputs.size());
    for (const PlannedOutput& output : txn.outputs) {
        append_number(stripped_, output.value, 8);
        append_output_script(stripped_, output.owner, params_.seed);
    }
    // Wallets bind a txn to the next height so that nobody mines it into an older block.
    const bool bound = sequence != 0xffffffff && random_.chance(3000);
    append_number(stripped_, bound ? next_height_ - 2 : 0, 4);

    const std::size_t start = body_.size();
    if (segwit) {
        const ByteView all{stripped_};
        append_bytes(body_, all.first(kVersionSize));
        append_bytes(body_, std::array<uint8_t, 2>{0, 1});
        append_bytes(body_, all.subspan(kVersionSize, all.size() - kVersionSize - 4));
        append_bytes(body_, witness_);
        append_bytes(body_, all.last(4));
    } else {
        append_bytes(body_, stripped_);
    }
    const ByteView full = ByteView{body_}.subspan(start);
    const Hash256 txid = crypto::sha256d(stripped_);
    txids_.push_back(txid);
    wtxids_.push_back(segwit ? crypto::sha256d(full) : txid);
    places_.push_back({body_.size(), segwit});
    weight_ += 3 * stripped_.size() + full.size();
    economy_.settle(txn, txid);
}

/// Into coinbase_, for a block of the first `txns` of its txns. Gives its id.
Hash256 BitcoinChain::write_coinbase(const Salt& salt, std::size_t txns) {
    const bool segwit = std::any_of(places_.begin(), places_.begin() + static_cast<long>(txns),
                                    [](const Place& place) { return place.witness; });
    Bytes& out = stripped_;
    out.clear();
    append_number(out, 2, kVersionSize);
    out.push_back(1);
    append_bytes(out, Hash256{});
    append_number(out, 0xffffffff, 4);
    Bytes script;
    append_height(script, next_height_ - 1);
    script.push_back(8);
    append_number(script, salt.nonce, 8);
    append_compact_size(out, script.size());
    append_bytes(out, script);
    append_number(out, 0xffffffff, 4);
    append_compact_size(out, salt.outputs + (segwit ? 1 : 0));
    for (std::size_t i = 0; i < salt.outputs; ++i) {
        append_number(out, salt.value / salt.outputs, 8);
        append_output_script(out, Economy::address_of(salt.miner, i), params_.seed);
    }
    if (segwit) {
        std::array<uint8_t, 64> both{};  // The second half is the coinbase's witness, zero.
        const Hash256 root =
            crypto::merkle_root({wtxids_.begin(), wtxids_.begin() + static_cast<long>(txns) + 1})
                .root;
        std::copy(root.bytes.begin(), root.bytes.end(), both.begin());
        append_number(out, 0, 8);
        append_bytes(out, std::array<uint8_t, 7>{38, 0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed});
        append_bytes(out, crypto::sha256d(both));
    }
    append_number(out, 0, 4);
    coinbase_ = out;
    if (segwit) {
        coinbase_.insert(coinbase_.begin() + kVersionSize, {0, 1});
        coinbase_.resize(coinbase_.size() - 4);
        append_bytes(coinbase_, std::array<uint8_t, 2>{1, 32});
        append_bytes(coinbase_, Hash256{});
        append_number(coinbase_, 0, 4);
    }
    return crypto::sha256d(out);
}

Hash256 BitcoinChain::write_block(Bytes& raw_block, const Salt& salt, std::size_t txns) {
    txids_[0] = write_coinbase(salt, txns);
    const crypto::MerkleRoot root =
        crypto::merkle_root({txids_.begin(), txids_.begin() + static_cast<long>(txns) + 1});
    raw_block.clear();
    append_number(raw_block, 0x20000000, 4);
    append_bytes(raw_block, parent_);
    append_bytes(raw_block, root.root);
    append_number(raw_block, time_, 4);
    append_number(raw_block, kBits, 4);
    Hash256 hash;
    for (uint32_t nonce = 0;; ++nonce) {
        append_number(raw_block, nonce, 4);
        hash = crypto::sha256d(raw_block);
        if (chain::meets_target(hash, kBits)) break;
        raw_block.resize(chain::kHeaderSize - 4);
    }
    append_compact_size(raw_block, txns + 1);
    append_bytes(raw_block, coinbase_);
    append_bytes(raw_block, ByteView{body_}.first(txns == 0 ? 0 : places_[txns - 1].end));
    return hash;
}

}  // namespace cordon::gen
