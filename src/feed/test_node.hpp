// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <builders.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <cordon/base/format.hpp>

#include "chain_feed.hpp"

/// A chain, nodes that tell of it, and a feed over them, for tests.
namespace cordon::feed {

/// A txn that waits, by its number; the same sender and nonce make one the replacement of another.
inline PendingTxn waiting(unsigned number, unsigned sender, std::optional<uint64_t> nonce) {
    PendingTxn txn;
    txn.chain = kEthereum;
    txn.activity.hash = test::hash(number);
    txn.activity.from = test::address(sender);
    txn.activity.nonce = nonce;
    return txn;
}
inline PendingTxn waiting(unsigned number) { return waiting(number, number, 0); }
inline PendingTxn waiting_utxo(unsigned number) {
    PendingTxn txn;
    txn.utxo = UtxoTxn{};
    txn.utxo->txid = test::hash(number);
    return txn;
}
inline void stand(const PendingTxn& txn, SeenBlock& seen) {
    if (txn.utxo)
        seen.block.utxo_txns.push_back(*txn.utxo);
    else
        seen.activity.txns.push_back(txn.activity);
}

/// A chain that can be reorganised, and what happens to whoever asks for it.
struct World {
    std::vector<BlockHeader> chain;      // By number.
    std::map<Hash256, BlockHeader> all;  // Also lost ones.
    UnixMillis now = from_unix_seconds(1'700'000'000);
    uint64_t salt = 0;
    std::map<Hash256, std::vector<PendingTxn>> txns;  // By the block that they stand in.

    /// A block with these txns.
    void take_in(std::vector<PendingTxn> some) {
        mine();
        txns[chain.back().hash] = std::move(some);
    }
    void mine(unsigned count = 1) {
        for (unsigned i = 0; i < count; ++i) {
            BlockHeader header;
            header.number = chain.size();
            header.hash = test::hash(1 + header.number * 1000 + salt);
            if (!chain.empty()) header.parent = chain.back().hash;
            header.time = now;
            all[header.hash] = header;
            chain.push_back(header);
        }
    }
    void reorg(unsigned depth, unsigned blocks) {
        chain.resize(chain.size() - depth);
        ++salt;
        mine(blocks);
    }
};

class FakeNode final : public Node {
public:
    FakeNode(std::string name, const World& world) : name_{std::move(name)}, world_{&world} {}

    bool down = false;
    bool forgets = false;  // Has no lost blocks.
    ChainId is = kEthereum;
    std::optional<BlockNum> without;  // A block that it cannot give.
    std::vector<std::string> missing;
    std::function<void()> on_wait = [] {};
    uint64_t calls = 0;

    void follow(const World& world) { world_ = &world; }

    std::string name() const override { return name_; }
    Result<ChainId> chain() override { return answer(is); }
    Result<BlockHeader> head() override { return answer(world_->chain.back()); }
    Result<std::optional<BlockHeader>> header_at(BlockNum number) override {
        std::optional<BlockHeader> found;
        if (number < world_->chain.size()) found = world_->chain[number];
        return answer(found);
    }
    Result<std::optional<Hash256>> parent_of(const Hash256& hash) override {
        std::optional<Hash256> found;
        if (const auto it = world_->all.find(hash); it != world_->all.end() && !forgets)
            found = it->second.parent;
        return answer(found);
    }
    Result<std::vector<NodeBlock>> range(BlockNum first, unsigned count) override {
        if (without == first) return fail(ErrorCode::kMalformed, "nonsense");
        std::vector<NodeBlock> blocks;
        for (BlockNum i = first; i < first + count && i < world_->chain.size(); ++i) {
            if (without == i) break;
            NodeBlock block;
            block.seen.block.chain = is;
            block.seen.block.header = world_->chain[i];
            block.missing = missing;
            if (const auto of = world_->txns.find(world_->chain[i].hash); of != world_->txns.end())
                for (const PendingTxn& txn : of->second) stand(txn, block.seen);
            blocks.push_back(block);
        }
        return answer(blocks);
    }
    Status wait(Millis, std::vector<PendingTxn>& pending) override {
        for (PendingTxn& txn : std::exchange(news, {})) {
            txn.chain = is;
            pending.push_back(std::move(txn));
        }
        on_wait();
        if (down) return fail(ErrorCode::kUnavailable, name_ + " is down");
        return {};
    }
    uint64_t dropped() const override { return lost; }
    std::vector<PendingTxn> news;  // Told when it is waited for.
    uint64_t lost = 0;

private:
    template <typename T>
    Result<T> answer(T value) {
        ++calls;
        if (down) return fail(ErrorCode::kUnavailable, name_ + " is down");
        return value;
    }
    std::string name_;
    const World* world_;
};

/// What was told, as words.
inline std::string word(const FeedEvent& event) {
    if (const auto* block = std::get_if<SeenBlock>(&event))
        return format("{}", block->block.header.number);
    if (const auto* rewind = std::get_if<Rewind>(&event)) return format("<{}", rewind->keep);
    if (const auto* txn = std::get_if<PendingTxn>(&event))
        return format("waits {}", (txn->utxo ? txn->utxo->txid : txn->activity.hash).bytes[31]);
    if (const auto* status = std::get_if<FeedStatus>(&event))
        return std::string{to_string(status->state)};
    return "?";
}

/// A feed over fake nodes, and what is read of it.
struct Story {
    World world, other;
    std::atomic<bool> cancel = false;
    std::vector<FakeNode*> nodes;
    ChainFeedOptions options;
    std::unique_ptr<ChainFeed> feed;
    std::vector<FeedStatus> statuses;

    explicit Story(unsigned blocks = 1) {
        world.mine(blocks);
        options.retry = Millis{0};
        options.max_retry = Millis{0};
        options.cancel = &cancel;
        options.clock = [this] { return world.now; };
    }
    Status open(std::vector<std::string> names = {"a"}) {
        std::vector<std::unique_ptr<Node>> made;
        for (const std::string& name : names) {
            auto node = std::make_unique<FakeNode>(name, world);
            nodes.push_back(node.get());
            made.push_back(std::move(node));
        }
        for (std::size_t i = 0; i < nodes.size() && i < foreign.size(); ++i)
            nodes[i]->is = foreign[i];
        for (FakeNode* node : nodes) node->down = all_down;
        CORDON_TRY(feed, ChainFeed::open(std::move(made), options));
        return {};
    }
    std::vector<ChainId> foreign;
    bool all_down = false;

    /// Reads until it waits for news.
    std::vector<std::string> read() {
        std::vector<std::string> words;
        cancel = false;
        for (FakeNode* node : nodes) node->on_wait = [this] { cancel = true; };
        FeedEvent event;
        while (words.size() < 1000 && feed->read(event).value()) {
            words.push_back(word(event));
            if (const auto* status = std::get_if<FeedStatus>(&event)) statuses.push_back(*status);
        }
        return words;
    }
    /// Without what the feed says of itself.
    std::vector<std::string> read_blocks() {
        std::vector<std::string> words = read();
        std::erase_if(words, [](const std::string& text) { return text[0] > '<'; });
        return words;
    }
};

}  // namespace cordon::feed
