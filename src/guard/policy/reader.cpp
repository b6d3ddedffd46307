// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <set>

#include <cordon/base/format.hpp>
#include <cordon/chain/text.hpp>

#include "compiler.hpp"
#include "data.hpp"

namespace cordon::guard {
namespace {

using Node = Document::Node;

constexpr std::size_t kMaxBytes = std::size_t{16} << 20;  // A book of 100,000 addresses.
constexpr std::size_t kMaxRules = 10'000;                 // A hundred times what people can read.
constexpr unsigned kMaxPeople = 1'000;

constexpr std::array<Key, 17> kPolicyKeys{{
    {"version", "a whole number that rises with each change"},
    {"name", "of the policy, for people"},
    {"default", "`deny` (if it is not given) or `hold`: for what no rule allows"},
    {"utc_offset", "of `time_of_day` and `weekday`: `+09:00`; else UTC"},
    {"expires", "how long approvals and verdicts count, where a rule does not say; else 24h"},
    {"people", "map of names to approver keys (statement.md)"},
    {"groups", "map of names to lists of people"},
    {"separation", "of duties; see below"},
    {"book", "list of destinations that the policy vouches for"},
    {"books", "map of names to such lists: `to in NAME`"},
    {"checks", "what is checked without a rule; see below"},
    {"rules", "list"},
    {"limits", "list"},
    {"breakers", "list: which alerts stop what"},
    {"change", "who may replace the policy: `{group, m, delay}`"},
    {"reset", "who may reset a breaker: `{group, m, delay}`"},
    {"notes", "for people; not read"},
}};
constexpr std::array<Key, 2> kSeparationKeys{{
    {"one_group_each", "`true` (if it is not given): a person's approval counts in one group"},
    {"apart", "list of pairs of groups that share nobody"},
}};
constexpr std::array<Key, 4> kBookKeys{{
    {"name", "who it is"},
    {"chain", "of the address"},
    {"address", "as the chain writes it"},
    {"added", "when it was put in, for `to.book.age`"},
}};
constexpr std::array<Key, 3> kCheckKeys{{
    {"explain",
     "`on` (if it is not given): a payload that must not be signed is denied, one that "
     "cannot be explained is held; or `off`"},
    {"screening", "how old lists may be: `4d` (if it is not given); or `off`"},
    {"feed", "how far the chain's feed may lag: `2h` (if it is not given); or `off`"},
}};
constexpr std::array<Key, 7> kRuleKeys{{
    {"id", "a name of its own"},
    {"when", "the condition"},
    {"then", "`allow`, `hold` or `deny`"},
    {"approvals", "`{group, m}` or a list of them: lift the hold"},
    {"cool_down", "from the last approval to the release"},
    {"expires", "how long approvals count"},
    {"why", "for people: the reason that is told"},
}};
constexpr std::array<Key, 15> kLimitKeys{{
    {"id", "a name of its own"},
    {"scope",
     "`wallet`, `tier`, `asset`, `organisation`, `requester`, `destination` or `all`: "
     "what is added up apart"},
    {"when", "which withdrawals it bounds; else all"},
    {"window", "`24h`, `7d`, `lifetime`; none: each withdrawal alone"},
    {"usd", "the most, in dollars"},
    {"amount", "the most, in smallest units of `asset`"},
    {"chain", "of `asset`"},
    {"asset", "only withdrawals of it"},
    {"share", "the most, of what the wallet holds: `10%`"},
    {"count", "how many withdrawals"},
    {"then", "`deny` (if it is not given) or `hold`"},
    {"approvals", "of a limit that holds: as of a rule"},
    {"cool_down", "likewise"},
    {"expires", "likewise"},
    {"why", "likewise"},
}};
constexpr std::array<Key, 4> kBreakerKeys{{
    {"id", "a name of its own"},
    {"detectors", "`[D11, D04]`; none: any"},
    {"severity", "of the alert, at least; else `critical`"},
    {"trips", "`wallet`, `asset` or `global`"},
}};
constexpr std::array<Key, 3> kChangeKeys{{
    {"group", "of people"},
    {"m", "how many of them"},
    {"delay", "from the last approval to the effect"},
}};
constexpr std::array<Key, 2> kNeedKeys{{
    {"group", "of people"},
    {"m", "how many of them"},
}};
constexpr std::array<KeyTable, 9> kTables{{
    {"the policy", kPolicyKeys},
    {"`separation`", kSeparationKeys},
    {"`book`", kBookKeys},
    {"`checks`", kCheckKeys},
    {"`rules`", kRuleKeys},
    {"`approvals`", kNeedKeys},
    {"`limits`", kLimitKeys},
    {"`breakers`", kBreakerKeys},
    {"`change` and `reset`", kChangeKeys},
}};

class Reader {
public:
    Reader(const Document& document, PolicyData& policy) : doc_{document}, policy_{policy} {}

