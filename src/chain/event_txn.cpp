// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "event_txn.hpp"

#include <cordon/base/format.hpp>

#include "event_text.hpp"
#include "event_value.hpp"
#include "text.hpp"

namespace cordon::chain {
namespace {

using namespace event;

class TxnReader {
public:
    explicit TxnReader(ChainId chain) : chain_{chain} {}

    Status read(JsonCursor& value, EventTxn& out, JsonVisit<JsonCursor&> when_seen) const {
        return is_utxo(chain_) ? utxo_txn(value, out.utxo, when_seen)
                               : account_txn(value, out, when_seen);
    }

private:
    Status account_txn(JsonCursor& value, EventTxn& out, JsonVisit<JsonCursor&> when_seen) const {
        enum : std::size_t {
            kHash,
            kSeen,
            kTime,
            kTransfers,
            kFrom,
            kTo,
            kCreated,
            kValue,
            kNonce,
            kInput,
            kSucceeded,
            kLogs,
            kCalls,
            kChanges
        };
        static constexpr std::string_view kNames[] = {
            "hash",  "seen",  "time",  "transfers", "from", "to",    "created",
            "value", "nonce", "input", "succeeded", "logs", "calls", "changes"};
        TxnActivity& act = out.activity;
        CORDON_TRY(members(value, kNames, 1, [&](std::size_t name, JsonCursor& field) -> Status {
            switch (name) {
                case kHash: return into(act.hash, hash(chain_, field));
                case kSeen: return when_seen(field);
                case kTime: return into(out.transfers.time, time(field));
                case kTransfers: {
                    out.moves = true;
                    uint32_t next = 0;
                    return each<Transfer>(field, out.transfers.transfers,
                                          [&](JsonCursor& item) { return transfer(item, next); });
                }
                case kFrom: out.acts = true; return into(act.from, address(chain_, field));
                case kTo: return into(act.to, address(chain_, field));
                case kCreated: return into(act.created, address(chain_, field));
                case kValue: return into(act.value, amount(field));
                case kNonce: {
                    CORDON_TRY(const uint64_t nonce, whole(field));
                    // No other chain counts the txns of a sender, whatever a source writes.
                    if (chain_.family == ChainFamily::kEvm) act.nonce = nonce;
                    return {};
                }
                case kInput: return into(act.input, bytes(field));
                case kSucceeded: return into(act.succeeded, field.boolean());
                case kLogs:
                    return each<Log>(field, act.logs, [&](JsonCursor& item) { return log(item); });
                case kCalls:
                    return each<Call>(field, act.calls,
                                      [&](JsonCursor& item) { return call(item, act.calls); });
                default: break;
            }
            return each<StateChange>(field, act.changes,
                                     [&](JsonCursor& item) { return change(item); });
        }));
        out.transfers.hash = act.hash;
        if (!out.acts && (!act.logs.empty() || !act.calls.empty() || !act.changes.empty()))
            return fail(ErrorCode::kMalformed, "a txn with logs, calls or changes needs \"from\"");
        return {};
    }

    Result<Transfer> transfer(JsonCursor& value, uint32_t& next) const {
        enum : std::size_t { kFrom, kTo, kAsset, kAmount, kKind, kIndex };
        static constexpr std::string_view kNames[] = {"from",   "to",   "asset",
                                                      "amount", "kind", "index"};
        Transfer out;
        out.index = next;
        std::optional<TransferKind> kind;
        CORDON_TRY(members(value, kNames, 4, [&](std::size_t name, JsonCursor& field) -> Status {
            switch (name) {
                case kFrom: return into(out.from, address(chain_, field));
                case kTo: return into(out.to, address(chain_, field));
                case kAsset: return into(out.asset, asset(field));
                case kAmount: return into(out.amount, amount(field));
                case kIndex: return into(out.index, small(field));
                default: break;
            }
            CORDON_TRY(const std::string_view found, field.string());
            return into(kind, parse_transfer_kind(found));
        }));
        out.kind = kind.value_or(usual_kind(out.asset));
        if (out.index < next)
            return fail(ErrorCode::kOrder,
                        format("the transfer has index {}, after {}", out.index, next - 1));
        next = out.index + 1;
        return out;
    }

    Result<Log> log(JsonCursor& value) const {
        enum : std::size_t { kContract, kTopics, kIndex, kData };
        static constexpr std::string_view kNames[] = {"contract", "topics", "index", "data"};
        Log out;
        CORDON_TRY(members(value, kNames, 3, [&](std::size_t name, JsonCursor& field) -> Status {
            switch (name) {
                case kContract: return into(out.contract, address(chain_, field));
                case kIndex: return into(out.index, small(field));
                case kData: return into(out.data, bytes(field));
                default: break;
            }
            return each<Hash256>(field, out.topics, word32);
        }));
        constexpr std::size_t kMaxTopics = 4;  // LOG4 has the most.
        if (out.topics.size() > kMaxTopics)
            return fail(ErrorCode::kMalformed, "a log has at most 4 topics");
        return out;
    }

