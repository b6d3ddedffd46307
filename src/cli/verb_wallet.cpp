// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <boost/json.hpp>
#include <chrono>
#include <set>
#include <tuple>

#include <cordon/base/base64.hpp>
#include <cordon/base/disk.hpp>
#include <cordon/base/format.hpp>
#include <cordon/chain/bitcoin/psbt_make.hpp>
#include <cordon/chain/csv.hpp>
#include <cordon/chain/text.hpp>
#include <cordon/engine/flows.hpp>
#include <cordon/wallet/request_json.hpp>
#include <cordon/wallet/tiers/payload.hpp>
#include <cordon/wallet/tiers/plan.hpp>
#include <cordon/wallet/vault.hpp>

#include "exit_code.hpp"
#include "output.hpp"
#include "table.hpp"
#include "verbs.hpp"

namespace cordon::cli {
namespace {

namespace json = boost::json;

std::string_view view(const Bytes& bytes) noexcept {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Result<std::string> needed(const Args& args, std::string_view flag, std::string_view what) {
    if (args.has(flag)) return args.get(flag);
    return fail(ErrorCode::kInvalidParam, format("--{} is missing: {}", flag, what));
}

/// `chain,address,asset,amount` (docs/formats/tiers.md).
Result<std::vector<wallet::Balance>> read_balances(const std::string& path) {
    static constexpr std::array<chain::CsvColumn, 4> kColumns{
        {{"chain"}, {"address"}, {"asset"}, {"amount"}}};
    CORDON_TRY(const auto file, input_file(path));
    CORDON_TRY(auto csv, chain::CsvReader::open(file));
    CORDON_TRY(csv.select(kColumns, chain::CsvExtra::kRefuse));
    std::vector<wallet::Balance> out;
    std::set<std::tuple<ChainId, Address, Asset>> seen;
    const auto field = [&]<typename T>(std::size_t column, Result<T> value) -> Result<T> {
        if (!value) return fail(csv.error(column, value.error()));
        return value;
    };
    for (;;) {
        CORDON_TRY(const bool more, csv.next());
        if (!more) return out;
        wallet::Balance one;
        CORDON_TRY(one.chain, field(0, parse_chain(csv[0])));
        CORDON_TRY(one.address, field(1, chain::parse_address(one.chain, csv[1])));
        CORDON_TRY(one.asset, field(2, Asset::parse(csv[2])));
        CORDON_TRY(one.amount, field(3, Amount::parse(csv[3])));
        if (!seen.emplace(one.chain, one.address, one.asset).second)
            return fail(csv.row_error(ErrorCode::kDuplicate, "this balance stands twice"));
        out.push_back(one);
    }
}

/// What the ledger knows of the wallets of the configuration: nothing where more went out than is
/// known to have come in.
Result<std::vector<wallet::Balance>> ledger_balances(const std::string& path,
                                                     const wallet::TierConfig& config) {
    CORDON_TRY(const auto reader, ledger::open_reader(path));
    std::vector<wallet::Balance> out;
    for (const wallet::AssetTiers& asset : config.assets)
        for (const auto& tier : asset.tiers) {
            if (!tier) continue;
            for (const Address& address : tier->wallets) {
                auto flows = engine::read_flows(*reader, asset.chain, address);
                if (!flows && flows.error().code == ErrorCode::kNotFound) continue;
                CORDON_TRY(flows);
                engine::Past past{std::move(*flows)};
                past.go_to(UnixMillis::max());
                if (const auto amount = past.balance(asset.asset))
                    out.push_back({asset.chain, address, asset.asset, *amount});
            }
        }
    return out;
}

/// Withdrawal requests, one on a line.
Status read_past(const std::string& path, bool open, std::vector<wallet::PastRefill>& out) {
    CORDON_TRY(const Bytes bytes, read_file(path));
    std::string_view rest = view(bytes);
    for (uint64_t line = 1; !rest.empty(); ++line) {
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        auto request = wallet::parse_request(rest.substr(0, end));
        if (!request) return fail(request.error().in(format("{}:{}", path, line)));
        out.push_back({std::move(*request), open});
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return {};
}

Result<wallet::Plan> plan_of(const Args& args) {
    CORDON_TRY(const std::string path, needed(args, "config", "where the money should lie"));
    CORDON_TRY(const Bytes yaml, read_file(path));
    CORDON_TRY(const wallet::TierConfig config, wallet::parse_tiers(view(yaml), path));
    if (args.has("balances") == args.has("ledger"))
        return fail(ErrorCode::kInvalidParam, "expected either --balances FILE or --ledger DIR");
    std::vector<wallet::Balance> balances;
    if (args.has("balances")) {
        CORDON_TRY(balances, read_balances(args.get("balances")));
    } else {
        CORDON_TRY(balances, ledger_balances(args.get("ledger"), config));
    }
    std::vector<wallet::PastRefill> past;
    if (args.has("past")) CORDON_TRY(read_past(args.get("past"), false, past));
    if (args.has("open")) CORDON_TRY(read_past(args.get("open"), true, past));
    UnixMillis now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    if (args.has("time")) {
        CORDON_TRY(now, parse_time(args.get("time")));
    }
    return wallet::plan_tiers(config, balances, past, now);
}

Result<int> tiers(const Args& args, const Session& session) {
    CORDON_TRY(const wallet::Plan plan, plan_of(args));
    bool fine = true;
    json::array rows;
    Table table{{{"chain"},
                 {"asset", Table::Align::kLeft, true},
                 {"tier"},
                 {"holds", Table::Align::kRight},
                 {"is"},
                 {"what to do"}}};
    for (const wallet::TierState& state : plan.states) {
        fine &= state.standing == wallet::TierStanding::kFine;
        rows.push_back(json::object{{"chain", to_string(state.chain)},
                                    {"asset", state.asset.text()},
                                    {"tier", wallet::to_string(state.tier)},
                                    {"balance", state.balance.to_string()},
                                    {"standing", wallet::to_string(state.standing)},
                                    {"text", state.text}});
        table.add({to_string(state.chain), std::string{state.asset.text()},
                   std::string{wallet::to_string(state.tier)},
                   group_digits(state.balance.to_string()),
                   std::string{wallet::to_string(state.standing)}, state.text});
    }
    CORDON_TRY(print(session.format == Format::kTable
                         ? table.render(terminal_width())
                         : envelope("wallet.tiers", json::object{{"tiers", rows}})));
    return fine ? kClean : kFound;
}

/// The requests, one on a line, each as the gate takes it.
Result<int> propose(const Args& args, const Session&) {
    CORDON_TRY(wallet::Plan plan, plan_of(args));
    if (!args.has("past") && !args.has("open"))
        print_warnings(
            {"without --past and --open, refills that were asked for before are not "
             "known: they are proposed again"});
    std::vector<wallet::Purse> purses;
    if (args.has("purses")) {
        CORDON_TRY(const Bytes yaml, read_file(args.get("purses")));
        CORDON_TRY(purses, wallet::parse_purses(view(yaml), args.get("purses")));
    }
    std::string lines;
    for (WithdrawalRequest& request : plan.proposals) {
        if (args.has("purses")) {
            CORDON_TRY(request.payload, wallet::make_payload(request, purses));
        }
        lines += wallet::format_request(request) + "\n";
    }
    CORDON_TRY(print(lines));
    return kClean;
}

Result<int> vault(const Args& args, const Session& session) {
    wallet::VaultTemplate plan;
    const auto count = [&](std::string_view flag) -> Result<uint32_t> {
        const auto value = Amount::parse(args.get(flag));
        if (!value || *value > Amount{UINT16_MAX + 0U})
            return fail(ErrorCode::kInvalidParam,
                        format("--{} \"{}\": expected a number", flag, printable(args.get(flag))));
        return static_cast<uint32_t>(value->low_u64());
    };
    plan.keys = args.all("key");
    plan.recovery = args.all("recovery");
    CORDON_TRY(plan.quorum, count("quorum"));
    CORDON_TRY(plan.recovery_quorum, count("recovery-quorum"));
    CORDON_TRY(plan.blocks, count("after-blocks"));
    CORDON_TRY(const ChainId network, parse_chain(args.get("chain")));
    CORDON_TRY(const wallet::Vault made, wallet::make_vault(plan, network));
    if (session.format == Format::kTable)
        CORDON_TRY(print(format("{}\n\nfirst address: {}\nwho can spend: {}\n", made.descriptor,
                                made.address, made.words)));
    else
        CORDON_TRY(print(envelope("wallet.vault", json::object{{"descriptor", made.descriptor},
                                                               {"address", made.address},
                                                               {"words", made.words}})));
    return kClean;
}

/// Binary or base64, as PSBTs are passed around.
Result<Bytes> read_psbt(const std::string& path) {
    CORDON_TRY(Bytes bytes, read_file(path));
    if (view(bytes).starts_with("psbt")) return bytes;
    std::string_view text = view(bytes);
    text = text.substr(0, text.find_last_not_of(" \r\n") + 1);
    auto decoded = parse_base64(text);
    if (!decoded) return fail(decoded.error().in(path));
    return decoded;
}

Result<int> combine(const Args& args) {
    const auto& words = args.operands();
    if (words.size() < 3)
        return fail(ErrorCode::kInvalidParam, "wallet combine: expected two files or more");
    CORDON_TRY(Bytes joined, read_psbt(words[1]));
    for (std::size_t i = 2; i < words.size(); ++i) {
        CORDON_TRY(const Bytes next, read_psbt(words[i]));
        auto both = chain::combine_psbts(joined, next);
        if (!both) return fail(both.error().in(words[i]));
        joined = std::move(*both);
    }
    CORDON_TRY(print(to_base64(joined) + "\n"));
    return kClean;
}

Result<int> run_wallet(const Args& args, const Session& session) {
    const std::string what = args.operands().empty() ? "" : args.operands()[0];
    if (what == "tiers") return tiers(args, session);
    if (what == "propose") return propose(args, session);
    if (what == "vault") return vault(args, session);
    if (what == "combine") return combine(args);
    if (what == "delay") return wallet_delay(args, session);
    return fail(ErrorCode::kInvalidParam,
                format("wallet {}: expected tiers, propose, vault, delay or combine",
                       printable(what.substr(0, 40))));
}

}  // namespace

Command wallet_command() {
    return {
        .name = "wallet",
        .summary = "what lies hot, warm and cold, and what should be moved",
        .usage = "tiers|propose|vault|delay|combine …",
        .about =
            "tiers says of each tier whether it is below its floor or above its cap "
            "(docs/formats/tiers.md), and ends with 1 when one is not fine. propose prints the "
            "refills and sweeps as withdrawal requests, one a line, for cordon guard check; with "
            "--purses each has its unsigned payload. No key is needed: a refill is a withdrawal "
            "like another. vault writes the descriptor of a Bitcoin vault with a second way to "
            "spend after a time, and says in words who can spend when. combine A B … joins what "
            "several signers signed of one PSBT. delay explain|setup|queue|execute|cancel|watch|"
            "context is a Safe behind Zodiac's Delay (docs/formats/delay.md): in words, the "
            "unsigned txns that set it up, a payment that waits, the same when its time has come, "
            "its end, and what goes into watch.yaml and the context of cordon explain.",
        .flags =
            {{"config", "FILE", "Where the money should lie; of delay, its plan"},
             {"balances", "FILE", "What the wallets hold, as CSV"},
             {"ledger", "DIR", "Take what they hold from a ledger"},
             {"past", "FILE", "Refills that were proposed before and are over, one a line"},
             {"open", "FILE", "Refills that may still leave, one a line"},
             {"purses", "FILE", "What payloads need to know: nonces, fees, coins"},
             {"time", "TIME", "Instead of now"},
             {"key", "KEY", "vault: a key of the first way, as descriptors write it", {}, 0, true},
             {"quorum", "N", "vault: how many of them sign", "1"},
             {"recovery", "KEY", "vault: a key of the second way", {}, 0, true},
             {"recovery-quorum", "N", "vault: how many of them sign", "1"},
             {"after-blocks", "N", "vault: for how long a coin must lie before the second way",
              "12960"},
             {"chain", "CHAIN", "vault: the network", "btc"},
             {"by", "ADDRESS", "delay: whose account sends it"},
             {"to", "ADDRESS", "delay queue, execute: who is paid"},
             {"asset", "ASSET", "delay queue, execute: native, or a token contract", "native"},
             {"amount", "N", "delay queue, execute: how much, in smallest units"},
             {"requester", "NAME",
              "delay setup, queue, cancel: print withdrawal requests, as the gate and the offline "
              "signer take them, of this person"},
             {"below", "N", "delay cancel: what was queued before this number never leaves"}},
        .examples = {"cordon wallet tiers --config tiers.yaml --balances balances.csv",
                     "cordon wallet propose --config tiers.yaml --ledger ./ledger --purses "
                     "purses.yaml",
                     "cordon wallet vault --quorum 2 --key XPUB_A --key XPUB_B --key XPUB_C "
                     "--recovery XPUB_R",
                     "cordon wallet delay explain --config delay.yaml",
                     "cordon wallet delay queue --config delay.yaml --purses purses.yaml --by 0x… "
                     "--to 0x… --amount 5000000000000000000"},
        .takes_operands = true,
        .run = run_wallet};
}

}  // namespace cordon::cli
