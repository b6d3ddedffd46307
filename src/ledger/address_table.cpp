// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "address_table.hpp"

#include <algorithm>

namespace cordon::ledger {
namespace {

constexpr std::size_t kFirstBuckets = 32;
// Of five slots a bucket; above that too many addresses lie in a bucket that is not their own.
constexpr std::size_t kMostInBucket = 4;

}  // namespace

AddressTable::AddressTable(std::string directory, unsigned most_depth)
    : most_depth_{most_depth}, memory_{std::move(directory)} {
    clear();
}

void AddressTable::clear() {
    groups_.clear();
    spare_.clear();
    groups_.push_back(make_group(kFirstBuckets, 0));
    directory_ = {groups_.back().get()};
    depth_ = 0;
    size_ = 0;
}

bool AddressTable::add(const Address& address, uint64_t hash, uint32_t number) {
    if (const Group& group = group_of(hash);
        group.size == group.buckets * kMostInBucket && !make_room(hash))
        return false;
    Entry entry{{{}, address.kind()}, number};
    std::copy_n(address.payload().data(), kPayload, entry.key.payload.data());
    put(group_of(hash), hash, entry);
    ++size_;
    return true;
}

void AddressTable::put(Group& group, uint64_t hash, const Entry& entry) noexcept {
    std::size_t at = home(group, hash);
    while (group.bucket(at).is_full()) at = next(group, at);
    Bucket& bucket = group.bucket(at);
    std::size_t slot = 0;
    while (bucket.numbers[slot] != 0) ++slot;
    bucket.numbers[slot] = entry.number + 1;
    bucket.keys[slot] = entry.key;
    ++group.size;
}

bool AddressTable::remove(uint64_t hash, uint32_t number) {
    Group& group = group_of(hash);
    std::size_t at = home(group, hash);
    const auto slot_in = [number](const Bucket& bucket) {
        return static_cast<std::size_t>(
            std::find(bucket.numbers.begin(), bucket.numbers.end(), number + 1) -
            bucket.numbers.begin());
    };
    std::size_t slot = slot_in(group.bucket(at));
    for (; slot == kSlots; slot = slot_in(group.bucket(at))) {
        if (!group.bucket(at).is_full()) return false;
        at = next(group, at);
    }
    // What lies behind it, up to where there is room, might not be found any more.
    std::vector<Entry> behind;
    for (bool goes_on = true; goes_on; slot = 0, at = next(group, at)) {
        Bucket& bucket = group.bucket(at);
        goes_on = bucket.is_full();
        for (; slot < kSlots && bucket.numbers[slot] != 0; ++slot) {
            if (bucket.numbers[slot] != number + 1)
                behind.push_back({bucket.keys[slot], bucket.numbers[slot] - 1});
            bucket.numbers[slot] = 0;
            bucket.keys[slot] = {};
            --group.size;
        }
    }
    for (const Entry& entry : behind) put(group, hash_of(entry.key), entry);
    --size_;
    return true;
}

std::unique_ptr<AddressTable::Group> AddressTable::make_group(std::size_t buckets, unsigned depth) {
    constexpr std::size_t kBucketWords = sizeof(Bucket) / sizeof(uint64_t);
    auto group = std::make_unique<Group>();
    group->buckets = buckets;
    group->depth = depth;
    for (std::size_t i = 0; i * kPieceBuckets < buckets; ++i) {
        Words& piece = group->pieces[i];
        if (buckets < kPieceBuckets || spare_.empty()) {
            piece = memory_.take(std::min(buckets, kPieceBuckets) * kBucketWords);
            piece.settle();
        } else {
            piece = std::move(spare_.back());
            spare_.pop_back();
            piece.wipe();
        }
    }
    if (buckets >= kPieceBuckets / 2) memory_.prepare(kPieceBuckets * kBucketWords);
    return group;
}

template <typename To>
void AddressTable::move_all(const Group& from, To&& to) noexcept {
    for (std::size_t at = 0; at < from.buckets; ++at) {
        const Bucket& bucket = from.bucket(at);
        for (unsigned slot = 0; slot < kSlots && bucket.numbers[slot] != 0; ++slot) {
            const uint64_t hash = hash_of(bucket.keys[slot]);
            put(to(hash), hash, {bucket.keys[slot], bucket.numbers[slot] - 1});
        }
    }
}

bool AddressTable::make_room(uint64_t hash) {
    Group& group = group_of(hash);
    if (group.buckets == kMostPieces * kPieceBuckets) {
        if (group.depth == most_depth_) return false;
        split(hash);
        return true;
    }
    const std::size_t more = std::min(group.buckets, kPieceBuckets);
    auto larger = make_group(group.buckets + more, group.depth);
    move_all(group, [&](uint64_t) -> Group& { return *larger; });
    std::swap(group, *larger);
    drop(*larger);
    return true;
}

void AddressTable::split(uint64_t hash) {
    groups_.reserve(groups_.size() + 1);
    Group& group = group_of(hash);
    const unsigned depth = group.depth + 1;
    auto zeros = make_group((kMostPieces - 1) * kPieceBuckets, depth);
    auto ones = make_group((kMostPieces - 1) * kPieceBuckets, depth);
    const auto has_one = [depth](uint64_t of) { return (of >> (64 - depth) & 1) != 0; };
    move_all(group, [&](uint64_t of) -> Group& { return has_one(of) ? *ones : *zeros; });
    if (depth > depth_) {
        std::vector<Group*> twice;
        for (Group* const each : directory_) twice.insert(twice.end(), 2, each);
        directory_ = std::move(twice);
        ++depth_;
    }
    const unsigned below = depth_ - depth;
    for (std::size_t i = 0; i < directory_.size(); ++i)
        if (directory_[i] == &group && (i >> below & 1) != 0) directory_[i] = ones.get();
    std::swap(group, *zeros);
    drop(*zeros);
    groups_.push_back(std::move(ones));
}

void AddressTable::drop(Group& group) {
    for (Words& piece : group.pieces)
        if (group.buckets >= kPieceBuckets && !piece.empty()) spare_.push_back(std::move(piece));
}

}  // namespace cordon::ledger
