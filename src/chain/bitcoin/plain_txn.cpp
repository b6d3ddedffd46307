// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "plain_txn.hpp"

#include <cstring>

#include "../txn_slots.hpp"
#include "script.hpp"
#include "txn.hpp"

namespace cordon::chain {
namespace {

constexpr std::size_t kMostInputs = 12;  // So many are compared pair by pair.
constexpr std::size_t kPrevout = 36;

template <typename T>
T number_at(const uint8_t* at) noexcept {
    T out;
    std::memcpy(&out, at, sizeof out);
    return out;
}

/// What is left of the bytes. Every function is false, and the place then of no meaning, where the
/// bytes end early or hold what is not plain.
class Rest {
public:
    explicit Rest(ByteView bytes) noexcept : at_{bytes.data()}, end_{at_ + bytes.size()} {}

    const uint8_t* at() const noexcept { return at_; }
    bool has(std::size_t bytes) const noexcept {
        return static_cast<std::size_t>(end_ - at_) >= bytes;
    }
    /// REQUIRES: has(bytes).
    const uint8_t* take(std::size_t bytes) noexcept {
        const uint8_t* const taken = at_;
        at_ += bytes;
        return taken;
    }
    bool size(std::size_t& out) noexcept {
        if (!has(1)) return false;
        out = *take(1);
        if (out < 0xfd) return true;
        if (out != 0xfd || !has(2)) return false;
        out = number_at<uint16_t>(take(2));
        return out >= 0xfd;
    }
    bool text(ByteView& out) noexcept {
        std::size_t bytes = 0;
        if (!size(bytes) || !has(bytes)) return false;
        out = {take(bytes), bytes};
        return true;
    }

private:
    const uint8_t* at_;
    const uint8_t* end_;
};

bool read_inputs(Rest& rest, std::vector<TxIn>& out) {
    std::size_t count = 0;
    if (!rest.size(count) || count == 0 || count > kMostInputs) return false;
    reuse(out, count);
    for (std::size_t i = 0; i < count; ++i) {
        if (!rest.has(kMinInput)) return false;
        const uint8_t* const prevout = rest.take(kPrevout);
        OutPoint point;
        std::memcpy(point.txid.bytes.data(), prevout, sizeof point.txid);
        point.index = number_at<uint32_t>(prevout + sizeof point.txid);
        if (point.index == kNoIndex) return false;  // A coinbase has it.
        // Equal or not, the same start is reason enough for a closer look.
        const auto start = number_at<uint64_t>(prevout);
        for (const TxIn& other : out)
            if (start == number_at<uint64_t>(other.prevout.txid.bytes.data()) &&
                point.index == other.prevout.index)
                return false;
        out.emplace_back(point, std::nullopt);
        ByteView script;
        if (!rest.text(script) || !rest.has(4)) return false;
        rest.take(4);  // The sequence.
    }
    return true;
}

/// An output where it stays: a copy of what has just been written byte by byte waits for all of it.
struct Made {
    uint64_t value;
    ByteView script;
    operator TxOut() const { return {value, address_of_script(script)}; }
};

bool read_outputs(Rest& rest, std::vector<TxOut>& out, uint64_t& total) {
    std::size_t count = 0;
    if (!rest.size(count) || count == 0 || !rest.has(count * kMinOutput)) return false;
    reuse(out, count);
    for (std::size_t i = 0; i < count; ++i) {
        if (!rest.has(kMinOutput)) return false;
        Made made{number_at<uint64_t>(rest.take(8)), {}};
        if (!rest.text(made.script) || made.value > kMaxMoney - total) return false;
        total += made.value;
        out.emplace_back(made);
    }
    return true;
}

bool pass_witnesses(Rest& rest, std::size_t inputs) {
    std::size_t items = 0;
    for (std::size_t i = 0; i < inputs; ++i) {
        std::size_t count = 0;
        if (!rest.size(count)) return false;
        items += count;
        for (ByteView item; count > 0; --count)
            if (!rest.text(item)) return false;
    }
    return items > 0;
}

}  // namespace

std::optional<PlainTxn> read_plain_txn(ByteView bytes, UtxoTxn& out) {
    Rest rest{bytes};
    PlainTxn plain;
    if (!rest.has(6)) return std::nullopt;
    out.version = number_at<uint32_t>(rest.take(4));
    plain.segwit = *rest.at() == 0;
    if (plain.segwit && number_at<uint16_t>(rest.take(2)) != 0x0100) return std::nullopt;
    const uint8_t* const body = rest.at();
    if (!read_inputs(rest, out.inputs)) return std::nullopt;
    if (!read_outputs(rest, out.outputs, plain.total_out)) return std::nullopt;
    plain.body = {body, rest.at()};
    if ((plain.body.size() + 8) * 4 > kMaxBlockWeight) return std::nullopt;
    if (plain.segwit && !pass_witnesses(rest, out.inputs.size())) return std::nullopt;
    if (!rest.has(4)) return std::nullopt;
    out.locktime = number_at<uint32_t>(rest.take(4));
    out.coinbase = false;
    plain.raw = {bytes.data(), rest.at()};
    return plain;
}

}  // namespace cordon::chain
