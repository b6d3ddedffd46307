// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// A rule file of a stranger: it is refused with places, or it compiles, and then it runs.
#include <cstdint>
#include <string>

#include <cordon/base/check.hpp>
#include <cordon/detect/rules/rule_set.hpp>
#include <cordon/detect/test_stream.hpp>

using namespace cordon;
using namespace cordon::detect;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
    const std::vector<RuleText> files{{"fuzz", {reinterpret_cast<const char*>(data), size}}};
    const CompiledRules compiled = compile_rules(files);
    for (const Diagnostic& one : compiled.diagnostics)
        CORDON_CHECK(!one.message.empty() && one.file == "fuzz");
    bool refused = false;
    for (const Diagnostic& one : compiled.diagnostics) refused = refused || !one.warning;
    CORDON_CHECK(refused != compiled.ok());
    if (!compiled.ok()) return 0;
    for (const RuleInfo& info : list_rules(*compiled.program)) CORDON_CHECK(!info.words.empty());

    WatchConfig config;
    config.wallets = {{kEthereum, named("hot"), "hot", "acme", "hot"}};
    const TestKnowledge knowledge;
    const World world{config, knowledge, 64};
    RuleSet rules{compiled.program, {.cost = false, .groups = 64}};
    Findings findings;
    TestStream stream;
    stream.transfer(named("hot"), named("b"), Amount{5U});
    TxnActivity& txn = stream.activity();
    txn.from = named("hot");
    txn.to = named("b");
    txn.input = {0xa9, 0x05, 0x9c, 0xbb};
    Log log;
    log.contract = named("token");
    log.topics = {hash_of("x"), hash_of("y")};
    log.data.assign(64, 1);
    txn.logs = {log};
    Call call;
    call.from = named("hot");
    call.to = named("b");
    call.input = txn.input;
    txn.calls = {call};
    txn.changes = {{named("b"), {}, hash_of("x"), {}}};
    const auto event = stream.block();
    const SeenBlock& seen = std::get<SeenBlock>(*event);
    World moving{config, knowledge, 64};
    TxnView view;
    view.chain = kEthereum;
    view.block = &seen.block.header;
    view.time = *seen.block.header.time;
    view.movements = moving.movements(kEthereum, seen.block.account_txns[0].transfers, view.time);
    view.activity = &seen.activity.txns[0];
    rules.on_txn(view, world, findings);
    rules.on_block_end(kEthereum, seen.block.header, world, findings);
    rules.on_withdrawal({}, world, findings);
    rules.on_alert({}, world, findings);
    return 0;
}
