// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "block_scan.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <exception>
#include <thread>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>

#include "../text.hpp"
#include "block.hpp"
#include "file_stream.hpp"

namespace cordon::chain {
namespace {

constexpr std::size_t kFirstBytes =
    512;  // Header, count and a coinbase script: at most 80 + 9 + 43 + 3 + 100 bytes.
constexpr std::size_t kFrame = 8;  // Magic and size in front of a block of a blk file.
constexpr std::size_t kMinBlock = kHeaderSize + 1;
constexpr std::size_t kKeySize = 8;
// The bodies between the heads are passed over: of large blocks this much is read, and small ones
// lie in it by the dozen.
constexpr std::size_t kScanBuffer = 16 * 1024;
// More heads in flight than a disk answers at once bring nothing.
constexpr std::size_t kMaxThreads = 4;

std::string_view base_name(std::string_view path) noexcept {
    return path.substr(path.find_last_of('/') + 1);
}

bool is_blk_name(std::string_view path) noexcept {
    const std::string_view name = base_name(path);
    return name.size() >= 8 && name.starts_with("blk") && name[3] >= '0' && name[3] <= '9' &&
           name.find(".dat") != std::string_view::npos;
}

bool is_zero(ByteView bytes) noexcept {
    return std::all_of(bytes.begin(), bytes.end(), [](uint8_t byte) { return byte == 0; });
}

bool is_text(ByteView bytes) noexcept {
    return std::all_of(bytes.begin(), bytes.end(), [](uint8_t byte) {
        return (byte >= 0x20 && byte != 0x7f) || byte == '\t' || byte == '\n' || byte == '\r';
    });
}

/// Header versions are small numbers, or 001 in the top bits since BIP-9.
bool plausible_version(ByteView bytes) noexcept {
    return bytes.size() >= 4 &&
           ((bytes[3] == 0 && bytes[2] == 0 && (bytes[0] | bytes[1]) != 0) || bytes[3] >> 5 == 1);
}

/// 32 zero bytes and ffffffff where the first txn of a block has its prevout, behind the count and
/// a version.
bool has_coinbase(ByteView bytes) noexcept {
    std::size_t at = kHeaderSize;
    if (at >= bytes.size()) return false;
    at += bytes[at] < 0xfd ? 1 : bytes[at] == 0xfd ? 3 : 5;
    at += 4;
    if (at + 1 < bytes.size() && bytes[at] == 0) at += 2;
    if (at + 37 > bytes.size() || bytes[at] != 1) return false;
    return is_zero(bytes.subspan(at + 1, 32)) && bytes[at + 33] == 0xff && bytes[at + 36] == 0xff;
}

/// A block without framing shows itself by its proof of work or, should its header be damaged, by
/// its coinbase: a damaged block must be refused, not passed over like a README.
bool starts_as_block(ByteView bytes) noexcept {
    if (bytes.size() < kMinBlock)
        return !bytes.empty() && plausible_version(bytes) && !is_text(bytes);
    if (has_coinbase(bytes)) return true;
    const Result<HeaderView> header = parse_header(bytes);
    return header && plausible_version(bytes) && meets_target(header->hash, header->bits);
}

bool is_key_file(const InputFile& file) noexcept {
    return base_name(file.name) == "xor.dat" && file.size == kKeySize;
}

/// What one file holds. Nothing in it depends on the other files.
struct FileScan {
    Status status;              ///< What is wrong with the file, after the entries.
    std::exception_ptr thrown;  ///< Instead of all the rest: memory ran out.
    std::vector<BlockEntry> entries;
    Bytes key;
    std::vector<std::string> warnings;
    const Network* network = nullptr;  ///< The one whose magic bytes were seen, and where.
    uint64_t network_at = 0;
};

Status two_networks(const std::string& name, uint64_t at, const Network& one,
                    const Network& other) {
    return fail(ErrorCode::kWrongChain,
                format("{}: offset {}: a block of {} among those of {}: give them apart", name, at,
                       one.name, other.name));
}

/// Scans one file.
class Scanner {
public:
    Scanner(const std::vector<InputFile>& files, ChainId chain, const Bytes& key, uint32_t index,
            FileScan& out)
        : files_{files}, chain_{chain}, key_{key}, index_{index}, out_{out} {}

