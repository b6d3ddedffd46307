// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// Arbitrary bytes as saved clusters: a clean Error, or clusters that are written as the same bytes.
#include <algorithm>
#include <cstring>

#include <cordon/base/check.hpp>
#include <cordon/base/crc32c.hpp>
#include <cordon/ledger/cluster_file.hpp>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
    using namespace cordon;
    constexpr uint64_t kIds = 1 << 12;
    Bytes bytes{data, data + size};
    static_cast<void>(ledger::decode_clusters(bytes, "raw", kIds));
    // Most mutations only break the checksum: repair it, so that what is behind is reached.
    if (size < 12) return 0;
    const uint32_t sum = crc32c(ByteView{bytes}.subspan(12));
    std::memcpy(bytes.data() + 8, &sum, sizeof sum);
    auto saved = ledger::decode_clusters(bytes, "fuzz", kIds);
    if (!saved) return 0;
    CORDON_CHECK(ledger::encode_clusters(*saved) == bytes);
    ledger::ClusterForest& forest = saved->forest;
    std::size_t joined = 0;
    for (const auto& cluster : forest.clusters()) {
        const auto members = forest.members(cluster.id);
        CORDON_CHECK(members.size() == cluster.size&& members.front() == cluster.id);
        const auto path = forest.why(members.front(), members.back());
        CORDON_CHECK(!path.empty() && path.back().b == members.back());
        joined += members.size() - 1;
    }
    CORDON_CHECK(joined == forest.joins());
    CORDON_CHECK(forest.merges(1).size() == forest.joins());
    if (!saved->marks.empty()) forest.rewind(saved->marks.front().number);
    return 0;
}
