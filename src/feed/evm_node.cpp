// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "evm_node.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include <cordon/base/format.hpp>
#include <cordon/chain/evm/rpc.hpp>
#include <cordon/chain/json_cursor.hpp>
#include <cordon/chain/text.hpp>

namespace cordon::feed {
namespace {

using net::RpcCall;

// TRON-MAINNET as eth_chainId tells it: the last four bytes of its block 0 (TIP-474).
constexpr uint64_t kTronChainId = 0x2b6653dc;
// So many blocks in a row without a trace, and it is not asked for kRest blocks.
constexpr unsigned kGiveUp = 5;
constexpr unsigned kRest = 100;
// Hashes of the mempool whose txns are asked for at once; the rest of a burst is counted.
constexpr std::size_t kMaxPendingAtOnce = 1000;

/// What is asked about a block beside itself.
struct Extra {
    std::string_view name;     ///< For a person.
    std::string_view whole;    ///< Method for all txns of a block.
    std::string_view single;   ///< Method for one txn.
    std::string_view config;   ///< Second parameter, with its comma.
    std::string_view without;  ///< What cannot be seen without it.
};
constexpr Extra kReceipts{"receipts", "eth_getBlockReceipts", "eth_getTransactionReceipt", "",
                          "no logs, no token transfers of contracts, and not which txns failed"};
constexpr Extra kCalls{"call traces", "debug_traceBlockByHash", "debug_traceTransaction",
                       R"(,{"tracer":"callTracer"})",
                       "no value moved inside of txns and no calls between contracts"};
constexpr Extra kChanges{
    "storage changes", "debug_traceBlockByHash", "debug_traceTransaction",
    R"(,{"tracer":"prestateTracer","tracerConfig":{"diffMode":true}})",
    "no change of an implementation, owner or Safe singleton that no log tells"};

/// How far a node has an extra.
struct Ability {
    enum class Way : uint8_t { kWhole, kSingle, kNone };
    const Extra* extra = nullptr;
    Way way = Way::kWhole;
    bool proven = false;    // Has worked: a refusal is of the block, not of the node.
    unsigned failures = 0;  // In a row.
    unsigned rest = 0;      // Blocks for which it is not asked.
    std::string why;        // Why there is none.
};

std::string hex_number(uint64_t number) { return format("\"0x{:x}\"", number); }

Result<uint64_t> parse_quantity(std::string_view json) {
    CORDON_TRY(const std::string text, net::parse_json_string(json));
    uint64_t number = 0;
    const bool hex = text.starts_with("0x") && text.size() > 2;
    const auto [end, error] =
        std::from_chars(text.data() + (hex ? 2 : 0), text.data() + text.size(), number, 16);
    if (!hex || error != std::errc{} || end != text.data() + text.size())
        return fail(ErrorCode::kMalformed, "expected a quantity as 0x…");
    return number;
}

/// The node knows the method's name not, or does not let us.
bool not_had(const Error& error) {
    return error.code == ErrorCode::kUnsupported || error.code == ErrorCode::kPermission ||
           error.code == ErrorCode::kInvalidParam;
}

class EvmNode final : public Node {
public:
    EvmNode(net::RpcClient rpc, EvmNodeOptions options)
        : rpc_{std::move(rpc)}, options_{std::move(options)} {
        const auto set = [](Ability& ability, const Extra& extra, bool wanted) {
            ability.extra = &extra;
            if (!wanted) ability.way = Ability::Way::kNone;
        };
        set(receipts_, kReceipts, options_.receipts);
        set(calls_, kCalls, options_.calls);
        set(changes_, kChanges, options_.changes);
    }

    std::string name() const override { return rpc_.url().shown(); }

    Result<ChainId> chain() override {
        CORDON_TRY(const std::string result, rpc_.call("eth_chainId"));
        auto number = parse_quantity(result);
        if (!number || *number == 0) return refuse("eth_chainId", "expected a chain id");
        chain_ = *number == kTronChainId ? kTronMainnet : ChainId{ChainFamily::kEvm, *number};
        return chain_;
    }

    Result<BlockHeader> head() override {
        if (news_) return *std::exchange(news_, std::nullopt);
        CORDON_TRY(const auto header, ask_header("eth_getBlockByNumber", "\"latest\""));
        if (!header) return refuse("eth_getBlockByNumber", "it has no block at all");
        return *header;
    }
    Result<std::optional<BlockHeader>> header_at(BlockNum number) override {
        return ask_header("eth_getBlockByNumber", hex_number(number));
    }
    Result<std::optional<Hash256>> parent_of(const Hash256& hash) override {
        CORDON_TRY(const auto header, ask_header("eth_getBlockByHash", quoted(hash)));
        // Some answer with the block that stands in its place now.
        if (!header || header->hash != hash) return std::nullopt;
        return header->parent;
    }

