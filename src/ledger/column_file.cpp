// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "column_file.hpp"

#include <algorithm>
#include <bit>

#include <cordon/base/format.hpp>

#include <cordon/base/crc32c.hpp>

namespace cordon::ledger {
namespace {

constexpr std::size_t kColumnEntry = 48;

std::string next_step() { return "restore this ledger from a copy or ingest it anew"; }

Result<Footer> decode_footer(ByteView file, const std::string& name, const FileKind& kind) {
    const auto corrupt = [&name](std::size_t offset, const std::string& what) {
        return fail(ErrorCode::kCorrupt,
                    format("{}: offset {}: {}; {}", name, offset, what, next_step()));
    };
    const std::size_t size = footer_size(kind);
    if (file.size() < kind.magic.size() + size)
        return corrupt(file.size(), "the file ends before its footer");
    if (!std::equal(kind.magic.begin(), kind.magic.end(), file.begin())) {
        const auto wrong = std::mismatch(kind.magic.begin(), kind.magic.end(), file.begin());
        return corrupt(static_cast<std::size_t>(wrong.first - kind.magic.begin()),
                       format("expected the first bytes of a {} file",
                              std::string_view{reinterpret_cast<const char*>(kind.magic.data()),
                                               kind.magic.size()}));
    }
    const std::size_t at = file.size() - size;
    const ByteView fields = file.subspan(at, size - 4);
    const uint32_t sum = load<uint32_t>(file.data() + file.size() - 4);
    if (const uint32_t actual = crc32c(fields); actual != sum) {
        if (const auto bit = flipped_bit(fields.size(), sum, actual))
            return corrupt(at + *bit / 8, format("footer: bit {} is flipped", *bit % 8));
        const uint32_t difference = actual ^ sum;
        const std::size_t byte = std::has_single_bit(difference)
                                     ? static_cast<std::size_t>(std::countr_zero(difference)) / 8
                                     : 0;
        return corrupt(file.size() - 4 + byte, "footer: checksum does not match");
    }
    Decoder in{fields};
    Footer footer;
    const uint64_t family = in.u64();
    if (family > static_cast<uint64_t>(ChainFamily::kTron))
        return corrupt(at, "footer: unknown chain family");
    footer.chain = {static_cast<ChainFamily>(family), in.u64()};
    for (uint64_t& counter : footer.counters) counter = in.u64();
    footer.columns.resize(kind.columns.size());
    for (std::size_t i = 0; i < footer.columns.size(); ++i) {
        ColumnInfo& column = footer.columns[i];
        column.offset = in.u64();
        column.size = in.u64();
        column.sums = in.u64();
        column.sums_crc = in.u32();
        column.width = in.u32();
        column.base = in.u64();
        column.count = in.u64();
        const uint64_t sums_size = (column.size / kChunk + (column.size % kChunk != 0 ? 1 : 0)) * 4;
        const bool lies_inside = column.size <= file.size() &&
                                 column.offset <= file.size() - column.size &&
                                 sums_size <= file.size() && column.sums <= file.size() - sums_size;
        // A number that never changes has no bytes, so only its count may be beyond the file.
        const bool holds =
            is_packed_width(column.width) && column.count <= (uint64_t{1} << 48) &&
            (column.width == 0 || packed_size(column.count, column.width) == column.size);
        if (!lies_inside || !holds)
            return corrupt(at + in.offset(),
                           format("footer: column {} does not fit", kind.columns[i]));
    }
    footer.file_size = in.u64();
    if (footer.file_size != file.size())
        return corrupt(file.size(), format("the file should have {} bytes", footer.file_size));
    return footer;
}

}  // namespace

std::size_t footer_size(const FileKind& kind) noexcept {
    return 16 + kCounters * 8 + kind.columns.size() * kColumnEntry + 8 + 4;
}

Result<ColumnFile> ColumnFile::open(const std::string& path, const FileKind& kind) {
    ColumnFile file;
    file.name_ = path;
    file.kind_ = &kind;
    CORDON_TRY(file.file_, MappedFile::open(path));
    file.bytes_ = file.file_.bytes();
    CORDON_TRY(file.load(false));
    return file;
}

Result<ColumnFile> ColumnFile::from_bytes(Bytes bytes, const std::string& name,
                                          const FileKind& kind, bool trusted) {
    ColumnFile file;
    file.name_ = name;
    file.kind_ = &kind;
    file.memory_ = std::move(bytes);  // Its bytes stay where they are when the file is moved.
    file.bytes_ = file.memory_;
    CORDON_TRY(file.load(trusted));
    return file;
}

Status ColumnFile::load(bool trusted) {
    CORDON_TRY(footer_, decode_footer(bytes_, name_, *kind_));
    identity_ = cordon::ledger::load<uint32_t>(bytes_.data() + bytes_.size() - 4);
    columns_.reserve(footer_.columns.size());
    for (const ColumnInfo& info : footer_.columns) columns_.emplace_back(bytes_, info, trusted);
    return {};
}

uint64_t ColumnFile::column_bytes(std::size_t i) const noexcept {
    const uint64_t size = footer_.columns[i].size;
    return size + (size + kChunk - 1) / kChunk * 4;
}

tl::unexpected<Error> ColumnFile::corrupt(std::size_t column, uint64_t offset) const {
    if (const auto damage = columns_[column].find_damage()) return damaged(column, *damage);
    return fail(ErrorCode::kCorrupt, format("{}: offset {}: column {} does not decode; {}", name_,
                                            footer_.columns[column].offset + offset,
                                            kind_->columns[column], next_step()));
}

tl::unexpected<Error> ColumnFile::damaged(std::size_t column, const Column::Damage& damage) const {
    return fail(
        ErrorCode::kCorrupt,
        format("{}: offset {}: {}column {}: {}; {}", name_, damage.offset,
               damage.in_sums ? "checksums of " : "", kind_->columns[column],
               damage.bit ? format("bit {} is flipped", *damage.bit)
                          : format("the checksum of the {} bytes from here does not match", kChunk),
               next_step()));
}

Status ColumnFile::verify() const {
    std::vector<std::pair<uint64_t, uint64_t>> used{
        {0, kind_->magic.size()}, {bytes_.size() - footer_size(*kind_), bytes_.size()}};
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        const ColumnInfo& info = footer_.columns[i];
        used.emplace_back(info.offset, info.offset + info.size);
        used.emplace_back(info.sums, info.sums + (info.size + kChunk - 1) / kChunk * 4);
        if (const auto damage = columns_[i].find_damage()) return damaged(i, *damage);
    }
    std::sort(used.begin(), used.end());
    uint64_t at = 0;
    for (const auto& [begin, end] : used) {
        for (; at < begin; ++at)
            if (bytes_[at] != 0)
                return fail(ErrorCode::kCorrupt,
                            format("{}: offset {}: a gap between columns is not zero; {}", name_,
                                   at, next_step()));
        at = std::max(at, end);
    }
    return {};
}

}  // namespace cordon::ledger
