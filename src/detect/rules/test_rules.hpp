// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "../test_stream.hpp"
#include "rule_set.hpp"

/// Rules and what they say of a stream, for tests.
namespace cordon::detect {

inline CompiledRules compile_text(std::string text, const WatchConfig* config = nullptr) {
    const std::vector<RuleText> files{{"test.yaml", std::move(text)}};
    return compile_rules(files, config);
}
inline std::string problems_of(const CompiledRules& compiled) {
    std::string all;
    for (const Diagnostic& one : compiled.diagnostics) all += to_string(one) + "\n";
    return all;
}

/// A watch with these rules alone.
class RuleBench {
public:
    WatchConfig config;
    TestKnowledge knowledge;
    TestStream stream;
    CollectedAlerts alerts;
    RuleSet* rules = nullptr;  ///< Owned by the watch.
    std::unique_ptr<Watch> watch;

    void start(const std::string& text, RuleOptions options = {}) {
        start(compile_text(text, &config), options);
    }
    void start(const CompiledRules& compiled, RuleOptions options = {}) {
        ASSERT_TRUE(compiled.ok()) << problems_of(compiled);
        auto set = std::make_unique<RuleSet>(compiled.program, options);
        rules = set.get();
        std::vector<std::unique_ptr<Detector>> more;
        more.push_back(std::move(set));
        for (const Maker& maker : detectors())  // Rules alone.
            config.disabled.emplace_back(maker.descriptor->id);
        watch = std::make_unique<Watch>(config, knowledge, WatchOptions{.addresses = 1024},
                                        std::move(more));
    }
    void on(const std::shared_ptr<const FeedEvent>& event) {
        const Status status = watch->on(event, alerts);
        ASSERT_TRUE(status) << status.error().message;
    }
    void block(int64_t seconds = 12) { on(stream.block(seconds)); }
    std::size_t count(std::string_view detector) const { return alerts.of(detector).size(); }
};

/// A rule that is always the same but for its condition.
inline std::string rule_of(const std::string& condition, const std::string& more = "") {
    return "- rule: r\n  desc: test\n  output: seen\n  priority: high\n" + more +
           (condition.empty() ? "" : "  condition: >-\n    " + condition + "\n");
}

}  // namespace cordon::detect
