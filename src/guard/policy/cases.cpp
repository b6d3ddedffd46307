// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "cases.hpp"

#include <algorithm>
#include <array>

#include <cordon/base/format.hpp>
#include <cordon/chain/text.hpp>

namespace cordon::guard {
namespace {

using Node = Document::Node;

constexpr std::size_t kMaxBytes = std::size_t{16} << 20;
constexpr std::size_t kMaxCases = 10'000;

constexpr std::array<Key, 6> kFileKeys{{
    {"version", "1"},
    {"policy", "the file of the policy, beside this one; else the one on the command line"},
    {"at", "when, unless a case says so"},
    {"names", "map of names to `CHAIN:ADDRESS`; a name may stand for an address"},
    {"world", "what is known in every case"},
    {"cases", "list"},
}};
constexpr std::array<Key, 6> kCaseKeys{{
    {"name", "what it tells"},
    {"at", "when"},
    {"request", "what is asked for"},
    {"world", "what is known besides"},
    {"spent", "list of what was let through before: `{limit, usd, amount, count}`"},
    {"expect", "what must come out"},
}};
constexpr std::array<Key, 10> kRequestKeys{{
    {"id", "else the number of the case"},
    {"chain", "else that of the addresses"},
    {"asset", "else `native`"},
    {"from", "the paying wallet"},
    {"to", "the destination"},
    {"amount", "in smallest units, or `4502.9 BTC`"},
    {"requester", "else nobody"},
    {"time", "when it was asked for; else `at`"},
    {"cancelled", "`true`: it was taken back"},
    {"payload", "`{type, data}` or `{type, file}`"},
}};
constexpr std::array<Key, 3> kPayloadKeys{{
    {"type", "of the payload"},
    {"data", "the payload"},
    {"file", "a file with it, beside this one"},
}};
constexpr std::array<Key, 12> kWorldKeys{{
    {"wallets", "ours: `{address, set, entity, tier}`"},
    {"labels", "`{address, label, category}`"},
    {"assets", "`{chain, asset, symbol, decimals, status}`"},
    {"prices", "`{chain, asset, usd}`: of one unit"},
    {"balances", "`{address, asset, amount}`"},
    {"payments", "made before: `{from, to, asset, amount, count, time}`"},
    {"seen", "when the chain first saw an address: `{address, time}`"},
    {"screening", "`{address, result, lists, exposure, stale}`; who is not named is clear"},
    {"alerts", "open: `{address, detector, severity}`; without an address about the watch"},
    {"feed", "how far it lags: `10m`; `none`: there is no feed"},
    {"explain", "`ok`, `warn` or `block`, instead of explaining the payload"},
    {"unknown", "questions that nobody answers"},
}};
constexpr std::array<Key, 4> kSpentKeys{{
    {"limit", "the id of a limit, or a velocity value such as `spent.wallet.24h`"},
    {"usd", "dollars"},
    {"amount", "smallest units"},
    {"count", "withdrawals"},
}};
constexpr std::array<Key, 6> kExpectKeys{{
    {"decision", "`allow`, `hold` or `deny`"},
    {"rules", "ids of rules, limits and checks that are among the reasons"},
    {"not_rules", "ids that are not"},
    {"says", "a text, or texts, that some reason has"},
    {"needs", "all approvals that are missing: list of `{group, m}`"},
    {"approvable", "`true`: the approvals lift the hold"},
}};
constexpr std::array<KeyTable, 7> kTables{{
    {"the file", kFileKeys},
    {"`cases`", kCaseKeys},
    {"`request`", kRequestKeys},
    {"`payload`", kPayloadKeys},
    {"`world`", kWorldKeys},
    {"`spent`", kSpentKeys},
    {"`expect`", kExpectKeys},
}};
// Rows of `world`, whose keys are in its words above.
constexpr std::array<Key, 14> kRowKeys{{
    {"address", ""},
    {"chain", ""},
    {"set", ""},
    {"entity", ""},
    {"tier", ""},
    {"label", ""},
    {"asset", ""},
    {"symbol", ""},
    {"decimals", ""},
    {"status", ""},
    {"usd", ""},
    {"from", ""},
    {"to", ""},
    {"count", ""},
}};
constexpr std::array<Key, 9> kMoreRowKeys{{
    {"amount", ""},
    {"time", ""},
    {"category", ""},
    {"result", ""},
    {"lists", ""},
    {"stale", ""},
    {"exposure", ""},
    {"detector", ""},
    {"severity", ""},
}};
constexpr std::array<Key, 3> kExposureKeys{{{"category", ""}, {"share", ""}, {"direct", ""}}};

struct Place {
    ChainId chain;
    Address address;
};

class Reader {
public:
    Reader(const Document& document, const ReadFile& read_file, Cases& out)
        : doc_{document}, read_file_{read_file}, out_{out} {
        row_keys_.assign(kRowKeys.begin(), kRowKeys.end());
        row_keys_.insert(row_keys_.end(), kMoreRowKeys.begin(), kMoreRowKeys.end());
    }

