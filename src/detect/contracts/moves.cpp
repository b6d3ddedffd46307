// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "moves.hpp"

#include <algorithm>
#include <bit>
#include <map>

#include <cordon/chain/evm/transfer_log.hpp>

#include "selectors.hpp"

namespace cordon::detect {
namespace {

constexpr uint32_t kNobody = ~0U;

/// Reads one txn after the other, into the same memory.
class Reader {
public:
    const Trace& trace() const noexcept { return out_; }
    void read(const TxnView& txn) {
        const std::vector<Call>& calls = txn.activity->calls;
        const std::vector<Log>& logs = txn.activity->logs;
        // Four parties a frame at most and three a log; twice as much room finds them soon.
        numbers_.assign(std::bit_ceil((calls.size() * 4 + logs.size() * 3) * 2 + 1), kNobody);
        out_.parties.clear();
        out_.moves.clear();
        number(calls);
        find_wrappers(calls);
        for (uint32_t i = 0; i < calls.size(); ++i) read_frame(calls[i], i);
        if (txn.has_logs) add_logs(calls, logs);
        const auto by_frame = [](const Move& a, const Move& b) { return a.frame < b.frame; };
        if (!std::is_sorted(out_.moves.begin(), out_.moves.end(), by_frame))
            std::stable_sort(out_.moves.begin(), out_.moves.end(), by_frame);
    }

private:
    uint32_t party(const Address& address) {
        if (address.empty()) return kNobody;
        for (std::size_t at = std::hash<Address>{}(address) >> 32;; ++at) {
            uint32_t& number = numbers_[at & (numbers_.size() - 1)];
            if (number == kNobody) {
                number = static_cast<uint32_t>(out_.parties.size());
                out_.parties.push_back(address);
            }
            if (out_.parties[number] == address) return number;
        }
    }

    void number(const std::vector<Call>& calls) {
        out_.frames.assign(calls.size(), Frame{});
        for (std::size_t i = 0; i < calls.size(); ++i) {
            const Call& call = calls[i];
            Frame& frame = out_.frames[i];
            frame.from = party(call.from);
            frame.to = party(call.to);
            frame.selector = selector_of(call.input);
            frame.kinds = frame.selector ? kinds_of(*frame.selector) : 0;
            if (i != 0 && call.parent < i) frame.parent = call.parent;
            const Frame& parent = out_.frames[frame.parent];
            frame.depth = i == 0 ? 0 : parent.depth + 1;
            frame.failed = call.failed || (i != 0 && parent.failed);
        }
    }

    /// WETH and its kin: deposit() with value makes as much of a token, withdraw(uint256) pays as
    /// much back, and it is used as a token too. A bank with the same two functions is no token.
    void find_wrappers(const std::vector<Call>& calls) {
        static const Selector kDeposit = selector_named("deposit()");
        static const Selector kWithdraw = selector_named("withdraw(uint256)");
        std::map<uint32_t, bool> wraps;  // Party: true while all of its payments were exact.
        for (uint32_t i = 0; i < calls.size(); ++i) {
            const Call& call = calls[i];
            const Frame& frame = out_.frames[i];
            const std::optional<Selector> selector = frame.selector;
            if (!selector || frame.to == kNobody || frame.failed) continue;
            if (call.kind != CallKind::kCall) continue;
            constexpr std::size_t kBare = 4;
            constexpr std::size_t kOneWord = 36;
            if (*selector == kDeposit && call.input.size() == kBare && !call.value.is_zero())
                wraps.try_emplace(frame.to, true);
            if (*selector != kWithdraw || call.input.size() != kOneWord) continue;
            const Amount amount = amount_in(word_of(call.input, 0));
            bool exact = false;
            for (uint32_t k = i + 1; k < calls.size() && out_.frames[k].depth > frame.depth; ++k)
                if (out_.frames[k].from == frame.to && out_.frames[k].to == frame.from &&
                    calls[k].value == amount)
                    exact = true;
            const auto at = wraps.try_emplace(frame.to, exact).first;
            at->second = at->second && exact;
        }
        wrapper_.clear();
        if (wraps.empty()) return;
        wrapper_.resize(out_.parties.size());
        for (const Frame& frame : out_.frames) {
            if (frame.failed || (frame.kinds & kTokenCall) == 0) continue;
            if (const auto at = wraps.find(frame.to); at != wraps.end())
                wrapper_[at->first] = at->second;
        }
    }
    bool is_wrapper(uint32_t party) const noexcept {
        return party < wrapper_.size() && wrapper_[party];
    }

