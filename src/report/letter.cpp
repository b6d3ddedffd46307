// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "letter.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include <cordon/base/format.hpp>
#include <cordon/chain/text.hpp>
#include <cordon/trace/layout_value.hpp>

#include "service.hpp"
#include "text.hpp"
#include "whole.hpp"

namespace cordon::report {
namespace {

using trace::Edge;
using trace::Endpoint;
using trace::Stop;

constexpr std::size_t kMaxName = 80;

std::string_view why_not(Category category) noexcept {
    switch (category) {
        case Category::kDefi: return "a contract holds it, and nobody holds the contract's keys";
        case Category::kMixer: return "a mixer: there is nobody to ask; watch what leaves it";
        case Category::kSanctioned: return "a sanctioned party: report it to the authority instead";
        default: return "the label names nobody who holds money for others";
    }
}

constexpr const char* kNobody = "addresses of nobody known";

std::string_view why_nobody(Stop stop) noexcept {
    switch (stop) {
        case Stop::kUnspent: return "lies still with somebody whom no label names: watch it";
        case Stop::kHighDegree:
            return "behaves like a service, and no label names it: find out whose it is";
        case Stop::kMixer: return "mixed with money of strangers: whose it is cannot be said";
        case Stop::kUnknown: return "was spent in a txn that the ledger does not hold";
        default: return "was not followed further: the trace has bounds";
    }
}

/// One movement, so that two traces that name it are told to mean the same: the n-th of its like.
using RowKey = std::tuple<ChainId, Hash256, Address, Address, Asset, Amount,
                          std::optional<OutPoint>, uint32_t>;

/// A letter while it grows.
struct Draft {
    Letter letter;
    std::map<RowKey, LetterRow> fresh, rows;  // Of the trace at hand, of all before it.
    std::map<std::string, std::pair<std::set<std::pair<ChainId, Address>>, double>> sources;
    std::set<std::string> objections;
    std::set<std::string> rules;
    std::set<std::string> inherited;  // What must be known of "stolen", a sentence a trace.
    double value = 0;  // By the scales of the traces, to order by: prices may be missing.
};
using Drafts = std::map<std::string, Draft>;

LetterRow row_of(const Edge& edge) {
    LetterRow row;
    row.chain = edge.arrives_on();
    row.address = edge.to;
    row.txn = edge.to_txn.value_or(edge.txn);
    // Of a crossing the trace holds the moment of departure only.
    if (!edge.to_chain) {
        row.block = edge.at.block;
        row.time = edge.time;
    }
    row.from = edge.from;
    row.asset = edge.to_asset.value_or(edge.asset);
    row.amount = edge.to_amount.value_or(edge.amount);
    row.stolen = std::min(edge.to_tainted.value_or(edge.tainted), row.amount);
    row.confidence = edge.confidence;
    row.outpoint = edge.outpoint;
    return row;
}

std::string_view rule_words(trace::Policy policy) noexcept {
    switch (policy) {
        case trace::Policy::kFifo: return "first in, first out";
        case trace::Policy::kLifo: return "last in, first out";
        case trace::Policy::kTiho: return "taint in, highest out";
        case trace::Policy::kHaircut: return "proportionally (haircut)";
        case trace::Policy::kPoison: break;
    }
    return "";
}

/// Why nothing of a whole trace may be asked for; empty: it may.
std::string_view unfit(const trace::TraceResult& result) noexcept {
    if (result.params.direction == trace::Direction::kBackward)
        return "the trace goes back in time: it shows where money came from";
    if (result.params.policy == trace::Policy::kPoison)
        return "the trace counts whatever touched stolen money (poison): that is no measure";
    return "";
}

class Maker {
public:
    void add(const LetterSource& source) {
        source_ = &source;
        scale_ = trace::ValueScale::make(source.result, &source.context);
        whole_ = whole_of(source.result, *scale_);
        std::map<std::pair<ChainId, Address>, std::vector<const Edge*>> arrivals;
        edges_ = source.result.edges.all();
        for (const Edge& edge : edges_) arrivals[{edge.arrives_on(), edge.to}].push_back(&edge);
        std::set<std::pair<ChainId, Address>> starts;
        for (const trace::Node& node : source.result.nodes)
            if (node.seed) starts.emplace(node.chain, node.address);
        left_.clear();
        number();
        for (const Endpoint& end : source.result.endpoints) {
            if (end.stop == Stop::kFee || end.stop == Stop::kBurned || end.tainted.is_zero() ||
                starts.contains({end.chain, end.address}))
                continue;
            Draft* draft = draft_for(end);
            if (draft == nullptr) continue;
            const Amount missing = claim(*draft, end, arrivals[{end.chain, end.address}]);
            draft->value += scale_->value(end.chain, end.asset, end.tainted - missing);
            if (!missing.is_zero())
                leave(end, draft->letter.service, missing,
                      "no movement of the trace shows how it arrived");
        }
        for (auto& [key, draft] : drafts_) merge(draft);
        for (const ledger::ChainSummary& chain : source.ledger) {
            BlockHeader& tip = tips_[chain.chain];
            if (chain.tip.number >= tip.number) tip = chain.tip;
        }
    }

