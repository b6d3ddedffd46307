// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <tuple>

#include "test_store.hpp"

namespace cordon::records {
namespace {

/// Few addresses, sources and texts, so that rows meet.
rc::Gen<Label> any_label() {
    return rc::gen::apply(
        [](uint64_t number, bool everywhere, bool polygon, std::string text, std::string source,
           int category, int percent) {
            Label made = label(number, std::move(text), std::move(source), percent / 100.0,
                               static_cast<Category>(category));
            if (polygon) made.chain = parse_chain("polygon").value();
            if (everywhere) made.chain.reset();
            return made;
        },
        rc::gen::inRange<uint64_t>(0, 4), rc::gen::arbitrary<bool>(), rc::gen::arbitrary<bool>(),
        rc::gen::element<std::string>("a", "b", "b'", ""), rc::gen::element<std::string>("s", "t"),
        rc::gen::inRange(0, 3), rc::gen::inRange(0, 101));
}

/// The contract of put_labels() and labels(), as plainly as it can be written.
class NaiveLabels {
public:
    void put(const std::vector<Label>& labels) {
        for (const Label& label : labels) said_.erase(subject(label));
        for (const Label& label : labels)
            said_[subject(label)][{label.text, label.category}] = label;
    }

    std::vector<Label> of(ChainId chain, const Address& address) const {
        std::vector<Label> found;
        for (const auto& [key, statements] : said_)
            for (const auto& [what, label] : statements)
                if (label.address == address && (!label.chain || *label.chain == chain))
                    found.push_back(label);
        std::ranges::sort(found, [](const Label& a, const Label& b) {
            return std::tuple{-a.confidence, a.source, a.text, a.category, a.chain} <
                   std::tuple{-b.confidence, b.source, b.text, b.category, b.chain};
        });
        return found;
    }

    uint64_t count() const {
        uint64_t total = 0;
        for (const auto& [key, statements] : said_) total += statements.size();
        return total;
    }

private:
    using Subject = std::tuple<Address, std::optional<ChainId>, std::string>;
    static Subject subject(const Label& label) {
        return {label.address, label.chain, label.source};
    }
    std::map<Subject, std::map<std::pair<std::string, Category>, Label>> said_;
};

RC_GTEST_PROP(LabelsProperty, agree_with_a_naive_map_and_do_not_change_when_put_again, ()) {
    const TempDir dir;
    const auto store = open_store(dir.file());
    NaiveLabels naive;
    // Every call waits for the disk: few calls, each of some size.
    const auto batches =
        *rc::gen::resize(6, rc::gen::container<std::vector<std::vector<Label>>>(rc::gen::resize(
                                30, rc::gen::container<std::vector<Label>>(any_label()))));
    for (const std::vector<Label>& batch : batches) {
        const int times = *rc::gen::inRange(1, 3);
        for (int i = 0; i < times; ++i) RC_ASSERT(good(store->put_labels(batch)));
        naive.put(batch);
        for (const char* chain : {"eth", "polygon", "btc"})
            for (uint64_t number = 0; number < 4; ++number) {
                const ChainId id = parse_chain(chain).value();
                RC_ASSERT(store->labels(id, evm(number)).value() == naive.of(id, evm(number)));
            }
        RC_ASSERT(store->counts().value().labels == naive.count());
    }
    RC_ASSERT(good(store->verify()));
}

RC_GTEST_PROP(PricesProperty, agree_with_a_naive_map, ()) {
    const TempDir dir;
    const auto store = open_store(dir.file());
    std::map<int64_t, double> naive;
    std::vector<Price> prices;
    for (const auto& [seconds, cents] :
         *rc::gen::arbitrary<std::vector<std::pair<int16_t, uint16_t>>>()) {
        prices.push_back({kBitcoin, Asset{}, from_unix_seconds(seconds), cents / 100.0});
        naive[seconds] = cents / 100.0;
    }
    RC_ASSERT(good(store->put_prices(prices)));
    const int64_t moment = *rc::gen::arbitrary<int16_t>();
    const auto found = store->price(kBitcoin, Asset{}, from_unix_seconds(moment)).value();
    const auto after = naive.upper_bound(moment);
    RC_ASSERT(found.has_value() == (after != naive.begin()));
    if (found) RC_ASSERT(found->usd == std::prev(after)->second);
}

}  // namespace
}  // namespace cordon::records
