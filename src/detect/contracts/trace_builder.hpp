// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string_view>

#include <gtest/gtest.h>

#include "../test_stream.hpp"
#include "../watch.hpp"
#include "selectors.hpp"

/// Call trees and alerts in a few lines, for tests of detectors.
namespace cordon::detect {

inline Bytes word(const Amount& amount) {
    const auto bytes = amount.to_big_endian();
    return {bytes.begin(), bytes.end()};
}
inline Bytes word(const Address& address) {
    Bytes bytes(12);
    bytes.insert(bytes.end(), address.payload().begin(), address.payload().end());
    return bytes;
}
template <typename... Words>
Bytes calldata(std::string_view signature, const Words&... words) {
    const Hash256 hash = topic_named(signature);
    Bytes bytes{hash.bytes.begin(), hash.bytes.begin() + 4};
    [[maybe_unused]] const auto add = [&](const Bytes& more) {
        bytes.insert(bytes.end(), more.begin(), more.end());
    };
    (add(word(words)), ...);
    return bytes;
}
inline Hash256 as_topic(const Address& address) {
    Hash256 topic;
    std::copy(address.payload().begin(), address.payload().end(), topic.bytes.begin() + 12);
    return topic;
}

/// Frames of one txn: call() opens one, end() closes it.
class TraceBuilder {
public:
    explicit TraceBuilder(TxnActivity& activity) : activity_{activity} {}

    TraceBuilder& call(const Address& from, const Address& to, Bytes input = {},
                       const Amount& value = {}, CallKind kind = CallKind::kCall) {
        Call frame;
        frame.parent = stack_.empty() ? Call::kNoParent : stack_.back();
        frame.depth = static_cast<uint32_t>(stack_.size());
        frame.kind = kind;
        frame.from = from;
        frame.to = to;
        frame.value = value;
        frame.input = std::move(input);
        if (stack_.empty()) {
            activity_.from = from;
            activity_.to = kind == CallKind::kCreate ? Address{} : to;
            activity_.input = frame.input;
        }
        stack_.push_back(static_cast<uint32_t>(activity_.calls.size()));
        activity_.calls.push_back(std::move(frame));
        return *this;
    }
    TraceBuilder& end() {
        stack_.pop_back();
        return *this;
    }
    TraceBuilder& view(const Address& from, const Address& to, std::string_view what,
                       const Amount& answer) {
        return call(from, to, calldata(what), {}, CallKind::kStaticCall).answer(word(answer)).end();
    }
    /// What the last frame returned.
    TraceBuilder& answer(Bytes output) {
        activity_.calls.back().output = std::move(output);
        return *this;
    }
    /// `from` calls the token.
    TraceBuilder& send(const Address& from, const Address& token, const Address& to,
                       uint64_t amount) {
        return call(from, token, calldata("transfer(address,uint256)", to, Amount{amount})).end();
    }
    TraceBuilder& pull(const Address& by, const Address& token, const Address& from,
                       const Address& to, uint64_t amount) {
        return call(by, token,
                    calldata("transferFrom(address,address,uint256)", from, to, Amount{amount}))
            .end();
    }

private:
    TxnActivity& activity_;
    std::vector<uint32_t> stack_;
};

/// A watch with the shipped detectors over one stream.
class ContractsTest : public ::testing::Test {
protected:
    WatchConfig config;
    TestKnowledge knowledge;
    CollectedAlerts alerts;
    std::unique_ptr<Watch> watch;
    TestStream stream;
    const Address thief = named("thief"), weapon = named("weapon"), vault = named("vault"),
                  lender = named("lender"), pool = named("pool"), usd = named("usd"),
                  coin = named("coin"), user = named("user"), other = named("other");

    TraceBuilder trace() {
        stream.txn();
        stream.block_activity().has_calls = true;
        return TraceBuilder{stream.activity()};
    }
    void log(const Address& contract, std::vector<Hash256> topics, Bytes data = {}) {
        stream.block_activity().has_logs = true;
        auto& logs = stream.activity().logs;
        logs.push_back(
            {static_cast<uint32_t>(logs.size()), contract, std::move(topics), std::move(data)});
    }
    void give(std::shared_ptr<const FeedEvent> event) {
        if (!watch) watch = std::make_unique<Watch>(config, knowledge);
        const Status status = watch->on(std::move(event), alerts);
        ASSERT_TRUE(status.has_value()) << status.error().message;
    }
    void mine() { give(stream.block()); }
    /// The worst that a detector raised; kInfo also when it raised nothing.
    Severity worst(std::string_view detector) const {
        Severity severity = Severity::kInfo;
        for (const Alert& alert : alerts.of(detector))
            severity = std::max(severity, alert.severity);
        return severity;
    }
};

}  // namespace cordon::detect
