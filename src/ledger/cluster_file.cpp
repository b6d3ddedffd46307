// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "cluster_file.hpp"

#include <array>
#include <cstring>
#include <filesystem>

#include <unistd.h>

#include <cordon/base/format.hpp>

#include <cordon/base/crc32c.hpp>
#include <cordon/base/disk.hpp>
#include "coding.hpp"

namespace cordon::ledger {
namespace {

constexpr std::array<uint8_t, 8> kMagic{'C', 'O', 'R', 'D', 'C', 'L', 'U', '1'};
constexpr std::size_t kSummed = 12;  // Where the bytes under the checksum begin.
constexpr std::size_t kHeader = 56;
constexpr std::size_t kMark = 40;
constexpr std::size_t kBlock = 16;
constexpr std::size_t kUnion = 12;

}  // namespace

/// The one place outside ClusterForest that sees its lists.
class ClusterCodec {
public:
    static void put(Bytes& out, const ClusterForest& forest) {
        for (const auto& block : forest.blocks_) {
            put_fixed<uint64_t>(out, block.block);
            put_fixed<uint64_t>(out, block.first);
        }
        for (const auto& edge : forest.edges_) {
            put_fixed<uint32_t>(out, edge.a);
            put_fixed<uint32_t>(out, edge.b);
            put_fixed<uint32_t>(out, edge.txn);
        }
    }
    static std::size_t blocks(const ClusterForest& forest) { return forest.blocks_.size(); }
    static std::size_t unions(const ClusterForest& forest) { return forest.edges_.size(); }

    ClusterCodec(const std::string& name, uint64_t ids) : name_{name}, ids_{ids} {}

    /// REQUIRES: `in` holds that many blocks and unions.
    Result<ClusterForest> take(Decoder& in, uint64_t blocks, uint64_t unions,
                               const std::vector<ClusterMark>& marks) const {
        if (blocks > unions || (blocks == 0) != (unions == 0)) return bad(in, "count of unions");
        if (blocks > 0 && marks.empty()) return bad(in, "number of marks");
        ClusterForest forest;
        forest.blocks_.reserve(blocks);
        for (uint64_t n = 0; n < blocks; ++n) {
            const ClusterForest::BlockEdges block{in.u64(), in.u64()};
            const auto* last = n == 0 ? nullptr : &forest.blocks_.back();
            const bool rises = last == nullptr
                                   ? block.first == 0
                                   : block.block > last->block && block.first > last->first;
            if (!rises || block.first >= unions || block.block > marks.back().number)
                return bad(in, "block with unions");
            forest.blocks_.push_back(block);
        }
        forest.edges_.reserve(unions);
        std::size_t next = 0;  // Of blocks_.
        for (uint64_t n = 0; n < unions; ++n) {
            const ClusterForest::Edge edge{in.u32(), in.u32(), in.u32()};
            const bool fresh = next < blocks && forest.blocks_[next].first == n;
            if (fresh) ++next;
            if (edge.a >= ids_ || edge.b >= ids_ || (!fresh && edge.txn < forest.edges_[n - 1].txn))
                return bad(in, "union");
            forest.grow(std::max(edge.a, edge.b));
            if (!forest.unite(edge.a, edge.b)) return bad(in, "union");
            forest.edges_.push_back(edge);
        }
        return forest;
    }

