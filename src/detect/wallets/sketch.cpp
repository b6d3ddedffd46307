// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "sketch.hpp"

#include <bit>
#include <cmath>

namespace cordon::detect {
namespace {

__extension__ using Wide = unsigned __int128;
__extension__ using SignedWide = __int128;

constexpr uint64_t square_root(Wide x) noexcept {
    Wide root = 0;
    for (int bit = 63; bit >= 0; --bit) {
        const Wide more = root | (Wide{1} << bit);
        if (more * more <= x) root = more;
    }
    return static_cast<uint64_t>(root);
}

/// 2^(2^-1), 2^(2^-2), ... 2^(2^-16) with 32 binary places.
constexpr std::array<uint64_t, 16> kRoots = [] {
    std::array<uint64_t, 16> roots{};
    Wide last = Wide{2} << 32;
    for (uint64_t& root : roots) {
        root = square_root(last << 32);
        last = root;
    }
    return roots;
}();

// Borders grow by 2^(1880/65536) = 1.0201: the middle of a bucket is within 1 % of both, the
// rounding of log2_q16 included.
constexpr int64_t kBucketQ16 = 1880;

}  // namespace

int64_t log2_q16(uint64_t x) noexcept {
    const auto exponent = static_cast<int>(std::bit_width(x)) - 1;
    // The mantissa in [1, 2) with 31 places; each squaring gives one more digit of the logarithm.
    uint64_t mantissa = exponent >= 31 ? x >> (exponent - 31) : x << (31 - exponent);
    int64_t log = exponent;
    for (int i = 0; i < 16; ++i) {
        mantissa = (mantissa * mantissa) >> 31;
        const uint64_t digit = mantissa >> 32;
        mantissa >>= digit;
        log = log * 2 + static_cast<int64_t>(digit);
    }
    return log;
}

uint64_t exp2_q16(int64_t x) noexcept {
    if (x < 0) return x >= -kOneQ16 ? 1 : 0;  // From 0.5 on it rounds to one.
    const int64_t exponent = x >> 16;
    if (exponent >= 64) return std::numeric_limits<uint64_t>::max();
    Wide value = Wide{1} << 32;
    for (std::size_t i = 0; i < kRoots.size(); ++i)
        if ((x >> (15 - i)) & 1) value = (value * kRoots[i]) >> 32;
    const Wide shifted = (value << exponent) + (Wide{1} << 31);
    const Wide rounded = shifted >> 32;
    return rounded > std::numeric_limits<uint64_t>::max() ? std::numeric_limits<uint64_t>::max()
                                                          : static_cast<uint64_t>(rounded);
}

uint64_t mix64(uint64_t x) noexcept {
    x += 0x9E3779B97F4A7C15ULL;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
    return x ^ (x >> 31);
}

// --- DdSketch

void DdSketch::add(uint64_t value) {
    const auto bucket = static_cast<int32_t>(log2_q16(std::max<uint64_t>(value, 1)) / kBucketQ16);
    if (counts_.empty()) lowest_ = bucket;
    if (bucket < lowest_) {
        const auto room = static_cast<int32_t>(kBuckets - counts_.size());
        const int32_t more = std::min(room, lowest_ - bucket);
        counts_.insert(counts_.begin(), static_cast<std::size_t>(more), 0);
        lowest_ -= more;
    }
    auto place = static_cast<std::size_t>(std::max(bucket - lowest_, 0));
    if (place >= kBuckets) {  // Fold the lowest.
        const std::size_t fold = std::min(place - kBuckets + 1, counts_.size() - 1);
        uint32_t sum = 0;
        for (std::size_t i = 0; i <= fold; ++i) sum += counts_[i];
        counts_.erase(counts_.begin(), counts_.begin() + static_cast<std::ptrdiff_t>(fold));
        counts_[0] = sum;
        lowest_ += static_cast<int32_t>(fold);
        place = static_cast<std::size_t>(bucket - lowest_);
        if (place >= kBuckets) {  // All that was is far below: one bucket of it stays.
            lowest_ = bucket - static_cast<int32_t>(kBuckets) + 1;
            place = kBuckets - 1;
        }
    }
    if (place >= counts_.size()) counts_.resize(place + 1);
    if (total_ > std::numeric_limits<uint32_t>::max() - kWeight) halve();
    counts_[place] += kWeight;
    total_ += kWeight;
}

uint64_t DdSketch::quantile(double share) const noexcept {
    if (total_ == 0) return 0;
    const auto rank =
        static_cast<uint64_t>(std::ceil(std::clamp(share, 0.0, 1.0) * static_cast<double>(total_)));
    uint64_t below = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
        below += counts_[i];
        if (below >= rank && counts_[i] > 0)
            return exp2_q16((lowest_ + static_cast<int64_t>(i)) * kBucketQ16 + kBucketQ16 / 2);
    }
    return 0;
}