    Result<std::vector<NodeBlock>> range(BlockNum first, unsigned count) override {
        const bool whole = receipts_.way == Ability::Way::kWhole && receipts_.rest == 0;
        std::vector<RpcCall> calls;
        for (unsigned i = 0; i < count; ++i) {
            calls.push_back({"eth_getBlockByNumber", format("[{},true]", hex_number(first + i))});
            if (whole)
                calls.push_back(
                    {std::string{kReceipts.whole}, format("[{}]", hex_number(first + i))});
        }
        CORDON_TRY(const auto answers, rpc_.batch(calls));
        std::vector<NodeBlock> out;
        const std::size_t step = whole ? 2 : 1;
        for (std::size_t i = 0; i < answers.size(); i += step) {
            const auto& block = answers[i];
            // What was had so far is worth giving; what was not is asked again, alone.
            if (!block && out.empty()) return fail(block.error());
            if (!block || *block == "null") break;
            auto one = put_together(*block, whole ? &answers[i + 1] : nullptr);
            if (!one && out.empty()) return fail(one.error().in(name()));
            if (!one) break;
            out.push_back(std::move(*one));
        }
        return out;
    }

    Status wait(Millis wait, std::vector<PendingTxn>& pending) override {
        return rpc_.can_subscribe() ? wait_for_notices(wait, pending) : poll(wait, pending);
    }

    uint64_t dropped() const override { return dropped_ + rpc_.metrics().dropped_notices; }

    std::vector<std::string> warnings() const override {
        std::vector<std::string> all;
        for (const Ability* ability : {&receipts_, &calls_, &changes_})
            if (!ability->why.empty())
                all.push_back(format("{} gives no {} ({}): {}", name(), ability->extra->name,
                                     ability->why, ability->extra->without));
        if (!no_pending_.empty())
            all.push_back(
                format("{} does not tell its mempool ({}): txns are seen when they are "
                       "in a block",
                       name(), no_pending_));
        return all;
    }

private:
    tl::unexpected<Error> refuse(std::string_view method, std::string_view why) const {
        return fail(ErrorCode::kMalformed, format("{} of {}: {}", method, name(), why));
    }
    /// With 0x on Tron, too: its JSON-RPC is that of the others.
    static std::string quoted(const Hash256& hash) {
        return format("\"{}\"", chain::format_hash(kEthereum, hash));
    }

    Result<std::optional<BlockHeader>> ask_header(std::string_view method, std::string which) {
        CORDON_TRY(const std::string result, rpc_.call(method, format("[{},false]", which)));
        if (result == "null") return std::nullopt;
        auto header = chain::evm::parse_rpc_header(result);
        if (!header) return refuse(method, header.error().message);
        return *header;
    }

    /// A block with all that the node has of it.
    Result<NodeBlock> put_together(const std::string& block,
                                   const Result<std::string>* receipts_answer) {
        NodeBlock out;
        CORDON_TRY(const SeenBlock bare, chain::evm::parse_rpc_block(chain_, {block, "", "", ""}));
        CORDON_TRY(const std::string receipts, ask(receipts_, bare, receipts_answer, out.missing));
        CORDON_TRY(const std::string calls, ask(calls_, bare, nullptr, out.missing));
        CORDON_TRY(const std::string changes, ask(changes_, bare, nullptr, out.missing));
        auto seen = chain::evm::parse_rpc_block(chain_, {block, receipts, calls, changes});
        // An extra that cannot be read must not cost the block; one of another block must.
        if (!seen && seen.error().code != ErrorCode::kConflict) {
            out.missing.push_back(format("its traces cannot be read: {}", seen.error().message));
            seen = chain::evm::parse_rpc_block(chain_, {block, receipts, "", ""});
        }
        if (!seen && seen.error().code != ErrorCode::kConflict) {
            out.missing.back() = format("its receipts cannot be read: {}", seen.error().message);
            seen = bare;
        }
        if (!seen) return fail(seen.error());
        out.seen = std::move(*seen);
        return out;
    }

