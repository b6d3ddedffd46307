// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <cordon/base/bytes.hpp>

#include "list_builder.hpp"

/// The forms of an OFAC list. Private to the room; everyone else calls read_ofac.
namespace cordon::chain {

/// "Digital Currency Address - XBT": what every form calls an address, followed by the currency.
inline constexpr std::string_view kOfacAddress = "Digital Currency Address - ";

/// One address of a list.
struct OfacEntry {
    std::string_view uid;       ///< OFAC's number of the party; may be empty.
    std::string_view name;      ///< Empty where the form has no names.
    std::string_view programs;  ///< "CYBER2, DPRK3"; may be empty.
    std::string_view currency;  ///< "XBT"; may be empty.
    std::string_view address;
};

/// Makes labels of entries. An address that a party has under several currencies is one label that
/// names them all.
class OfacBuilder {
public:
    OfacBuilder(const InputFile& file, const ListOptions& options);

    Status add(uint64_t line, const OfacEntry& entry);
    void note(std::string text) { builder_.note(std::move(text)); }
    Status bad(uint64_t line, const Error& why) { return builder_.bad(line, why); }
    void set_as_of(std::optional<UnixMillis> time) { as_of_ = time; }
    /// Programmes that a form tells after the parties, by uid.
    void set_programs(std::map<std::string, std::string> programs) {
        programs_ = std::move(programs);
    }
    PublishedList finish();

private:
    struct Listed {
        Label label;
        std::string uid;
        std::string programs;
        std::string currencies;
        bool elsewhere = false;
    };

    ListBuilder builder_;
    std::string source_;
    double confidence_;
    std::optional<UnixMillis> as_of_;
    std::vector<Listed> listed_;
    std::map<std::pair<Address, std::string>, std::size_t> places_;  // Address and party.
    std::map<std::string, std::string> programs_;
};

Status read_ofac_csv(const InputFile& file, ByteView bytes,
                     const std::optional<InputFile>& comments, OfacBuilder& out);
Status read_ofac_table(const InputFile& file, std::string_view text, OfacBuilder& out);
Status read_ofac_xml(const InputFile& file, OfacBuilder& out);

}  // namespace cordon::chain
