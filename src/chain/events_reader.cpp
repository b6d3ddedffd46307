// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "events_reader.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>

#include "csv_number.hpp"
#include "event_text.hpp"
#include "text.hpp"

namespace cordon::chain {
namespace {

// --- Values that do not depend on the chain

/// Digits, as a JSON number or a string.
Result<std::string_view> digits(JsonCursor& value) {
    CORDON_TRY(const auto kind, value.kind());
    return kind == JsonCursor::Kind::kNumber ? value.number() : value.string();
}

Result<uint64_t> whole(JsonCursor& value, uint64_t max = UINT64_MAX) {
    CORDON_TRY(const std::string_view text, digits(value));
    return parse_whole(text, max);
}

Result<uint32_t> small(JsonCursor& value) {
    CORDON_TRY(const uint64_t number, whole(value, UINT32_MAX));
    return static_cast<uint32_t>(number);
}

Result<Amount> amount(JsonCursor& value) {
    CORDON_TRY(const std::string_view text, digits(value));
    return Amount::parse(text);
}

Result<UnixMillis> time(JsonCursor& value) {
    CORDON_TRY(const std::string_view text, digits(value));
    return parse_time(text);
}

Result<std::string> text(JsonCursor& value) {
    CORDON_TRY(const std::string_view found, value.string());
    return std::string{found};
}

Result<Bytes> bytes(JsonCursor& value) {
    CORDON_TRY(const std::string_view found, value.string());
    return parse_hex0x(found);
}

/// Words that stand for enumerators, by their place.
template <typename Enum, typename Name>
Result<Enum> word(JsonCursor& value, Enum last, Name name) {
    CORDON_TRY(const std::string_view found, value.string());
    std::string known;
    for (uint8_t i = 0; i <= static_cast<uint8_t>(last); ++i) {
        const auto each = static_cast<Enum>(i);
        if (name(each) == found) return each;
        known += format("{}{}", i == 0 ? "" : ", ", name(each));
    }
    return fail(ErrorCode::kMalformed,
                format("expected one of {}, found \"{}\"", known, found.substr(0, 40)));
}

Result<double> dollars(JsonCursor& value) {
    CORDON_TRY(const std::string_view found, digits(value));
    double usd = 0;
    const auto [end, error] = std::from_chars(found.data(), found.data() + found.size(), usd);
    if (error != std::errc{} || end != found.data() + found.size() || !std::isfinite(usd) ||
        usd < 0)
        return fail(ErrorCode::kMalformed,
                    format("expected US dollars, not negative, found \"{}\"", found.substr(0, 40)));
    return usd;
}

// --- Events

using Names = std::span<const std::string_view>;

/// What a line of a chain tells.
class Reader {
public:
    explicit Reader(ChainId chain) : chain_{chain} {}

    Result<SeenBlock> block(JsonCursor& line) const {
        enum : std::size_t { kNumber, kHash, kTxns, kKind, kParent, kTime, kGives, kMissing };
        static constexpr std::string_view kNames[] = {"number", "hash", "txns",  "number_kind",
                                                      "parent", "time", "gives", "missing"};
        SeenBlock seen;
        Block& block = seen.block;
        BlockHeader& header = block.header;
        block.chain = chain_;
        const auto member = [&](std::size_t name, JsonCursor& value) -> Status {
            switch (name) {
                case kNumber: return into(header.number, whole(value));
                case kHash: return into(header.hash, hash(value));
                case kKind:
                    return into(header.number_kind,
                                word(value, BlockNumKind::kSequence, [](BlockNumKind kind) {
                                    return kNumberKinds[static_cast<std::size_t>(kind)];
                                }));
                case kParent: return into(header.parent, hash(value));
                case kTime: return into(header.time, time(value));
                case kGives: return gives(value, seen.activity);
                case kMissing: return into(seen.activity.missing, small(value));
                default: break;
            }
            return value.items([&](JsonCursor& item) -> Status { return txn(item, seen); });
        };
        CORDON_TRY(need(line, kNames, 3, member));
        return seen;
    }

    Result<Rewind> rewind(JsonCursor& line) const {
        static constexpr std::string_view kNames[] = {"keep"};
        Rewind back{.chain = chain_};
        CORDON_TRY(need(line, kNames, 1, [&](std::size_t, JsonCursor& value) -> Status {
            return into(back.keep, whole(value));
        }));
        return back;
    }