    Status run() {
        const InputFile& file = files_[index_];
        if (is_key_file(file)) return {};
        CORDON_TRY(FileStream stream, FileStream::open(file, kScanBuffer));
        CORDON_TRY(const ByteView raw, stream.peek(kFirstBytes));
        if (network_by_magic(raw) != nullptr) return scan_frames(stream);
        Bytes plain(raw.begin(), raw.end());
        apply_key(plain, key_, 0);
        if (!key_.empty() && network_by_magic(plain) != nullptr) {
            stream.set_key(key_);
            out_.key = key_;
            return scan_frames(stream);
        }
        const bool padding_only = is_blk_name(file.name) && !raw.empty() && is_zero(raw);
        if (padding_only) return scan_frames(stream);
        if (starts_as_block(raw)) return scan_single(stream);
        return leave_out(file, raw);
    }

private:
    Status leave_out(const InputFile& file, ByteView raw) {
        std::string why =
            raw.empty() ? std::string{"empty"}
            : is_text(raw)
                ? std::string{"text, where raw blocks are binary"}
                : format("starts with {}, neither a block nor the magic bytes of a network",
                         to_hex(raw.first(std::min<std::size_t>(raw.size(), 4))));
        if (is_blk_name(file.name) || files_.size() == 1) {
            if (is_blk_name(file.name) && !raw.empty())
                why += key_.empty()
                           ? "; recent nodes XOR their files: is the node's xor.dat beside it?"
                           : ", also under the XOR key given";
            return fail(raw.empty() ? ErrorCode::kTruncated : ErrorCode::kMalformed,
                        format("{}: offset 0: expected a raw block: {}", file.name, why));
        }
        out_.warnings.push_back(format("{}: left out: {}", file.name, why));
        return {};
    }

    /// A file that is one block. Its end is checked when its txns are read.
    Status scan_single(FileStream& stream) {
        CORDON_TRY(const ByteView raw, stream.peek(kFirstBytes));
        if (raw.size() < kMinBlock)
            return fail(ErrorCode::kTruncated,
                        format("{}: offset 0: expected a block of at least {} bytes, found {}",
                               files_[index_].name, kMinBlock, raw.size()));
        const Bytes first(raw.begin(), raw.end());
        CORDON_TRY(const uint64_t size, stream.skip(kMaxBlockBytes + uint64_t{1}));
        Status added = add(0, static_cast<uint32_t>(size), first);
        // Bytes without framing do not name their network, so a folder may hold several: the others
        // are left out.
        if (added || added.error().code != ErrorCode::kWrongChain || files_.size() == 1)
            return added;
        out_.warnings.push_back(
            format("{}; left out: --chain names another network", added.error().message));
        return {};
    }

    Status scan_frames(FileStream& stream) {
        const std::string& name = files_[index_].name;
        std::array<uint8_t, kFirstBytes> room;
        for (;;) {
            CORDON_TRY(skip_padding(stream));
            const uint64_t at = stream.offset();
            std::array<uint8_t, kFrame> frame;
            CORDON_TRY(const std::size_t got, stream.read(frame));
            if (got == 0) return {};
            if (got < kFrame) return torn(name, at, kFrame, got);
            const Network* network = network_by_magic(frame);
            if (network == nullptr)
                return fail(ErrorCode::kMalformed,
                            format("{}: offset {}: expected the magic bytes of a block or zero "
                                   "padding, found {}",
                                   name, at, to_hex(ByteView{frame}.first(4))));
            CORDON_TRY(check_magic(name, at, *network));
            uint32_t size = 0;
            std::memcpy(&size, frame.data() + 4, sizeof size);
            if (size < kMinBlock || size > kMaxBlockBytes)
                return fail(ErrorCode::kMalformed,
                            format("{}: offset {}: a block of {} bytes; expected {} to {}", name,
                                   at + 4, size, kMinBlock, kMaxBlockBytes));
            const auto first = std::span{room}.first(std::min<std::size_t>(size, kFirstBytes));
            CORDON_TRY(const std::size_t head, stream.read(first));
            CORDON_TRY(const uint64_t rest, stream.skip(size - first.size()));
            if (head + rest < size) return torn(name, at + kFrame, size, head + rest);
            CORDON_TRY(add(at + kFrame, size, first));
        }
    }

    static Status torn(const std::string& name, uint64_t at, uint64_t expected, uint64_t found) {
        return fail(ErrorCode::kTruncated,
                    format("{}: offset {}: expected {} bytes of a block, found {}: the file is "
                           "torn (copied while the "
                           "node wrote it?); stop the node and copy it again",
                           name, at, expected, found));
    }

    /// Nodes lengthen their files by zeros in advance. Under a key these may lie there plain or
    /// XORed.
    static Status skip_padding(FileStream& stream) {
        for (std::size_t ahead = kFrame;; ahead = stream.buffer()) {
            CORDON_TRY(const ByteView raw, stream.peek(ahead));
            if (raw.empty()) return {};
            std::array<uint8_t, kFrame> room{};
            const auto plain = std::span{room}.first(std::min(raw.size(), kFrame));
            std::copy_n(raw.begin(), plain.size(), plain.begin());
            apply_key(plain, stream.key(), stream.offset());
            if (!is_zero(plain) && !is_zero(raw.first(plain.size()))) return {};
            const bool stored_plain = is_zero(raw.first(plain.size()));
            std::size_t zeros = 0;
            while (zeros < raw.size()) {
                const uint8_t pad =
                    stored_plain || stream.key().empty()
                        ? 0
                        : stream.key()[(stream.offset() + zeros) % stream.key().size()];
                if (raw[zeros] != pad) break;
                ++zeros;
            }
            CORDON_TRY(stream.skip(zeros));
        }
    }

