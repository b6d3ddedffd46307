// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "key_value.hpp"

#include <algorithm>
#include <bit>
#include <fstream>

#include <cordon/base/check.hpp>

namespace cordon::bench {
namespace {

// Larger batches go into a B-tree at fewer pages a row; this one costs 200 MB while it is sorted.
constexpr std::size_t kBatchRows = 1'000'000;
constexpr std::size_t kMaxAmountBytes = 32;

uint64_t big_endian(ByteView bytes) {
    uint64_t value = 0;
    std::memcpy(&value, bytes.data(), sizeof value);
    return __builtin_bswap64(value);
}

void put_row(uint8_t* at, uint64_t row) {
    row = __builtin_bswap64(row);
    std::memcpy(at, &row, sizeof row);
}

void put_side_key(uint8_t* at, const Address& address, uint64_t row) {
    CORDON_CHECK(address.payload().size() == kAddressBytes);
    std::copy_n(address.payload().begin(), kAddressBytes, at);
    put_row(at + kAddressBytes, row);
}

}  // namespace

void SortedRun::add(ByteView key, ByteView value) {
    entries_.push_back({big_endian(key), bytes_.size(), static_cast<uint16_t>(key.size()),
                        static_cast<uint16_t>(value.size())});
    bytes_.insert(bytes_.end(), key.begin(), key.end());
    bytes_.insert(bytes_.end(), value.begin(), value.end());
}

void SortedRun::sort() {
    std::sort(entries_.begin(), entries_.end(), [this](const Entry& a, const Entry& b) {
        if (a.prefix != b.prefix) return a.prefix < b.prefix;
        return std::memcmp(bytes_.data() + a.offset, bytes_.data() + b.offset, a.key_size) < 0;
    });
}

void SortedRun::clear() {
    entries_.clear();
    bytes_.clear();
}

void KeyValueStore::add(std::span<const Block> blocks) {
    for (const Block& block : blocks) {
        add_block(block);
        if (senders_.entries().size() >= kBatchRows) flush();
    }
}

void KeyValueStore::add_block(const Block& block) {
    uint64_t row = block.header.number << kPlaceBits;
    for (std::size_t ordinal = 0; ordinal < block.account_txns.size(); ++ordinal) {
        const AccountTxn& txn = block.account_txns[ordinal];
        const auto txn_number = static_cast<uint16_t>(ordinal);
        CORDON_CHECK(txn_number == ordinal);
        std::array<uint8_t, kRowBytes + 2> place;
        put_row(place.data(), row);
        std::memcpy(place.data() + kRowBytes, &txn_number, 2);
        hashes_.add(txn.hash, place);
        for (const Transfer& transfer : txn.transfers) {
            std::array<uint8_t, kSideKeyBytes> key;
            std::array<uint8_t, kAddressBytes + 4 + kMaxAmountBytes> value;
            put_side_key(key.data(), transfer.from, row);
            std::copy_n(transfer.to.payload().begin(), kAddressBytes, value.data());
            const uint16_t asset = asset_number(transfer.asset);
            std::memcpy(value.data() + kAddressBytes, &asset, 2);
            std::memcpy(value.data() + kAddressBytes + 2, &txn_number, 2);
            std::memcpy(value.data() + kAddressBytes + 4, transfer.amount.limbs().data(),
                        kMaxAmountBytes);
            const std::size_t amount = (transfer.amount.bit_width() + 7) / 8;
            senders_.add(key, ByteView{value}.first(kAddressBytes + 4 + amount));
            put_side_key(key.data(), transfer.to, row++);
            receivers_.add(key, transfer.from.payload());
        }
    }
}

void KeyValueStore::flush() {
    if (hashes_.entries().empty()) return;
    for (SortedRun* run : {&senders_, &receivers_, &hashes_}) run->sort();
    write(senders_, receivers_, hashes_);
    for (SortedRun* run : {&senders_, &receivers_, &hashes_}) run->clear();
}

void KeyValueStore::finish() {
    flush();
    for (SortedRun* run : {&senders_, &receivers_, &hashes_}) *run = {};
    std::ofstream assets{directory_ + "/assets.txt"};
    for (const Asset& asset : assets_) assets << asset.text() << '\n';
    if (!assets.flush()) give_up("cannot write assets.txt");
    seal();
}

uint16_t KeyValueStore::asset_number(const Asset& asset) {
    const auto [at, is_new] = numbers_.try_emplace(asset, static_cast<uint16_t>(assets_.size()));
    if (is_new) assets_.push_back(asset);
    return at->second;
}

Edge KeyValueStore::edge(ByteView key, ByteView value) const {
    Edge out;
    uint16_t asset = 0, txn = 0;
    std::memcpy(&asset, value.data() + kAddressBytes, 2);
    std::memcpy(&txn, value.data() + kAddressBytes + 2, 2);
    std::array<uint64_t, 4> limbs{};
    std::memcpy(limbs.data(), value.data() + kAddressBytes + 4, value.size() - kAddressBytes - 4);
    out.at = {big_endian(key.subspan(kAddressBytes)) >> kPlaceBits, txn};
    out.to = Address{AddressKind::kEvm, value.first(kAddressBytes)};
    out.asset = assets_[asset];
    out.amount = Amount::from_limbs(limbs);
    return out;
}

TxnPosition KeyValueStore::position(ByteView value) {
    uint16_t txn = 0;
    std::memcpy(&txn, value.data() + kRowBytes, 2);
    return {big_endian(value) >> kPlaceBits, txn};
}

}  // namespace cordon::bench
