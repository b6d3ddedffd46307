// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "block_scan.hpp"

#include <algorithm>
#include <cstring>

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

class Scanner {
public:
    Scanner(const std::vector<InputFile>& files, ChainId chain, const Bytes& key)
        : files_{files}, chain_{chain}, key_{key} {}

    Result<BlockScan> run() {
        if (!key_.empty() && key_.size() != kKeySize)
            return fail(ErrorCode::kInvalidParam,
                        format("an XOR key of {} bytes; expected {}", key_.size(), kKeySize));
        if (key_.empty()) CORDON_TRY(find_key());
        out_.keys.resize(files_.size());
        for (std::size_t i = 0; i < files_.size(); ++i)
            CORDON_TRY(scan_file(static_cast<uint32_t>(i)));
        if (out_.entries.empty())
            return fail(ErrorCode::kMalformed,
                        format("no block in {} files: expected raw blocks or blk*.dat files{}{}",
                               files_.size(), out_.warnings.empty() ? "" : "; first: ",
                               out_.warnings.empty() ? "" : out_.warnings.front()));
        return std::move(out_);
    }

private:
    static bool is_key_file(const InputFile& file) noexcept {
        return base_name(file.name) == "xor.dat" && file.size == kKeySize;
    }

    Status find_key() {
        const auto file = std::find_if(files_.begin(), files_.end(), is_key_file);
        if (file == files_.end()) return {};
        CORDON_TRY(FileStream stream, FileStream::open(*file));
        Bytes key(kKeySize);
        CORDON_TRY(const std::size_t got, stream.read(key));
        if (got == kKeySize) key_ = std::move(key);
        return {};
    }

    Status scan_file(uint32_t index) {
        const InputFile& file = files_[index];
        if (is_key_file(file)) return {};
        CORDON_TRY(FileStream stream, FileStream::open(file));
        CORDON_TRY(const ByteView raw, stream.peek(kFirstBytes));
        if (network_by_magic(raw) != nullptr) return scan_frames(index, stream);
        Bytes plain(raw.begin(), raw.end());
        apply_key(plain, key_, 0);
        if (!key_.empty() && network_by_magic(plain) != nullptr) {
            stream.set_key(key_);
            out_.keys[index] = key_;
            return scan_frames(index, stream);
        }
        const bool padding_only = is_blk_name(file.name) && !raw.empty() && is_zero(raw);
        if (padding_only) return scan_frames(index, stream);
        if (starts_as_block(raw)) return scan_single(index, stream);
        return leave_out(file, raw);
    }

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
    Status scan_single(uint32_t index, FileStream& stream) {
        CORDON_TRY(const ByteView raw, stream.peek(kFirstBytes));
        if (raw.size() < kMinBlock)
            return fail(ErrorCode::kTruncated,
                        format("{}: offset 0: expected a block of at least {} bytes, found {}",
                               files_[index].name, kMinBlock, raw.size()));
        const Bytes first(raw.begin(), raw.end());
        CORDON_TRY(const uint64_t size, stream.skip(kMaxBlockBytes + uint64_t{1}));
        Status added = add(index, 0, static_cast<uint32_t>(size), first);
        // Bytes without framing do not name their network, so a folder may hold several: the others
        // are left out.
        if (added || added.error().code != ErrorCode::kWrongChain || files_.size() == 1)
            return added;
        out_.warnings.push_back(
            format("{}; left out: --chain names another network", added.error().message));
        return {};
    }

    Status scan_frames(uint32_t index, FileStream& stream) {
        const std::string& name = files_[index].name;
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
            Bytes first(std::min<std::size_t>(size, kFirstBytes));
            CORDON_TRY(const std::size_t head, stream.read(first));
            CORDON_TRY(const uint64_t rest, stream.skip(size - first.size()));
            if (head + rest < size) return torn(name, at + kFrame, size, head + rest);
            CORDON_TRY(add(index, at + kFrame, size, first));
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
        for (;;) {
            CORDON_TRY(const ByteView raw, stream.peek(FileStream::kBuffer));
            if (raw.empty()) return {};
            Bytes plain(raw.first(std::min(raw.size(), kFrame)).begin(),
                        raw.first(std::min(raw.size(), kFrame)).end());
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
        if (network_ == nullptr) network_ = &network;
        if (network_ != &network)
            return fail(ErrorCode::kWrongChain,
                        format("{}: offset {}: a block of {} among those of {}: give them apart",
                               name, at, network.name, network_->name));
        return {};
    }

    Status add(uint32_t index, uint64_t offset, uint32_t size, ByteView first) {
        CORDON_TRY(const HeaderView header, parse_header(first));
        const std::optional<uint64_t> height = coinbase_height(first);
        if (Status status = check_network(chain_, header, height); !status)
            return fail(status.error().in(format("{}: offset {}", files_[index].name, offset)));
        BlockEntry entry{header.hash,  header.parent, header.time, header.bits,
                         std::nullopt, index,         size,        offset};
        if (height && plausible_height(chain_, *height, header.time))
            entry.height = static_cast<uint32_t>(*height);
        out_.entries.push_back(entry);
        return {};
    }

    const std::vector<InputFile>& files_;
    ChainId chain_;
    Bytes key_;
    const Network* network_ = nullptr;  // The network whose magic bytes were seen.
    BlockScan out_;
};

}  // namespace

Result<BlockScan> scan_blocks(const std::vector<InputFile>& files, ChainId chain,
                              const Bytes& key) {
    return Scanner{files, chain, key}.run();
}

}  // namespace cordon::chain