    void read(const Node& root) {
        doc_.map(root, kPolicyKeys);
        head(root);
        people(root);
        books(root);
        checks(root);
        std::map<std::string, std::vector<std::string>> groups;
        for (const auto& [name, members] : policy_.groups) {
            std::vector<std::string>& names = groups[name];
            for (const auto& member : members) names.push_back(member.name);
        }
        Compiler compiler{policy_.program, policy_.limits, policy_.books, groups, doc_.problems()};
        limits(root, compiler);
        rules(root, compiler);
        breakers(root);
        policy_.change = change(root, "change");
        policy_.reset = change(root, "reset");
        quorums(root);
    }

private:
    void head(const Node& root) {
        constexpr uint64_t kMost = 1ULL << 62;
        policy_.version = doc_.number(root, "version", 1, kMost, true).value_or(0);
        policy_.name = doc_.text(root, "name");
        if (const auto word = decision(root, "default", false)) {
            if (*word == Decision::kAllow)
                doc_.error(*root.find("default"), "a policy does not allow by default",
                           "default: deny");
            policy_.fallback = *word;
        }
        if (const auto offset = doc_.parsed(root, "utc_offset", parse_utc_offset))
            policy_.utc_offset = *offset;
        if (const auto expires = doc_.duration(root, "expires")) policy_.expires = *expires;
    }

    std::optional<Decision> decision(const Node& map, std::string_view key, bool required) {
        return doc_.parsed(map, key, parse_decision, required);
    }

    void people(const Node& root) {
        if (const Node* all = root.find("people")) {
            if (all->kind != Node::Kind::kMap) doc_.error(*all, "expected names with keys");
            std::map<Bytes, std::string> owners;
            for (const auto& [name, node] : all->pairs) {
                if (!doc_.is_name(node, name)) continue;
                if (name == "gate") {  // By this name the gate signs in bundles.
                    doc_.error(node, "nobody is called \"gate\": the gate signs by this name");
                    continue;
                }
                if (node.kind != Node::Kind::kScalar) {
                    doc_.error(node, "expected a key", "ed25519:BASE64");
                    continue;
                }
                const auto key = doc_.parse_node(node, name, wallet::parse_approver_key);
                if (!key) continue;
                // With two names one person is a quorum.
                if (const auto [owner, fresh] = owners.emplace(key->key, name); !fresh)
                    doc_.error(node, format("{} has the same key as {}", name, owner->second), {},
                               ErrorCode::kDuplicate);
                policy_.people.emplace(name, *key);
            }
        }
        if (const Node* all = root.find("groups")) {
            if (all->kind != Node::Kind::kMap) doc_.error(*all, "expected names with people");
            for (const auto& [name, node] : all->pairs)
                if (doc_.is_name(node, name)) group(*all, name);
        }
        if (const Node* duties = root.find("separation")) separation(*duties);
    }

    void group(const Node& groups, const std::string& name) {
        std::vector<wallet::Quorum::Member>& members = policy_.groups[name];
        for (const Node* node : doc_.texts(groups, name)) {
            const auto person = policy_.people.find(node->text);
            if (person == policy_.people.end()) {
                std::vector<std::string_view> names;
                for (const auto& [known, key] : policy_.people) names.push_back(known);
                doc_.error(
                    *node,
                    format("nobody among the people is called \"{}\"", node->text.substr(0, 64)),
                    chain::nearest(node->text, names), ErrorCode::kNotFound);
            } else if (std::any_of(members.begin(), members.end(),
                                   [&](const auto& m) { return m.name == person->first; })) {
                doc_.error(*node, format("{} is in the group twice", person->first), {},
                           ErrorCode::kDuplicate);
            } else if (members.size() < kMaxPeople) {
                members.push_back({person->first, person->second});
            } else {
                return doc_.error(*node, format("more than {} people", kMaxPeople), {},
                                  ErrorCode::kLimit);
            }
        }
    }