    Result<PendingTxn> pending(JsonCursor& line) const {
        PendingTxn out;
        out.chain = chain_;
        Txn txn;
        bool told = false;
        CORDON_TRY(read_txn(line, txn, [&](JsonCursor& value) -> Status {
            told = true;
            return into(out.seen, time(value));
        }));
        if (!told) return fail(ErrorCode::kMalformed, "the key \"seen\" is missing");
        if (is_utxo(chain_)) {
            out.utxo = std::move(txn.utxo);
        } else {
            out.transfers = std::move(txn.transfers);
            out.activity = std::move(txn.activity);
        }
        return out;
    }

    Result<WithdrawalRequest> withdrawal(JsonCursor& line) const {
        enum : std::size_t { kId, kAsset, kTo, kAmount, kTime, kFrom, kRequester, kCancelled };
        static constexpr std::string_view kNames[] = {"id",   "asset", "to",        "amount",
                                                      "time", "from",  "requester", "cancelled"};
        WithdrawalRequest out;
        out.chain = chain_;
        CORDON_TRY(need(line, kNames, 5, [&](std::size_t name, JsonCursor& value) -> Status {
            switch (name) {
                case kId: return into(out.id, text(value));
                case kAsset: return into(out.asset, asset(value));
                case kTo: return into(out.to, address(value));
                case kAmount: return into(out.amount, amount(value));
                case kTime: return into(out.time, time(value));
                case kFrom: return into(out.from, address(value));
                case kRequester: return into(out.requester, text(value));
                default: break;
            }
            return into(out.cancelled, value.boolean());
        }));
        return out;
    }

    Result<Liabilities> liabilities(JsonCursor& line) const {
        enum : std::size_t { kEntity, kAsset, kTotal, kTime };
        static constexpr std::string_view kNames[] = {"entity", "asset", "total", "time"};
        Liabilities out;
        out.chain = chain_;
        CORDON_TRY(need(line, kNames, 4, [&](std::size_t name, JsonCursor& value) -> Status {
            switch (name) {
                case kEntity: return into(out.entity, text(value));
                case kAsset: return into(out.asset, asset(value));
                case kTotal: return into(out.total, amount(value));
                default: break;
            }
            return into(out.time, time(value));
        }));
        return out;
    }

    Result<SigningRequest> signing(JsonCursor& line) const {
        enum : std::size_t { kId, kSafe, kTime, kShown, kService, kDevice };
        static constexpr std::string_view kNames[] = {"id",    "safe",    "time",
                                                      "shown", "service", "device"};
        SigningRequest out;
        out.chain = chain_;
        CORDON_TRY(need(line, kNames, 3, [&](std::size_t name, JsonCursor& value) -> Status {
            switch (name) {
                case kId: return into(out.id, text(value));
                case kSafe: return into(out.safe, address(value));
                case kTime: return into(out.time, time(value));
                case kShown: return into(out.shown, text(value));
                case kService: return into(out.service, text(value));
                default: break;
            }
            return into(out.device, text(value));
        }));
        return out;
    }

    Result<Price> price(JsonCursor& line) const {
        enum : std::size_t { kAsset, kTime, kUsd };
        static constexpr std::string_view kNames[] = {"asset", "time", "usd"};
        Price out;
        out.chain = chain_;
        CORDON_TRY(need(line, kNames, 3, [&](std::size_t name, JsonCursor& value) -> Status {
            switch (name) {
                case kAsset: return into(out.asset, asset(value));
                case kTime: return into(out.time, time(value));
                default: break;
            }
            return into(out.usd, dollars(value));
        }));
        return out;
    }

    Result<FeedStatus> status(JsonCursor& line) const {
        enum : std::size_t { kState, kBlock, kTime, kText };
        static constexpr std::string_view kNames[] = {"state", "block", "time", "text"};
        FeedStatus out;
        out.chain = chain_;
        CORDON_TRY(need(line, kNames, 4, [&](std::size_t name, JsonCursor& value) -> Status {
            switch (name) {
                case kState:
                    return into(out.state, word(value, FeedState::kDropped,
                                                [](FeedState state) { return to_string(state); }));
                case kBlock: return into(out.block, whole(value));
                case kTime: return into(out.time, time(value));
                default: break;
            }
            return into(out.text, text(value));
        }));
        return out;
    }

private:
    struct Txn {
        AccountTxn transfers;
        TxnActivity activity;
        UtxoTxn utxo;
        bool moves = false, acts = false;
    };

