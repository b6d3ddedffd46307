// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "clusters.hpp"

#include <algorithm>
#include <array>
#include <filesystem>

#include <cordon/base/format.hpp>
#include <cordon/crypto/hash.hpp>
#include <cordon/ledger/cluster_file.hpp>

namespace cordon::engine {
namespace {

using ledger::ClusterMark;
using ledger::SavedClusters;

// Which numbering of addresses the ids are of; 1 was by a walk over all blocks.
constexpr uint32_t kNumbering = 2;

/// The tip, and blocks ever further below it: however deep a reorg is, some mark a little below it
/// is left.
Result<std::vector<ClusterMark>> marks_of(const ledger::Reader& reader, ChainId chain) {
    std::vector<ClusterMark> marks;
    for (const ledger::ChainSummary& each : reader.chains()) {
        if (each.chain != chain) continue;
        marks.push_back({each.tip.number, each.tip.hash});
        for (BlockNum back = 1; back != 0 && back <= each.tip.number; back *= 2) {
            CORDON_TRY(const auto header, reader.block(chain, each.tip.number - back));
            if (header) marks.push_back({header->number, header->hash});
        }
    }
    std::reverse(marks.begin(), marks.end());
    return marks;
}

/// Leaves of `saved` what the chain still has: the height up to which it holds, or nothing. All
/// marks up to there must hold: where blocks do not name their parents (loose txns), the one below
/// may be another while this one is the same.
Result<std::optional<BlockNum>> settle(SavedClusters& saved, const ledger::Reader& reader) {
    std::size_t good = 0;
    for (; good < saved.marks.size(); ++good) {
        const ClusterMark& mark = saved.marks[good];
        CORDON_TRY(const auto header, reader.block(saved.chain, mark.number));
        if (!header || header->hash != mark.hash) break;
    }
    saved.marks.resize(good);
    if (good == 0) return std::optional<BlockNum>{};
    saved.forest.rewind(saved.marks.back().number);
    return std::optional{saved.marks.back().number};
}

/// Takes what is kept and still holds; returns the marks up to which it does, none when it does
/// not. A damaged file gives a warning.
Result<std::vector<ClusterMark>> take_saved(const std::string& directory,
                                            const ledger::JoinFilter& filter, Clusters& result) {
    const uint32_t addresses = result.reader->address_count(result.chain);
    auto saved =
        ledger::load_clusters(clusters_path(directory, result.chain), cluster_ids(addresses));
    if (!saved) {
        if (saved.error().code != ErrorCode::kNotFound)
            result.warnings.push_back(saved.error().message + "; the clusters are made anew");
        return std::vector<ClusterMark>{};
    }
    // Made for another question: not an answer to this one, and no reason to worry.
    if (saved->chain != result.chain || saved->numbering != kNumbering ||
        saved->filter != filter.identity())
        return std::vector<ClusterMark>{};
    CORDON_TRY(const auto height, settle(*saved, *result.reader));
    if (!height || saved->forest.id_end() > addresses) return std::vector<ClusterMark>{};
    result.forest = std::move(saved->forest);
    result.incremental = true;
    return std::move(saved->marks);
}

}  // namespace

Result<ChainId> utxo_chain(const ledger::Reader& reader, std::optional<ChainId> wanted) {
    if (wanted && !is_utxo(*wanted))
        return fail(ErrorCode::kInvalidParam,
                    format("{}: an account chain has no outputs, so no change and nobody who signs "
                           "together",
                           to_string(*wanted)));
    std::vector<ChainId> found;
    for (const ledger::ChainSummary& each : reader.chains())
        if (is_utxo(each.chain) && (!wanted || each.chain == *wanted)) found.push_back(each.chain);
    if (found.empty())
        return fail(ErrorCode::kNotFound, wanted
                                              ? format("the ledger has no {}", to_string(*wanted))
                                              : "the ledger has no chain of outputs (btc, …)");
    if (found.size() > 1)
        return fail(ErrorCode::kConflict, "the ledger has several such chains: which? (--chain)");
    return found.front();
}

std::string clusters_path(const std::string& directory, ChainId chain) {
    return (std::filesystem::path{directory} / format("clusters-{}.bin", to_string(chain)))
        .string();
}

Result<std::vector<uint32_t>> keyless_ids(const ledger::Reader& reader, ChainId chain) {
    // Pay-to-anchor (Bitcoin Core 28: version 1, program 4e73), which Lightning leaves for fees.
    constexpr std::array<uint8_t, 3> kAnchor{1, 0x4E, 0x73};
    constexpr std::array<uint8_t, 1> kTrue{0x51};  // OP_TRUE.
    std::vector<uint32_t> ids;
    for (const Address& address : {Address{}, Address{AddressKind::kWitness, kAnchor},
                                   Address{AddressKind::kScript, crypto::sha256(kTrue)},
                                   Address{AddressKind::kScript, crypto::sha256({})}}) {
        CORDON_TRY(const auto id, reader.address_id(chain, address));
        if (id) ids.push_back(*id);
    }
    return ids;
}

Result<std::optional<Clusters>> kept_clusters(const std::string& directory,
                                              std::shared_ptr<const ledger::Reader> reader,
                                              ChainId chain, const ledger::JoinFilter& filter) {
    Clusters result{std::move(reader), chain, {}, false, {}, {}, {}};
    CORDON_TRY(const auto marks, take_saved(directory, filter, result));
    if (marks.empty()) return std::optional<Clusters>{};
    return std::optional{std::move(result)};
}

Result<Clusters> cluster_ledger(const std::string& directory, std::optional<ChainId> wanted,
                                const ledger::JoinFilter& filter, const std::atomic<bool>* cancel) {
    CORDON_TRY(const auto reader, ledger::open_reader(directory));
    CORDON_TRY(const ChainId chain, utxo_chain(*reader, wanted));
    Clusters result{reader, chain, {}, false, {}, {}, {}};
    const uint32_t addresses = reader->address_count(chain);

    const std::string path = clusters_path(directory, chain);
    CORDON_TRY(const std::vector<ClusterMark> known, take_saved(directory, filter, result));
    const BlockNum from = known.empty() ? 0 : known.back().number + 1;

    result.forest.reserve(addresses);
    CORDON_TRY(const std::vector<uint32_t> nobody, keyless_ids(*reader, chain));
    const auto is_nobody = [&](uint32_t id) {
        return std::find(nobody.begin(), nobody.end(), id) != nobody.end();
    };
    std::vector<uint32_t> signers;
    CORDON_TRY(reader->scan_shapes(chain, {from, 0}, filter.identity() != 0,
                                   [&](const ledger::TxnShape& shape) -> Status {
                                       if (cancel != nullptr && cancel->load())
                                           return fail(ErrorCode::kCancelled, "interrupted");
                                       if (filter.is_join(shape)) return {};
                                       signers.assign(shape.senders.begin(), shape.senders.end());
                                       if (!nobody.empty()) std::erase_if(signers, is_nobody);
                                       result.forest.add(shape.at, signers);
                                       return {};
                                   }));

    CORDON_TRY(auto marks, marks_of(*reader, chain));
    if (marks == known) return result;
    SavedClusters fresh{chain, kNumbering, filter.identity(), std::move(marks),
                        std::move(result.forest)};
    if (const Status done = ledger::save_clusters(path, fresh); !done)
        result.warnings.push_back(done.error().message + "; the clusters are not kept");
    result.forest = std::move(fresh.forest);
    return result;
}

}  // namespace cordon::engine