void DdSketch::halve() {
    total_ = 0;
    for (uint32_t& count : counts_) total_ += count /= 2;
    // Room for the range of what is still there.
    while (!counts_.empty() && counts_.back() == 0) counts_.pop_back();
    const auto first =
        std::find_if(counts_.begin(), counts_.end(), [](uint32_t n) { return n > 0; });
    lowest_ += static_cast<int32_t>(first - counts_.begin());
    counts_.erase(counts_.begin(), first);
}

Status save_state(StateSink& sink, const DdSketch& sketch) {
    CORDON_TRY(save_state(sink, sketch.lowest_));
    return save_state(sink, sketch.counts_);
}
Status load_state(StateSource& source, DdSketch& sketch) {
    CORDON_TRY(load_state(source, sketch.lowest_));
    CORDON_TRY(load_state(source, sketch.counts_));
    if (sketch.counts_.size() > DdSketch::kBuckets || sketch.lowest_ < 0 ||
        sketch.lowest_ > 64 * kOneQ16 / kBucketQ16)
        return fail(ErrorCode::kCorrupt, "checkpoint: a sketch has more buckets than it may");
    sketch.total_ = 0;
    for (const uint32_t count : sketch.counts_) sketch.total_ += count;
    return {};
}

// --- Distinct

bool Distinct::add(uint64_t hash) {
    const auto count_in = [&](uint64_t one) {
        uint8_t& place = registers_[one >> (64 - kBits)];
        const auto rank = static_cast<uint8_t>(
            std::min(std::countl_zero((one << kBits) | 1) + 1, 64 - static_cast<int>(kBits) + 1));
        if (rank <= place) return false;
        place = rank;
        return true;
    };
    if (!registers_.empty()) return count_in(hash);
    const auto at = std::lower_bound(exact_.begin(), exact_.end(), hash);
    if (at != exact_.end() && *at == hash) return false;
    if (exact_.size() < kExact) {
        exact_.insert(at, hash);
        return true;
    }
    registers_.resize(std::size_t{1} << kBits);
    for (const uint64_t one : exact_) count_in(one);
    exact_ = {};
    return count_in(hash);
}

uint64_t Distinct::count() const noexcept {
    if (registers_.empty()) return exact_.size();
    constexpr uint64_t kRegisters = uint64_t{1} << kBits;
    // The sum of 2^-register is exact with 52 + 1 places; alpha is 0.7213 / (1 + 1.079 / m).
    constexpr unsigned kPlaces = 53;
    Wide sum = 0;
    uint64_t empty = 0;
    for (const uint8_t one : registers_) {
        sum += Wide{1} << (kPlaces - one);
        empty += one == 0 ? 1 : 0;
    }
    constexpr uint64_t kAlphaQ16 = 47259;  // 0.72111 for 4096 registers.
    const auto raw = static_cast<uint64_t>(
        ((Wide{kAlphaQ16} * kRegisters * kRegisters) << (kPlaces - 16)) / sum);
    if (raw * 2 > kRegisters * 5 || empty == 0) return raw;
    // Few for so many registers: linear counting, m ln(m / empty).
    constexpr int64_t kLn2Q16 = 45426;
    const int64_t log = (int64_t{kBits} << 16) - log2_q16(empty);
    return static_cast<uint64_t>((static_cast<SignedWide>(kRegisters) * log * kLn2Q16) >> 32);
}

