// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <cordon/base/result.hpp>
#include <cordon/model/block.hpp>

#include <cordon/base/disk.hpp>
#include "column_writer.hpp"
#include "log.hpp"

/// Which files make up a ledger, and which of them count (docs/formats/ledger.md).
///
///   LEDGER/FORMAT             says that this is a ledger, and of which version
///   LEDGER/lock               the writer's place
///   LEDGER/chains/NAME/       one chain: manifest, segment-N, index-N, log-N
namespace cordon::ledger {

/// What the manifest says: the chain is these segments, in order, then what the logs hold.
struct ChainState {
    struct Segment {
        uint64_t id = 0;
        uint32_t blocks = 0;    ///< Visible ones; fewer than the file has after a rewind into it.
        uint32_t identity = 0;  ///< ColumnFile::identity().
        friend bool operator==(const Segment&, const Segment&) = default;
    };
    /// Covers the next `segments` segments.
    struct Index {
        uint64_t id = 0;
        uint32_t segments = 0;
        uint32_t identity = 0;
        friend bool operator==(const Index&, const Index&) = default;
    };
    /// A head log. All but the last are being sealed, and nothing is added to them.
    struct Log {
        uint64_t id = 0;
        uint64_t blocks = UINT64_MAX;  ///< How many of its blocks count.
        friend bool operator==(const Log&, const Log&) = default;
    };
    std::vector<Segment> segments;
    std::vector<Index> indexes;
    std::vector<Log> logs;
    uint64_t next_id = 0;  ///< No file has had this number yet.
    friend bool operator==(const ChainState&, const ChainState&) = default;
};

void put_state(Bytes& out, const ChainState& state);
/// kCorrupt.
Result<ChainState> take_state(ByteView record, const std::string& name);

std::string chains_directory(const std::string& ledger);
std::string chain_directory(const std::string& ledger, ChainId chain);
std::string manifest_path(const std::string& chain_directory);
std::string segment_path(const std::string& chain_directory, uint64_t id);
std::string index_path(const std::string& chain_directory, uint64_t id);
std::string log_path(const std::string& chain_directory, uint64_t id);

/// The manifest's last record. kCorrupt when it has none.
struct Manifest {
    ChainState state;
    uint64_t end = 0;  ///< Where the next record goes.
};
Result<Manifest> read_manifest(const std::string& chain_directory);

/// The chains that a ledger has, in order. kNotFound when `ledger` is none, kUnsupported when it is
/// of a later version.
Result<std::vector<ChainId>> list_chains(const std::string& ledger);

/// Makes an empty ledger where there is none.
Status make_ledger(Disk& disk, const std::string& ledger);

/// Writes a whole file so that it is there entirely or not at all. The name survives power loss
/// only after sync_directory.
Status write_file(Disk& disk, const std::string& path, ByteView bytes);
/// The same for a file that `write(sink)` writes piece by piece; passes on its identity.
Result<uint32_t> write_columns(
    Disk& disk, const std::string& path,
    const std::function<Result<uint32_t>(const ColumnFileWriter::Sink&)>& write);

/// Removes what a crash left behind: files of a chain that `state` does not name.
void remove_strays(Disk& disk, const std::string& chain_directory, const ChainState& state);

}  // namespace cordon::ledger
