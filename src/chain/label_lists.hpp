// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <cordon/base/byte_source.hpp>
#include <cordon/model/label.hpp>

/// Lists of labels that others publish (docs/formats/): explorer dumps, TagPacks, tag tables, OFAC.
///
/// A file that does not have its form is refused as a whole. So is, unless ListOptions::skip_bad, a
/// row that says something impossible (an address that fails its checksum, no label); with it the
/// row is left out and told with file, line and reason. An address of a chain that Cordon does not
/// read (Monero, Litecoin, ...) is not bad: it is left out and counted by its currency. Cost:
/// linear in the file; memory: the labels.
namespace cordon::chain {

class LabelWords;

struct ListOptions {
    std::optional<ChainId> chain = {};     ///< explorer-labels: must be told, nobody else may.
    std::optional<UnixMillis> as_of = {};  ///< For lists that do not carry their own date.
    bool skip_bad = false;
    const LabelWords* words = nullptr;  ///< What their words mean; the shipped ones when absent.
};

/// What a file says. rows = taken + unsupported + bad.
struct PublishedList {
    std::optional<UnixMillis> as_of;  ///< Of the list as a whole.
    uint64_t rows = 0;                ///< Statements in the file, one an address.
    uint64_t taken = 0;               ///< May be more than `labels`: the same said twice is one.
    std::vector<Label> labels;        ///< In the order of the file.
    std::map<std::string, uint64_t> unsupported;  ///< By currency, as the file writes it.
    uint64_t bad = 0;
    std::vector<std::string> bad_rows;  ///< "FILE:LINE: ...", the first kMaxBadRows.
    std::vector<std::string> notes;     ///< For a person: what was odd, and still taken; as many.
};
inline constexpr std::size_t kMaxBadRows = 1000;

/// address,name,labels with the labels parted by "|". The source is the file's stem.
Result<PublishedList> read_explorer_labels(const InputFile& file, const ListOptions& options);
/// GraphSense TagPack (YAML).
Result<PublishedList> read_tagpack(const InputFile& file, const ListOptions& options);
/// Tab-separated: address,label,category,abuse,actor,confidence,lastmod[,pack][,currency].
Result<PublishedList> read_tag_table(const InputFile& file, const ListOptions& options);
/// Any form of an OFAC list, told by its first bytes: sdn.xml, sdn_advanced.xml, the legacy CSV
/// (with the file of its long remarks, which it may need), a table asset<TAB>address, or bare
/// addresses a line each.
Result<PublishedList> read_ofac(const InputFile& file, const std::optional<InputFile>& comments,
                                const ListOptions& options);

/// A list that people keep themselves: a CSV with an `address` column (and `label`, `category`,
/// `source`, `confidence`, `chain` where it has them; others are passed over), or one address a
/// line, what follows it being its text; blank lines and those with "#" in front are left out.
/// Without a category column every label is kOther: only being listed is said.
Result<PublishedList> read_plain_list(const InputFile& file, const ListOptions& options);

/// The name of a file without folder, compression and last extension: "etherscan" of
/// "dumps/etherscan.csv.zst".
std::string stem_of(std::string_view path);

}  // namespace cordon::chain