    Letters finish() {
        Letters out;
        std::vector<Drafts::value_type*> order;
        for (auto& draft : drafts_)
            if (!draft.second.rows.empty()) order.push_back(&draft);
        std::stable_sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
            return a->second.value > b->second.value;
        });
        for (auto* draft : order) out.all.push_back(close(draft->first, draft->second));
        for (auto& [key, unasked] : unasked_) out.without.push_back(std::move(unasked));
        return out;
    }

private:
    /// Gives each edge its number among those that look the same.
    void number() {
        numbers_.clear();
        std::map<RowKey, uint32_t> seen;
        for (const Edge& edge : edges_) numbers_[&edge] = seen[like(row_of(edge), 0)]++;
    }
    static RowKey like(const LetterRow& row, uint32_t number) {
        return {row.chain, row.txn,    row.from,     row.address,
                row.asset, row.amount, row.outpoint, number};
    }

    void leave(const Endpoint& end, const std::string& name, const Amount& amount,
               std::string_view why) {
        Unasked& unasked = unasked_[{name, end.chain, end.asset, std::string{why}}];
        unasked.name = name;
        unasked.category = end.label && name != kNobody ? end.label->category : Category::kOther;
        unasked.chain = end.chain;
        unasked.asset = end.asset;
        unasked.stolen = checked_add(unasked.stolen, amount).value_or(Amount::max());
        unasked.why = why;
        if (!unasked.unit) unasked.unit = source_->context.asset(end.chain, end.asset);
    }

    /// Whose letter asks for what rests there; none: nobody's.
    Draft* draft_for(const Endpoint& end) {
        const std::string_view whole = unfit(source_->result);
        const bool named = end.stop == Stop::kLabel && end.label;
        const std::string name = named ? service_name(*end.label) : std::string{};
        if (named && (!whole.empty() || !can_hold(end.label->category))) {
            leave(end, name, end.tainted, whole.empty() ? why_not(end.label->category) : whole);
            return nullptr;
        }
        if (named) {
            Draft& draft = draft_of(name, end.label->category, Letter::Kind::kService);
            cite(draft, end.chain, end.address, *end.label);
            return &draft;
        }
        if (!end.asset.is_contract() || end.stop != Stop::kUnspent || !whole.empty()) {
            leave(end, kNobody, end.tainted, whole.empty() ? why_nobody(end.stop) : whole);
            return nullptr;
        }
        // An issuer freezes at any address. Who that is, only a label of the contract can say.
        const auto contract = chain::parse_address(end.chain, end.asset.text());
        const auto label =
            contract ? source_->context.label(end.chain, *contract) : std::optional<Label>{};
        if (!label || label->category != Category::kService) {
            leave(end, "issuer of " + std::string{end.asset.text()}, end.tainted,
                  "no label of the token's contract names its issuer (category service)");
            return nullptr;
        }
        const std::string issuer = service_name(*label);
        Draft& draft = draft_of(issuer, label->category, Letter::Kind::kIssuer);
        cite(draft, end.chain, *contract, *label);
        return &draft;
    }

    Draft& draft_of(const std::string& name, Category category, Letter::Kind kind) {
        const bool issuer = kind == Letter::Kind::kIssuer;
        Draft& draft = drafts_[service_key(name) + (issuer ? "-issuer" : "")];
        Letter& letter = draft.letter;
        if (letter.service.empty()) {
            letter.service = name;
            letter.category = category;
            letter.kind = kind;
        }
        letter.category = main_category(letter.category, category);
        draft.rules.emplace(rule_words(source_->result.params.policy));
        if (whole_.inherited > 0)
            draft.inherited.emplace(format(
                "Of all that was traced ({}), {} is not the money that was taken but inherited: "
                "addresses on the way sent more than the ledger saw arrive, and this part of it "
                "counts as stolen.",
                scale_->text_with_unit(whole_.traced),
                percent_text(whole_.share(whole_.inherited))));
        return draft;
    }

    /// Who says that the address is theirs, and who says something else.
    void cite(Draft& draft, ChainId chain, const Address& address, const Label& shown) {
        const std::string key = service_key(service_name(shown));
        std::vector<Label> labels = source_->context.labels(chain, address);
        const auto agrees = [&](const Label& label) {
            return service_key(service_name(label)) == key;
        };
        // What the trace saw counts, whatever the records say by now.
        if (std::none_of(labels.begin(), labels.end(), agrees)) labels.push_back(shown);
        for (const Label& label : labels) {
            const std::string source = clean_text(label.source, kMaxName);
            const std::string other = service_name(label);
            if (!agrees(label)) {
                draft.objections.insert(format("{} says \"{}\" of {}", source, other,
                                               chain::display_address(chain, address)));
                continue;
            }
            auto& [addresses, confidence] = draft.sources[source];
            // The least: a letter that rests on many labels is as sure as the weakest.
            confidence =
                addresses.empty() ? label.confidence : std::min(confidence, label.confidence);
            addresses.emplace(chain, address);
        }
    }

