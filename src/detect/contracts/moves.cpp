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

class Reader {
public:
    explicit Reader(const TxnView& txn) : txn_{txn}, calls_{txn.activity->calls} {
        // Four parties a frame at most and three a log; twice as much room finds them soon.
        const std::size_t most = calls_.size() * 4 + txn.activity->logs.size() * 3;
        numbers_.assign(std::bit_ceil(most * 2 + 1), kNobody);
        out_.parties.reserve(calls_.size() + 4);
        out_.moves.reserve(calls_.size());
    }

    Trace read() {
        number();
        find_wrappers();
        for (uint32_t i = 0; i < calls_.size(); ++i) read_frame(i);
        if (txn_.has_logs) add_logs();
        std::stable_sort(out_.moves.begin(), out_.moves.end(),
                         [](const Move& a, const Move& b) { return a.frame < b.frame; });
        return std::move(out_);
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

    void number() {
        out_.frames.resize(calls_.size());
        for (std::size_t i = 0; i < calls_.size(); ++i) {
            const Call& call = calls_[i];
            Frame& frame = out_.frames[i];
            frame.from = party(call.from);
            frame.to = party(call.to);
            if (i != 0 && call.parent < i) frame.parent = call.parent;
            const Frame& parent = out_.frames[frame.parent];
            frame.depth = i == 0 ? 0 : parent.depth + 1;
            frame.failed = call.failed || (i != 0 && parent.failed);
        }
    }

    /// WETH and its kin: deposit() with value makes as much of a token, withdraw(uint256) pays as
    /// much back, and it is used as a token too. A bank with the same two functions is no token.
    void find_wrappers() {
        static const Selector kDeposit = selector_named("deposit()");
        static const Selector kWithdraw = selector_named("withdraw(uint256)");
        std::map<uint32_t, bool> wraps;  // Party: true while all of its payments were exact.
        std::vector<bool> token(out_.parties.size());
        for (uint32_t i = 0; i < calls_.size(); ++i) {
            const Call& call = calls_[i];
            const Frame& frame = out_.frames[i];
            const std::optional<Selector> selector = selector_of(call.input);
            if (!selector || frame.to == kNobody || frame.failed) continue;
            if (token_calls().has(*selector)) token[frame.to] = true;
            if (call.kind != CallKind::kCall) continue;
            constexpr std::size_t kBare = 4;
            constexpr std::size_t kOneWord = 36;
            if (*selector == kDeposit && call.input.size() == kBare && !call.value.is_zero())
                wraps.try_emplace(frame.to, true);
            if (*selector != kWithdraw || call.input.size() != kOneWord) continue;
            const Amount amount = amount_in(word_of(call.input, 0));
            bool exact = false;
            for (uint32_t k = i + 1; k < calls_.size() && out_.frames[k].depth > frame.depth; ++k)
                if (out_.frames[k].from == frame.to && out_.frames[k].to == frame.from &&
                    calls_[k].value == amount)
                    exact = true;
            const auto at = wraps.try_emplace(frame.to, exact).first;
            at->second = at->second && exact;
        }
        wrapper_.assign(out_.parties.size(), false);
        for (const auto& [who, exact] : wraps) wrapper_[who] = exact && token[who];
    }
    bool is_wrapper(uint32_t party) const noexcept {
        return party < wrapper_.size() && wrapper_[party];
    }

    void read_frame(uint32_t i) {
        static const Selector kTransfer = selector_named("transfer(address,uint256)");
        static const Selector kTransferFrom =
            selector_named("transferFrom(address,address,uint256)");
        const Call& call = calls_[i];
        const Frame& frame = out_.frames[i];
        if (frame.failed || frame.to == kNobody || frame.from == kNobody) return;
        if (call.kind == CallKind::kStaticCall || call.kind == CallKind::kDelegateCall) return;
        if (!call.value.is_zero() && !is_wrapper(frame.from) && !is_wrapper(frame.to))
            move({i, frame.from, frame.to, kNative, call.value});
        if (call.kind != CallKind::kCall) return;
        const std::optional<Selector> selector = selector_of(call.input);
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
    void add_logs() {
        constexpr std::size_t kNoCall = ~std::size_t{0};
        struct Read {
            TransferLog log;
            uint32_t token, from, to;
            std::size_t call = kNoCall;
        };
        std::vector<Read> logs;
        for (const Log& log : txn_.activity->logs) {
            const std::optional<TransferLog> read =
                chain::decode_transfer_log(log.topics, log.data);
            if (!read || read->non_fungible) continue;
            logs.push_back({*read, party(log.contract), party(read->from), party(read->to)});
        }
        const std::size_t told = out_.moves.size();
        std::vector<bool> fitted(told);
        std::size_t next = 0;
        for (Read& log : logs) {
            for (std::size_t i = next; i < told; ++i) {
                const Move& move = out_.moves[i];
                const bool same_token =
                    move.asset == log.token || (move.asset == kNative && is_wrapper(log.token) &&
                                                out_.frames[move.frame].to == log.token);
                if (fitted[i] || !same_token || move.from != log.from || move.to != log.to)
                    continue;
                fitted[i] = true;
                log.call = i;
                out_.moves[i].amount = log.log.amount;
                next = i + 1;
                break;
            }
        }
        // Calldata that no log confirms moved nothing.
        std::vector<Move> kept;
        std::vector<uint32_t> frame_of(told);
        for (std::size_t i = 0; i < told; ++i) {
            frame_of[i] = out_.moves[i].frame;
            const Move& move = out_.moves[i];
            if (!move.token || fitted[i]) kept.push_back(move);
        }
        out_.moves = std::move(kept);
        std::vector<uint32_t> after(logs.size(), static_cast<uint32_t>(calls_.size()));
        for (std::size_t i = logs.size(); i-- > 1;)
            after[i - 1] = logs[i].call == kNoCall ? after[i] : frame_of[logs[i].call];
        uint32_t before = 0;
        for (std::size_t i = 0; i < logs.size(); ++i) {
            const Read& log = logs[i];
            if (log.call != kNoCall) {
                before = frame_of[log.call];
                continue;
            }
            const bool shares = log.log.from.is_zero() || log.log.to.is_zero();
            if (is_wrapper(log.token) && shares) continue;
            before = frame_between(before, after[i], log.token);
            move({before, log.from, log.to, is_wrapper(log.token) ? kNative : log.token,
                  log.log.amount, true, shares});
        }
    }
    /// The next frame of the contract at or behind `first`; `first` itself when there is none.
    uint32_t frame_between(uint32_t first, uint32_t last, uint32_t token) const noexcept {
        for (uint32_t i = first; i < last && i < calls_.size(); ++i) {
            const bool runs =
                calls_[i].kind == CallKind::kDelegateCall
                    ? out_.frames[i].from == token
                    : out_.frames[i].to == token && calls_[i].kind != CallKind::kStaticCall;
            if (runs && !out_.frames[i].failed) return i;
        }
        return first;
    }

    using TransferLog = chain::TransferLog;
    const TxnView& txn_;
    const std::vector<Call>& calls_;
    Trace out_;
    std::vector<uint32_t> numbers_;  // By hash, the next free place behind it.
    std::vector<bool> wrapper_;
};

/// Tells txns apart whose hash is the same: a pending one is simulated again and again.
uint64_t mixed_of(const TxnActivity& activity) noexcept {
    uint64_t digest = std::hash<Hash256>{}(activity.hash);
    const auto add = [&](uint64_t value) {
        digest = (digest ^ value) * 0x9E3779B97F4A7C15ULL;
        digest ^= digest >> 32;
    };
    const auto add_bytes = [&](ByteView bytes) {
        add(std::hash<std::string_view>{}(
            {reinterpret_cast<const char*>(bytes.data()), bytes.size()}));
    };
    for (const Call& call : activity.calls) {
        add(std::hash<Address>{}(call.from) ^ (std::hash<Address>{}(call.to) * 3));
        add(std::hash<Amount>{}(call.value) ^ (uint64_t{call.parent} << 8) ^
            static_cast<uint64_t>(call.kind) ^ (call.failed ? 64U : 0U));
        add_bytes(call.input);
        add_bytes(call.output);
    }
    for (const Log& log : activity.logs) {
        add(std::hash<Address>{}(log.contract));
        for (const Hash256& topic : log.topics) add_bytes(topic);
        add_bytes(log.data);
    }
    return digest;
}

}  // namespace

uint64_t digest_of(const TxnView& txn) noexcept {
    if (txn.digest == 0) txn.digest = mixed_of(*txn.activity) ^ (txn.has_logs ? 1U : 2U);
    return txn.digest;
}

const Trace& moves_of(const TxnView& txn) {
    // A pure function of the txn: remembering the last answer cannot be seen from outside.
    static thread_local uint64_t last_digest = 0;
    static thread_local Trace last;
    if (const uint64_t digest = digest_of(txn); digest != last_digest) {
        last = Reader{txn}.read();
        last_digest = digest;
    }
    return last;
}

}  // namespace cordon::detect