    void read(const Node& root) {
        doc_.map(root, kFileKeys);
        doc_.number(root, "version", 1, 1, true);
        out_.policy = doc_.text(root, "policy");
        if (const Node* all = root.find("names"))
            for (const auto& [name, node] : all->pairs)
                if (const auto place = place_of(node)) names_[name] = *place;
        at_ = doc_.parsed(root, "at", parse_time);
        ToldWorld common;
        if (const Node* node = root.find("world")) world(*node, common);
        const auto all = doc_.list(root, "cases");
        if (all.empty()) doc_.error(root, "there are no cases");
        if (all.size() > kMaxCases)
            return doc_.error(root, format("more than {} cases", kMaxCases), {}, ErrorCode::kLimit);
        for (const Node& node : all)
            if (doc_.map(node, kCaseKeys)) read_case(node, common);
    }

private:
    /// "CHAIN:ADDRESS", or a name.
    std::optional<Place> place_of(const Node& node) {
        if (const auto known = names_.find(node.text); known != names_.end()) return known->second;
        const std::size_t at = node.text.rfind(':');
        const std::string_view text = node.text;
        const auto chain =
            parse_chain(at == std::string::npos ? std::string_view{} : text.substr(0, at));
        if (!chain) {
            std::vector<std::string_view> names;
            for (const auto& [name, place] : names_) names.push_back(name);
            doc_.error(node, "expected a name of `names`, or CHAIN:ADDRESS",
                       chain::nearest(text, names));
            return std::nullopt;
        }
        const auto address = chain::parse_address(*chain, text.substr(at + 1));
        if (!address) {
            doc_.error(node, address.error().message, {}, address.error().code);
            return std::nullopt;
        }
        return Place{*chain, *address};
    }
    std::optional<Place> place(const Node& map, std::string_view key, bool required = true) {
        const Node* node = doc_.scalar(map, key, required);
        return node ? place_of(*node) : std::nullopt;
    }
    ChainId chain(const Node& map, ChainId fallback) {
        return doc_.parsed(map, "chain", parse_chain).value_or(fallback);
    }
    Asset asset(const Node& map) {
        return doc_.parsed(map, "asset", Asset::parse).value_or(Asset{});
    }
    /// Smallest units, or units of an asset that the world names.
    Amount amount(const Node& map, const ToldWorld& world, ChainId chain, const Asset& asset,
                  bool required) {
        const auto value = doc_.parsed(
            map, "amount",
            [&](std::string_view text) -> Result<Amount> {
                const std::size_t blank = text.find(' ');
                if (blank == std::string_view::npos) return Amount::parse(text);
                const std::string_view symbol = text.substr(blank + 1);
                if (asset.is_native() && symbol == native_symbol(chain))
                    return parse_units(text.substr(0, blank), native_decimals(chain));
                for (const AssetInfo& info : world.assets)
                    if (info.chain == chain && info.asset == asset && info.symbol == symbol)
                        return parse_units(text.substr(0, blank), info.decimals);
                return fail(ErrorCode::kNotFound,
                            format("the asset is not known as {}", symbol.substr(0, 32)));
            },
            required);
        return value.value_or(Amount{});
    }
    bool flag(const Node& map, std::string_view key) {
        const std::string word = doc_.text(map, key);
        if (!word.empty() && word != "true" && word != "false")
            doc_.error(*map.find(key), "expected true or false");
        return word == "true";
    }
    std::vector<std::string> words(const Node& map, std::string_view key) {
        std::vector<std::string> all;
        for (const Node* node : doc_.texts(map, key)) all.push_back(node->text);
        return all;
    }

