// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "index.hpp"

namespace cordon::ledger {

using namespace index;

Result<std::shared_ptr<const Index>> Index::open(const std::string& path) {
    return make(ColumnFile::open(path, index::kFile));
}

Result<std::shared_ptr<const Index>> Index::from_bytes(Bytes bytes, const std::string& name,
                                                       bool trusted) {
    return make(ColumnFile::from_bytes(std::move(bytes), name, index::kFile, trusted));
}

Result<std::shared_ptr<const Index>> Index::make(Result<ColumnFile> file) {
    if (!file) return fail(std::move(file).error());
    std::shared_ptr<Index> made{new Index};
    made->file_ = std::move(*file);
    const auto& counters = made->file_.footer().counters;
    made->begin_ = take_totals(counters, kFirst);
    made->own_ = take_totals(counters, kOwn);
    for (std::size_t i = kFirst; i < kBucketBits; ++i)
        if (counters[i] > (uint64_t{1} << 40)) return made->file_.corrupt(kTxnTable);
    if (made->end().addresses > UINT32_MAX) return made->file_.corrupt(kAddressTable);
    const std::array entries{made->own_.txns, made->own_.addresses, made->own_.inputs};
    for (std::size_t i = 0; i < entries.size(); ++i) {
        // Fewer than the bits of a prefix, so that a bucket is some of them and an entry the rest.
        const uint64_t bits = counters[kBucketBits + i];
        if (bits >= kPrefixBits || entries[i] > UINT32_MAX ||
            made->file_.column(i).count() != entries[i] ||
            made->file_.column(table_directory(i)).count() != uint64_t{1} << bits)
            return made->file_.corrupt(i);
        made->bucket_bits_[i] = static_cast<unsigned>(bits);
    }
    made->low_bits_ = {static_cast<unsigned>(counters[kLowBits] & 0xFF),
                       static_cast<unsigned>(counters[kLowBits] >> 8)};
    for (const bool receiving : {false, true}) {
        const unsigned low = made->low_bits_[receiving];
        if (low > 32 || made->key_count(receiving) > UINT32_MAX ||
            made->file_.column(directory(receiving)).count() != (made->end().addresses >> low) + 2)
            return made->file_.corrupt(directory(receiving));
        const bool inputs = !receiving && is_utxo(made->chain());
        if (made->file_.column(directory(receiving) + 2).count() >
            (inputs ? made->own_.inputs : made->own_.rows))
            return made->file_.corrupt(directory(receiving) + 2);
    }
    return made;
}

bool Index::list(bool receiving, uint64_t id, List& list) const noexcept {
    list = {};
    const unsigned low = low_bits_[receiving];
    const Column& keys = file_.column(directory(receiving) + 1);
    const uint64_t high = id >> low;
    // An address above all that this index knows.
    const Column& below = file_.column(directory(receiving));
    if (high + 1 >= below.count()) return true;
    if (!below.has(high, 2)) return false;
    const uint64_t count = key_count(receiving), ids = this->end().addresses;
    uint64_t begin = below.at(high) + even_keys(high << low, count, ids);
    uint64_t end = below.at(high + 1) + even_keys((high + 1) << low, count, ids);
    if (begin >= end) return true;
    if (end >= keys.count() || !keys.has(begin, end - begin + 1)) return false;
    const uint64_t mask = packed_mask(low);
    const uint64_t wanted = id & mask;
    while (begin < end) {
        const uint64_t middle = begin + (end - begin) / 2;
        const uint64_t key = keys.at(middle);
        if ((key & mask) < wanted) {
            begin = middle + 1;
        } else if ((key & mask) > wanted) {
            end = middle;
        } else {
            list = {key >> low, keys.at(middle + 1) >> low};
            return list.begin <= list.end;
        }
    }
    return true;
}

}  // namespace cordon::ledger
