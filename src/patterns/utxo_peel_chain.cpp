// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "utxo_peel_chain.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include <cordon/base/format.hpp>

namespace cordon::patterns {
namespace {

/// What a spender of the same fingerprint is worth when it is the only one and its address fresh.
/// Kappos et al. (USENIX Security 2022) report false discoveries well below one in a hundred with
/// more traits (sequence numbers, segwit use) than the ledger keeps, so we claim less.
constexpr double kByFingerprint = 0.9;

/// The same when the only output left is not spent yet: nobody has shown how he works.
constexpr double kByElimination = 0.75;

/// The same when nothing is spent, but this chain has kept the largest output so many times.
constexpr double kByHabit = 0.5;
constexpr std::size_t kHabit = 3;

/// Which output a txn keeps, or why that cannot be told.
struct Pick {
    std::optional<uint32_t> rest;
    double confidence = 0;
    std::vector<std::string> why;
    std::optional<PeelStop> stop;  // The chain ends with `rest`, or before it when there is none.
    std::string reason;
};

Pick ends(PeelStop stop, std::string reason) {
    Pick pick;
    pick.stop = stop;
    pick.reason = std::move(reason);
    return pick;
}

class Walk {
public:
    Walk(const ledger::Reader& reader, ChainId chain, const PeelParams& params,
         const JoinTest& is_join, const trace::Context* labels)
        : reader_{reader}, chain_{chain}, params_{params}, is_join_{is_join}, labels_{labels} {}

    Result<PeelChain> run(const OutPoint& from) {
        PeelChain result;
        result.end = from;
        while (result.steps.size() < params_.max_hops) {
            CORDON_TRY(const bool goes_on, backward() ? step_back(result) : step(result));
            if (!goes_on) return result;
        }
        stop(result, PeelStop::kHops, format("{} steps were followed", params_.max_hops));
        return result;
    }

private:
    bool backward() const noexcept { return params_.direction == trace::Direction::kBackward; }

    static bool stop(PeelChain& result, PeelStop why, std::string reason) {
        result.stop = why;
        result.reason = std::move(reason);
        return false;
    }

    Result<bool> step(PeelChain& result) {
        CORDON_TRY(const auto spender, reader_.spender(chain_, result.end));
        if (!spender) return stop(result, PeelStop::kUnspent, "unspent at the end of the ledger");
        CORDON_TRY(auto placed, reader_.utxo_txn(chain_, spender->at));
        CORDON_TRY(const Pick picked, pick(std::move(placed), result.steps));
        if (!picked.rest) return stop(result, *picked.stop, picked.reason);
        result.steps.push_back(step_of(picked));
        const PeelStep& made = result.steps.back();
        result.end = {made.txid, made.rest};
        if (picked.stop) return stop(result, *picked.stop, picked.reason);
        return !at_end(result, made.rest_output);
    }

    Result<bool> step_back(PeelChain& result) {
        CORDON_TRY(const auto at, reader_.find_txn(chain_, result.end.txid));
        if (!at) return stop(result, PeelStop::kUnknown, "the ledger does not hold its txn");
        CORDON_TRY(auto placed, reader_.utxo_txn(chain_, *at));
        if (placed.txn.coinbase) return stop(result, PeelStop::kCoinbase, "newly minted");
        CORDON_TRY(const Pick picked, pick(std::move(placed), result.steps));
        if (!picked.rest) return stop(result, *picked.stop, picked.reason);
        if (*picked.rest != result.end.index)
            return stop(result, PeelStop::kPaid,
                        format("its txn keeps output {}: this one is a payment", *picked.rest));
        result.steps.push_back(step_of(picked));
        const std::optional<TxOut> spent = facts_.placed.txn.inputs.front().spent;
        result.end = result.steps.back().spends;
        return !spent || !at_end(result, *spent);
    }

    /// Whether the chain goes no further than an output because of what it is.
    bool at_end(PeelChain& result, const TxOut& output) const {
        if (labels_ != nullptr) {
            auto label = labels_->label(chain_, output.address);
            if (label && std::find(params_.stop.begin(), params_.stop.end(), label->category) !=
                             params_.stop.end()) {
                stop(result, PeelStop::kLabel, format("labelled {}", label->text));
                result.label = std::move(label);
                return true;
            }
        }
        if (output.value >= params_.min_value) return false;
        stop(result, PeelStop::kBelowValue,
             format("{} satoshi are below {}", output.value, params_.min_value));
        return true;
    }