Status save_state(StateSink& sink, const Distinct& distinct) {
    CORDON_TRY(save_state(sink, distinct.exact_));
    return save_state(sink, distinct.registers_);
}
Status load_state(StateSource& source, Distinct& distinct) {
    CORDON_TRY(load_state(source, distinct.exact_));
    CORDON_TRY(load_state(source, distinct.registers_));
    constexpr uint8_t kLargest = 64 - Distinct::kBits + 1;
    const bool is_whole = distinct.exact_.size() <= Distinct::kExact &&
                          std::is_sorted(distinct.exact_.begin(), distinct.exact_.end()) &&
                          (distinct.registers_.empty() ||
                           distinct.registers_.size() == std::size_t{1} << Distinct::kBits) &&
                          std::all_of(distinct.registers_.begin(), distinct.registers_.end(),
                                      [](uint8_t one) { return one <= kLargest; });
    if (!is_whole) return fail(ErrorCode::kCorrupt, "checkpoint: a count of different things");
    return {};
}

// --- LevelShift
//
// Half-life of what is learned: 7 days. An hour of the week sees 360 buckets a week, all hours
// together 60,480.
namespace {

constexpr int64_t kOneQ32 = int64_t{1} << 32;
constexpr int64_t kHourAlphaQ32 = 8269626;  // ln 2 / 360.
constexpr int64_t kAllAlphaQ32 = 49224;     // ln 2 / 60480.
// A wallet's buckets are rarely closer to their mean than one doubling: the spread is at least
// half of it, so that a wallet with constant payments does not raise at the first other one.
constexpr int64_t kLeastSigmaQ16 = kOneQ16 / 2;
constexpr int64_t kClip = 3;
constexpr int64_t kHourSlots = 3600 / LevelShift::kBucketSeconds;

/// (1 - alpha)^n in Q32.
int64_t decay(int64_t alpha, int64_t n) noexcept {
    Wide base = static_cast<Wide>(kOneQ32 - alpha);
    Wide all = static_cast<Wide>(kOneQ32);
    for (; n > 0; n >>= 1) {
        if (n & 1) all = (all * base) >> 32;
        base = (base * base) >> 32;
    }
    return static_cast<int64_t>(all);
}

}  // namespace

std::size_t LevelShift::hour_of(int64_t slot) noexcept {
    return static_cast<std::size_t>((slot / kHourSlots) % static_cast<int64_t>(kHours));
}

int64_t LevelShift::sigma_q16() const noexcept {
    return std::max<int64_t>(kLeastSigmaQ16,
                             static_cast<int64_t>(square_root(static_cast<Wide>(variance_))));
}

int64_t LevelShift::mean_of(int64_t slot) const noexcept {
    const int32_t mean = means_[hour_of(slot)];
    return mean == kUnknown ? level_ : mean;
}

int64_t LevelShift::z_q16(int64_t slot, int64_t x) const noexcept {
    return (x - mean_of(slot)) * kOneQ16 / sigma_q16();
}

void LevelShift::learn(int64_t slot, int64_t x, int64_t buckets) noexcept {
    // At the beginning every bucket weighs the same, as in a plain average.
    const auto seen = static_cast<int64_t>(buckets_);
    const auto share = [&](int64_t alpha) {
        return std::max(
            kOneQ32 - decay(alpha, buckets),
            static_cast<int64_t>(static_cast<SignedWide>(kOneQ32) * buckets / (seen + buckets)) *
                (seen * alpha < kOneQ32 ? 1 : 0));
    };
    const int64_t mean = mean_of(slot);
    const int64_t sigma = sigma_q16();
    // The first buckets are all there is to learn from: not clipped before the spread is known.
    constexpr int64_t kLearnFirst = 30;
    const int64_t r =
        seen < kLearnFirst ? x - mean : std::clamp(x - mean, -kClip * sigma, kClip * sigma);
    const auto part = [](int64_t value, int64_t share_q32) {
        return static_cast<int64_t>((static_cast<SignedWide>(value) * share_q32) >> 32);
    };
    const int64_t hour_share = means_[hour_of(slot)] == kUnknown
                                   ? share(kAllAlphaQ32)
                                   : kOneQ32 - decay(kHourAlphaQ32, buckets);
    variance_ += part(r * r - variance_, share(kAllAlphaQ32));
    means_[hour_of(slot)] = static_cast<int32_t>(std::max<int64_t>(0, mean + part(r, hour_share)));
    level_ += part(std::clamp(x - level_, -kClip * sigma, kClip * sigma), share(kAllAlphaQ32));
    buckets_ += static_cast<uint64_t>(buckets);
}