    /// The members that have one of the names, the first `needed` of which must be there.
    static Status need(JsonCursor& object, Names names, std::size_t needed,
                       JsonVisit<std::size_t, JsonCursor&> visit) {
        CORDON_TRY(const uint64_t seen, object.members(names, visit));
        for (std::size_t i = 0; i < needed; ++i)
            if ((seen >> i & 1) == 0)
                return fail(ErrorCode::kMalformed, format("the key \"{}\" is missing", names[i]));
        return {};
    }

    // --- Values of the chain

    Result<Address> address(JsonCursor& value) const {
        CORDON_TRY(const std::string_view found, value.string());
        if (found.empty()) return Address{};
        return parse_address(chain_, found);
    }
    Result<Hash256> hash(JsonCursor& value) const {
        CORDON_TRY(const std::string_view found, value.string());
        return parse_hash(chain_, found);
    }
    static Result<Hash256> evm_word(JsonCursor& value) {
        CORDON_TRY(const std::string_view found, value.string());
        return parse_hash(kEthereum, found);
    }
    static Result<Asset> asset(JsonCursor& value) {
        CORDON_TRY(const std::string_view found, value.string());
        return Asset::parse(found);
    }

    static Status gives(JsonCursor& value, Activity& activity) {
        return value.items([&](JsonCursor& item) -> Status {
            CORDON_TRY(const std::string_view found, item.string());
            const std::pair<std::string_view, bool*> known[] = {{"txns", &activity.has_txns},
                                                                {"logs", &activity.has_logs},
                                                                {"calls", &activity.has_calls},
                                                                {"changes", &activity.has_changes}};
            for (const auto& [name, flag] : known) {
                if (name != found) continue;
                activity.has_txns = *flag = true;  // Nobody gives the others without the txns.
                return {};
            }
            return fail(
                ErrorCode::kMalformed,
                format("expected txns, logs, calls or changes, found \"{}\"", found.substr(0, 40)));
        });
    }

    // --- Txns

    Status txn(JsonCursor& value, SeenBlock& seen) const {
        Txn txn;
        CORDON_TRY(read_txn(value, txn, [](JsonCursor&) -> Status { return {}; }));
        if (is_utxo(chain_)) {
            seen.block.utxo_txns.push_back(std::move(txn.utxo));
            return {};
        }
        if (txn.moves) seen.block.account_txns.push_back(std::move(txn.transfers));
        if (txn.acts) seen.activity.txns.push_back(std::move(txn.activity));
        return {};
    }

    Status read_txn(JsonCursor& value, Txn& out, JsonVisit<JsonCursor&> when_seen) const {
        return is_utxo(chain_) ? utxo_txn(value, out.utxo, when_seen)
                               : account_txn(value, out, when_seen);
    }

