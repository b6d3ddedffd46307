// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "bitcoin_node.hpp"

#include <algorithm>
#include <charconv>
#include <deque>
#include <set>
#include <unordered_map>

#include <cordon/base/base64.hpp>
#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/chain/bitcoin/block.hpp>
#include <cordon/chain/bitcoin/header.hpp>
#include <cordon/chain/bitcoin/txn.hpp>
#include <cordon/chain/text.hpp>

#include "bitcoin_answers.hpp"

namespace cordon::feed {
namespace {

using net::RpcCall;

// Txns asked for in one message. A node keeps none of more than 400 kB, 800 kB as hex: nobody can
// make an answer too long (max_body, 64 MiB) that is asked for again and again.
constexpr std::size_t kTxnsAtOnce = 80;
// Of a mempool that was filled meanwhile, the newest; the rest is counted.
constexpr std::size_t kMaxPendingAtOnce = 2'000;
// Txns that one block is worth asking for, where the node has an index: each is a call.
constexpr std::size_t kMaxLookUps = 2'000;

/// Outputs by where they stand, the oldest forgotten first.
class RecentOutputs {
public:
    explicit RecentOutputs(std::size_t limit) : limit_{limit} {}
    void add(const UtxoTxn& txn) {
        for (uint32_t i = 0; i < txn.outputs.size(); ++i) {
            const OutPoint point{txn.txid, i};
            if (!all_.emplace(point, txn.outputs[i]).second) continue;
            order_.push_back(point);
            if (order_.size() <= limit_) continue;
            all_.erase(order_.front());
            order_.pop_front();
        }
    }
    const TxOut* find(const OutPoint& point) const {
        const auto found = all_.find(point);
        return found == all_.end() ? nullptr : &found->second;
    }

private:
    std::size_t limit_;
    std::unordered_map<OutPoint, TxOut> all_;
    std::deque<OutPoint> order_;
};

class BitcoinNode final : public Node {
public:
    BitcoinNode(net::RpcClient rpc, BitcoinNodeOptions options)
        : rpc_{std::move(rpc)}, options_{std::move(options)}, recent_{options_.outputs} {}

    std::string name() const override { return rpc_.url().shown(); }

    Result<ChainId> chain() override {
        CORDON_TRY(const std::string result, rpc_.call("getblockchaininfo"));
        CORDON_TRY(chain_, named("getblockchaininfo", parse_bitcoin_network(result)));
        return chain_;
    }

    Result<BlockHeader> head() override {
        CORDON_TRY(const std::string hash, rpc_.call("getbestblockhash"));
        return header("[" + hash + ",true]");
    }

    Result<std::optional<BlockHeader>> header_at(BlockNum number) override {
        auto hash = rpc_.call("getblockhash", format("[{}]", number));
        if (!hash) {
            // "Block height out of range" is an error like others: is it?
            if (hash.error().code != ErrorCode::kConflict &&
                hash.error().code != ErrorCode::kInvalidParam)
                return fail(hash.error());
            CORDON_TRY(const BlockHeader tip, head());
            if (number > tip.number) return std::nullopt;
            return fail(hash.error());
        }
        return header("[" + *hash + ",true]");
    }

    Result<std::optional<Hash256>> parent_of(const Hash256& hash) override {
        // Raw: btcd tells nothing else of a block that is not in its best chain.
        const auto result = rpc_.call("getblockheader", format("[{},false]", quoted(hash)));
        if (!result && result.error().code == ErrorCode::kConflict) return std::nullopt;
        if (!result) return fail(result.error());
        CORDON_TRY(const std::string hex, net::parse_json_string(*result));
        CORDON_TRY(const Bytes bytes, named("getblockheader", parse_hex(hex)));
        CORDON_TRY(const auto header, named("getblockheader", chain::parse_header(bytes)));
        if (header.hash != hash) return std::nullopt;
        return header.parent;
    }

    Result<std::vector<NodeBlock>> range(BlockNum first, unsigned count) override {
        std::vector<NodeBlock> out;
        for (BlockNum number = first; number < first + count; ++number) {
            auto one = block_at(number);
            if (!one && out.empty()) return fail(one.error());
            if (!one || !*one) break;
            out.push_back(std::move(**one));
        }
        return out;
    }

    Status wait(Millis wait, std::vector<PendingTxn>& pending) override {
        if (!net::wait_for(wait, options_.rpc.net.cancel))
            return fail(ErrorCode::kCancelled, name() + ": cancelled");
        waited_ += wait;
        if (!options_.pending || waited_ < options_.mempool) return {};
        waited_ = Millis{0};
        return ask_mempool(pending);
    }

    uint64_t dropped() const override { return dropped_; }

