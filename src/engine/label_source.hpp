// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <cordon/chain/label_lists.hpp>
#include <cordon/records/store.hpp>

#include "source.hpp"

namespace cordon::engine {

/// How the published lists among the sources are taken.
struct ListSettings {
    std::optional<UnixMillis> as_of = {};  ///< Of lists that do not carry their own date.
    std::string name;                      ///< Empty: by the file; only for a single list.
    bool skip_bad = false;
};

/// A published list, read and not stored yet.
struct ReadList {
    records::LabelList list;
    chain::PublishedList published;
    std::map<Category, uint64_t> categories;  ///< Of its labels.
};

/// True for explorer-labels, tagpack, tag-table and ofac.
bool is_label_list(Schema schema) noexcept;

/// REQUIRES: is_label_list(source.schema). `chain` is for explorer-labels without one of its own.
/// kUnsupported for standard input: a list is kept with the digest of its file.
Result<ReadList> read_label_list(const Source& source, std::optional<ChainId> chain,
                                 const ListSettings& settings);

/// The file that an OFAC CSV continues its long remarks in, where it lies beside it.
std::optional<std::string> comments_beside(const Source& source);

/// What a person should know of a list that was read: what was left out and what is odd.
std::vector<std::string> warnings_of(const ReadList& read);
/// The same of what a new version of it changed: older than before, or much smaller.
std::vector<std::string> warnings_of(const records::LabelList& list,
                                     const records::ListChange& change);

}  // namespace cordon::engine