    void read_frame(const Call& call, uint32_t i) {
        static const Selector kTransfer = selector_named("transfer(address,uint256)");
        static const Selector kTransferFrom =
            selector_named("transferFrom(address,address,uint256)");
        const Frame& frame = out_.frames[i];
        if (frame.failed || frame.to == kNobody || frame.from == kNobody) return;
        if (call.kind == CallKind::kStaticCall || call.kind == CallKind::kDelegateCall) return;
        if (!call.value.is_zero() && !is_wrapper(frame.from) && !is_wrapper(frame.to))
            move({i, frame.from, frame.to, kNative, call.value});
        if (call.kind != CallKind::kCall) return;
        const std::optional<Selector> selector = frame.selector;
        if (!selector || (*selector != kTransfer && *selector != kTransferFrom)) return;
        // Tokens answer true or nothing; false means that nothing moved.
        if (!call.output.empty() &&
            std::all_of(call.output.begin(), call.output.end(), [](uint8_t b) { return b == 0; }))
            return;
        const std::size_t shift = *selector == kTransferFrom ? 1 : 0;
        const std::optional<Address> to = address_in(word_of(call.input, shift));
        const ByteView amount = word_of(call.input, shift + 1);
        std::optional<Address> from;
        if (shift == 1) from = address_in(word_of(call.input, 0));
        if (!to || amount.empty() || (shift == 1 && !from)) return;
        const uint32_t payer = from ? party(*from) : frame.from;
        // A token in a proxy hands the same calldata on to another contract: one movement.
        move({i, payer, party(*to), is_wrapper(frame.to) ? kNative : frame.to, amount_in(amount),
              true});
    }
    void move(Move move) {
        if (move.from == move.to || move.amount.is_zero()) return;
        out_.moves.push_back(move);
    }

    /// Logs do not say their frame. Those that fit a transfer call, in order, correct its amount;
    /// the others lie in a frame of their contract between the fitting ones before and after.
    void add_logs(const std::vector<Call>& calls, const std::vector<Log>& all) {
        logs_.clear();
        for (const Log& log : all) {
            const std::optional<chain::TransferLog> read =
                chain::decode_transfer_log(log.topics, log.data);
            if (!read || read->non_fungible) continue;
            logs_.push_back({*read, party(log.contract), party(read->from), party(read->to)});
        }
        const std::size_t told = out_.moves.size();
        fitted_.assign(told, false);
        std::size_t next = 0;
        for (Told& log : logs_) {
            for (std::size_t i = next; i < told; ++i) {
                const Move& move = out_.moves[i];
                const bool same_token =
                    move.asset == log.token || (move.asset == kNative && is_wrapper(log.token) &&
                                                out_.frames[move.frame].to == log.token);
                if (fitted_[i] || !same_token || move.from != log.from || move.to != log.to)
                    continue;
                fitted_[i] = true;
                log.call = i;
                out_.moves[i].amount = log.log.amount;
                next = i + 1;
                break;
            }
        }
        // Calldata that no log confirms moved nothing.
        std::size_t kept = 0;
        for (Told& log : logs_)
            if (log.call != kNoCall) log.frame = out_.moves[log.call].frame;
        for (std::size_t i = 0; i < told; ++i)
            if (!out_.moves[i].token || fitted_[i]) out_.moves[kept++] = out_.moves[i];
        out_.moves.resize(kept);
        auto after = static_cast<uint32_t>(calls.size());
        for (std::size_t i = logs_.size(); i-- > 0;) {
            logs_[i].after = after;
            if (logs_[i].call != kNoCall) after = logs_[i].frame;
        }
        uint32_t before = 0;
        for (std::size_t i = 0; i < logs_.size(); ++i) {
            const Told& log = logs_[i];
            if (log.call != kNoCall) {
                before = log.frame;
                continue;
            }
            const bool shares = log.log.from.is_zero() || log.log.to.is_zero();
            if (is_wrapper(log.token) && shares) continue;
            before = frame_between(calls, before, log.after, log.token);
            move({before, log.from, log.to, is_wrapper(log.token) ? kNative : log.token,
                  log.log.amount, true, shares});
        }
    }
    /// The next frame of the contract at or behind `first`; `first` itself when there is none.
    uint32_t frame_between(const std::vector<Call>& calls, uint32_t first, uint32_t last,
                           uint32_t token) const noexcept {
        for (uint32_t i = first; i < last && i < calls.size(); ++i) {
            const bool runs =
                calls[i].kind == CallKind::kDelegateCall
                    ? out_.frames[i].from == token
                    : out_.frames[i].to == token && calls[i].kind != CallKind::kStaticCall;
            if (runs && !out_.frames[i].failed) return i;
        }
        return first;
    }

    static constexpr std::size_t kNoCall = ~std::size_t{0};
    struct Told {  // By a log.
        chain::TransferLog log;
        uint32_t token, from, to;
        std::size_t call = kNoCall;     // Of the moves, that it fits.
        uint32_t frame = 0, after = 0;  // Of that call; of the next one that a log fits.
    };
    Trace out_;
    std::vector<uint32_t> numbers_;  // By hash, the next free place behind it.
    std::vector<bool> wrapper_;      // Empty where nobody wraps.
    std::vector<bool> fitted_;
    std::vector<Told> logs_;
};

}  // namespace

uint64_t reading_of(const TxnView& txn) noexcept {
    static thread_local uint64_t last = 0;
    if (txn.reading == 0) txn.reading = ++last;
    return txn.reading;
}

const Trace& moves_of(const TxnView& txn) {
    // A pure function of the txn: remembering the last answer cannot be seen from outside.
    static thread_local uint64_t last_reading = 0;
    static thread_local Reader reader;
    if (const uint64_t reading = reading_of(txn); reading != last_reading) {
        reader.read(txn);
        last_reading = reading;
    }
    return reader.trace();
}

}  // namespace cordon::detect