    std::vector<std::string> warnings() const override {
        std::vector<std::string> out;
        if (unknown_ != 0)
            out.push_back(
                format("{} did not tell what {} inputs spend ({}): they move no known value",
                       name(), unknown_, why_unknown_));
        if (!why_untimed_.empty())
            out.push_back(
                format("{} did not tell when txns came into its mempool ({}): of more "
                       "than {} new ones some were told, not the newest",
                       name(), why_untimed_, kMaxPendingAtOnce));
        return out;
    }

private:
    template <typename T>
    Result<T> named(std::string_view method, Result<T> value) const {
        if (value) return value;
        return fail(value.error().in(format("{} of {}", method, name())));
    }
    static std::string quoted(const Hash256& hash) {
        return format("\"{}\"", chain::format_hash(kBitcoin, hash));
    }

    Result<BlockHeader> header(std::string params) {
        CORDON_TRY(const std::string result, rpc_.call("getblockheader", params));
        return named("getblockheader", parse_bitcoin_header(result));
    }

    Result<std::optional<NodeBlock>> block_at(BlockNum number) {
        CORDON_TRY(const auto found, header_at(number));
        if (!found) return std::nullopt;
        CORDON_TRY(const std::string result,
                   rpc_.call("getblock", format("[{},0]", quoted(found->hash))));
        CORDON_TRY(const std::string hex, net::parse_json_string(result));
        CORDON_TRY(const Bytes bytes, named("getblock", parse_hex(hex)));
        CORDON_TRY(auto decoded, named("getblock", chain::parse_block(bytes, chain_)));
        NodeBlock out;
        Block& block = out.seen.block;
        block = std::move(decoded.block);
        block.chain = chain_;
        if (block.header.hash != found->hash)
            return fail(ErrorCode::kConflict,
                        format("getblock of {}: another block than the one asked for", name()));
        block.header.number = number;
        for (const UtxoTxn& txn : block.utxo_txns) recent_.add(txn);
        CORDON_TRY(fill_in(block, out.missing));
        return out;
    }

    /// What the inputs spend.
    Status fill_in(Block& block, std::vector<std::string>& missing) {
        std::vector<TxIn*> open;
        for (UtxoTxn& txn : block.utxo_txns)
            for (TxIn& input : txn.inputs)
                if (!know(input)) open.push_back(&input);
        if (!open.empty() && tells_prevouts_) {
            CORDON_TRY(from_undo_data(block.header.hash, open, missing));
        }
        if (!open.empty() && has_index_) {
            CORDON_TRY(from_index(open));
        }
        unknown_ += open.size();
        return {};
    }
    bool know(TxIn& input) const {
        if (const TxOut* spent = recent_.find(input.prevout)) input.spent = *spent;
        return input.spent.has_value();
    }

    Status from_undo_data(const Hash256& hash, std::vector<TxIn*>& open,
                          std::vector<std::string>& missing) {
        const auto result = rpc_.call("getblock", format("[{},3]", quoted(hash)));
        if (!result && result.error().code == ErrorCode::kCancelled) return fail(result.error());
        std::unordered_map<OutPoint, TxOut> told;
        Status read;
        if (result)
            read = read_bitcoin_prevouts(*result, [&](const OutPoint& point, const TxOut& out) {
                told.emplace(point, out);
            });
        if (!result || !read) {
            missing.push_back(format("what its inputs spend: {}",
                                     !result ? result.error().message : read.error().message));
            return {};
        }
        // btcd takes the 3 for a 2 and tells none.
        if (told.empty()) tells_prevouts_ = false;
        std::erase_if(open, [&](TxIn* input) {
            const auto found = told.find(input->prevout);
            if (found != told.end()) input->spent = found->second;
            return input->spent.has_value();
        });
        return {};
    }

    Status from_index(std::vector<TxIn*>& open) {
        std::set<Hash256> wanted;
        for (const TxIn* input : open)
            if (wanted.size() < kMaxLookUps) wanted.insert(input->prevout.txid);
        CORDON_TRY(const std::vector<UtxoTxn> txns, ask_txns({wanted.begin(), wanted.end()}));
        if (txns.empty()) {
            has_index_ = false;
            why_unknown_ = "no getblock with verbosity 3, no txindex";
        }
        for (const UtxoTxn& txn : txns) recent_.add(txn);
        std::erase_if(open, [&](TxIn* input) { return know(*input); });
        return {};
    }

