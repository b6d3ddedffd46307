// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <cordon/base/result.hpp>

#include <cordon/base/disk.hpp>

/// Append-only files of checksummed records: the head log and the manifest
/// (docs/formats/ledger.md).
namespace cordon::ledger {

/// What a file of records holds.
struct LogContent {
    std::vector<ByteView>
        records;       ///< Complete ones, in order. Lifetime: the bytes they were read from.
    uint64_t end = 0;  ///< Where the last complete record ends; what follows was torn by a crash.
};

/// Splits the bytes of a log. A torn record at the very end is the trace of a crash and ignored: it
/// was never acknowledged. kCorrupt when what is broken cannot come from a crash: a record followed
/// by a whole one, or damage that is explained by one flipped bit; the message has `name` and the
/// offset.
Result<LogContent> read_log(ByteView bytes, const std::string& name);

/// Writes records. Confined to one thread.
class LogWriter {
public:
    static Result<LogWriter> create(Disk& disk, const std::string& path);
    /// Goes on after what read_log found good.
    static Result<LogWriter> resume(Disk& disk, const std::string& path, uint64_t end);

    /// Durable when it returns. `frame` is kFrameHeader bytes, which this fills in, and then the
    /// record: they go out in one piece. On an Error the log is as before; when even that cannot be
    /// restored, broken() and all later calls fail.
    Status append(std::span<uint8_t> frame);
    uint64_t end() const noexcept { return end_; }
    /// True when nobody knows what the file holds behind end().
    bool broken() const noexcept { return broken_; }

private:
    LogWriter(std::string path, std::unique_ptr<OutFile> file, uint64_t end)
        : path_{std::move(path)}, file_{std::move(file)}, end_{end} {}

    std::string path_;
    std::unique_ptr<OutFile> file_;
    uint64_t end_;
    bool broken_ = false;
};

inline constexpr std::size_t kFrameHeader = 16;
/// One record; larger ones are refused with kLimit. Bounds what a reader must hold at once.
inline constexpr std::size_t kMaxRecord = std::size_t{1} << 30;

/// The first bytes of every log.
inline constexpr std::array<uint8_t, 8> kLogMagic{'C', 'O', 'R', 'D', 'L', 'O', 'G', '1'};

}  // namespace cordon::ledger