    void separation(const Node& node) {
        if (!doc_.map(node, kSeparationKeys)) return;
        if (const std::string word = doc_.text(node, "one_group_each"); word == "false")
            policy_.one_group_each = false;
        else if (!word.empty() && word != "true")
            doc_.error(*node.find("one_group_each"), "expected true or false");
        for (const Node& pair : doc_.list(node, "apart")) {
            const auto* first = pair.items.size() == 2 ? find_group(pair.items[0]) : nullptr;
            const auto* second = first ? find_group(pair.items[1]) : nullptr;
            if (pair.items.size() != 2)
                doc_.error(pair, "expected two groups", "apart: [[treasury, security]]");
            if (!second) continue;
            for (const auto& one : *first)
                for (const auto& other : *second)
                    if (one.name == other.name)
                        doc_.error(pair,
                                   format("{} is in both groups, which must be apart", one.name),
                                   {}, ErrorCode::kConflict);
        }
    }

    const std::vector<wallet::Quorum::Member>* find_group(const Node& node) {
        const auto found = policy_.groups.find(node.text);
        if (found != policy_.groups.end()) return &found->second;
        std::vector<std::string_view> names;
        for (const auto& [name, members] : policy_.groups) names.push_back(name);
        // A draft without people can be tried out; nobody can approve under it.
        const std::string message = format("no group \"{}\" is there", node.text.substr(0, 64));
        if (policy_.groups.empty())
            doc_.warn(node, message + ": nobody can approve", "groups: {NAME: [alice, bob]}");
        else
            doc_.error(node, message, chain::nearest(node.text, names), ErrorCode::kNotFound);
        return nullptr;
    }

    void books(const Node& root) {
        if (root.find("book")) book(root, std::string{kAnyBook});
        const Node* named = root.find("books");
        if (!named) return;
        if (named->kind != Node::Kind::kMap) return doc_.error(*named, "expected names with lists");
        for (const auto& [name, node] : named->pairs) {
            if (!doc_.is_name(node, name)) continue;
            if (name == kAnyBook || name == "ours" || policy_.groups.contains(name))
                doc_.error(node, format("\"{}\" means something else in conditions", name),
                           "give the book another name", ErrorCode::kDuplicate);
            else
                book(*named, name);
        }
    }

    void book(const Node& map, const std::string& name) {
        for (const Node& node : doc_.list(map, name)) {
            if (!doc_.map(node, kBookKeys)) continue;
            BookEntry entry;
            entry.book = name;
            entry.name = doc_.text(node, "name");
            const auto chain = doc_.parsed(node, "chain", parse_chain, true);
            const Node* address = doc_.scalar(node, "address", true);
            entry.added = doc_.parsed(node, "added", parse_time);
            if (!chain || !address) continue;
            const auto parsed = doc_.parse_node(*address, "address", [&](std::string_view text) {
                return chain::parse_address(*chain, text);
            });
            if (!parsed) continue;
            entry.chain = *chain;
            entry.address = *parsed;
            if (policy_.books.find(*chain, *parsed, name)) {  // "book" is read before the others.
                doc_.error(node, "the address is in the book twice", {}, ErrorCode::kDuplicate);
                continue;
            }
            policy_.books.add(std::move(entry));
        }
    }

    void checks(const Node& root) {
        const Node* node = root.find("checks");
        if (!node || !doc_.map(*node, kCheckKeys)) return;
        if (const std::string word = doc_.text(*node, "explain"); word == "off")
            policy_.checks.explain = false;
        else if (!word.empty() && word != "on")
            doc_.error(*node->find("explain"), "expected on or off");
        const auto age = [&](std::string_view key, auto& value) {
            if (doc_.text(*node, key) == "off")
                value = std::nullopt;
            else if (const auto duration = doc_.duration(*node, key))
                value = duration;
        };
        age("screening", policy_.checks.list_max_age);
        age("feed", policy_.checks.feed_max_lag);
    }

    // --- Rules and limits.

    /// False, and told, when the id is taken.
    bool take_id(const Node& node, const std::string& id) {
        constexpr std::array<std::string_view, 7> kTaken{kDefaultRule, kExplainRule, kScreeningRule,
                                                         kFeedRule,    kAlertsRule,  kRequestRule,
                                                         "gate"};
        if (id.empty()) return false;
        if (std::find(kTaken.begin(), kTaken.end(), id) == kTaken.end() && ids_.insert(id).second)
            return true;
        doc_.error(node, format("the id \"{}\" is taken", id), {}, ErrorCode::kDuplicate);
        return false;
    }

