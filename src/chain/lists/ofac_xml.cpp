// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// sdn.xml and sdn_advanced.xml, read as a stream (expat). Elements are told by their local names:
// OFAC changed the namespace in May 2024.
#include <expat.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>

#include <cordon/base/format.hpp>

#include "ofac.hpp"

namespace cordon::chain {
namespace {

// The advanced form nests eleven levels.
constexpr std::size_t kMaxDepth = 64;

/// The date of the digits in `text`, in the order year, month, day.
std::optional<UnixMillis> date_of(std::string_view year, std::string_view month,
                                  std::string_view day) {
    const auto two = [](std::string_view part) {
        return part.size() == 1 ? format("0{}", part) : std::string{part};
    };
    const auto time = parse_time(format("{}-{}-{}", year, two(month), two(day)));
    return time ? std::optional{*time} : std::nullopt;
}

void append(std::string& list, std::string_view item, std::string_view between) {
    if (item.empty() || list.size() + item.size() > kMaxListText) return;
    if (!list.empty()) list += between;
    list += item;
}

/// What both forms share: a stack of local names, the text of the innermost element, the first
/// refusal.
class Reader {
public:
    Reader(const InputFile& file, OfacBuilder& out) : file_{file}, out_{out} {
        parser_.reset(XML_ParserCreateNS(nullptr, '|'));
        if (!parser_) return;
        XML_SetUserData(parser_.get(), this);
        XML_SetElementHandler(parser_.get(), &Reader::on_start, &Reader::on_end);
        XML_SetCharacterDataHandler(parser_.get(), &Reader::on_text);
        XML_SetStartDoctypeDeclHandler(parser_.get(), &Reader::on_doctype);
    }

    Status run() {
        if (!parser_) return fail(ErrorCode::kLimit, "no memory for an XML parser");
        CORDON_TRY(const auto stream, file_.open());
        std::array<uint8_t, 1U << 16> buffer;
        while (true) {
            CORDON_TRY(const std::size_t got, stream->read(buffer));
            const XML_Status status =
                XML_Parse(parser_.get(), reinterpret_cast<const char*>(buffer.data()),
                          static_cast<int>(got), got == 0);
            if (refused_) return fail(*refused_);
            if (status != XML_STATUS_OK)
                return fail(
                    at(ErrorCode::kMalformed,
                       format("no XML: {}", XML_ErrorString(XML_GetErrorCode(parser_.get())))));
            if (got == 0) break;
        }
        out_.set_programs(std::move(programs_));
        return {};
    }

private:
    struct Free {
        void operator()(XML_Parser parser) const noexcept { XML_ParserFree(parser); }
    };
    using Attributes = std::map<std::string, std::string, std::less<>>;

    static void on_start(void* self, const char* name, const char** attributes) {
        static_cast<Reader*>(self)->start(name, attributes);
    }
    static void on_end(void* self, const char*) { static_cast<Reader*>(self)->end(); }
    static void on_text(void* self, const char* text, int size) {
        static_cast<Reader*>(self)->text({text, static_cast<std::size_t>(size)});
    }
    static void on_doctype(void* self, const char*, const char*, const char*, int) {
        // Entities are how XML reads other files and unfolds to gigabytes. No list of OFAC has any.
        static_cast<Reader*>(self)->refuse(ErrorCode::kUnsupported,
                                           "a DOCTYPE; no list of OFAC has one");
    }

    uint64_t line() const { return XML_GetCurrentLineNumber(parser_.get()); }
    Error at(ErrorCode code, std::string_view message) const {
        return {code, format("{}:{}: {}", file_.name, line(), message)};
    }
    void refuse(ErrorCode code, std::string_view message) { stop(at(code, message)); }
    void stop(Error error) {
        if (!refused_) refused_ = std::move(error);
        XML_StopParser(parser_.get(), XML_FALSE);
    }

    void start(std::string_view name, const char** attributes) {
        if (refused_) return;
        name.remove_prefix(name.rfind('|') + 1);
        if (stack_.empty() && name != "sdnList" && name != "Sanctions")
            return refuse(ErrorCode::kMalformed,
                          "expected the element sdnList (sdn.xml) or Sanctions (sdn_advanced.xml)");
        if (stack_.size() == kMaxDepth)
            return refuse(ErrorCode::kLimit, format("more than {} levels", kMaxDepth));
        stack_.emplace_back(name);
        text_.clear();
        attributes_.clear();
        for (; attributes[0] != nullptr; attributes += 2)
            attributes_.emplace(attributes[0], std::string_view{attributes[1]}.substr(0, 256));
        if (name == "sdnEntry" || name == "DistinctParty") {
            party_ = {};
        } else if (name == "Profile") {
            party_.uid = attribute("ID");
        } else if (name == "Identity") {
            party_.primary_identity = attribute("Primary") == "true";
        } else if (name == "Alias") {
            party_.primary_alias = party_.primary_identity && attribute("Primary") == "true";
        } else if (name == "FeatureType") {
            feature_ = attribute("ID");
        } else if (name == "Feature") {
            feature_ = attribute("FeatureTypeID");
        } else if (name == "SanctionsEntry") {
            party_ = {};
            party_.uid = attribute("ProfileID");
        } else if (name == "id") {
            id_type_.clear();
            id_number_.clear();
        }
    }

