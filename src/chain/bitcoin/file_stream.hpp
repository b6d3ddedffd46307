// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include <cordon/base/byte_source.hpp>
#include <cordon/base/bytes.hpp>
#include <cordon/base/result.hpp>

namespace cordon::chain {

/// A file read from the front, with look-ahead, and with Bitcoin Core's XOR key taken off (xor.dat:
/// byte i of the file is XORed with byte i mod 8 of the key). Confined to one thread.
class FileStream {
public:
    static constexpr std::size_t kBuffer = 256 * 1024;

    /// Lifetime: `file` must outlive the stream. What is skipped costs nothing beyond the buffer:
    /// a small one is for those who skip most.
    static Result<FileStream> open(const InputFile& file, std::size_t buffer = kBuffer);

    void set_key(Bytes key) { key_ = std::move(key); }
    const Bytes& key() const noexcept { return key_; }
    uint64_t offset() const noexcept { return offset_; }
    std::size_t buffer() const noexcept { return buffer_.size(); }

    /// Up to `size` bytes ahead, still as they lie in the file (key not taken off); fewer at the
    /// end only. REQUIRES: size <= buffer(). Lifetime: until the next call.
    Result<ByteView> peek(std::size_t size);
    /// Fills `out` as far as the file goes.
    Result<std::size_t> read(std::span<uint8_t> out);
    /// Passes over up to `size` bytes; gives how many there were.
    Result<uint64_t> skip(uint64_t size);

private:
    FileStream(const InputFile& file, std::unique_ptr<ByteSource> source, std::size_t buffer)
        : file_{&file}, source_{std::move(source)}, buffer_(buffer) {}
    Status refill();

    const InputFile* file_;  // For messages.
    std::unique_ptr<ByteSource> source_;
    Bytes key_;
    Bytes buffer_;
    std::size_t begin_ = 0;  // The unread part of buffer_.
    std::size_t end_ = 0;
    uint64_t offset_ = 0;  // In the file as decompressed.
    bool at_end_ = false;
};

/// `bytes`, which lie at `offset` of a file, with the key put on or taken off. Nothing happens with
/// an empty key.
void apply_key(std::span<uint8_t> bytes, ByteView key, uint64_t offset) noexcept;

}  // namespace cordon::chain