    template <typename F>
    void rows(const Node& map, std::string_view key, const F& read) {
        for (const Node& row : doc_.list(map, key))
            if (doc_.map(row, row_keys_)) read(row);
    }

    void world(const Node& node, ToldWorld& out) {
        if (!doc_.map(node, kWorldKeys)) return;
        rows(node, "assets", [&](const Node& row) {
            AssetInfo info;
            info.chain = chain(row, kEthereum);
            info.asset = asset(row);
            info.symbol = doc_.text(row, "symbol", true);
            // 10^77 is the last power of ten below 2^256.
            info.decimals = static_cast<unsigned>(doc_.number(row, "decimals", 0, 77).value_or(0));
            info.status =
                doc_.parsed(row, "status", parse_asset_status).value_or(AssetStatus::kVerified);
            out.assets.push_back(std::move(info));
        });
        rows(node, "prices", [&](const Node& row) {
            const auto cents = doc_.parsed(row, "usd", parse_dollars, true);
            // Later rows are of a case, and count before those of every case.
            out.prices.insert(out.prices.begin(), {chain(row, kEthereum), asset(row), UnixMillis{},
                                                   static_cast<double>(cents.value_or(0)) / 100.0});
        });
        rows(node, "wallets", [&](const Node& row) {
            if (const auto at = place(row, "address"))
                out.wallets.push_back({at->chain, at->address, doc_.text(row, "set", true),
                                       doc_.text(row, "entity"), doc_.text(row, "tier")});
        });
        rows(node, "labels", [&](const Node& row) {
            const auto at = place(row, "address");
            const auto category = doc_.parsed(row, "category", parse_category, true);
            if (at && category)
                out.all_labels.push_back({at->chain,
                                          at->address,
                                          doc_.text(row, "label"),
                                          *category,
                                          "told",
                                          1.0,
                                          {},
                                          {},
                                          {},
                                          {}});
        });
        rows(node, "balances", [&](const Node& row) {
            const auto at = place(row, "address");
            if (!at) return;
            const Asset what = asset(row);
            out.balances.insert(out.balances.begin(), {at->chain, at->address, what,
                                                       amount(row, out, at->chain, what, true)});
        });
        history(node, out);
        screening(node, out);
        watch(node, out);
        for (const Node* one : doc_.texts(node, "unknown")) {
            const auto known = ToldWorld::questions();
            if (std::find(known.begin(), known.end(), one->text) == known.end())
                doc_.error(*one, format("\"{}\" is no question", one->text.substr(0, 64)),
                           chain::nearest(one->text, known));
            out.unknown.insert(one->text);
        }
    }

    void history(const Node& node, ToldWorld& out) {
        rows(node, "payments", [&](const Node& row) {
            const auto from = place(row, "from");
            const auto to = place(row, "to");
            if (!from || !to) return;
            const Asset what = asset(row);
            out.payments.push_back({from->chain, from->address, to->address, what,
                                    amount(row, out, from->chain, what, true),
                                    doc_.number(row, "count", 1, 1ULL << 32).value_or(1),
                                    doc_.parsed(row, "time", parse_time)});
        });
        rows(node, "seen", [&](const Node& row) {
            const auto at = place(row, "address");
            const auto time = doc_.parsed(row, "time", parse_time, true);
            if (at && time) out.seen.push_back({at->chain, at->address, *time});
        });
    }

