// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <boost/json.hpp>
#include <map>

#include <cordon/chain/text.hpp>
#include <cordon/engine/context.hpp>
#include <cordon/patterns/registry.hpp>

#include "lookup_json.hpp"

namespace cordon::server {
namespace {

namespace json = boost::json;

class TxnJson {
public:
    TxnJson(const ledger::Reader& ledger, const records::Store* records, ChainId chain)
        : ledger_{ledger}, chain_{chain} {
        if (records) context_.emplace(*records);
    }

    Result<json::object> account(TxnPosition at) {
        CORDON_TRY(const auto placed, ledger_.account_txn(chain_, at));
        const auto time = placed.txn.time ? placed.txn.time : placed.time;
        json::object out = head(placed.txn.hash, at, time);
        json::array transfers;
        std::optional<Amount> fee;
        for (const Transfer& each : placed.txn.transfers) {
            if (each.kind == TransferKind::kFee)
                fee = checked_add(fee.value_or(Amount{}), each.amount).value_or(Amount::max());
            if (transfers.size() == kMostParts) {
                out["cut"] = true;
                continue;
            }
            engine::TransferRow row;
            row.at = at;
            row.time = time;
            row.txn = placed.txn.hash;
            row.index = each.index;
            row.from = each.from;
            row.to = each.to;
            row.asset = each.asset;
            row.amount = each.amount;
            row.kind = to_string(each.kind);
            if (context_) {
                row.info = context_->asset(chain_, each.asset);
                if (const auto usd = context_->usd(chain_, each.asset, each.amount, time))
                    row.usd = static_cast<Cents>(std::min(*usd * 100, 9e18));
            }
            row.from_label = label(each.from);
            row.to_label = label(each.to);
            transfers.push_back(transfer_json(chain_, row));
        }
        out["transfers"] = std::move(transfers);
        if (fee) out["fee"] = fee->to_string();
        json::array links;
        if (context_) {
            for (const trace::LinkSource* source : patterns::all()) {
                for (const trace::Link& link : source->links(chain_, placed, *context_))
                    links.push_back(link_json(link.kind, link.confidence, link.why));
                // What would be too much to compare is no link that is known.
                const auto found = source->crossings(chain_, placed, false, ledger_, *context_);
                if (found) add_crossings(links, *found);
            }
        }
        out["links"] = std::move(links);
        return finish(std::move(out));
    }

    Result<json::object> utxo(TxnPosition at) {
        CORDON_TRY(const auto placed, ledger_.utxo_txn(chain_, at));
        const UtxoTxn& txn = placed.txn;
        json::object out = head(txn.txid, at, placed.time);
        json::array inputs, outputs;
        uint64_t in = 0, sent = 0;
        bool all_known = !txn.coinbase;
        for (const TxIn& input : txn.inputs) {
            all_known = all_known && input.spent.has_value();
            if (input.spent) in += input.spent->value;
            if (inputs.size() == kMostParts) {
                out["cut"] = true;
                continue;
            }
            json::object row{{"outpoint", chain::format_outpoint(chain_, input.prevout)}};
            row["address"] =
                input.spent ? address_json(input.spent->address) : json::value(nullptr);
            row["amount"] = input.spent ? json::value(std::to_string(input.spent->value))
                                        : json::value(nullptr);
            if (input.spent) add_label(row, input.spent->address);
            inputs.push_back(std::move(row));
        }
        for (uint32_t n = 0; n < txn.outputs.size(); ++n) {
            const TxOut& output = txn.outputs[n];
            sent += output.value;
            if (outputs.size() == kMostParts) {
                out["cut"] = true;
                continue;
            }
            json::object row{{"address", address_json(output.address)},
                             {"amount", std::to_string(output.value)}};
            CORDON_TRY(const auto spender, ledger_.spender(chain_, {txn.txid, n}));
            row["spent_by"] = nullptr;
            if (spender) {
                CORDON_TRY(const auto by, ledger_.utxo_txn(chain_, spender->at));
                row["spent_by"] = chain::format_hash(chain_, by.txn.txid);
            }
            add_label(row, output.address);
            outputs.push_back(std::move(row));
        }
        out["inputs"] = std::move(inputs);
        out["outputs"] = std::move(outputs);
        if (all_known && in >= sent) out["fee"] = std::to_string(in - sent);
        json::array links;
        if (context_) {
            for (const trace::LinkSource* source : patterns::all()) {
                if (const auto join = source->join_of(chain_, placed, *context_))
                    links.push_back(link_json(join->kind, join->confidence, join->why));
                const auto found =
                    source->utxo_crossings(chain_, placed, false, ledger_, *context_);
                if (found) add_crossings(links, *found);
            }
        }
        out["links"] = std::move(links);
        return finish(std::move(out));
    }

private:
    json::object head(const Hash256& hash, TxnPosition at, std::optional<UnixMillis> time) const {
        return {{"chain", to_string(chain_)},
                {"tx", chain::format_hash(chain_, hash)},
                {"block", at.block},
                {"index", at.txn},
                {"time", time ? json::value(format_rfc3339(*time)) : json::value(nullptr)},
                {"cut", false}};
    }
    std::optional<Label> label(const Address& address) const {
        return context_ ? context_->label(chain_, address) : std::nullopt;
    }
    json::value address_json(const Address& address) const {
        return json::value(chain::format_address(chain_, address));
    }
    void add_label(json::object& row, const Address& address) const {
        if (const auto said = label(address)) row["label"] = said->text;
    }
    static json::object link_json(std::string_view kind, double confidence,
                                  const std::vector<std::string>& why) {
        json::array reasons;
        for (const std::string& reason : why) reasons.emplace_back(reason);
        return {{"kind", kind}, {"confidence", confidence}, {"why", std::move(reasons)}};
    }
    static void add_crossings(json::array& links, const std::vector<trace::Crossing>& crossings) {
        constexpr std::size_t kCandidates = 20;  // The surest come first.
        for (std::size_t i = 0; i < std::min(crossings.size(), kCandidates); ++i) {
            const trace::Crossing& each = crossings[i];
            json::object row = link_json(each.kind, each.confidence, each.why);
            row["to_chain"] = to_string(each.to_chain);
            row["to_tx"] = chain::format_hash(each.to_chain, each.to_txn);
            links.push_back(std::move(row));
        }
    }
    /// A thinner answer for lack of a readable record would be a wrong one.
    Result<json::object> finish(json::object out) const {
        if (context_ && context_->error()) return fail(*context_->error());
        return out;
    }

    const ledger::Reader& ledger_;
    ChainId chain_;
    std::optional<engine::RecordsContext> context_;
};

}  // namespace

Result<json::object> txn_json(const ledger::Reader& ledger, const records::Store* records,
                              ChainId chain, TxnPosition at) {
    TxnJson txn{ledger, records, chain};
    return is_utxo(chain) ? txn.utxo(at) : txn.account(at);
}

}  // namespace cordon::server