    /// The text of an extra; empty when it is not had, which `missing` tells where it is not the
    /// rule. An Error only when the connection is gone or cancelled.
    Result<std::string> ask(Ability& ability, const SeenBlock& block,
                            const Result<std::string>* asked, std::vector<std::string>& missing) {
        if (ability.way == Ability::Way::kNone) return std::string{};
        if (ability.rest > 0) {
            --ability.rest;
            return std::string{};
        }
        Result<std::string> answer = std::string{};
        if (asked) {
            answer = *asked;
        } else if (ability.way == Ability::Way::kWhole) {
            answer =
                rpc_.call(ability.extra->whole,
                          format("[{}{}]", quoted(block.block.header.hash), ability.extra->config));
        }
        if (ability.way == Ability::Way::kWhole && !answer && not_had(answer.error()) &&
            !ability.proven)
            ability.way = Ability::Way::kSingle;
        if (ability.way == Ability::Way::kSingle) {
            answer = ask_each(*ability.extra, block);
            if (!answer && not_had(answer.error()) && !ability.proven) {
                ability.way = Ability::Way::kNone;
                ability.why = answer.error().message;
                return std::string{};
            }
        }
        if (answer && *answer != "null") {
            // A block without txns proves nothing: it may have been answered without looking.
            if (!block.activity.txns.empty()) ability.proven = true;
            ability.failures = 0;
            ability.why.clear();
            return answer;
        }
        if (!answer && answer.error().code == ErrorCode::kCancelled) return answer;
        const std::string why = answer ? "the node answers null" : answer.error().message;
        missing.push_back(format("no {}: {}", ability.extra->name, why));
        if (++ability.failures >= kGiveUp) {
            ability.failures = 0;
            ability.rest = kRest;
            ability.why = why;
            missing.back() += format(". They are not asked for in the next {} blocks", kRest);
        }
        return std::string{};
    }

    /// As the method for a whole block answers, txn by txn.
    Result<std::string> ask_each(const Extra& extra, const SeenBlock& block) {
        const bool receipts = &extra == &kReceipts;
        std::vector<RpcCall> calls;
        for (const TxnActivity& txn : block.activity.txns)
            calls.push_back(
                {std::string{extra.single}, format("[{}{}]", quoted(txn.hash), extra.config)});
        CORDON_TRY(const auto answers, rpc_.batch(calls));
        std::string all = "[";
        for (std::size_t i = 0; i < answers.size(); ++i) {
            if (!answers[i]) return fail(answers[i].error());
            if (*answers[i] == "null")
                return fail(ErrorCode::kNotFound, format("{} of {}: null", extra.single, name()));
            if (i > 0) all += ',';
            all += receipts ? *answers[i]
                            : format("{{\"txHash\":{},\"result\":{}}}",
                                     quoted(block.activity.txns[i].hash), *answers[i]);
        }
        return all + "]";
    }

    // --- News

    Status subscribe() {
        if (subscribed_ && connection_ == rpc_.connections()) return {};
        subscribed_ = false;
        CORDON_TRY(heads_, rpc_.subscribe(R"(["newHeads"])"));
        connection_ = rpc_.connections();
        txns_.clear();
        if (options_.pending && no_pending_.empty()) {
            // Whole txns where the node tells them (geth), otherwise their hashes.
            auto name = rpc_.subscribe(R"(["newPendingTransactions",true])");
            if (!name && name.error().code != ErrorCode::kUnavailable &&
                name.error().code != ErrorCode::kCancelled)
                name = rpc_.subscribe(R"(["newPendingTransactions"])");
            if (name)
                txns_ = *name;
            else if (name.error().code == ErrorCode::kUnavailable ||
                     name.error().code == ErrorCode::kCancelled)
                return fail(name.error());
            else
                no_pending_ = name.error().message;
        }
        subscribed_ = true;
        return {};
    }

    Status wait_for_notices(Millis wait, std::vector<PendingTxn>& pending) {
        const bool was = subscribed_ && connection_ == rpc_.connections();
        CORDON_TRY(subscribe());
        if (!was) return {};  // What came before the subscription is asked for.
        std::vector<std::string> hashes;
        for (;;) {
            CORDON_TRY(const auto notice, rpc_.next_notice(wait));
            if (!notice) break;
            wait = Millis{0};  // All that is there already, and no more.
            if (notice->subscription == heads_) {
                auto header = chain::evm::parse_rpc_header(notice->result);
                if (!header) return refuse("newHeads", header.error().message);
                news_ = *header;
            } else if (notice->subscription == txns_) {
                CORDON_TRY(take_pending(notice->result, hashes, pending));
            }
        }
        return fetch_pending(hashes, pending);
    }

