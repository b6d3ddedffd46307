// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "file_stream.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace cordon::chain {

void apply_key(std::span<uint8_t> bytes, ByteView key, uint64_t offset) noexcept {
    if (key.empty()) return;
    std::size_t at = static_cast<std::size_t>(offset % key.size());
    std::size_t done = 0;
    if (key.size() == 8) {  // As every node writes it: eight bytes in one step.
        std::array<uint8_t, 8> turned;
        for (std::size_t i = 0; i < 8; ++i) turned[i] = key[(at + i) % 8];
        uint64_t mask;
        std::memcpy(&mask, turned.data(), 8);
        for (; done + 8 <= bytes.size(); done += 8) {
            uint64_t word;
            std::memcpy(&word, bytes.data() + done, 8);
            word ^= mask;
            std::memcpy(bytes.data() + done, &word, 8);
        }
    }
    for (uint8_t& byte : bytes.subspan(done)) {
        byte ^= key[at];
        if (++at == key.size()) at = 0;
    }
}

Result<FileStream> FileStream::open(const InputFile& file, std::size_t buffer) {
    auto source = file.open();
    if (!source) return fail(source.error().in(file.name));
    return FileStream{file, std::move(*source), buffer};
}

Status FileStream::refill() {
    if (begin_ > 0) {
        std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
    }
    while (!at_end_ && end_ < buffer_.size()) {
        const auto got = source_->read(std::span{buffer_}.subspan(end_));
        if (!got) return fail(got.error().in(file_->name));
        if (*got == 0) at_end_ = true;
        end_ += *got;
    }
    return {};
}

Result<ByteView> FileStream::peek(std::size_t size) {
    if (end_ - begin_ < size && !at_end_) CORDON_TRY(refill());
    return ByteView{buffer_}.subspan(begin_, std::min(size, end_ - begin_));
}

Result<std::size_t> FileStream::read(std::span<uint8_t> out) {
    std::size_t done = 0;
    while (done < out.size()) {
        if (begin_ == end_ && out.size() - done >= buffer_.size() && !at_end_) {
            // Most of a block: not by way of the buffer.
            const auto got = source_->read(out.subspan(done));
            if (!got) return fail(got.error().in(file_->name));
            if (*got == 0) at_end_ = true;
            apply_key(out.subspan(done, *got), key_, offset_);
            offset_ += *got;
            done += *got;
            continue;
        }
        if (begin_ == end_) CORDON_TRY(refill());
        if (begin_ == end_) break;
        const std::size_t part = std::min(out.size() - done, end_ - begin_);
        std::memcpy(out.data() + done, buffer_.data() + begin_, part);
        apply_key(out.subspan(done, part), key_, offset_);
        begin_ += part;
        offset_ += part;
        done += part;
    }
    return done;
}

Result<uint64_t> FileStream::skip(uint64_t size) {
    const auto buffered = static_cast<std::size_t>(std::min<uint64_t>(size, end_ - begin_));
    begin_ += buffered;
    offset_ += buffered;
    if (buffered == size || at_end_) return buffered;
    const auto beyond = source_->skip(size - buffered);
    if (!beyond) return fail(beyond.error().in(file_->name));
    offset_ += *beyond;
    if (buffered + *beyond < size) at_end_ = true;
    return buffered + *beyond;
}

}  // namespace cordon::chain