    Status account_txn(JsonCursor& value, Txn& out, JsonVisit<JsonCursor&> when_seen) const {
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
        CORDON_TRY(need(value, kNames, 1, [&](std::size_t name, JsonCursor& field) -> Status {
            switch (name) {
                case kHash: return into(act.hash, hash(field));
                case kSeen: return when_seen(field);
                case kTime: return into(out.transfers.time, time(field));
                case kTransfers: {
                    out.moves = true;
                    uint32_t next = 0;
                    return each<Transfer>(field, out.transfers.transfers,
                                          [&](JsonCursor& item) { return transfer(item, next); });
                }
                case kFrom: out.acts = true; return into(act.from, address(field));
                case kTo: return into(act.to, address(field));
                case kCreated: return into(act.created, address(field));
                case kValue: return into(act.value, amount(field));
                case kNonce: return into(act.nonce, whole(field));
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

    template <typename Item, typename Read>
    static Status each(JsonCursor& list, std::vector<Item>& out, Read read) {
        return list.items([&](JsonCursor& item) -> Status {
            CORDON_TRY(Item made, read(item));
            out.push_back(std::move(made));
            return {};
        });
    }

    Result<Transfer> transfer(JsonCursor& value, uint32_t& next) const {
        enum : std::size_t { kFrom, kTo, kAsset, kAmount, kKind, kIndex };
        static constexpr std::string_view kNames[] = {"from",   "to",   "asset",
                                                      "amount", "kind", "index"};
        Transfer out;
        out.index = next;
        std::optional<TransferKind> kind;
        CORDON_TRY(need(value, kNames, 4, [&](std::size_t name, JsonCursor& field) -> Status {
            switch (name) {
                case kFrom: return into(out.from, address(field));
                case kTo: return into(out.to, address(field));
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
        CORDON_TRY(need(value, kNames, 3, [&](std::size_t name, JsonCursor& field) -> Status {
            switch (name) {
                case kContract: return into(out.contract, address(field));
                case kIndex: return into(out.index, small(field));
                case kData: return into(out.data, bytes(field));
                default: break;
            }
            return each<Hash256>(field, out.topics, evm_word);
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
        CORDON_TRY(need(value, kNames, 2, [&](std::size_t name, JsonCursor& field) -> Status {
            switch (name) {
                case kKind:
                    return into(out.kind, word(field, CallKind::kSelfDestruct,
                                               [](CallKind kind) { return to_string(kind); }));
                case kFrom: return into(out.from, address(field));
                case kParent: return into(out.parent, small(field));
                case kTo: return into(out.to, address(field));
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
        CORDON_TRY(need(value, kNames, 4, [&](std::size_t name, JsonCursor& field) -> Status {
            switch (name) {
                case kContract: return into(out.contract, address(field));
                case kSlot: return into(out.slot, evm_word(field));
                case kBefore: return into(out.before, evm_word(field));
                default: break;
            }
            return into(out.after, evm_word(field));
        }));
        return out;
    }

    // --- UTXO chains

    Status utxo_txn(JsonCursor& value, UtxoTxn& out, JsonVisit<JsonCursor&> when_seen) const {
        enum : std::size_t { kHash, kInputs, kOutputs, kSeen, kCoinbase, kVersion, kLocktime };
        static constexpr std::string_view kNames[] = {"hash",     "inputs",  "outputs", "seen",
                                                      "coinbase", "version", "locktime"};
        return need(value, kNames, 3, [&](std::size_t name, JsonCursor& field) -> Status {
            switch (name) {
                case kHash: return into(out.txid, hash(field));
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
                CORDON_TRY(need(item, kOutput, 1, [&](std::size_t key, JsonCursor& part) -> Status {
                    return key == 0 ? into(made.value, whole(part))
                                    : into(made.address, address(part));
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
                       return into(spent.address, address(field));
                   }));
        if ((seen & 1U << kSpends) == 0)
            return fail(ErrorCode::kMalformed, "the key \"spends\" is missing");
        if ((seen & 1U << kValue) != 0) out.spent = spent;
        return out;
    }

    ChainId chain_;
};

Result<FeedEvent> read_type(std::string_view type, const Reader& reader, JsonCursor& line) {
    if (type == "block") return reader.block(line);
    if (type == "rewind") return reader.rewind(line);
    if (type == "pending") return reader.pending(line);
    if (type == "withdrawal") return reader.withdrawal(line);
    if (type == "liabilities") return reader.liabilities(line);
    if (type == "signing") return reader.signing(line);
    if (type == "price") return reader.price(line);
    if (type == "status") return reader.status(line);
    return fail(ErrorCode::kUnsupported,
                format("unknown type \"{}\", expected block, rewind, pending, withdrawal, "
                       "liabilities, signing, price or status",
                       type.substr(0, 40)));
}

}  // namespace

Result<FeedEvent> EventReader::read(std::string_view line) {
    CORDON_TRY(json_.open(line));
    // What the rest means is said by two keys that may stand anywhere.
    static constexpr std::string_view kNames[] = {"type", "chain"};
    std::string type, chain;
    CORDON_TRY(json_.walk([&](JsonCursor& object) -> Status {
        CORDON_TRY(object.members(kNames, [&](std::size_t name, JsonCursor& value) -> Status {
            return into(name == 0 ? type : chain, text(value));
        }));
        return {};
    }));
    if (type.empty() || chain.empty())
        return fail(ErrorCode::kMalformed, "an event needs the keys type and chain");
    CORDON_TRY(const ChainId id, parse_chain(chain));
    FeedEvent event;
    CORDON_TRY(json_.walk([&](JsonCursor& object) -> Status {
        return into(event, read_type(type, Reader{id}, object));
    }));
    return event;
}

}  // namespace cordon::chain