    /// Takes arrivals, the newest first, until they reach what rests; what they leave open.
    Amount claim(Draft& draft, const Endpoint& end, const std::vector<const Edge*>& edges) {
        Amount open = end.tainted;
        for (auto it = edges.rbegin(); it != edges.rend() && !open.is_zero(); ++it) {
            LetterRow row = row_of(**it);
            if (row.asset != end.asset || (end.outpoint && row.outpoint != end.outpoint)) continue;
            // An edge gives its stolen part once, whatever number of endpoints it leads to.
            Amount& left = left_.try_emplace(*it, row.stolen).first->second;
            row.stolen = std::min(left, open);
            if (row.stolen.is_zero()) continue;
            left -= row.stolen;
            open -= row.stolen;
            put(draft, like(row, numbers_.at(*it)), row);
        }
        return open;
    }

    void put(Draft& draft, const RowKey& key, const LetterRow& row) {
        // Two endpoints may share one movement.
        const auto [at, fresh] = draft.fresh.try_emplace(key, row);
        if (!fresh) at->second.stolen += row.stolen;
        Letter& letter = draft.letter;
        const auto known = [&](const AssetInfo& info) {
            return info.chain == row.chain && info.asset == row.asset;
        };
        if (std::none_of(letter.units.begin(), letter.units.end(), known))
            if (auto info = source_->context.asset(row.chain, row.asset))
                letter.units.push_back(std::move(*info));
    }

    /// What this trace found joins what others did: of the same movement the larger part.
    static void merge(Draft& draft) {
        for (const auto& [key, row] : draft.fresh) {
            const auto [at, fresh] = draft.rows.try_emplace(key, row);
            if (!fresh) at->second.stolen = std::max(at->second.stolen, row.stolen);
        }
        draft.fresh.clear();
    }

    Letter close(const std::string& key, Draft& draft) {
        Letter letter = std::move(draft.letter);
        letter.key = key;
        std::map<std::pair<ChainId, Asset>, Letter::Total> totals;
        std::map<std::tuple<ChainId, Address, Asset>, Amount> resting;
        double least = 1;
        for (auto& [row_key, row] : draft.rows) {
            const auto [total, fresh] = totals.try_emplace({row.chain, row.asset});
            Letter::Total& sum = total->second;
            const auto usd = source_->context.usd(row.chain, row.asset, row.stolen, row.time);
            sum.usd = fresh ? usd : sum.usd && usd ? std::optional{*sum.usd + *usd} : std::nullopt;
            sum.chain = row.chain;
            sum.asset = row.asset;
            sum.stolen += row.stolen;
            resting[{row.chain, row.address, row.asset}] += row.stolen;
            least = std::min(least, row.confidence);
            letter.rows.push_back(row);
        }
        for (auto& [total_key, total] : totals) letter.totals.push_back(total);
        for (const auto& [place, amount] : resting) {
            const auto& [chain, address, asset] = place;
            Letter::Resting rests{chain, address, asset, amount, 0, {}, {}, {}};
            if (const auto tip = tips_.find(chain); tip != tips_.end()) {
                rests.as_of = tip->second.number;
                rests.time = tip->second.time;
            }
            letter.resting.push_back(rests);
        }
        std::stable_sort(letter.rows.begin(), letter.rows.end(),
                         [](const LetterRow& a, const LetterRow& b) {
                             // Unknown times last: nullopt sorts first by itself.
                             return std::pair{!a.time, a.time} < std::pair{!b.time, b.time};
                         });
        for (const auto& [source, said] : draft.sources)
            letter.said_by.push_back(format("{}: {} of these addresses, confidence {}", source,
                                            said.first.size(), percent_text(said.second)));
        for (const std::string& objection : draft.objections)
            letter.said_by.push_back("But " + objection);
        std::string rules;
        for (const std::string& rule : draft.rules) rules += (rules.empty() ? "" : "; ") + rule;
        letter.confidence = format(
            "The stolen money was followed over the public ledger, unit by unit, by the rule: {}. "
            "{} Whose address it is, is the statement of the sources named, not a finding of "
            "ours.",
            rules,
            least < 1 ? format("At least one movement rests on a likely, not a proven connection "
                               "(the lowest confidence: {}).",
                               percent_text(least))
                      : "Every movement listed is a transfer that the ledger shows.");
        for (const std::string& inherited : draft.inherited) letter.confidence += " " + inherited;
        return letter;
    }

    const LetterSource* source_ = nullptr;
    std::optional<trace::ValueScale> scale_;  // Of source_.
    Whole whole_;                             // Of source_.
    Drafts drafts_;
    std::map<std::tuple<std::string, ChainId, Asset, std::string>, Unasked> unasked_;
    std::map<ChainId, BlockHeader> tips_;
    std::vector<Edge> edges_;  // Of source_.
    // Looked up only, never walked.
    std::map<const Edge*, Amount> left_;
    std::map<const Edge*, uint32_t> numbers_;
};

}  // namespace

Letters letters(std::span<const LetterSource> traces) {
    Maker maker;
    for (const LetterSource& trace : traces) maker.add(trace);
    return maker.finish();
}

}  // namespace cordon::report
