// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include <cordon/trace/layout.hpp>

#include "case_file.hpp"
#include "money.hpp"
#include "whole.hpp"

/// Inside of the case file: what its sections share. Not for other rooms.
namespace cordon::report {

/// One named service and all that ended there.
struct ServiceGroup {
    std::string name;
    Category category = Category::kOther;
    std::vector<const trace::Endpoint*> ends;  ///< Largest first.
    double value = 0;
};

/// What every section reads.
struct CasePage {
    explicit CasePage(const CaseInput& input);

    const CaseInput& input;
    const trace::TraceResult& result;
    Money money;
    trace::ValueScale scale;
    Whole whole;
    std::string evidence_hash;
    std::vector<ServiceGroup> services;           ///< Most value first.
    std::vector<trace::Endpoint> endpoints;       ///< Of the result, told once.
    std::vector<const trace::Endpoint*> resting;  ///< Everything that rests, but not at a service.
    std::map<std::pair<ChainId, Address>, std::vector<uint32_t>>
        arrivals;  ///< Edges into an endpoint's address.

    double value(const trace::Endpoint& end) const {
        return scale.value(end.chain, end.asset, end.tainted);
    }
    /// Number of an address in the table of addresses, from 1; 0 when the table was cut before it.
    std::map<std::pair<ChainId, Address>, std::size_t> numbers;
    std::string address(ChainId chain, const Address& address) const;  ///< Escaped, in full.
    /// Its number and both its ends, for tables of long rows; in full where it has no number.
    std::string brief(ChainId chain, const Address& address) const;
    /// A value of the scale, for a sentence: exact to the unit where short_number would say "4.5k".
    std::string amount(double value) const;
    std::string address(const trace::Endpoint& end) const {
        return address(end.chain, end.address);
    }
};

/// Paragraphs of a text by its author: at line ends, and in long lines at the ends of sentences.
/// What one sentence counts up after a colon becomes a list. No word is changed.
std::string paragraphs(std::string_view text);

/// A row of cells is cut here: a page that a browser cannot open helps nobody.
std::string cut_note(std::size_t shown, std::size_t all, std::string_view what);

/// Who has a letter and who has none; empty where the input has no letters.
std::string letters_section(const CaseInput& input);
/// What people noted; empty where nobody did.
std::string log_section(const CaseInput& input);
std::string story_section(CasePage& page);
std::string flow_section(CasePage& page);
std::string patterns_section(const CasePage& page);  ///< Empty when nothing was found.
std::string freeze_section(CasePage& page);
std::string watch_section(CasePage& page);
Status table_sections(CasePage& page,
                      const Sink& sink);  ///< Addresses and transactions: the long ones.
std::string method_section(const CasePage& page);
std::string evidence_section(const CasePage& page);

}  // namespace cordon::report