    std::string attribute(std::string_view name) const {
        const auto found = attributes_.find(name);
        return found == attributes_.end() ? std::string{} : found->second;
    }

    void text(std::string_view part) {
        if (refused_ || stack_.empty()) return;
        // Notes may be long; of what is read nothing is.
        text_ += part.substr(0, kMaxListText + 1 - std::min(text_.size(), kMaxListText + 1));
    }

    bool inside(std::string_view parent) const {
        return stack_.size() >= 2 && stack_[stack_.size() - 2] == parent;
    }

    void end() {
        if (refused_ || stack_.empty()) return;
        const std::string name = stack_.back();
        const std::string value = std::move(text_);
        text_.clear();
        if (stack_.front() == "sdnList")
            end_simple(name, value);
        else
            end_advanced(name, value);
        stack_.pop_back();
    }

    void add(std::string_view type, std::string_view address) {
        if (!type.starts_with(kOfacAddress)) return;
        const Status added = out_.add(line(), {.uid = party_.uid,
                                               .name = party_.name,
                                               .programs = party_.programs,
                                               .currency = type.substr(kOfacAddress.size()),
                                               .address = address});
        if (!added) stop(added.error());
    }

    void end_simple(std::string_view name, const std::string& value) {
        if (name == "Publish_Date") {
            // 02/27/2025
            if (value.size() != 10 || value[2] != '/' || value[5] != '/') return bad_date();
            set_date(date_of(std::string_view{value}.substr(6),
                             std::string_view{value}.substr(0, 2),
                             std::string_view{value}.substr(3, 2)));
        } else if (name == "uid" && inside("sdnEntry")) {
            party_.uid = value;
        } else if (name == "lastName" && inside("sdnEntry")) {
            party_.last = value;
        } else if (name == "firstName" && inside("sdnEntry")) {
            party_.first = value;
        } else if (name == "program" && inside("programList")) {
            append(party_.programs, value, ", ");
        } else if (name == "idType") {
            id_type_ = value;
        } else if (name == "idNumber") {
            id_number_ = value;
        } else if (name == "id" && inside("idList")) {
            party_.name = party_.last;
            append(party_.name, party_.first, ", ");
            add(id_type_, id_number_);
        }
    }

    void end_advanced(std::string_view name, const std::string& value) {
        if (inside("DateOfIssue")) {
            if (name == "Year") year_ = value;
            if (name == "Month") month_ = value;
            if (name == "Day") day_ = value;
        } else if (name == "DateOfIssue" && inside("Sanctions")) {
            set_date(date_of(year_, month_, day_));
        } else if (name == "FeatureType") {
            feature_types_[feature_] = value;
        } else if (name == "NamePartValue" && party_.primary_alias) {
            append(party_.name, value, " ");
        } else if (name == "VersionDetail") {
            const auto type = feature_types_.find(feature_);
            if (type != feature_types_.end()) add(type->second, value);
        } else if (name == "Comment" && inside("SanctionsMeasure")) {
            append(programs_[party_.uid], value, ", ");
        }
    }

    void bad_date() { refuse(ErrorCode::kMalformed, "the date of the list is none"); }
    void set_date(std::optional<UnixMillis> date) {
        if (!date) return bad_date();
        out_.set_as_of(date);
    }

    struct Party {
        std::string uid, name, first, last, programs;
        bool primary_identity = false, primary_alias = false;
    };

    const InputFile& file_;
    OfacBuilder& out_;
    std::unique_ptr<XML_ParserStruct, Free> parser_;
    std::optional<Error> refused_;
    std::vector<std::string> stack_;
    std::string text_;
    Attributes attributes_;
    Party party_;
    std::string id_type_, id_number_;
    std::string feature_;
    std::map<std::string, std::string> feature_types_;
    std::map<std::string, std::string> programs_;
    std::string year_, month_, day_;
};

}  // namespace

Status read_ofac_xml(const InputFile& file, OfacBuilder& out) { return Reader{file, out}.run(); }

}  // namespace cordon::chain