    std::optional<ApprovalNeed> need(const Node& node, std::span<const Key> keys) {
        if (!doc_.map(node, keys)) return std::nullopt;
        ApprovalNeed need;
        const Node* group = doc_.scalar(node, "group", true);
        need.needed =
            static_cast<unsigned>(doc_.number(node, "m", 1, kMaxPeople, true).value_or(0));
        if (!group) return std::nullopt;
        need.group = group->text;
        const auto* members = find_group(*group);
        if (members && need.needed > members->size())
            doc_.error(node, format("{} of {} people in {} can never agree", need.needed,
                                    members->size(), need.group));
        else if (members && need.needed == members->size())
            doc_.warn(node, format("all {} of {} must agree: a request of one of them never passes",
                                   need.needed, need.group));
        largest_ = std::max(largest_, need.needed);
        return need;
    }

    Asks asks(const Node& node, Decision then) {
        Asks asks;
        if (const Node* approvals = node.find("approvals")) {
            if (then != Decision::kHold)
                doc_.error(*approvals, "only what holds can be approved", "then: hold");
            const auto one = [&](const Node& item) {
                const auto need = this->need(item, kNeedKeys);
                if (!need) return;
                for (const ApprovalNeed& other : asks.approvals)
                    if (other.group == need->group)
                        doc_.error(item, format("{} is asked twice", need->group), {},
                                   ErrorCode::kDuplicate);
                asks.approvals.push_back(*need);
            };
            if (approvals->kind == Node::Kind::kMap)
                one(*approvals);
            else
                for (const Node& item : doc_.list(node, "approvals")) one(item);
        }
        asks.cool_down = doc_.duration(node, "cool_down").value_or(std::chrono::milliseconds{});
        asks.expires = doc_.duration(node, "expires");
        for (const std::string_view key : {"cool_down", "expires"})
            if (node.find(key) && asks.approvals.empty())
                doc_.error(*node.find(key), format("{} is of approvals", key));
        return asks;
    }

    std::optional<When> when(const Node& node, Compiler& compiler) {
        std::optional<chain::Ast> ast = doc_.condition(node, "when");
        if (!ast) return std::nullopt;
        const std::optional<NodeId> compiled = compiler.condition(*ast);
        if (!compiled) return std::nullopt;
        return When{*std::move(ast), *compiled};
    }

    void rules(const Node& root, Compiler& compiler) {
        const auto all = doc_.list(root, "rules");
        if (all.size() > kMaxRules)
            return doc_.error(*root.find("rules"), format("more than {} rules", kMaxRules), {},
                              ErrorCode::kLimit);
        if (all.empty()) doc_.warn(root, "the policy has no rules: nothing may ever leave");
        for (const Node& node : all) {
            if (!doc_.map(node, kRuleKeys)) continue;
            Rule rule;
            rule.id = doc_.name(node, "id");
            const bool has_id = take_id(node, rule.id);
            const auto then = decision(node, "then", true);
            rule.then = then.value_or(Decision::kDeny);
            rule.asks = asks(node, rule.then);
            rule.why = doc_.text(node, "why");
            std::optional<When> condition = when(node, compiler);
            if (!has_id || !then || !condition) continue;
            rule.when = *std::move(condition);
            policy_.rules.push_back(std::move(rule));
        }
    }

    void limits(const Node& root, Compiler& compiler) {
        for (const Node& node : doc_.list(root, "limits")) {
            if (!doc_.map(node, kLimitKeys)) continue;
            if (policy_.limits.size() >= kMaxLimits)
                return doc_.error(node, format("more than {} limits and windows", kMaxLimits), {},
                                  ErrorCode::kLimit);
            Limit limit;
            limit.id = doc_.name(node, "id");
            take_id(node, limit.id);
            bounds(node, limit);
            LimitRule rule;
            rule.asks = asks(node, limit.then);
            rule.why = doc_.text(node, "why");
            if (node.find("when")) rule.when = when(node, compiler);
            // Windows of velocity values that `when` named are limits, too, and come first.
            rule.limit = policy_.limits.size();
            policy_.limits.push_back(std::move(limit));
            policy_.limit_rules.push_back(std::move(rule));
        }
    }

