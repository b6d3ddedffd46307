// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "open.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

#include <cordon/base/format.hpp>
#include <cordon/crypto/hash.hpp>

#include "bitcoin_node.hpp"
#include "evm_node.hpp"
#include "tail.hpp"

namespace cordon::feed {
namespace {

constexpr std::string_view kEvm = "evm-rpc:";
constexpr std::string_view kBtc = "btc-rpc:";
constexpr std::string_view kTail = "tail:";
constexpr std::string_view kGuard = "guard:";
// Blocks come every ten minutes on average: two hours without one happen once in some years
// (e^-12 a block), and then somebody should look.
constexpr Millis kBitcoinStale = std::chrono::hours{2};
constexpr std::size_t kMaxCookie = 4096;

/// The URLs of one source: a comma parts them where a URL begins behind it, since a URL may hold
/// commas itself.
std::vector<std::string> urls_of(std::string_view text) {
    static constexpr std::array<std::string_view, 5> kBegin{"http://", "https://", "ws://",
                                                            "wss://", "env:"};
    std::vector<std::string> all;
    std::size_t from = 0;
    for (std::size_t at = text.find(','); at != text.npos; at = text.find(',', at + 1)) {
        for (const std::string_view begin : kBegin) {
            if (!text.substr(at + 1).starts_with(begin)) continue;
            all.emplace_back(text.substr(from, at - from));
            from = at + 1;
            break;
        }
    }
    all.emplace_back(text.substr(from));
    return all;
}

Result<std::string> resolved(const std::string& url) {
    if (!url.starts_with("env:")) return url;
    const std::string name = url.substr(4);
    const char* value = std::getenv(name.c_str());
    if (!value || *value == '\0')
        return fail(ErrorCode::kInvalidParam,
                    format("the environment variable {} holds no URL", name));
    return std::string{value};
}

Result<std::unique_ptr<Node>> make_node(bool evm, const std::string& url,
                                        const LiveOptions& options, const std::atomic<bool>* stop) {
    net::RpcOptions rpc;
    rpc.net.cancel = stop;
    rpc.net.ca_file = options.ca_file;
    if (evm) {
        EvmNodeOptions node;
        node.rpc = rpc;
        node.pending = options.pending;
        node.calls = node.changes = options.traces;
        node.clock = options.clock;
        return make_evm_node(url, std::move(node));
    }
    BitcoinNodeOptions node;
    node.rpc = rpc;
    node.pending = options.pending;
    node.clock = options.clock;
    CORDON_TRY(node.credentials, bitcoin_credentials());
    return make_bitcoin_node(url, std::move(node));
}

Result<MergedSource> open_chain(std::string_view source, const LiveOptions& options,
                                const std::atomic<bool>* stop) {
    const bool evm = is_evm(source);
    std::vector<std::unique_ptr<Node>> nodes;
    CORDON_TRY(const auto urls, endpoints_of(source));
    for (const std::string& url : urls) {
        CORDON_TRY(auto node, make_node(evm, url, options, stop));
        nodes.push_back(std::move(node));
    }
    ChainFeedOptions feed;
    feed.chain = options.chain;
    feed.from = options.from;
    feed.clock = options.clock;
    feed.cancel = stop;
    if (!evm) feed.stale = kBitcoinStale;
    feed.seen = options.seen;
    const std::string name = format("{} of {}", evm ? "evm-rpc" : "btc-rpc", nodes.front()->name());
    CORDON_TRY(auto opened, ChainFeed::open(std::move(nodes), std::move(feed)));
    const ChainId chain = opened->chain();
    const ChainFeed* followed = opened.get();
    return MergedSource{name, chain, std::move(opened), followed};
}

Result<std::string> read_cookie(const std::string& path) {
    CORDON_TRY(const InputFile file, input_file(path));
    CORDON_TRY(auto bytes, file.open());
    CORDON_TRY(const Bytes all, read_all(*bytes, kMaxCookie));
    std::string text{all.begin(), all.end()};
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
    if (text.find(':') == text.npos)
        return fail(ErrorCode::kMalformed, format("{}: expected user:password", path));
    return text;
}

/// A tailed file from the place where it was left; from its front when another file has its name.
class BehindPlace final : public chain::EventSource {
public:
    BehindPlace(std::unique_ptr<chain::EventSource> events, const TailPlace& place)
        : events_{std::move(events)}, place_{place} {}
    Result<bool> read(FeedEvent& event) override {
        CORDON_TRY(bool more, events_->read(event));
        for (; more && place_.events > 0; --place_.events) {
            if (std::exchange(at_front_, false) && digest(event) != place_.first) break;
            CORDON_TRY(more, events_->read(event));
        }
        place_.events = 0;
        return more;
    }
    uint64_t bytes_read() const noexcept override { return events_->bytes_read(); }
    uint64_t bytes_total() const noexcept override { return events_->bytes_total(); }
    std::vector<std::string> warnings() const override { return events_->warnings(); }

private:
    std::unique_ptr<chain::EventSource> events_;
    TailPlace place_;
    bool at_front_ = true;
};

/// What was let through until now comes first (`early`): a watch that goes on reads blocks again
/// that pay it, and must not take it for unasked.
Result<std::unique_ptr<chain::EventSource>> open_guard(
    const std::string& source, const LiveOptions& options, const std::atomic<bool>* stop,
    std::size_t from, std::vector<std::pair<std::size_t, FeedEvent>>& early) {
    const std::string path = source.substr(kGuard.size());
    const auto now = options.open_guard(path, nullptr);
    const auto read = options.tails.find(source);
    TailPlace place;
    uint64_t known = 0;
    for (FeedEvent event;; ++place.events) {
        const Result<bool> more = now->read(event);
        if (!more && more.error().code == ErrorCode::kNotFound) break;  // No gate yet.
        if (!more) return fail(more.error());
        if (!*more) break;
        if (place.events == 0) {
            place.first = digest(event);
            if (read != options.tails.end() && read->second.first == place.first)
                known = read->second.events;
        }
        if (place.events >= known) early.emplace_back(from, event);
    }
    auto events = options.open_guard(path, stop);
    if (place.events == 0) return events;
    return std::make_unique<BehindPlace>(std::move(events), place);
}

}  // namespace

Hash256 digest(FeedEvent event) {
    // Older versions left a nonce of 0 out, and the places that they kept must be found again.
    const auto leave_out = [](TxnActivity& txn) {
        if (txn.nonce == uint64_t{0}) txn.nonce.reset();
    };
    if (auto* pending = std::get_if<PendingTxn>(&event)) leave_out(pending->activity);
    if (auto* seen = std::get_if<SeenBlock>(&event))
        std::for_each(seen->activity.txns.begin(), seen->activity.txns.end(), leave_out);
    const std::string line = chain::format_event(event);
    return crypto::sha256({reinterpret_cast<const uint8_t*>(line.data()), line.size()});
}

bool is_guard(std::string_view source) noexcept { return source.starts_with(kGuard); }

bool is_tail(std::string_view source) noexcept {
    return source.starts_with(kTail) || is_guard(source);
}

bool is_evm(std::string_view source) noexcept { return source.starts_with(kEvm); }

Result<std::vector<std::string>> endpoints_of(std::string_view source) {
    std::vector<std::string> urls;
    for (const std::string& each : urls_of(source.substr(source.find(':') + 1))) {
        CORDON_TRY(std::string url, resolved(each));
        urls.push_back(std::move(url));
    }
    return urls;
}

bool is_live(std::string_view source) noexcept {
    return source.starts_with(kEvm) || source.starts_with(kBtc) || source.starts_with(kTail);
}

Result<std::string> bitcoin_credentials() {
    const auto value = [](const char* name) {
        const char* text = std::getenv(name);
        return std::string{text ? text : ""};
    };
    if (const std::string path = value("CORDON_BTC_COOKIE"); !path.empty())
        return read_cookie(path);
    const std::string user = value("CORDON_BTC_USER");
    return user.empty() ? user : format("{}:{}", user, value("CORDON_BTC_PASSWORD"));
}

Result<std::unique_ptr<MergedFeed>> open_live(const std::vector<std::string>& sources,
                                              const LiveOptions& options) {
    auto stop = std::make_unique<std::atomic<bool>>(false);
    MergedOptions merged;
    std::vector<MergedSource> opened;
    std::vector<ChainId> chains;
    for (const std::string& source : sources) {
        const std::string_view text = source;
        if (is_guard(text) && options.open_guard) {
            CORDON_TRY(auto events,
                       open_guard(source, options, stop.get(), opened.size(), merged.early));
            opened.push_back({source, options.chain.value_or(kEthereum), std::move(events)});
            continue;
        }
        if (text.starts_with(kTail)) {
            const std::string path{text.substr(kTail.size())};
            TailOptions tail;
            tail.cancel = stop.get();
            CORDON_TRY(auto events, chain::open_events(tail_file(path, tail)));
            if (const auto read = options.tails.find(source); read != options.tails.end())
                events = std::make_unique<BehindPlace>(std::move(events), read->second);
            opened.push_back({source, options.chain.value_or(kEthereum), std::move(events)});
            continue;
        }
        if (!is_evm(text) && !text.starts_with(kBtc))
            return fail(ErrorCode::kInvalidParam,
                        "expected evm-rpc:URL, btc-rpc:URL or tail:FILE as live source");
        CORDON_TRY(MergedSource one, open_chain(text, options, stop.get()));
        if (std::find(chains.begin(), chains.end(), one.chain) != chains.end())
            return fail(ErrorCode::kConflict,
                        format("two sources of chain {}: write the second URL behind the first, "
                               "with a comma, as another endpoint of it",
                               to_string(one.chain)));
        chains.push_back(one.chain);
        opened.push_back(std::move(one));
    }
    merged.clock = options.clock;
    merged.cancel = options.cancel;
    return std::make_unique<MergedFeed>(std::move(opened), std::move(merged), std::move(stop));
}

}  // namespace cordon::feed