    void screening(const Node& node, ToldWorld& out) {
        rows(node, "screening", [&](const Node& row) {
            const auto at = place(row, "address");
            const auto outcome = doc_.parsed(
                row, "result",
                [](std::string_view text) -> Result<screen::Outcome> {
                    if (text == "clear") return screen::Outcome::kClear;
                    if (text == "review") return screen::Outcome::kReview;
                    if (text == "hit") return screen::Outcome::kHit;
                    return fail(ErrorCode::kMalformed, "expected clear, review or hit");
                },
                true);
            if (!at || !outcome) return;
            screen::Screening told;
            told.chain = at->chain;
            told.subject = at->address;
            told.outcome = *outcome;
            told.incomplete = flag(row, "stale");
            told.reasons = {told.incomplete ? "a list is stale" : "as it is told"};
            for (std::string& list : words(row, "lists")) {
                screen::Match match;
                match.list = std::move(list);
                match.score = 1;
                told.matches.push_back(std::move(match));
            }
            for (const Node& item : doc_.list(row, "exposure")) exposure(item, told);
            out.screenings[{at->chain, at->address}] = std::move(told);
        });
    }
    void exposure(const Node& node, screen::Screening& out) {
        if (!doc_.map(node, kExposureKeys)) return;
        screen::Exposure one;
        one.category =
            doc_.parsed(node, "category", parse_category, true).value_or(Category::kOther);
        one.direct = flag(node, "direct");
        const auto share = doc_.parsed(
            node, "share",
            [](std::string_view text) {
                const bool percent = text.ends_with('%');
                if (percent) text.remove_suffix(1);
                return parse_units(text, percent ? 4 : 6);
            },
            true);
        one.share = share ? share->to_double() / double{chain::kShareOne} : 0;
        out.exposure.push_back(std::move(one));
    }

    void watch(const Node& node, ToldWorld& out) {
        rows(node, "alerts", [&](const Node& row) {
            Alert alert;
            if (const auto at = place(row, "address", false)) {
                alert.chain = at->chain;
                alert.subject = at->address;
            }
            alert.detector = doc_.text(row, "detector", true);
            alert.severity =
                doc_.parsed(row, "severity", parse_severity, true).value_or(Severity::kInfo);
            out.all_alerts.push_back(std::move(alert));
        });
        if (doc_.text(node, "feed") == "none")
            out.feed_lag = std::nullopt;
        else if (const auto lag = doc_.duration(node, "feed"))
            out.feed_lag = lag;
        const auto verdict =
            doc_.parsed(node, "explain", [](std::string_view text) -> Result<explain::Verdict> {
                for (const auto one :
                     {explain::Verdict::kOk, explain::Verdict::kWarn, explain::Verdict::kBlock})
                    if (text == to_string(one)) return one;
                return fail(ErrorCode::kMalformed, "expected ok, warn or block");
            });
        if (verdict) {
            out.explanation.emplace();
            out.explanation->verdict = *verdict;
        }
    }

    void read_case(const Node& node, const ToldWorld& common) {
        Case one;
        one.name = doc_.text(node, "name", true);
        one.line = static_cast<uint32_t>(node.line);
        one.world = common;
        if (const Node* more = node.find("world")) world(*more, one.world);
        const auto at = doc_.parsed(node, "at", parse_time);
        if (!at && !at_) doc_.error(node, "when? \"at\" is missing", "at: 2026-01-31T10:00:00Z");
        one.now = at ? *at : at_.value_or(UnixMillis{});
        if (const Node* asked = node.find("request"))
            request(*asked, one);
        else
            doc_.error(node, "\"request\" is missing");
        for (const Node& row : doc_.list(node, "spent")) {
            if (!doc_.map(row, kSpentKeys)) continue;
            Spent spent;
            spent.usd = doc_.usd(row, "usd").value_or(0);
            spent.amount = doc_.parsed(row, "amount", Amount::parse).value_or(Amount{});
            spent.count = doc_.number(row, "count", 0, 1ULL << 32).value_or(0);
            one.spending.by_limit[doc_.text(row, "limit", true)] = spent;
        }
        if (const Node* expect = node.find("expect"))
            this->expect(*expect, one);
        else
            doc_.error(node, "\"expect\" is missing");
        out_.cases.push_back(std::move(one));
    }