    Status poll(Millis wait, std::vector<PendingTxn>& pending) {
        if (!net::wait_for(wait, options_.rpc.net.cancel))
            return fail(ErrorCode::kCancelled, name() + ": cancelled");
        if (!options_.pending || !no_pending_.empty()) return {};
        if (filter_.empty()) {
            auto made = rpc_.call("eth_newPendingTransactionFilter");
            if (!made) return without_pending(made.error());
            filter_ = *made;
        }
        const auto list = rpc_.call("eth_getFilterChanges", format("[{}]", filter_));
        if (!list) {
            filter_.clear();  // Filters go when they are not asked for minutes.
            return list.error().code == ErrorCode::kConflict ? Status{}
                                                             : without_pending(list.error());
        }
        std::vector<std::string> hashes;
        chain::JsonText text;
        CORDON_TRY(text.open(*list));
        CORDON_TRY(text.walk([&](chain::JsonCursor& root) -> Status {
            return root.items([&](chain::JsonCursor& item) -> Status {
                CORDON_TRY(const std::string_view hash, item.string());
                hashes.push_back(net::json_string(hash));
                return {};
            });
        }));
        return fetch_pending(hashes, pending);
    }

    Status without_pending(const Error& error) {
        if (error.code == ErrorCode::kUnavailable || error.code == ErrorCode::kCancelled)
            return fail(error);
        no_pending_ = error.message;
        return {};
    }

    Status take_pending(const std::string& result, std::vector<std::string>& hashes,
                        std::vector<PendingTxn>& pending) {
        if (result.starts_with('"')) {
            hashes.push_back(result);
            return {};
        }
        auto txn = chain::evm::parse_rpc_txn(chain_, result, options_.clock());
        if (txn)
            pending.push_back(std::move(*txn));
        else
            ++dropped_;  // A kind that we do not know must not end the feed.
        return {};
    }

    Status fetch_pending(std::vector<std::string>& hashes, std::vector<PendingTxn>& pending) {
        if (hashes.size() > kMaxPendingAtOnce) {
            dropped_ += hashes.size() - kMaxPendingAtOnce;
            hashes.erase(hashes.begin(), hashes.end() - kMaxPendingAtOnce);  // The newest matter.
        }
        std::vector<RpcCall> calls;
        for (const std::string& hash : hashes) {
            CORDON_TRY(const std::string text, net::parse_json_string(hash));
            if (!chain::parse_hash(kEthereum, text))
                return refuse("newPendingTransactions", "expected a hash");
            calls.push_back({"eth_getTransactionByHash", format("[{}]", hash)});
        }
        CORDON_TRY(const auto answers, rpc_.batch(calls));
        for (const auto& answer : answers) {
            if (!answer || *answer == "null") continue;  // Gone meanwhile.
            CORDON_TRY(const bool waits, is_pending(*answer));
            if (!waits) continue;
            CORDON_TRY(take_pending(*answer, hashes, pending));
        }
        return {};
    }

    /// Not in a block meanwhile.
    static Result<bool> is_pending(const std::string& txn) {
        static constexpr std::array<std::string_view, 1> kNames{"blockHash"};
        chain::JsonText text;
        bool null = true;
        CORDON_TRY(text.open(txn));
        CORDON_TRY(text.walk([&](chain::JsonCursor& root) -> Status {
            CORDON_TRY(root.members(kNames, [&](std::size_t, chain::JsonCursor& value) -> Status {
                return chain::into(null, value.is_null());
            }));
            return {};
        }));
        return null;
    }

    net::RpcClient rpc_;
    EvmNodeOptions options_;
    ChainId chain_ = kEthereum;
    Ability receipts_, calls_, changes_;
    std::optional<BlockHeader> news_;  // The last head told, not yet asked for.
    bool subscribed_ = false;
    uint64_t connection_ = 0;
    std::string heads_, txns_;  // Names of subscriptions.
    std::string filter_;        // Of the mempool, over HTTP; as JSON.
    std::string no_pending_;    // Why.
    uint64_t dropped_ = 0;
};

}  // namespace

Result<std::unique_ptr<Node>> make_evm_node(std::string_view url, EvmNodeOptions options) {
    CORDON_TRY(net::RpcClient rpc, net::RpcClient::make(url, options.rpc));
    return std::make_unique<EvmNode>(std::move(rpc), std::move(options));
}

}  // namespace cordon::feed
