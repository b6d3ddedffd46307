// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// Tiers and purses: what is read is planned the same twice, no proposal is above its most, and what
// a purse pays is built or refused.
#include <cstdlib>

#include <cordon/wallet/request_json.hpp>
#include <cordon/wallet/tiers/payload.hpp>
#include <cordon/wallet/tiers/plan.hpp>

using namespace cordon;

namespace {

void plan(const wallet::TierConfig& config) {
    std::vector<wallet::Balance> balances;
    uint64_t holds = 0;  // Nothing, then more and more: each standing comes up.
    for (const auto& asset : config.assets)
        for (const auto& tier : asset.tiers)
            if (tier)
                for (const Address& address : tier->wallets)
                    balances.push_back({asset.chain, address, asset.asset, Amount{holds += 1'000}});
    const auto first = wallet::plan_tiers(config, balances, {}, UnixMillis{});
    const auto second = wallet::plan_tiers(config, balances, {}, UnixMillis{});
    if (first.proposals != second.proposals) std::abort();
    std::vector<wallet::PastRefill> open;
    for (const WithdrawalRequest& request : first.proposals) {
        if (request.amount.is_zero() || request.from == request.to) std::abort();
        if (!request.id.starts_with("refill")) continue;
        for (const auto& asset : config.assets)
            for (const auto& tier : asset.tiers)
                if (tier && asset.chain == request.chain && asset.asset == request.asset &&
                    tier->wallets[0] == request.to && request.amount > tier->most)
                    std::abort();
        open.push_back({request, true});
    }
    for (const auto& request : wallet::plan_tiers(config, balances, open, UnixMillis{}).proposals)
        if (request.id.starts_with("refill")) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    if (const auto config = wallet::parse_tiers(text, "tiers")) plan(*config);
    auto purses = wallet::parse_purses(text, "purses");
    if (!purses) return 0;
    for (std::size_t i = 0; i < purses->size(); ++i) {
        WithdrawalRequest request;
        request.id = "1";
        request.chain = (*purses)[i].chain;
        request.from = request.to = (*purses)[i].address;
        request.amount = Amount{1'000U};
        const auto payload = wallet::make_payload(request, *purses);
        if (payload && payload->data.empty()) std::abort();
    }
    return 0;
}