    Result<Pick> pick(ledger::PlacedUtxoTxn placed, const std::vector<PeelStep>& steps) {
        const UtxoTxn& txn = placed.txn;
        if (is_join_ && is_join_(txn)) return ends(PeelStop::kJoin, "went into a CoinJoin");
        if (txn.inputs.size() != 1)
            return ends(PeelStop::kShape,
                        format("spent together with {} more inputs", txn.inputs.size() - 1));
        if (txn.outputs.size() > params_.max_outputs)
            return ends(PeelStop::kShape, format("paid out to {} outputs", txn.outputs.size()));
        const auto spendable = std::count_if(
            txn.outputs.begin(), txn.outputs.end(),
            [](const TxOut& out) { return out.address.kind() != AddressKind::kOpReturn; });
        if (spendable < 2) return ends(PeelStop::kShape, "went to one output whole");
        CORDON_TRY(facts_, change_facts(reader_, chain_, std::move(placed), false));
        return choose(change_of(facts_, params_.change), steps);
    }

    Pick choose(const Change& change, const std::vector<PeelStep>& steps) const {
        if (const auto returned = only(candidates(Heuristic::kDirectChange, facts_)))
            return keeps(*returned, change.confidence, "returns to an address that signs the txn");
        const Candidates same = same_wallet();
        if (const auto next = only(same)) {
            if (change.output && change.output != next)
                return ends(
                    PeelStop::kAmbiguous,
                    format("the same software goes on with output {}, but {} looks like change",
                           *next, *change.output));
            Pick pick = keeps(*next, kByFingerprint,
                              format("only this output is spent in the same way ({}) and shape",
                                     to_string(facts_.own.print)));
            if (!change.output) return pick;
            pick.confidence = 1 - (1 - pick.confidence) * (1 - change.confidence);
            pick.why.push_back(votes_of(change));
            return pick;
        }
        if (change.output &&
            (same.empty() || std::binary_search(same.begin(), same.end(), *change.output))) {
            Pick pick = keeps(*change.output, change.confidence, votes_of(change));
            if (same.empty()) end_of(pick);
            return pick;
        }
        if (!same.empty())
            return ends(PeelStop::kAmbiguous,
                        format("{} outputs go on in the same way", same.size()));
        if (const auto left = only_unspent())
            return keeps(*left, kByElimination, "all other outputs are spent by other software");
        if (const auto larger = as_before(steps))
            return keeps(
                *larger, kByHabit,
                format("all outputs are unspent; in all {} txns before the largest was kept",
                       steps.size()));
        return ends(PeelStop::kAmbiguous,
                    format("no output can be told from a payment ({})", change.unclear));
    }

    static Pick keeps(uint32_t output, double confidence, std::string why) {
        return {output, confidence, {std::move(why)}, std::nullopt, {}};
    }

    static std::string votes_of(const Change& change) {
        std::string names;
        for (const Vote& vote : change.votes)
            names += format("{}{}", names.empty() ? "" : ", ", to_string(vote.heuristic));
        return format("change by {}", names);
    }

    /// The rest is known, but its spender does not go on as this wallet does: ends there.
    void end_of(Pick& pick) const {
        const auto& spender = facts_.outputs[*pick.rest].spender;
        if (!spender) return;  // Unspent: the next step says so.
        std::string breaks;
        for (const std::string& reason : differs(facts_.own.print, spender->print))
            breaks += format("{}{}", breaks.empty() ? "" : "; ", reason);
        if (breaks.empty()) return;  // Another shape, or an address used before.
        pick.stop = PeelStop::kFingerprint;
        pick.reason = format("spent by other software: {}", breaks);
    }

    /// Outputs that the same wallet spends on in the same shape, from a fresh address of the kind
    /// that signs this txn.
    Candidates same_wallet() const {
        Candidates found;
        for (uint32_t n = 0; n < facts_.outputs.size(); ++n) {
            const OutputFacts& output = facts_.outputs[n];
            const bool same = output.fresh && output.spender && output.spender->inputs == 1 &&
                              output.spender->outputs <= params_.max_outputs &&
                              differs(facts_.own.print, output.spender->print).empty();
            if (same) found.push_back(n);
        }
        return found;
    }

    /// The one output that is unspent, at a fresh address of the kind that signs this txn, while
    /// all others that carry value are spent by other wallets.
    std::optional<uint32_t> only_unspent() const {
        Candidates found;
        for (uint32_t n = 0; n < facts_.outputs.size(); ++n) {
            const TxOut& out = facts_.placed.txn.outputs[n];
            const OutputFacts& output = facts_.outputs[n];
            if (out.value == 0 || out.address.kind() == AddressKind::kOpReturn) continue;
            if (output.spender && differs(facts_.own.print, output.spender->print).empty())
                return std::nullopt;
            if (output.spender) continue;
            if (!output.fresh || !facts_.own.print.signs_kind(out.address.kind()))
                return std::nullopt;
            found.push_back(n);
        }
        return only(found);
    }

