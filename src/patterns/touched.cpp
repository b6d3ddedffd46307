// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "touched.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <unordered_set>

namespace cordon::patterns {
namespace {

struct Touch {
    std::unordered_set<Address> addresses;
    std::unordered_set<Hash256> txns;
};
using Touches = std::map<std::pair<ChainId, Category>, Touch>;
using TouchesPtr = std::shared_ptr<Touches>;  // Of the Context's memo, which gives const only.

const Touch& touch_of(ChainId chain, Category category, FactKind in, FactKind out,
                      const trace::Context& context) {
    const auto* known = context.memo().find<TouchesPtr>();
    Touches& all = *(known != nullptr ? *known : context.memo().put(std::make_shared<Touches>()));
    const auto [found, fresh] = all.try_emplace({chain, category});
    if (!fresh) return found->second;
    Touch& touch = found->second;
    for (const Address& address : context.labelled(chain, category))
        touch.addresses.insert(address);
    for (const FactKind kind : {in, out})
        for (const Fact& fact : context.facts_on(chain, kind)) touch.txns.insert(fact.txn);
    return touch;
}

}  // namespace

bool is_touched(ChainId chain, const AccountTxn& txn, Category category, FactKind in, FactKind out,
                const trace::Context& context) {
    const Touch& touch = touch_of(chain, category, in, out, context);
    if (!touch.txns.empty() && touch.txns.contains(txn.hash)) return true;
    return !touch.addresses.empty() &&
           std::any_of(txn.transfers.begin(), txn.transfers.end(), [&](const Transfer& row) {
               return touch.addresses.contains(row.from) || touch.addresses.contains(row.to);
           });
}

bool is_touched(ChainId chain, Category category, FactKind in, FactKind out,
                const trace::Context& context) {
    const Touch& touch = touch_of(chain, category, in, out, context);
    return !touch.txns.empty() || !touch.addresses.empty();
}

}  // namespace cordon::patterns