    void bounds(const Node& node, Limit& limit) {
        const auto scope = doc_.parsed(
            node, "scope",
            [](std::string_view text) -> Result<Scope> {
                if (const auto known = parse_scope(text)) return *known;
                return fail(ErrorCode::kMalformed,
                            "expected wallet, tier, asset, organisation, requester, destination "
                            "or all");
            },
            true);
        limit.scope = scope.value_or(Scope::kAll);
        if (doc_.text(node, "window") == "lifetime")
            limit.lifetime = true;
        else
            limit.window = doc_.duration(node, "window");
        if (limit.window && limit.window->count() == 0)
            doc_.error(*node.find("window"), "a window of nothing");
        limit.usd = doc_.usd(node, "usd");
        limit.amount = doc_.parsed(node, "amount", Amount::parse);
        limit.chain = doc_.parsed(node, "chain", parse_chain);
        limit.asset = doc_.parsed(node, "asset", Asset::parse);
        limit.share = doc_.parsed(node, "share", [](std::string_view text) -> Result<uint64_t> {
            const bool percent = text.ends_with('%');
            if (percent) text.remove_suffix(1);
            const auto share = parse_units(text, percent ? 4 : 6);
            if (!share || *share > Amount{chain::kShareOne})
                return fail(ErrorCode::kMalformed, "expected a share such as 10% or 0.1");
            return share->low_u64();
        });
        limit.count = doc_.number(node, "count", 0, ~0ULL >> 1);
        limit.then = decision(node, "then", false).value_or(Decision::kDeny);
        if (limit.then == Decision::kAllow)
            doc_.error(*node.find("then"), "a limit does not allow", "then: deny");
        if (limit.amount && (!limit.asset || !limit.chain))
            doc_.error(node, "an amount is of an asset on a chain", "chain: eth, asset: native");
        if (limit.asset && !limit.chain)
            doc_.error(*node.find("asset"), "on which chain?", "chain: eth");
        if (!limit.usd && !limit.amount && !limit.share && !limit.count)
            doc_.error(node, "a limit without a bound", "usd: 500000");
        if (limit.count && !limit.window && !limit.lifetime)
            doc_.error(*node.find("count"), "each withdrawal alone is one: count in a window",
                       "window: 24h");
    }

    void breakers(const Node& root) {
        for (const Node& node : doc_.list(root, "breakers")) {
            if (!doc_.map(node, kBreakerKeys)) continue;
            BreakerRule breaker;
            breaker.id = doc_.name(node, "id");
            take_id(node, breaker.id);
            for (const Node* one : doc_.texts(node, "detectors"))
                breaker.detectors.push_back(one->text);
            breaker.at_least =
                doc_.parsed(node, "severity", parse_severity).value_or(Severity::kCritical);
            const auto trips = doc_.parsed(
                node, "trips",
                [](std::string_view text) -> Result<Trips> {
                    if (text == "wallet") return Trips::kWallet;
                    if (text == "asset") return Trips::kAsset;
                    if (text == "global") return Trips::kGlobal;
                    return fail(ErrorCode::kMalformed, "expected wallet, asset or global");
                },
                true);
            breaker.trips = trips.value_or(Trips::kGlobal);
            policy_.breakers.push_back(std::move(breaker));
        }
    }

    Change change(const Node& root, std::string_view key) {
        Change change;
        const Node* node = root.find(key);
        if (!node) {
            if (!policy_.groups.empty())
                doc_.warn(root, format("\"{}\" is missing: nobody can ever {}", key,
                                       key == "change" ? "replace the policy" : "reset a breaker"));
            return change;
        }
        const unsigned before = largest_;
        if (const auto quorum = need(*node, kChangeKeys)) {
            change.group = quorum->group;
            change.needed = quorum->needed;
        }
        largest_ = before;
        change.delay = doc_.duration(*node, "delay").value_or(std::chrono::milliseconds{});
        return change;
    }

    /// Whoever replaces the policy replaces all its quorums.
    void quorums(const Node& root) {
        const Change& change = policy_.change;
        if (change.needed == 0) return;
        const Node& node = *root.find("change");
        if (change.needed < largest_)
            doc_.error(node,
                       format("{} people can replace the policy, and a rule wants {}",
                              change.needed, largest_),
                       format("m: {}", largest_));
        if (change.delay.count() == 0)
            doc_.error(node, "a policy that changes at once cannot be stopped", "delay: 24h");
    }

    const Document& doc_;
    PolicyData& policy_;
    std::set<std::string> ids_;
    unsigned largest_ = 0;  // Quorum of any rule or limit.
};

}  // namespace

std::span<const KeyTable> policy_keys() noexcept { return kTables; }

PolicyData read_policy(std::string_view yaml, std::string_view name, chain::Problems& problems) {
    PolicyData policy;
    const Document document{yaml, name, problems};
    if (const auto root = document.root(kMaxBytes)) Reader{document, policy}.read(*root);
    return policy;
}

}  // namespace cordon::guard