    /// The largest output of a txn of which nothing is spent, when every txn before kept its
    /// largest.
    std::optional<uint32_t> as_before(const std::vector<PeelStep>& steps) const {
        if (steps.size() < kHabit ||
            !std::all_of(steps.begin(), steps.end(),
                         [](const PeelStep& step) { return step.kept_largest; }))
            return std::nullopt;
        for (const OutputFacts& output : facts_.outputs)
            if (output.spender) return std::nullopt;
        const uint32_t largest = largest_of(facts_.placed.txn);
        const AddressKind kind = facts_.placed.txn.outputs[largest].address.kind();
        return facts_.outputs[largest].fresh && facts_.own.print.signs_kind(kind)
                   ? std::optional{largest}
                   : std::nullopt;
    }

    static uint32_t largest_of(const UtxoTxn& txn) {
        const auto largest =
            std::max_element(txn.outputs.begin(), txn.outputs.end(),
                             [](const TxOut& a, const TxOut& b) { return a.value < b.value; });
        return static_cast<uint32_t>(largest - txn.outputs.begin());
    }

    PeelStep step_of(const Pick& picked) const {
        const UtxoTxn& txn = facts_.placed.txn;
        PeelStep made;
        made.at = facts_.placed.at;
        made.time = facts_.placed.time;
        made.txid = txn.txid;
        made.spends = txn.inputs.front().prevout;
        if (txn.inputs.front().spent) made.value = txn.inputs.front().spent->value;
        made.rest = *picked.rest;
        made.rest_output = txn.outputs[made.rest];
        made.kept_largest = largest_of(txn) == made.rest;
        for (uint32_t n = 0; n < txn.outputs.size(); ++n) {
            if (n == made.rest || txn.outputs[n].value == 0) continue;
            made.peels.push_back(n);
            made.peeled += txn.outputs[n].value;
        }
        made.confidence = picked.confidence;
        made.why = picked.why;
        return made;
    }

    const ledger::Reader& reader_;
    ChainId chain_;
    const PeelParams& params_;
    const JoinTest& is_join_;
    const trace::Context* labels_;
    ChangeFacts facts_;  // Of the txn that pick() looked at last.
};

}  // namespace

std::string_view to_string(PeelStop stop) noexcept {
    constexpr std::array<std::string_view, 11> kNames{
        "unspent", "label",       "join", "below-value", "hops",   "ambiguous",
        "shape",   "fingerprint", "paid", "coinbase",    "unknown"};
    return kNames[static_cast<std::size_t>(stop)];
}

Result<PeelChain> peel_chain(const ledger::Reader& reader, ChainId chain, const OutPoint& from,
                             const PeelParams& params, const JoinTest& is_join,
                             const trace::Context* labels) {
    CORDON_TRY(const auto at, reader.find_txn(chain, from.txid));
    if (at) {
        CORDON_TRY(const auto placed, reader.utxo_txn(chain, *at));
        if (from.index >= placed.txn.outputs.size())
            return fail(ErrorCode::kNotFound, format("the txn has {} outputs, none with number {}",
                                                     placed.txn.outputs.size(), from.index));
    } else {  // Of an extract the ledger may hold the spender alone.
        CORDON_TRY(const auto spender, reader.spender(chain, from));
        if (!spender) return fail(ErrorCode::kNotFound, "the ledger knows nothing of the output");
    }
    return Walk{reader, chain, params, is_join, labels}.run(from);
}

Result<std::vector<PeelChain>> peel_chains_of(const trace::TraceResult& traced,
                                              const ledger::Reader& reader,
                                              const PeelParams& params, std::size_t min_steps,
                                              const JoinTest& is_join,
                                              const trace::Context* labels) {
    std::vector<PeelChain> found;
    std::set<std::pair<ChainId, Hash256>> seen;  // Txns that were looked at, of a chain or not.
    for (const trace::Edge& edge : traced.edges) {
        if (!edge.spends || !seen.insert({edge.chain, edge.txn}).second) continue;
        CORDON_TRY(auto chain,
                   peel_chain(reader, edge.chain, *edge.spends, params, is_join, labels));
        if (chain.steps.size() < min_steps) continue;
        for (const PeelStep& step : chain.steps) seen.insert({edge.chain, step.txid});
        found.push_back(std::move(chain));
    }
    return found;
}

}  // namespace cordon::patterns
