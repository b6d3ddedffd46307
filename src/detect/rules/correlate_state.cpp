// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "correlate.hpp"

namespace cordon::detect {
namespace {

/// 2^6 parts of each doubling: a bucket is 1/64 wide, its middle at most 0.8 % away.
constexpr unsigned kParts = 6;
/// 16 doublings in full detail: from cents to millions. Below, buckets are joined.
constexpr std::size_t kMaxBuckets = 1024;

uint32_t bucket_of(const Amount& value) {
    const unsigned bits = value.bit_width();
    if (bits <= kParts + 1) return static_cast<uint32_t>(value.low_u64());  // Exact.
    // The bits behind the highest one.
    const std::array<uint8_t, 32> raw = value.to_big_endian();
    const unsigned low = bits - 1 - kParts;
    uint32_t part = 0;
    for (unsigned i = 0; i < kParts; ++i) {
        const unsigned at = low + kParts - 1 - i;
        part = part << 1 | (raw[31 - at / 8] >> (at % 8) & 1U);
    }
    return ((bits - kParts) << kParts) + part;
}

Amount middle_of(uint32_t bucket) {
    if (bucket < 1U << (kParts + 1)) return Amount{bucket};
    const unsigned low = (bucket >> kParts) - 1;  // Bits below the part.
    const uint64_t head = (uint64_t{1} << kParts) | (bucket & ((1U << kParts) - 1));
    std::array<uint64_t, 4> limbs{};
    const auto put = [&](uint64_t bits, unsigned at) {
        limbs[at / 64] |= bits << (at % 64);
        if (at % 64 > 57 && at / 64 < 3) limbs[at / 64 + 1] |= bits >> (64 - at % 64);
    };
    put(head, low);
    if (low > 0) put(1, low - 1);
    return Amount::from_limbs(limbs);
}

}  // namespace

void AmountSketch::add(uint32_t index, uint32_t count) {
    const auto at = std::lower_bound(buckets_.begin(), buckets_.end(), index,
                                     [](const Bucket& b, uint32_t i) { return b.index < i; });
    if (at != buckets_.end() && at->index == index) {
        at->count += std::min(count, ~0U - at->count);
    } else {
        buckets_.insert(at, {index, count});
        if (buckets_.size() > kMaxBuckets) {  // High quantiles keep their error.
            buckets_[1].count += std::min(buckets_[0].count, ~0U - buckets_[1].count);
            buckets_.erase(buckets_.begin());
        }
    }
    total_ += count;
}

void AmountSketch::add(const Amount& value) { add(bucket_of(value), 1); }

void AmountSketch::merge(const AmountSketch& other) {
    for (const Bucket& bucket : other.buckets_) add(bucket.index, bucket.count);
}

Amount AmountSketch::quantile(uint64_t share) const noexcept {
    const Amount wanted =
        mul_div(Amount{total_}, Amount{std::min(share, kShareOne)}, Amount{kShareOne});
    const uint64_t rank = std::max<uint64_t>(1, wanted.low_u64());
    uint64_t seen = 0;
    for (const Bucket& bucket : buckets_) {
        seen += bucket.count;
        if (seen >= rank) return middle_of(bucket.index);
    }
    return buckets_.empty() ? Amount{} : middle_of(buckets_.back().index);
}

Status save_state(StateSink& sink, const AmountSketch& sketch) {
    CORDON_TRY(save_state(sink, sketch.total_));
    return save_state(sink, sketch.buckets_);
}
Status load_state(StateSource& source, AmountSketch& sketch) {
    CORDON_TRY(load_state(source, sketch.total_));
    return load_state(source, sketch.buckets_);
}

Status save_state(StateSink& sink, const GroupWindow& window) {
    CORDON_TRY(save_state(sink, window.silent_until));
    return save_state(sink, window.events);
}
Status load_state(StateSource& source, GroupWindow& window) {
    CORDON_TRY(load_state(source, window.silent_until));
    return load_state(source, window.events);
}

Status save_state(StateSink& sink, const GroupSequence& sequence) {
    CORDON_TRY(save_state(sink, uint64_t{sequence.ways.size()}));
    for (const GroupSequence::Way& way : sequence.ways) {
        CORDON_TRY(save_state(sink, way.start));
        CORDON_TRY(save_state(sink, way.txns));
    }
    return {};
}
Status load_state(StateSource& source, GroupSequence& sequence) {
    uint64_t size = 0;
    CORDON_TRY(load_state(source, size));
    if (size > kMaxSteps) return fail(ErrorCode::kCorrupt, "checkpoint: a sequence is too long");
    sequence.ways.resize(size);
    for (GroupSequence::Way& way : sequence.ways) {
        CORDON_TRY(load_state(source, way.start));
        CORDON_TRY(load_state(source, way.txns));
    }
    return {};
}

Status save_state(StateSink& sink, const GroupQuantile& quantile) {
    CORDON_TRY(save_state(sink, quantile.pane));
    CORDON_TRY(save_state(sink, quantile.silent_until));
    for (const AmountSketch& pane : quantile.panes) CORDON_TRY(save_state(sink, pane));
    return {};
}
Status load_state(StateSource& source, GroupQuantile& quantile) {
    CORDON_TRY(load_state(source, quantile.pane));
    CORDON_TRY(load_state(source, quantile.silent_until));
    for (AmountSketch& pane : quantile.panes) CORDON_TRY(load_state(source, pane));
    return {};
}

Status save_state(StateSink& sink, const GroupWaiting& waiting) {
    CORDON_TRY(save_state(sink, waiting.rule));
    CORDON_TRY(save_state(sink, waiting.until));
    CORDON_TRY(save_state(sink, waiting.chain));
    CORDON_TRY(save_state(sink, waiting.txn));
    CORDON_TRY(save_state(sink, waiting.subject));
    CORDON_TRY(save_state(sink, waiting.related));
    CORDON_TRY(save_state(sink, waiting.usd));
    return save_state(sink, waiting.reason);
}
Status load_state(StateSource& source, GroupWaiting& waiting) {
    CORDON_TRY(load_state(source, waiting.rule));
    CORDON_TRY(load_state(source, waiting.until));
    CORDON_TRY(load_state(source, waiting.chain));
    CORDON_TRY(load_state(source, waiting.txn));
    CORDON_TRY(load_state(source, waiting.subject));
    CORDON_TRY(load_state(source, waiting.related));
    CORDON_TRY(load_state(source, waiting.usd));
    return load_state(source, waiting.reason);
}

}  // namespace cordon::detect