    Result<Call> call(JsonCursor& value, const std::vector<Call>& before) const {
        enum : std::size_t { kKind, kFrom, kParent, kTo, kValue, kInput, kOutput, kFailed };
        static constexpr std::string_view kNames[] = {"kind",  "from",  "parent", "to",
                                                      "value", "input", "output", "failed"};
        Call out;
        CORDON_TRY(members(value, kNames, 1, [&](std::size_t name, JsonCursor& field) -> Status {
            switch (name) {
                case kKind:
                    return into(out.kind, word(field, CallKind::kSelfDestruct,
                                               [](CallKind kind) { return to_string(kind); }));
                case kFrom: return into(out.from, address(chain_, field));
                case kParent: return into(out.parent, small(field));
                case kTo: return into(out.to, address(chain_, field));
                case kValue: return into(out.value, amount(field));
                case kInput: return into(out.input, bytes(field));
                case kOutput: return into(out.output, bytes(field));
                default: break;
            }
            return into(out.failed, field.boolean());
        }));
        const bool first = before.empty();
        if (first != (out.parent == Call::kNoParent) || (!first && out.parent >= before.size()))
            return fail(ErrorCode::kOrder,
                        "calls lie in pre-order: the first has no parent, and a parent comes "
                        "before its children");
        out.depth = first ? 0 : before[out.parent].depth + 1;
        return out;
    }

    Result<StateChange> change(JsonCursor& value) const {
        enum : std::size_t { kContract, kSlot, kBefore, kAfter };
        static constexpr std::string_view kNames[] = {"contract", "slot", "before", "after"};
        StateChange out;
        CORDON_TRY(members(value, kNames, 4, [&](std::size_t name, JsonCursor& field) -> Status {
            switch (name) {
                case kContract: return into(out.contract, address(chain_, field));
                case kSlot: return into(out.slot, word32(field));
                case kBefore: return into(out.before, word32(field));
                default: break;
            }
            return into(out.after, word32(field));
        }));
        return out;
    }

    // --- UTXO chains

    Status utxo_txn(JsonCursor& value, UtxoTxn& out, JsonVisit<JsonCursor&> when_seen) const {
        enum : std::size_t { kHash, kInputs, kOutputs, kSeen, kCoinbase, kVersion, kLocktime };
        static constexpr std::string_view kNames[] = {"hash",     "inputs",  "outputs", "seen",
                                                      "coinbase", "version", "locktime"};
        return members(value, kNames, 3, [&](std::size_t name, JsonCursor& field) -> Status {
            switch (name) {
                case kHash: return into(out.txid, hash(chain_, field));
                case kSeen: return when_seen(field);
                case kCoinbase: return into(out.coinbase, field.boolean());
                case kVersion: return into(out.version, small(field));
                case kLocktime: return into(out.locktime, small(field));
                case kInputs:
                    return each<TxIn>(field, out.inputs,
                                      [&](JsonCursor& item) { return input(item); });
                default: break;
            }
            return each<TxOut>(field, out.outputs, [&](JsonCursor& item) -> Result<TxOut> {
                static constexpr std::string_view kOutput[] = {"value", "address"};
                TxOut made;
                CORDON_TRY(
                    members(item, kOutput, 1, [&](std::size_t key, JsonCursor& part) -> Status {
                        return key == 0 ? into(made.value, whole(part))
                                        : into(made.address, address(chain_, part));
                    }));
                return made;
            });
        });
    }

    Result<TxIn> input(JsonCursor& value) const {
        enum : std::size_t { kSpends, kValue, kAddress };
        static constexpr std::string_view kNames[] = {"spends", "value", "address"};
        TxIn out;
        TxOut spent;
        CORDON_TRY(const uint64_t seen,
                   value.members(kNames, [&](std::size_t name, JsonCursor& field) -> Status {
                       switch (name) {
                           case kSpends: {
                               CORDON_TRY(const std::string_view found, field.string());
                               return into(out.prevout, parse_outpoint(chain_, found));
                           }
                           case kValue: return into(spent.value, whole(field));
                           default: break;
                       }
                       return into(spent.address, address(chain_, field));
                   }));
        if ((seen & 1U << kSpends) == 0)
            return fail(ErrorCode::kMalformed, "the key \"spends\" is missing");
        if ((seen & 1U << kValue) != 0) out.spent = spent;
        return out;
    }

    ChainId chain_;
};

}  // namespace

Status read_event_txn(ChainId chain, JsonCursor& value, EventTxn& out,
                      JsonVisit<JsonCursor&> when_seen) {
    return TxnReader{chain}.read(value, out, when_seen);
}

}  // namespace cordon::chain
