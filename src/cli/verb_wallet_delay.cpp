// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include <cordon/base/disk.hpp>
#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/chain/text.hpp>
#include <cordon/crypto/hash.hpp>
#include <cordon/wallet/delay.hpp>
#include <cordon/wallet/request_json.hpp>

#include "exit_code.hpp"
#include "output.hpp"
#include "table.hpp"
#include "verbs.hpp"

namespace cordon::cli {
namespace {

namespace json = boost::json;

Result<std::string> needed(const Args& args, std::string_view flag, std::string_view what) {
    if (args.has(flag)) return args.get(flag);
    return fail(ErrorCode::kInvalidParam, format("wallet delay: --{} is missing: {}", flag, what));
}

Result<std::string> file_of(const Args& args, std::string_view flag, std::string_view what) {
    CORDON_TRY(const std::string path, needed(args, flag, what));
    CORDON_TRY(const Bytes bytes, read_file(path));
    return std::string{reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Result<Address> address_of(const Args& args, std::string_view flag, ChainId chain,
                           std::string_view what) {
    CORDON_TRY(const std::string text, needed(args, flag, what));
    auto parsed = chain::parse_address(chain, text);
    if (!parsed) return fail(parsed.error().in(format("--{}", flag)));
    return parsed;
}

Result<wallet::ContractCall> payment_of(const Args& args, ChainId chain) {
    CORDON_TRY(const Address to, address_of(args, "to", chain, "who is paid"));
    CORDON_TRY(const std::string digits, needed(args, "amount", "in smallest units"));
    auto amount = Amount::parse(digits);
    if (!amount) return fail(amount.error().in("--amount"));
    auto asset = Asset::parse(args.get("asset"));
    if (!asset) return fail(asset.error().in("--asset"));
    return wallet::payment_call(chain, *asset, to, *amount);
}

/// The request for a payload, as the gate and the offline signer take it. Its id says what it is
/// and follows from the payload, so that it never means something else.
Result<std::string> request_of(const Args& args, const wallet::DelayPlan& plan,
                               std::string_view step, const Address& by, const Payload& payload,
                               const Address& about, const Asset& asset = {},
                               const Amount& amount = {}) {
    CORDON_TRY(WithdrawalRequest request,
               wallet::delay_request(plan, by, payload, about, asset, amount));
    const auto* data = reinterpret_cast<const uint8_t*>(request.payload.data.data());
    constexpr std::size_t kDigits = 12;
    request.id = format(
        "delay-{}-{}", step,
        to_hex(crypto::sha256(ByteView{data, request.payload.data.size()})).substr(0, kDigits));
    request.requester = args.get("requester");
    request.time =
        UnixMillis{std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now())};
    return wallet::format_request(request);
}

/// One step a line, in their order.
Status print_steps(const Args& args, const wallet::DelayPlan& plan,
                   const std::vector<wallet::DelayStep>& steps) {
    std::string lines;
    for (const wallet::DelayStep& step : steps) {
        if (args.has("requester") && !step.about.empty()) {
            CORDON_TRY(const std::string request,
                       request_of(args, plan, step.name, step.by, step.payload, step.about));
            lines += request + "\n";
            continue;
        }
        json::object row{{"step", step.name},
                         {"by", chain::format_address(plan.chain, step.by)},
                         {"type", step.payload.type},
                         {"data", step.payload.data},
                         {"words", step.words}};
        lines += json::serialize(row) + "\n";
    }
    return print(lines);
}

Status run(const std::string& what, const Args& args, const Session& session,
           const wallet::DelayPlan& plan) {
    if (what == "explain") {
        CORDON_TRY(const std::string words, wallet::delay_words(plan));
        CORDON_TRY(const Address delay, wallet::delay_address(plan));
        if (session.format == Format::kTable) return print(words);
        return print(envelope(
            "wallet.delay",
            json::object{{"address", chain::format_address(plan.chain, delay)}, {"words", words}}));
    }
    if (what == "watch") {
        CORDON_TRY(const std::string yaml, wallet::delay_watch(plan));
        return print(yaml);
    }
    if (what == "context") {
        CORDON_TRY(const std::string yaml, wallet::delay_context(plan));
        return print(yaml);
    }
    CORDON_TRY(const std::string yaml, file_of(args, "purses", "nonces and fees"));
    CORDON_TRY(auto purses, wallet::parse_purses(yaml, args.get("purses")));
    if (what == "cancel") {
        CORDON_TRY(const std::string digits,
                   needed(args, "below", "one more than the number that the alert names"));
        auto below = Amount::parse(digits);
        if (!below) return fail(below.error().in("--below"));
        CORDON_TRY(const Payload payload, wallet::delay_cancel(plan, *below, purses));
        if (!args.has("requester")) return print(payload.data + "\n");
        CORDON_TRY(const Address delay, wallet::delay_address(plan));
        CORDON_TRY(const std::string request,
                   request_of(args, plan, what, plan.safe, payload, delay));
        return print(request + "\n");
    }
    CORDON_TRY(const Address by, address_of(args, "by", plan.chain, "whose account sends it"));
    if (what == "setup") {
        CORDON_TRY(const auto steps, wallet::delay_setup(plan, by, purses));
        return print_steps(args, plan, steps);
    }
    CORDON_TRY(const wallet::ContractCall payment, payment_of(args, plan.chain));
    auto payload = what == "queue" ? wallet::delay_queue(plan, by, payment, purses)
                                   : wallet::delay_execute(plan, by, payment, purses);
    if (!payload) return fail(payload.error());
    if (args.has("requester") && what == "queue") {
        CORDON_TRY(const Address to, address_of(args, "to", plan.chain, "who is paid"));
        CORDON_TRY(const Amount amount, Amount::parse(args.get("amount")));
        CORDON_TRY(const Asset asset, Asset::parse(args.get("asset")));
        CORDON_TRY(const std::string request,
                   request_of(args, plan, what, by, *payload, to, asset, amount));
        return print(request + "\n");
    }
    return print(payload->data + "\n");
}

}  // namespace

Result<int> wallet_delay(const Args& args, const Session& session) {
    constexpr std::array<std::string_view, 7> kWords{"explain", "setup", "queue",  "execute",
                                                     "cancel",  "watch", "context"};
    const auto& words = args.operands();
    const std::string what = words.size() < 2 ? "" : words[1];
    if (std::find(kWords.begin(), kWords.end(), what) == kWords.end())
        return fail(ErrorCode::kInvalidParam,
                    format("wallet delay {}: expected explain, setup, queue, execute, cancel, "
                           "watch or context",
                           printable(what.substr(0, 40))));
    CORDON_TRY(const std::string yaml, file_of(args, "config", "the plan (docs/formats/delay.md)"));
    CORDON_TRY(const wallet::DelayPlan plan, wallet::parse_delay(yaml, args.get("config")));
    CORDON_TRY(run(what, args, session, plan));
    return kClean;
}

}  // namespace cordon::cli
