// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// Policies and their cases: what compiles judges the same twice and lets nothing through that it
// holds with less knowledge.
#include <cstdlib>

#include <cordon/guard/policy/cases.hpp>

using namespace cordon;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    const auto none = [](const std::string&) -> Result<std::string> {
        return fail(ErrorCode::kNotFound, "no such file");
    };
    static_cast<void>(guard::read_cases(text, "cases", none));
    const auto compiled = guard::Policy::compile(text, "policy");
    if (!compiled.policy) return 0;
    static_cast<void>(compiled.policy->explain());
    WithdrawalRequest request;
    request.id = "1";
    request.chain = kEthereum;
    const std::array<uint8_t, 20> bytes{1};
    request.from = request.to = Address{AddressKind::kEvm, bytes};
    request.amount = Amount{1'000'000U};
    guard::ToldWorld world;
    world.wallets = {{kEthereum, request.from, "set", "us", "hot"}};
    const guard::ToldSpending spending;
    const auto first = compiled.policy->judge(request, world, spending, UnixMillis{});
    const auto second = compiled.policy->judge(request, world, spending, UnixMillis{});
    if (first.reasons != second.reasons || first.reasons.empty()) std::abort();
    for (const std::string_view question : guard::ToldWorld::questions())
        world.unknown.emplace(question);
    const auto less = compiled.policy->judge(request, world, spending, UnixMillis{});
    if (less.decision == Decision::kAllow && first.decision != Decision::kAllow) std::abort();
    return 0;
}
