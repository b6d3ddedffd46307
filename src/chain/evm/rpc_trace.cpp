// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "rpc_trace.hpp"

#include <algorithm>
#include <map>
#include <tuple>

#include <cordon/base/format.hpp>

#include "rpc.hpp"
#include "rpc_value.hpp"
#include "transfer_log.hpp"

namespace cordon::chain::evm {
namespace {

Result<CallKind> call_kind(std::string_view text) {
    static constexpr std::pair<std::string_view, CallKind> kKinds[] = {
        {"CALL", CallKind::kCall},
        {"STATICCALL", CallKind::kStaticCall},
        {"DELEGATECALL", CallKind::kDelegateCall},
        {"CALLCODE", CallKind::kCallCode},
        {"CREATE", CallKind::kCreate},
        {"CREATE2", CallKind::kCreate2},
        {"SELFDESTRUCT", CallKind::kSelfDestruct},
    };
    for (const auto& [name, kind] : kKinds)
        if (name == text) return kind;
    return fail(ErrorCode::kUnsupported,
                format("unknown kind of call \"{}\", expected an opcode that calls, creates or "
                       "destroys",
                       text.substr(0, 40)));
}

bool creates(CallKind kind) noexcept {
    return kind == CallKind::kCreate || kind == CallKind::kCreate2;
}

class FrameReader {
public:
    FrameReader(ChainFamily family, std::size_t& budget, std::vector<Call>& calls)
        : family_{family}, budget_{budget}, calls_{calls} {}

    Status read(JsonCursor& frame, uint32_t parent, uint32_t depth) {
        if (depth > kMaxCallDepth)
            return fail(ErrorCode::kLimit, format("more than {} levels of calls", kMaxCallDepth));
        if (budget_ == 0)
            return fail(ErrorCode::kLimit, format("more than {} frames in a block", kMaxFrames));
        --budget_;
        const auto self = static_cast<uint32_t>(calls_.size());
        calls_.emplace_back();
        // Filled at the end: its keys may stand behind those of its children, who make the list
        // grow.
        Call call;
        call.parent = parent;
        call.depth = depth;
        CORDON_TRY(const uint64_t seen, read_fields(frame, call, self));
        const bool needs_from = call.kind != CallKind::kSelfDestruct;  // See who_ended().
        if ((seen & 1U << kType) == 0 || (call.from.empty() && needs_from))
            return fail(ErrorCode::kMalformed, "a frame needs the keys type and from");
        if (creates(call.kind) && call.failed) call.to = {};
        calls_[self] = std::move(call);
        return {};
    }

private:
    enum : std::size_t { kType, kFrom, kTo, kValue, kInput, kOutput, kError, kCalls };
    static constexpr std::string_view kNames[] = {"type",  "from",   "to",    "value",
                                                  "input", "output", "error", "calls"};

    Result<uint64_t> read_fields(JsonCursor& frame, Call& call, uint32_t self) {
        return frame.members(kNames, [&](std::size_t name, JsonCursor& value) -> Status {
            CORDON_TRY(const bool absent, value.is_null());
            if (absent) return {};
            switch (name) {
                case kType: {
                    CORDON_TRY(const std::string_view text, value.string());
                    CORDON_TRY(call.kind, call_kind(text));
                    return {};
                }
                case kFrom: return into(call.from, rpc_address(family_, value));
                case kTo: return into(call.to, rpc_address(family_, value));
                case kValue: return into(call.value, rpc_amount(value));
                case kInput: return into(call.input, rpc_bytes(value));
                case kOutput: return into(call.output, rpc_bytes(value));
                case kError: call.failed = true; return {};
                default: break;
            }
            return value.items(
                [&](JsonCursor& child) -> Status { return read(child, self, call.depth + 1); });
        });
    }

