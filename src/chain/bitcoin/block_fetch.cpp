// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "block_fetch.hpp"

#include <algorithm>

#include <cordon/base/check.hpp>
#include <cordon/base/format.hpp>

namespace cordon::chain {
namespace {
constexpr uint32_t kNever = UINT32_MAX;
}

BlockFetch::BlockFetch(const std::vector<InputFile>& files, const BlockScan& scan,
                       std::vector<uint32_t> wanted)
    : files_{files}, scan_{scan}, wanted_{std::move(wanted)}, rank_(scan.entries.size(), kNever) {
    for (uint32_t i = 0; i < wanted_.size(); ++i) rank_[wanted_[i]] = i;
    first_.assign(files_.size(), 0);
    for (uint32_t i = static_cast<uint32_t>(scan_.entries.size()); i-- > 0;)
        first_[scan_.entries[i].file] = i;
}

Result<BlockFetch::Open*> BlockFetch::open_before(uint32_t entry) {
    const uint32_t file = scan_.entries[entry].file;
    const auto found = std::find_if(open_.begin(), open_.end(),
                                    [&](const Open& open) { return open.file == file; });
    if (found != open_.end()) {
        if (found->next_entry <= entry) {
            std::rotate(found, found + 1, open_.end());
            return &open_.back();
        }
        open_.erase(found);
    }
    if (open_.size() == kOpenFiles) open_.erase(open_.begin());
    CORDON_TRY(FileStream stream, FileStream::open(files_[file]));
    stream.set_key(scan_.keys[file]);
    open_.push_back({file, first_[file], std::move(stream)});
    return &open_.back();
}

Status BlockFetch::read_entry(Open& open, uint32_t entry, Bytes& bytes) {
    const BlockEntry& place = scan_.entries[entry];
    CORDON_TRY(open.stream.skip(place.offset - open.stream.offset()));
    bytes.resize(place.size);
    CORDON_TRY(const std::size_t got, open.stream.read(bytes));
    if (got != bytes.size())
        return fail(ErrorCode::kConflict,
                    format("{}: offset {}: the file became shorter while it was read",
                           files_[place.file].name, place.offset));
    open.next_entry = entry + 1;
    return {};
}

Status BlockFetch::next(Bytes& bytes) {
    CORDON_CHECK(at_ < wanted_.size());
    const uint32_t entry = wanted_[at_++];
    if (const auto kept = kept_.find(entry); kept != kept_.end()) {
        bytes = std::move(kept->second);
        kept_.erase(kept);
        kept_bytes_ -= bytes.size();
        return {};
    }
    CORDON_TRY(Open* const open, open_before(entry));
    for (uint32_t i = open->next_entry; i < entry; ++i) {
        const bool later = rank_[i] != kNever && rank_[i] >= at_ && !kept_.contains(i);
        if (!later || kept_bytes_ + scan_.entries[i].size > kKeep) continue;
        Bytes passed;
        CORDON_TRY(read_entry(*open, i, passed));
        kept_bytes_ += passed.size();
        kept_.emplace(i, std::move(passed));
    }
    CORDON_TRY(read_entry(*open, entry, bytes));
    // Nothing of this file is left: one file a block is common, and each would keep a descriptor
    // and a buffer.
    if (entry + 1 == scan_.entries.size() ||
        scan_.entries[entry + 1].file != scan_.entries[entry].file)
        open_.pop_back();
    return {};
}

}  // namespace cordon::chain