    /// Those that the node has.
    Result<std::vector<UtxoTxn>> ask_txns(const std::vector<Hash256>& txids) {
        std::vector<UtxoTxn> out;
        for (std::size_t from = 0; from < txids.size(); from += kTxnsAtOnce) {
            std::vector<RpcCall> calls;
            for (std::size_t i = from; i < std::min(from + kTxnsAtOnce, txids.size()); ++i)
                calls.push_back({"getrawtransaction", format("[{},0]", quoted(txids[i]))});
            CORDON_TRY(const auto answers, rpc_.batch(calls));
            for (const auto& answer : answers) {
                if (!answer) continue;
                CORDON_TRY(const std::string hex, net::parse_json_string(*answer));
                CORDON_TRY(const Bytes bytes, named("getrawtransaction", parse_hex(hex)));
                CORDON_TRY(const auto view, named("getrawtransaction", chain::parse_txn(bytes)));
                // Not check_txn: what a node keeps has passed its own.
                if (!chain::check_txn(view)) continue;
                out.push_back(chain::to_model(view, chain::txid_of(view)));
            }
        }
        return out;
    }

    Status ask_mempool(std::vector<PendingTxn>& pending) {
        CORDON_TRY(const std::string result, rpc_.call("getrawmempool"));
        CORDON_TRY(std::vector<Hash256> now, named("getrawmempool", parse_bitcoin_mempool(result)));
        std::sort(now.begin(), now.end());
        std::vector<Hash256> fresh;
        std::set_difference(now.begin(), now.end(), mempool_.begin(), mempool_.end(),
                            std::back_inserter(fresh));
        const std::size_t came = fresh.size();
        if (came > kMaxPendingAtOnce) CORDON_TRY(keep_newest(fresh));
        auto txns = ask_txns(fresh);
        // Without an answer they are new at the next poll too. One that cannot be read would come
        // again.
        const bool is_silent = !txns && (txns.error().code == ErrorCode::kUnavailable ||
                                         txns.error().code == ErrorCode::kLimit);
        if (!is_silent) mempool_ = std::move(now);
        if (!txns) return fail(txns.error());
        dropped_ += came - fresh.size();
        for (UtxoTxn& txn : *txns) {
            recent_.add(txn);
            for (TxIn& input : txn.inputs) (void)know(input);
            PendingTxn out;
            out.chain = chain_;
            out.seen = options_.clock();
            out.utxo = std::move(txn);
            pending.push_back(std::move(out));
        }
        return {};
    }

    /// One more call, for the whole mempool with the times. From the oldest kept to the newest.
    Status keep_newest(std::vector<Hash256>& fresh) {
        std::vector<std::pair<uint32_t, Hash256>> came;  // A txn that has left meanwhile: at 0.
        came.reserve(fresh.size());
        for (const Hash256& txid : fresh) came.emplace_back(0, txid);
        const auto note = [&](const Hash256& txid, uint32_t time) {
            const auto at = std::lower_bound(fresh.begin(), fresh.end(), txid);
            if (at != fresh.end() && *at == txid)
                came[static_cast<std::size_t>(at - fresh.begin())].first = time;
        };
        const auto result = rpc_.call("getrawmempool", "[true]");
        if (!result && result.error().code == ErrorCode::kCancelled) return fail(result.error());
        const Status read = result ? read_bitcoin_mempool(*result, note) : fail(result.error());
        if (!read) why_untimed_ = read.error().message;
        std::sort(came.begin(), came.end());
        fresh.clear();
        for (auto at = came.end() - kMaxPendingAtOnce; at != came.end(); ++at)
            fresh.push_back(at->second);
        return {};
    }

    net::RpcClient rpc_;
    BitcoinNodeOptions options_;
    ChainId chain_ = kBitcoin;
    RecentOutputs recent_;
    bool tells_prevouts_ = true;
    bool has_index_ = true;
    uint64_t unknown_ = 0;  // Inputs that nobody told of.
    std::string why_unknown_ = "it could not be asked";
    std::vector<Hash256> mempool_;  // As it was last; sorted.
    Millis waited_{0};              // Since the mempool was asked for.
    std::string why_untimed_;       // Empty: it told so far when a txn came.
    uint64_t dropped_ = 0;
};

}  // namespace

Result<std::unique_ptr<Node>> make_bitcoin_node(std::string_view url, BitcoinNodeOptions options) {
    if (!options.credentials.empty()) {
        const std::string& text = options.credentials;
        if (text.find_first_of("\r\n") != text.npos)
            return fail(ErrorCode::kInvalidParam, "the credentials hold a line end");
        options.rpc.authorization =
            "Basic " + to_base64({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
    }
    CORDON_TRY(net::RpcClient rpc, net::RpcClient::make(url, options.rpc));
    if (rpc.can_subscribe())
        return fail(ErrorCode::kInvalidParam,
                    format("{}: Bitcoin nodes are reached by http or https", rpc.url().shown()));
    if (!rpc.url().user_info.empty())
        return fail(ErrorCode::kInvalidParam,
                    format("{}: credentials in a URL can be read by others; give the cookie file "
                           "in CORDON_BTC_COOKIE, or CORDON_BTC_USER and CORDON_BTC_PASSWORD",
                           rpc.url().shown()));
    return std::make_unique<BitcoinNode>(std::move(rpc), std::move(options));
}

}  // namespace cordon::feed