    Status check_magic(const std::string& name, uint64_t at, const Network& network) {
        if (network.chain != chain_)
            return fail(ErrorCode::kWrongChain,
                        format("{}: offset {}: a block of {}, expected one of {}", name, at,
                               network.name, to_string(chain_)));
        if (out_.network == nullptr) {
            out_.network = &network;
            out_.network_at = at;
        }
        if (out_.network != &network) return two_networks(name, at, network, *out_.network);
        return {};
    }

    Status add(uint64_t offset, uint32_t size, ByteView first) {
        CORDON_TRY(const HeaderView header, parse_header(first));
        const std::optional<uint64_t> height = coinbase_height(first);
        if (Status status = check_network(chain_, header, height); !status)
            return fail(status.error().in(format("{}: offset {}", files_[index_].name, offset)));
        BlockEntry entry{header.hash,  header.parent, header.time, header.bits,
                         std::nullopt, index_,        size,        offset};
        if (height && plausible_height(chain_, *height, header.time))
            entry.height = static_cast<uint32_t>(*height);
        out_.entries.push_back(entry);
        return {};
    }

    const std::vector<InputFile>& files_;
    ChainId chain_;
    const Bytes& key_;
    uint32_t index_;
    FileScan& out_;
};

Result<Bytes> find_key(const std::vector<InputFile>& files) {
    const auto file = std::find_if(files.begin(), files.end(), is_key_file);
    if (file == files.end()) return Bytes{};
    CORDON_TRY(FileStream stream, FileStream::open(*file));
    Bytes key(kKeySize);
    CORDON_TRY(const std::size_t got, stream.read(key));
    return got == kKeySize ? key : Bytes{};
}

/// Several files at once: most of the time goes into waiting for the disk. Files behind one that
/// is bad may be left out, those before it never are.
std::vector<FileScan> scan_files(const std::vector<InputFile>& files, ChainId chain,
                                 const Bytes& key) {
    std::vector<FileScan> scans(files.size());
    std::atomic<std::size_t> next = 0;
    std::atomic<bool> failed = false;
    const auto work = [&] {
        while (!failed) {
            const std::size_t i = next++;
            if (i >= files.size()) return;
            try {
                scans[i].status =
                    Scanner{files, chain, key, static_cast<uint32_t>(i), scans[i]}.run();
            } catch (...) {  // For the caller's thread: on these nobody would catch it.
                scans[i].thrown = std::current_exception();
            }
            if (!scans[i].status || scans[i].thrown) failed = true;
        }
    };
    const std::size_t threads = std::min(
        {files.size(), kMaxThreads, std::max<std::size_t>(std::thread::hardware_concurrency(), 1)});
    std::vector<std::jthread> others;
    for (std::size_t i = 1; i < threads; ++i) others.emplace_back(work);
    work();
    others.clear();  // They are waited for.
    for (const FileScan& scan : scans)
        if (scan.thrown) std::rethrow_exception(scan.thrown);
    return scans;
}

}  // namespace

Result<BlockScan> scan_blocks(const std::vector<InputFile>& files, ChainId chain,
                              const Bytes& given) {
    if (!given.empty() && given.size() != kKeySize)
        return fail(ErrorCode::kInvalidParam,
                    format("an XOR key of {} bytes; expected {}", given.size(), kKeySize));
    Bytes key = given;
    if (key.empty()) {
        CORDON_TRY(key, find_key(files));
    }
    std::vector<FileScan> scans = scan_files(files, chain, key);
    BlockScan out;
    const Network* network = nullptr;
    for (std::size_t i = 0; i < files.size(); ++i) {
        FileScan& scan = scans[i];
        if (network == nullptr) network = scan.network;
        // The first magic bytes of a file come before anything else that is wrong with it.
        if (scan.network != nullptr && scan.network != network)
            return fail(
                two_networks(files[i].name, scan.network_at, *scan.network, *network).error());
        CORDON_TRY(scan.status);
        out.entries.insert(out.entries.end(), scan.entries.begin(), scan.entries.end());
        out.keys.push_back(std::move(scan.key));
        for (std::string& warning : scan.warnings) out.warnings.push_back(std::move(warning));
        scan = {};
    }
    if (out.entries.empty())
        return fail(ErrorCode::kMalformed,
                    format("no block in {} files: expected raw blocks or blk*.dat files{}{}",
                           files.size(), out.warnings.empty() ? "" : "; first: ",
                           out.warnings.empty() ? "" : out.warnings.front()));
    return out;
}

}  // namespace cordon::chain
