// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "account_stream.hpp"

#include <algorithm>
#include <cstring>
#include <iterator>

namespace cordon::gen {
namespace {

constexpr std::size_t kRecent = 10'000;
constexpr uint64_t kFirstAddresses = 1000;  // Somebody must have something at the start.
constexpr uint64_t kFirstContract = uint64_t{1} << 40;  // Numbers that no address reaches.
constexpr int64_t kStart = 1'600'000'000;
constexpr int64_t kBlockSeconds = 12;

// What a number is hashed as; the same number must not give related hashes.
constexpr uint64_t kAddressDomain = 1;
constexpr uint64_t kTxnDomain = 2;
constexpr uint64_t kBlockDomain = 3;

template <std::size_t size>
std::array<uint8_t, size> spread(uint64_t n, uint64_t domain, uint64_t seed) noexcept {
    std::array<uint8_t, size> out;
    uint64_t word = mix(mix(seed * 4 + domain) + n);
    for (std::size_t at = 0; at < size; at += 8) {
        word = mix(word);
        std::memcpy(out.data() + at, &word, std::min<std::size_t>(8, size - at));
    }
    return out;
}

}  // namespace

Address AccountStream::address(uint64_t n, uint64_t seed) noexcept {
    return {AddressKind::kEvm, spread<20>(n, kAddressDomain, seed)};
}

Hash256 AccountStream::txn_hash(uint64_t n, uint64_t seed) noexcept {
    return {spread<32>(n, kTxnDomain, seed)};
}

AccountStream::AccountStream(uint64_t rows, uint64_t seed, std::size_t reservoir)
    : rows_left_{rows}, seed_{seed}, reservoir_{reservoir}, random_{seed} {
    assets_.emplace_back();
    for (uint64_t i = 0; i < kContracts; ++i)
        assets_.push_back(Asset::contract(address(kFirstContract + i, seed)));
    recent_.reserve(kRecent);
    for (; addresses_ < kFirstAddresses; ++addresses_) add_end(static_cast<uint32_t>(addresses_));
}

void AccountStream::add_end(uint32_t number) {
    if (recent_.size() < kRecent)
        recent_.push_back(number);
    else
        recent_[ends_seen_ % kRecent] = number;
    ++ends_seen_;
    if (ends_.size() < reservoir_) return ends_.push_back(number);
    const uint64_t place = random_.below(ends_seen_);
    if (place < reservoir_) ends_[place] = number;
}

void AccountStream::fill(Transfer& transfer, uint32_t index) {
    const uint32_t from = any_end();
    const uint64_t dice = random_.below(100);
    const uint32_t to = dice < 15   ? static_cast<uint32_t>(addresses_++)
                        : dice < 40 ? recent_[random_.below(recent_.size())]
                                    : any_end();
    add_end(from);
    add_end(to);
    const auto bits = static_cast<unsigned>(random_.between(20, 83));
    const unsigned low_bits = std::min(bits, 64U);
    uint64_t low = random_() >> (64 - low_bits);
    uint64_t high = 0;
    if (bits <= 64)
        low |= uint64_t{1} << (bits - 1);
    else
        high = (random_() >> (128 - bits)) | uint64_t{1} << (bits - 65);
    const std::size_t asset = random_.chance(5000) ? 0 : random_.below(assets_.size());
    transfer.index = index;
    transfer.from = address(from, seed_);
    transfer.to = address(to, seed_);
    transfer.asset = assets_[asset];
    transfer.amount = Amount::from_limbs({low, high, 0, 0});
    transfer.kind = asset == 0 ? TransferKind::kNative : TransferKind::kToken;
}

bool AccountStream::next(Block& block) {
    if (rows_left_ == 0) return false;
    ++number_;
    block.chain = kEthereum;
    block.header = {number_,
                    BlockNumKind::kHeight,
                    from_unix_seconds(kStart + kBlockSeconds * static_cast<int64_t>(number_)),
                    {spread<32>(number_, kBlockDomain, seed_)},
                    {}};
    block.utxo_txns.clear();
    std::size_t used = 0;
    // Every number is drawn before it is bounded by the rows left: a longer stream must begin with
    // the same blocks.
    for (uint64_t wanted = random_.between(150, 350); wanted > 0 && rows_left_ > 0; ++used) {
        const uint64_t drawn = random_.chance(3600) ? random_.between(2, 3) : 1;
        const uint64_t count = std::min({drawn, wanted, rows_left_});
        if (used == block.account_txns.size()) resize_txns(block.account_txns, spare_, used + 1);
        AccountTxn& txn = block.account_txns[used];
        txn.hash = txn_hash(txns_++, seed_);
        txn.time.reset();
        txn.transfers.resize(count);
        for (uint32_t i = 0; i < count; ++i) fill(txn.transfers[i], i);
        wanted -= count;
        rows_left_ -= count;
    }
    resize_txns(block.account_txns, spare_, used);
    return true;
}

void resize_txns(std::vector<AccountTxn>& txns, std::vector<AccountTxn>& spare, std::size_t count) {
    while (txns.size() > count) {
        spare.push_back(std::move(txns.back()));
        txns.pop_back();
    }
    while (txns.size() < count && !spare.empty()) {
        txns.push_back(std::move(spare.back()));
        spare.pop_back();
    }
    while (txns.size() < count) txns.emplace_back().transfers.reserve(3);
}

NextBlock blocks_of(AccountStream& stream) {
    return [&stream](Block& block) -> Result<bool> { return stream.next(block); };
}

}  // namespace cordon::gen