void LevelShift::close(int64_t until) noexcept {
    constexpr int64_t kHalfQ16 = kOneQ16 / 2;  // k of the CUSUM: half a sigma.
    const int64_t x =
        log2_q16(current_ == std::numeric_limits<uint64_t>::max() ? current_ : current_ + 1);
    cusum_ = std::max<int64_t>(0, cusum_ + z_q16(slot_, x) - kHalfQ16);
    learn(slot_, x, 1);
    if (current_ > 0) ++active_;
    current_ = 0;
    // Silent buckets go by the hour; after a week without anything every hour has been there.
    int64_t slot = std::max(slot_ + 1, until - static_cast<int64_t>(kHours) * kHourSlots);
    while (slot < until) {
        const int64_t end = std::min(until, (slot / kHourSlots + 1) * kHourSlots);
        const int64_t fall = kHalfQ16 - z_q16(slot, 0);
        cusum_ = std::max<int64_t>(0, cusum_ - std::max<int64_t>(0, fall) * (end - slot));
        learn(slot, 0, end - slot);
        slot = end;
    }
}

void LevelShift::add(UnixMillis time, uint64_t value) noexcept {
    const int64_t slot = slot_of(time);
    if (slot_ == 0) slot_ = slot;
    if (slot > slot_) {
        close(slot);
        slot_ = slot;
    }
    if (__builtin_add_overflow(current_, value, &current_))
        current_ = std::numeric_limits<uint64_t>::max();
}

int64_t LevelShift::cusum_q16() const noexcept {
    const int64_t x =
        log2_q16(current_ == std::numeric_limits<uint64_t>::max() ? current_ : current_ + 1);
    return std::max<int64_t>(0, cusum_ + z_q16(slot_, x) - kOneQ16 / 2);
}

// --- CountMin, Midas

std::size_t CountMin::cell(uint64_t hash, std::size_t row) noexcept {
    return row * kWidth + (mix64(hash + row * 0xA24BAED4963EE407ULL) % kWidth);
}

uint32_t CountMin::estimate(uint64_t hash) const noexcept {
    uint32_t least = std::numeric_limits<uint32_t>::max();
    for (std::size_t row = 0; row < kDepth; ++row) least = std::min(least, cells_[cell(hash, row)]);
    return least;
}

uint32_t CountMin::add(uint64_t hash, uint32_t count) {
    uint32_t sum = 0;
    if (__builtin_add_overflow(estimate(hash), count, &sum))
        sum = std::numeric_limits<uint32_t>::max();
    for (std::size_t row = 0; row < kDepth; ++row) {
        uint32_t& one = cells_[cell(hash, row)];
        one = std::max(one, sum);
    }
    return sum;
}

void CountMin::halve() noexcept {
    for (uint32_t& one : cells_) one /= 2;
}

uint64_t Midas::add(uint64_t edge, int64_t tick) {
    if (!begun_) {
        begun_ = true;
        first_ = tick_ = tick;
    }
    if (tick > tick_) {
        now_ = {};
        tick_ = tick;
    }
    const auto a = static_cast<int64_t>(now_.add(edge));
    const auto s = static_cast<int64_t>(all_.add(edge));
    const int64_t t = tick_ - first_ + 1;
    if (t < 2) return 0;
    // (a - s/t)^2 t^2 / (s (t - 1)) = (a t - s)^2 / (s (t - 1)).
    const SignedWide gap = static_cast<SignedWide>(a) * t - s;
    if (gap <= 0) return 0;  // Fewer than usual is no burst.
    const Wide score = (static_cast<Wide>(gap * gap) << 16) / static_cast<Wide>(s * (t - 1));
    return score > std::numeric_limits<uint64_t>::max() ? std::numeric_limits<uint64_t>::max()
                                                        : static_cast<uint64_t>(score);
}

}  // namespace cordon::detect
