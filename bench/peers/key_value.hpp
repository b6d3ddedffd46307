// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "store.hpp"

/// The rows as a careful engineer lays them out in an ordered key-value store. Every choice favours
/// the peer: no address kinds, amounts cut to their bytes, assets by number, the way back as a key
/// with one address.
///
///   by sender    sender 20, row 8            ->  receiver 20, asset 2, txn 2, amount 0..32
///   by receiver  receiver 20, row 8          ->  sender 20
///   by hash      txn hash 32                 ->  row of its first transfer 8, txn 2
///
/// A row is block << 24 | place in its block, big-endian in keys: chain order is key order.
namespace cordon::bench {

inline constexpr std::size_t kAddressBytes = 20;
inline constexpr std::size_t kRowBytes = 8;
inline constexpr std::size_t kSideKeyBytes = kAddressBytes + kRowBytes;
inline constexpr std::size_t kHashBytes = 32;
inline constexpr unsigned kPlaceBits = 24;

/// Keys and values of one index, back to back.
class SortedRun {
public:
    struct Entry {
        uint64_t prefix = 0;  ///< Of the key, as a number: most comparisons end here.
        uint64_t offset = 0;
        uint16_t key_size = 0;
        uint16_t value_size = 0;
    };
    void add(ByteView key, ByteView value);
    void sort();
    void clear();
    ByteView key(const Entry& entry) const {
        return {bytes_.data() + entry.offset, entry.key_size};
    }
    ByteView value(const Entry& entry) const {
        return {bytes_.data() + entry.offset + entry.key_size, entry.value_size};
    }
    const std::vector<Entry>& entries() const { return entries_; }

private:
    std::vector<Entry> entries_;
    Bytes bytes_;
};

/// A peer that is filled by sorted batches; what it shares with the others is here.
class KeyValueStore : public Store {
public:
    void add(std::span<const Block> blocks) final;
    void finish() final;

protected:
    explicit KeyValueStore(std::string directory) : directory_{std::move(directory)} {}

    /// One batch, each index in key order.
    virtual void write(const SortedRun& senders, const SortedRun& receivers,
                       const SortedRun& hashes) = 0;
    /// All durable, and ready to be read.
    virtual void seal() = 0;

    /// An edge from a key and a value of the index by sender.
    Edge edge(ByteView key, ByteView value) const;
    static TxnPosition position(ByteView value);
    const std::string& directory() const { return directory_; }

private:
    void add_block(const Block& block);
    void flush();
    uint16_t asset_number(const Asset& asset);

    std::string directory_;
    SortedRun senders_, receivers_, hashes_;
    std::vector<Asset> assets_;  // By number; kept in a file beside the store.
    std::unordered_map<Asset, uint16_t> numbers_;
};

}  // namespace cordon::bench
