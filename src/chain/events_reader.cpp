// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "events_reader.hpp"

#include <cordon/base/format.hpp>

#include "event_text.hpp"
#include "event_txn.hpp"
#include "event_value.hpp"

namespace cordon::chain {
namespace {

using namespace event;

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
        CORDON_TRY(members(line, kNames, 3, member));
        return seen;
    }

    Result<Rewind> rewind(JsonCursor& line) const {
        static constexpr std::string_view kNames[] = {"keep"};
        Rewind back{.chain = chain_};
        CORDON_TRY(members(line, kNames, 1, [&](std::size_t, JsonCursor& value) -> Status {
            return into(back.keep, whole(value));
        }));
        return back;
    }

    Result<PendingTxn> pending(JsonCursor& line) const {
        PendingTxn out;
        out.chain = chain_;
        EventTxn txn;
        bool told = false;
        CORDON_TRY(read_event_txn(chain_, line, txn, [&](JsonCursor& value) -> Status {
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
        CORDON_TRY(members(line, kNames, 5, [&](std::size_t name, JsonCursor& value) -> Status {
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
        CORDON_TRY(members(line, kNames, 4, [&](std::size_t name, JsonCursor& value) -> Status {
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
        CORDON_TRY(members(line, kNames, 3, [&](std::size_t name, JsonCursor& value) -> Status {
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
        CORDON_TRY(members(line, kNames, 3, [&](std::size_t name, JsonCursor& value) -> Status {
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
        CORDON_TRY(members(line, kNames, 4, [&](std::size_t name, JsonCursor& value) -> Status {
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
    Result<Address> address(JsonCursor& value) const { return event::address(chain_, value); }
    Result<Hash256> hash(JsonCursor& value) const { return event::hash(chain_, value); }

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

    Status txn(JsonCursor& value, SeenBlock& seen) const {
        EventTxn txn;
        CORDON_TRY(read_event_txn(chain_, value, txn, [](JsonCursor&) -> Status { return {}; }));
        if (is_utxo(chain_)) {
            seen.block.utxo_txns.push_back(std::move(txn.utxo));
            return {};
        }
        if (txn.moves) seen.block.account_txns.push_back(std::move(txn.transfers));
        if (txn.acts) seen.activity.txns.push_back(std::move(txn.activity));
        return {};
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