    tl::unexpected<Error> bad(const Decoder& in, const char* what) const {
        return fail(ErrorCode::kCorrupt,
                    format("{}: {} before offset {} makes no sense", name_, what, in.offset()));
    }

private:
    const std::string& name_;
    uint64_t ids_;
};

Bytes encode_clusters(const SavedClusters& saved) {
    const std::size_t blocks = ClusterCodec::blocks(saved.forest);
    const std::size_t unions = ClusterCodec::unions(saved.forest);
    Bytes out;
    out.reserve(kHeader + kMark * saved.marks.size() + kBlock * blocks + kUnion * unions);
    put_bytes(out, kMagic);
    put_fixed<uint32_t>(out, 0);
    put_fixed<uint32_t>(out, saved.numbering);
    put_fixed<uint32_t>(out, saved.filter);
    put_fixed<uint32_t>(out, static_cast<uint32_t>(saved.marks.size()));
    put_fixed<uint64_t>(out, static_cast<uint64_t>(saved.chain.family));
    put_fixed<uint64_t>(out, saved.chain.reference);
    put_fixed<uint64_t>(out, blocks);
    put_fixed<uint64_t>(out, unions);
    for (const ClusterMark& mark : saved.marks) {
        put_fixed<uint64_t>(out, mark.number);
        put_bytes(out, mark.hash);
    }
    ClusterCodec::put(out, saved.forest);
    const uint32_t sum = crc32c(ByteView{out}.subspan(kSummed));
    std::memcpy(out.data() + kMagic.size(), &sum, sizeof sum);
    return out;
}

Result<SavedClusters> decode_clusters(ByteView bytes, const std::string& name, uint64_t ids) {
    if (bytes.size() < kHeader)
        return fail(ErrorCode::kCorrupt,
                    format("{}: {} bytes; even the header has {}", name, bytes.size(), kHeader));
    if (std::memcmp(bytes.data(), kMagic.data(), kMagic.size() - 1) != 0)
        return fail(ErrorCode::kCorrupt, format("{}: offset 0: expected CORDCLU", name));
    if (bytes[kMagic.size() - 1] != kMagic.back())
        return fail(ErrorCode::kUnsupported, format("{}: made by another version", name));
    Decoder in{bytes.subspan(kMagic.size())};
    if (in.u32() != crc32c(bytes.subspan(kSummed)))
        return fail(ErrorCode::kCorrupt, format("{}: offset 8: the checksum does not match", name));

    const ClusterCodec codec{name, ids};
    SavedClusters saved;
    saved.numbering = in.u32();
    saved.filter = in.u32();
    const uint32_t marks = in.u32();
    const uint64_t family = in.u64();
    saved.chain = {static_cast<ChainFamily>(family), in.u64()};
    const uint64_t blocks = in.u64();
    const uint64_t unions = in.u64();
    // Divided, not multiplied: counts of any size must not overflow.
    uint64_t left = in.left();
    if (family > static_cast<uint64_t>(ChainFamily::kTron)) return codec.bad(in, "chain");
    if (marks > left / kMark || blocks > (left -= marks * kMark) / kBlock ||
        unions > (left -= blocks * kBlock) / kUnion || unions * kUnion != left)
        return codec.bad(in, "count");
    for (uint32_t n = 0; n < marks; ++n) {
        const ClusterMark mark{in.u64(), in.hash()};
        if (n > 0 && mark.number <= saved.marks.back().number) return codec.bad(in, "mark");
        saved.marks.push_back(mark);
    }
    CORDON_TRY(saved.forest, codec.take(in, blocks, unions, saved.marks));
    return saved;
}

Status save_clusters(const std::string& path, const SavedClusters& saved) {
    // Two processes may save at once: each into a file of its own, the last one stays.
    const std::string fresh = format("{}.{}.tmp", path, ::getpid());
    Disk& disk = system_disk();
    const auto write = [&]() -> Status {
        CORDON_TRY(const auto file, disk.create(fresh));
        CORDON_TRY(file->write(encode_clusters(saved)));
        CORDON_TRY(file->sync());
        CORDON_TRY(disk.rename(fresh, path));
        return disk.sync_directory(std::filesystem::path{path}.parent_path().string());
    };
    const Status done = write();
    if (!done) static_cast<void>(disk.remove(fresh));
    return done;
}

Result<SavedClusters> load_clusters(const std::string& path, uint64_t ids) {
    CORDON_TRY(const Bytes bytes, read_file(path));
    return decode_clusters(bytes, path, ids);
}

}  // namespace cordon::ledger