    ChainFamily family_;
    std::size_t& budget_;
    std::vector<Call>& calls_;
};

/// Geth before 1.10 wrote nothing but the type of a SELFDESTRUCT: who ended is whose code ran.
void who_ended(std::vector<Call>& calls) {
    for (Call& call : calls) {
        if (!call.from.empty() || call.parent >= calls.size()) continue;
        const Call& parent = calls[call.parent];
        const bool borrowed =
            parent.kind == CallKind::kDelegateCall || parent.kind == CallKind::kCallCode;
        call.from = borrowed ? parent.from : parent.to;
    }
}

/// {"0x<slot>": "0x<word>", …} of one account.
using Slots = std::map<std::pair<Address, Hash256>, StateChange>;

Status read_storage(ChainFamily family, JsonCursor& accounts, Hash256 StateChange::* side,
                    Slots& slots) {
    return accounts.members([&](std::string_view key, JsonCursor& account) -> Status {
        CORDON_TRY(const Address contract, rpc_address(family, key));
        static constexpr std::string_view kStorage[] = {"storage"};
        CORDON_TRY(account.members(kStorage, [&](std::size_t, JsonCursor& storage) -> Status {
            CORDON_TRY(const bool absent, storage.is_null());
            if (absent) return {};
            return storage.members([&](std::string_view text, JsonCursor& value) -> Status {
                CORDON_TRY(const Hash256 slot, rpc_word(text));
                CORDON_TRY(const std::string_view word, value.string());
                StateChange& change = slots[{contract, slot}];
                change.contract = contract;
                change.slot = slot;
                CORDON_TRY(change.*side, rpc_word(word));
                return {};
            });
        }));
        return {};
    });
}

constexpr std::size_t kWord = 32;
constexpr std::array<uint8_t, 4> kTransfer{0xa9, 0x05, 0x9c, 0xbb};  // transfer(address,uint256)
constexpr std::array<uint8_t, 4> kTransferFrom{0x23, 0xb8, 0x72,
                                               0xdd};  // (address,address,uint256)

}  // namespace

Status read_call_trace(ChainFamily family, JsonCursor& frame, std::size_t& budget,
                       std::vector<Call>& calls) {
    CORDON_TRY(FrameReader(family, budget, calls).read(frame, Call::kNoParent, 0));
    who_ended(calls);
    return {};
}

Status read_state_diff(ChainFamily family, JsonCursor& diff, std::vector<StateChange>& changes) {
    static constexpr std::string_view kNames[] = {"pre", "post"};
    Slots slots;
    CORDON_TRY(const uint64_t seen,
               diff.members(kNames, [&](std::size_t name, JsonCursor& value) -> Status {
                   return read_storage(family, value,
                                       name == 0 ? &StateChange::before : &StateChange::after,
                                       slots);
               }));
    if (seen != 0b11)
        return fail(ErrorCode::kMalformed,
                    "expected the keys pre and post: ask prestateTracer with diffMode");
    // A slot that only one side has was, or is, empty: geth leaves zeros out, and all of a contract
    // that was destroyed.
    for (const auto& [key, change] : slots)
        if (change.before != change.after) changes.push_back(change);
    return {};
}

std::vector<bool> without_effect(std::span<const Call> calls) {
    std::vector<bool> out(calls.size());
    for (std::size_t i = 0; i < calls.size(); ++i)
        out[i] = calls[i].failed || (calls[i].parent < i && out[calls[i].parent]);
    return out;
}

Result<std::vector<Call>> parse_call_trace(std::string_view text) {
    JsonText json;
    CORDON_TRY(json.open(text));
    std::vector<Call> calls;
    std::size_t budget = kMaxFrames;
    CORDON_TRY(json.walk([&](JsonCursor& frame) -> Status {
        return read_call_trace(ChainFamily::kEvm, frame, budget, calls);
    }));
    return calls;
}

Result<std::vector<StateChange>> parse_state_diff(std::string_view text) {
    JsonText json;
    CORDON_TRY(json.open(text));
    std::vector<StateChange> changes;
    CORDON_TRY(json.walk([&](JsonCursor& diff) -> Status {
        return read_state_diff(ChainFamily::kEvm, diff, changes);
    }));
    return changes;
}

std::optional<Transfer> token_transfer_of(ChainId chain, const Address& from,
                                          const Address& contract, ByteView input) {
    const auto is_call = [&](const std::array<uint8_t, 4>& selector, std::size_t words) {
        return input.size() >= selector.size() + words * kWord &&
               std::equal(selector.begin(), selector.end(), input.begin());
    };
    const auto word = [&](std::size_t i) { return input.subspan(4 + i * kWord, kWord); };
    const auto address = [&](std::size_t i) -> std::optional<Address> {
        const ByteView padding = word(i).first(kWord - 20);
        if (std::any_of(padding.begin(), padding.end(), [](uint8_t byte) { return byte != 0; }))
            return std::nullopt;
        return Address{contract.kind(), word(i).last(20)};
    };
    std::optional<Address> source = from;
    std::optional<Address> target;
    std::size_t amount = 0;
    if (is_call(kTransfer, 2)) {
        target = address(0);
        amount = 1;
    } else if (is_call(kTransferFrom, 3)) {
        source = address(0);
        target = address(1);
        amount = 2;
    }
    if (!source || !target || contract.empty()) return std::nullopt;
    const auto value = Amount::from_big_endian(word(amount));
    if (!value) return std::nullopt;
    return Transfer{.from = *source,
                    .to = *target,
                    .asset = token_asset(chain, contract),
                    .amount = *value,
                    .kind = token_transfer_kind(*source, *target)};
}

std::vector<Transfer> transfers_of_calls(std::span<const Call> calls) {
    const std::vector<bool> void_of = without_effect(calls);
    std::vector<Transfer> out;
    const auto add = [&](Transfer transfer) {
        transfer.index = static_cast<uint32_t>(out.size());
        out.push_back(std::move(transfer));
    };
    for (std::size_t i = 0; i < calls.size(); ++i) {
        const Call& call = calls[i];
        if (void_of[i]) continue;
        // A delegatecall repeats its caller's value, a callcode pays the caller itself.
        const bool moves = call.kind == CallKind::kCall || creates(call.kind) ||
                           call.kind == CallKind::kSelfDestruct;
        if (moves && !call.value.is_zero() && !call.from.empty() && !call.to.empty())
            add({.from = call.from,
                 .to = call.to,
                 .asset = {},
                 .amount = call.value,
                 .kind = i == 0 ? TransferKind::kNative : TransferKind::kInternal});
        // Tokens that return nothing are common (USDT); false is a refusal.
        if (call.kind != CallKind::kCall) continue;
        const auto is_set = [](uint8_t byte) { return byte != 0; };
        if (!call.output.empty() && std::none_of(call.output.begin(), call.output.end(), is_set))
            continue;
        if (auto moved = token_transfer_of(kEthereum, call.from, call.to, call.input))
            add(std::move(*moved));
    }
    return out;
}

}  // namespace cordon::chain::evm
