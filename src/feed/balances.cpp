// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "balances.hpp"

#include <algorithm>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/chain/text.hpp>

#include "evm_node.hpp"

namespace cordon::feed {
namespace {

// Nodes and providers take a hundred calls in one message (Alchemy's, Infura's and geth's limits
// are 1,000 and more).
constexpr std::size_t kBatch = 100;
constexpr std::string_view kBalanceOf = "70a08231";  // balanceOf(address), ERC-20.

net::RpcCall question(const Holding& holding, BlockNum at) {
    const std::string address = to_hex(holding.address.payload());
    if (holding.asset.is_native())
        return {"eth_getBalance", format(R"(["0x{}","0x{:x}"])", address, at)};
    return {"eth_call", format(R"([{{"to":"{}","data":"0x{}{:0>64}"}},"0x{:x}"])",
                               holding.asset.text(), kBalanceOf, address, at)};
}

/// A quantity, or the one word that a call gives back. Nothing for what is neither: "0x" is what a
/// call to no contract answers.
std::optional<Amount> amount_in(std::string_view json) {
    const auto text = net::parse_json_string(json);
    if (!text || !text->starts_with("0x") || text->size() <= 2 || text->size() > 66)
        return std::nullopt;
    const std::string digits = format("{:0>64}", std::string_view{*text}.substr(2));
    const auto word = parse_hex(digits);
    if (!word) return std::nullopt;
    const auto amount = Amount::from_big_endian(*word);
    return amount ? std::optional{*amount} : std::nullopt;
}

Result<std::vector<Holding>> ask(net::RpcClient& rpc, BlockNum at,
                                 std::span<const Holding> holdings) {
    std::vector<Holding> out;
    for (std::size_t from = 0; from < holdings.size(); from += kBatch) {
        const auto part = holdings.subspan(from, std::min(kBatch, holdings.size() - from));
        std::vector<net::RpcCall> calls;
        for (const Holding& holding : part) calls.push_back(question(holding, at));
        CORDON_TRY(const auto answers, rpc.batch(calls));
        for (std::size_t i = 0; i < part.size(); ++i) {
            if (!answers[i]) continue;
            const auto amount = amount_in(*answers[i]);
            if (!amount) continue;
            out.push_back(part[i]);
            out.back().amount = *amount;
        }
    }
    return out;
}

}  // namespace

Result<std::vector<Holding>> ask_balances(std::string_view source, BlockNum at,
                                          std::span<const Holding> holdings,
                                          const LiveOptions& options) {
    if (!is_evm(source))
        return fail(ErrorCode::kUnsupported, "only nodes of EVM chains are asked for balances");
    if (holdings.empty()) return std::vector<Holding>{};
    CORDON_TRY(const auto urls, endpoints_of(source));
    std::optional<Error> last;
    for (const std::string& url : urls) {
        net::RpcOptions settings;
        settings.net.cancel = options.cancel;
        settings.net.ca_file = options.ca_file;
        CORDON_TRY(net::RpcClient rpc, net::RpcClient::make(url, std::move(settings)));
        CORDON_TRY(const auto node, make_evm_node(url, {.rpc = settings}));
        const auto chain = node->chain();
        if (!chain) {
            last = chain.error();
            continue;
        }
        if (*chain != holdings.front().chain)
            return fail(ErrorCode::kWrongChain,
                        format("{} is a node of {}", node->name(), to_string(*chain)));
        auto answers = ask(rpc, at, holdings);
        if (answers || answers.error().code == ErrorCode::kCancelled) return answers;
        last = answers.error();
    }
    return fail(*std::move(last));
}

}  // namespace cordon::feed