    void request(const Node& node, Case& one) {
        if (!doc_.map(node, kRequestKeys)) return;
        WithdrawalRequest& request = one.request;
        request.id = doc_.text(node, "id");
        if (request.id.empty()) request.id = format("case-{}", out_.cases.size() + 1);
        const auto from = place(node, "from", false);
        const auto to = place(node, "to");
        if (!to) return;
        request.chain = chain(node, to->chain);
        if (from && from->chain != to->chain)
            doc_.error(node, "from and to are on different chains", {}, ErrorCode::kWrongChain);
        if (from) request.from = from->address;
        request.to = to->address;
        request.asset = asset(node);
        request.amount = amount(node, one.world, request.chain, request.asset, true);
        request.requester = doc_.text(node, "requester");
        request.time = doc_.parsed(node, "time", parse_time).value_or(one.now);
        request.cancelled = flag(node, "cancelled");
        const Node* payload = node.find("payload");
        if (!payload || !doc_.map(*payload, kPayloadKeys)) return;
        request.payload.type = doc_.text(*payload, "type", true);
        request.payload.data = doc_.text(*payload, "data");
        if (const auto data = doc_.parsed(*payload, "file", [&](std::string_view text) {
                return read_file_(std::string{text});
            }))
            request.payload.data = *data;
        if (request.payload.data.empty()) doc_.error(*payload, "a payload without data or file");
    }

    void expect(const Node& node, Case& one) {
        if (!doc_.map(node, kExpectKeys)) return;
        one.decision = doc_.parsed(node, "decision", parse_decision);
        one.rules = words(node, "rules");
        one.not_rules = words(node, "not_rules");
        one.says = words(node, "says");
        if (node.find("approvable")) one.approvable = flag(node, "approvable");
        if (!node.find("needs")) return;
        one.needs.emplace();
        for (const Node& row : doc_.list(node, "needs"))
            one.needs->push_back(
                {doc_.text(row, "group", true),
                 static_cast<unsigned>(doc_.number(row, "m", 1, 1'000, true).value_or(0)), 0});
        std::sort(one.needs->begin(), one.needs->end(),
                  [](const auto& a, const auto& b) { return a.group < b.group; });
    }

    const Document& doc_;
    const ReadFile& read_file_;
    Cases& out_;
    std::map<std::string, Place, std::less<>> names_;
    std::optional<UnixMillis> at_;
    std::vector<Key> row_keys_;
};

}  // namespace

std::span<const KeyTable> case_keys() noexcept { return kTables; }

Cases read_cases(std::string_view yaml, std::string_view name, const ReadFile& read_file) {
    const std::vector<std::string> names{std::string{name}};
    chain::Problems problems{names};
    Cases out;
    const Document document{yaml, name, problems};
    if (const auto root = document.root(kMaxBytes)) Reader{document, read_file, out}.read(*root);
    out.diagnostics = problems.sorted();
    return out;
}

CaseResult run_case(const Policy& policy, const Case& one) {
    ToldWorld world = one.world;
    CaseResult result{&one, policy.judge(one.request, world, one.spending, one.now), {}};
    const Judgement& out = result.judgement;
    const auto wrong = [&](std::string text) { result.failures.push_back(std::move(text)); };
    if (one.decision && *one.decision != out.decision)
        wrong(format("expected {}, came {}", to_string(*one.decision), to_string(out.decision)));
    const auto has = [&](const std::string& id) {
        return std::any_of(out.reasons.begin(), out.reasons.end(),
                           [&](const Reason& r) { return r.rule == id; });
    };
    for (const std::string& id : one.rules)
        if (!has(id)) wrong(format("expected {} among the reasons", id));
    for (const std::string& id : one.not_rules)
        if (has(id)) wrong(format("expected no {} among the reasons", id));
    for (const std::string& text : one.says)
        if (std::none_of(out.reasons.begin(), out.reasons.end(),
                         [&](const Reason& r) { return r.text.find(text) != std::string::npos; }))
            wrong(format("expected a reason that says \"{}\"", text));
    if (one.approvable && *one.approvable != out.approvable)
        wrong(*one.approvable ? "expected a hold that approvals lift"
                              : "expected that approvals do not help");
    if (one.needs && *one.needs != out.needs) {
        std::string came;
        for (const ApprovalNeed& need : out.needs)
            came += format("{}{} of {}", came.empty() ? "" : ", ", need.needed, need.group);
        wrong(format("other approvals are missing: {}", came.empty() ? "none" : came));
    }
    return result;
}

}  // namespace cordon::guard
