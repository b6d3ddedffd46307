// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "screener.hpp"

#include <algorithm>

#include <cordon/patterns/registry.hpp>
#include <cordon/records/store.hpp>

#include "context.hpp"
#include "ingest.hpp"
#include "joins.hpp"

namespace cordon::engine {

struct Screener::World {
    std::shared_ptr<const screen::Lists> lists;
    std::shared_ptr<const ledger::Reader> ledger;
};

Result<std::unique_ptr<Screener>> Screener::open(ScreenerOptions options,
                                                 std::shared_ptr<const screen::Lists> lists) {
    std::unique_ptr<Screener> out{new Screener{std::move(options)}};
    std::shared_ptr<const ledger::Reader> ledger;
    if (!out->options_.ledger.empty()) {
        CORDON_TRY(ledger, ledger::open_reader(out->options_.ledger));
    }
    out->world_ = std::make_shared<const World>(World{std::move(lists), std::move(ledger)});
    return out;
}

Screener::~Screener() = default;

void Screener::swap(std::shared_ptr<const screen::Lists> lists,
                    std::shared_ptr<const ledger::Reader> ledger) {
    const std::scoped_lock lock{mutex_};
    if (!ledger) ledger = world_->ledger;
    world_ = std::make_shared<const World>(World{std::move(lists), std::move(ledger)});
    cache_.clear();
}

std::shared_ptr<const screen::Lists> Screener::lists() const {
    const std::scoped_lock lock{mutex_};
    return world_->lists;
}

std::shared_ptr<const ledger::Reader> Screener::ledger() const {
    const std::scoped_lock lock{mutex_};
    return world_->ledger;
}

Result<screen::Exposures> Screener::exposures(const World& world, ChainId chain,
                                              const Address& address) {
    // A file that is opened anew for each trace: SQLite and the context are of one thread.
    CORDON_TRY(const auto store, records::Store::open_read_only(records_path(options_.ledger)));
    RecordsContext records{*store};
    for (const ledger::ChainSummary& each : world.ledger->chains()) {
        if (!is_utxo(each.chain)) continue;
        CORDON_TRY(auto kept,
                   kept_clusters(options_.ledger, world.ledger, each.chain, join_filter()));
        if (kept) records.add_clusters(std::move(*kept));
    }
    const screen::ListedContext context{records, *world.lists, options_.settings};
    CORDON_TRY(auto found, screen::find_exposures(*world.ledger, context, patterns::all(), chain,
                                                  address, options_.settings, options_.cancel));
    // A thinner answer for lack of a readable record would be a wrong one.
    if (records.error()) return fail(*records.error());
    return found;
}

Result<screen::Screening> Screener::screen(ChainId chain, const Address& address, UnixMillis now) {
    std::shared_ptr<const World> world;
    std::optional<screen::Exposures> found;
    {
        const std::scoped_lock lock{mutex_};
        world = world_;
        if (const auto kept = cache_.find({chain, address}); kept != cache_.end())
            found = kept->second;
    }
    const screen::Settings& settings = options_.settings;
    screen::Screening out;
    out.chain = chain;
    out.subject = address;
    out.matches = world->lists->matches(chain, address);
    out.lists = world->lists->used(settings, now);
    if (world->lists->empty())
        out.gaps.push_back("no list and no label was asked: nobody knows who this is");
    if (const auto service =
            screen::service_label(world->lists->labels(chain, address), settings)) {
        out.service = service->text;
    } else if (settings.exposure && world->ledger) {
        if (!found) {
            const std::scoped_lock one{trace_};
            CORDON_TRY(found, exposures(*world, chain, address));
            const std::scoped_lock lock{mutex_};
            // The answer belongs to lists and ledger as they were; a cancelled one to nobody.
            const bool cancelled = options_.cancel != nullptr && options_.cancel->load();
            if (world == world_ && !cancelled) {
                if (cache_.size() >= options_.cache) cache_.clear();
                cache_.insert_or_assign({chain, address}, *found);
            }
        }
        out.exposure = found->rows;
        if (found->incomplete)
            out.gaps.push_back("the search for the money behind it ended at a bound");
    }
    screen::judge(out, settings);
    return out;
}

}  // namespace cordon::engine
