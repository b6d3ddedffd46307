// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "found.hpp"

#include <set>

#include "told_list.hpp"

namespace cordon::trace {

Node Found::tell(const Node& node) const {
    trace::Node told;
    told.chain = chain_of(node);
    told.address = node.address;
    told.hop = node.hop;
    told.seed = node.seed;
    if (const Label* label = label_of(node)) told.label = *label;
    told.stop = node.stop;
    for (const Holding* each = &node.holding; each->asset != kNone;
         each = &more_holdings[each->more]) {
        told.holdings.push_back({assets[each->asset], amounts[each->received],
                                 amounts[each->tainted], amounts[each->resting]});
        if (each->more == kNone) break;
    }
    std::sort(told.holdings.begin(), told.holdings.end(),
              [](const auto& a, const auto& b) { return a.asset < b.asset; });
    told.first_seen = node.first();
    told.last_seen = node.last();
    told.spent_unknown = node.spent_unknown;
    return told;
}

Endpoint Found::tell(const Rest& rest) const {
    const Node& node = nodes[rest.node];
    Endpoint end;
    end.chain = chain_of(node);
    end.address = node.address;
    end.asset = assets[rest.asset];
    end.tainted = amounts[rest.tainted];
    end.stop = rest.stop;
    if (const Label* label = label_of(node)) end.label = *label;
    const std::optional<OutPoint> output = output_of(rest);
    end.outpoint = output;
    if (rest.stop == Stop::kMixer && output) std::tie(end.join, end.why) = joins.at(*output);
    // Fees, and what was too little to follow, did not go on that way.
    if (!candidates.empty() && rest.stop != Stop::kFee && rest.stop != Stop::kBelowLimit)
        if (const auto at = candidates.find({rest.node, end.asset, output});
            at != candidates.end()) {
            end.candidates = at->second.count;
            end.best_candidate = at->second.best;
        }
    return end;
}

template <>
std::size_t NodeList::size() const {
    return found_ ? found_->order.size() : wholes_.size();
}
template <>
Node NodeList::operator[](std::size_t place) const {
    if (!found_) return wholes_[place];
    const Found::NodeId id = found_->order[place];
    Node node = found_->tell(found_->nodes[id]);
    if (!found_->confidence.empty()) node.confidence = found_->confidence[id];
    return node;
}

template <>
std::vector<ChainId> NodeList::chains() const {
    std::set<ChainId> all;
    if (found_) all.insert(found_->chains.begin(), found_->chains.end());
    for (const Node& node : wholes_) all.insert(node.chain);
    return {all.begin(), all.end()};
}
template <>
std::vector<Node> NodeList::labelled() const {
    std::vector<Node> all;
    std::copy_if(wholes_.begin(), wholes_.end(), std::back_inserter(all),
                 [](const Node& node) { return node.label.has_value(); });
    if (!found_ || found_->labelled.empty()) return all;
    std::vector<bool> is_labelled(found_->nodes.size());
    for (const Found::NodeId id : found_->labelled) is_labelled[id] = true;
    for (std::size_t place = 0; place < size(); ++place)
        if (is_labelled[found_->order[place]]) all.push_back((*this)[place]);
    return all;
}

template <>
std::size_t EndpointList::size() const {
    return found_ ? found_->rests.size() : wholes_.size();
}
template <>
Endpoint EndpointList::operator[](std::size_t place) const {
    if (!found_) return wholes_[place];
    const Found::Rest& rest = found_->rests[place];
    Endpoint end = found_->tell(rest);
    if (!found_->usd.empty()) end.usd = found_->usd[place];
    if (!found_->confidence.empty()) end.confidence = found_->confidence[rest.node];
    return end;
}

}  // namespace cordon::trace
