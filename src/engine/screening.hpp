// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <cordon/records/store.hpp>
#include <cordon/screen/lists.hpp>

#include "label_source.hpp"

/// The street of screening: lists and labels → matches, ledger → exposure, both → outcome.
namespace cordon::engine {

/// Whom to screen.
struct Subject {
    ChainId chain;
    Address address;
    std::string text;  ///< As it was given.
    friend bool operator==(const Subject&, const Subject&) = default;
};

/// A list given at screening time.
struct GivenList {
    screen::ListUsed list;
    std::vector<Label> labels;
    bool forbids = false;  ///< Its rows have no category: being on it is what it says.
    std::vector<std::string> warnings = {};
};

/// Reads FILE, or SCHEMA:FILE for one of the label lists and `labels`. Without SCHEMA the form is
/// told by the first bytes: a list of OFAC (XML, legacy CSV, its table), else
/// chain::read_plain_list. Every row must be good unless bad ones are skipped, which is warned of.
/// kMalformed and kChecksum name file and line; kNotFound, kIo.
Result<GivenList> read_given_list(std::string_view text, const ListSettings& settings);

/// The chains on which an address text makes sense, out of those that a ledger holds (may be
/// empty); "CHAIN:ADDRESS" says it. Without any: the chain that its form belongs to. kMalformed.
Result<std::vector<Subject>> parse_subject(std::string_view text, std::span<const ChainId> chains);

/// Of all labels of a store (nullptr: none), or with `only` of those about these addresses and
/// other forms of their keys. A list that is given stands for the stored one of its name.
Result<std::shared_ptr<const screen::Lists>> load_lists(const records::Store* store,
                                                        std::vector<GivenList> given,
                                                        const std::vector<Address>* only);

}  // namespace cordon::engine
