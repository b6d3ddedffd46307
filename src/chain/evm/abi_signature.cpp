// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include <cordon/base/format.hpp>
#include <cordon/crypto/hash.hpp>

#include "../json_tree.hpp"
#include "abi_layout.hpp"

namespace cordon::chain {
namespace {

using Kind = AbiType::Kind;
constexpr uint32_t kMaxFixedDecimals = 80;  // Solidity, "Fixed Point Numbers".
constexpr std::size_t kWord = kAbiWord;

bool is_name(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '$';
}

class SignatureParser {
public:
    explicit SignatureParser(std::string_view text) : text_{text} {}

    Result<AbiSignature> run() {
        AbiSignature signature;
        const std::size_t open = std::min(text_.find('('), text_.size());
        if (open == 0 || open == text_.size()) return refuse("a name and its types in parentheses");
        if (!std::all_of(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(open), is_name))
            return refuse("a name of letters, digits, _ and $");
        canonical_ = text_.substr(0, open);
        at_ = open;
        CORDON_TRY(signature.arguments, tuple(0, true));
        if (at_ != text_.size()) return refuse("nothing after the closing parenthesis");
        signature.hash = crypto::keccak256(
            {reinterpret_cast<const uint8_t*>(canonical_.data()), canonical_.size()});
        signature.text = std::move(canonical_);
        return signature;
    }

private:
    tl::unexpected<Error> refuse(std::string_view expected) const {
        return fail(ErrorCode::kMalformed, format("signature \"{}\": at {}: expected {}",
                                                  text_.substr(0, 200), at_, expected));
    }
    void skip_blanks() {
        while (at_ < text_.size() && text_[at_] == ' ') ++at_;
    }
    bool take(char c) {
        skip_blanks();
        if (at_ == text_.size() || text_[at_] != c) return false;
        ++at_;
        return true;
    }

    Result<AbiType> tuple(std::size_t depth, bool outermost) {
        AbiType type{Kind::kTuple};
        if (!take('(')) return refuse("(");
        canonical_ += '(';
        while (!take(')')) {
            if (!type.parts.empty()) {
                if (!take(',')) return refuse(", or )");
                canonical_ += ',';
            }
            CORDON_TRY(AbiType part, this->type(depth + 1));
            CORDON_TRY(words(part, outermost));
            type.parts.push_back(std::move(part));
        }
        if (type.parts.empty() && !outermost) return refuse("a type: a tuple holds something");
        canonical_ += ')';
        return type;
    }

    /// What follows a type: "indexed", where it lies, its name.
    Status words(AbiType& part, bool outermost) {
        while (at_ < text_.size() && text_[at_] == ' ') {
            skip_blanks();
            const std::size_t begin = at_;
            while (at_ < text_.size() && is_name(text_[at_])) ++at_;
            const std::string_view word = text_.substr(begin, at_ - begin);
            if (word.empty()) return {};
            const bool place = word == "memory" || word == "calldata" || word == "storage";
            if (!part.name.empty() || (word[0] >= '0' && word[0] <= '9')) {
                at_ = begin;
                return refuse("one name");
            }
            if (word == "indexed") {
                if (!outermost || part.indexed) return refuse("no indexed here");
                part.indexed = true;
            } else if (!place && !(word == "payable" && part.kind == Kind::kAddress)) {
                part.name = word;
            }
        }
        return {};
    }

    Result<AbiType> type(std::size_t depth) {
        if (depth > kMaxAbiDepth || ++types_ > kMaxAbiTypes)
            return fail(ErrorCode::kLimit,
                        format("signature \"{}\": too many types or levels", text_.substr(0, 200)));
        skip_blanks();
        AbiType found;
        constexpr std::string_view kTuple = "tuple(";
        if (text_.substr(at_).starts_with(kTuple)) at_ += kTuple.size() - 1;
        if (at_ < text_.size() && text_[at_] == '(') {
            CORDON_TRY(found, tuple(depth, false));
        } else {
            CORDON_TRY(found, plain());
        }
        while (at_ < text_.size() && text_[at_] == '[') {
            ++at_;
            CORDON_TRY(const uint32_t length, number(kMaxAbiArray));
            if (at_ == text_.size() || text_[at_] != ']') return refuse("]");
            ++at_;
            if (++depth > kMaxAbiDepth)
                return fail(ErrorCode::kLimit,
                            format("signature \"{}\": too many levels", text_.substr(0, 200)));
            canonical_ += length == 0 ? "[]" : format("[{}]", length);
            found = AbiType{Kind::kArray, length, {std::move(found)}};
            if (abi_head_size(found) > kMaxAbiHead)
                return fail(ErrorCode::kLimit,
                            format("signature \"{}\": an array too large", text_.substr(0, 200)));
        }
        return found;
    }

    Result<AbiType> plain() {
        const std::size_t begin = at_;
        while (at_ < text_.size() && text_[at_] >= 'a' && text_[at_] <= 'z') ++at_;
        const std::string_view name = text_.substr(begin, at_ - begin);
        const std::size_t digits = at_;
        CORDON_TRY(const uint32_t size, number(256));
        const bool sized = at_ != digits;
        if (name == "uint" || name == "int") {
            const uint32_t bits = sized ? size : 256;
            if (bits == 0 || bits % 8 != 0) return refuse("bits in whole bytes, 8 to 256");
            canonical_ += format("{}{}", name, bits);
            return AbiType{name == "uint" ? Kind::kUint : Kind::kInt, bits};
        }
        if (name == "bytes" && sized) {
            if (size == 0 || size > kWord) return refuse("bytes1 to bytes32");
            canonical_ += format("bytes{}", size);
            return AbiType{Kind::kFixedBytes, size};
        }
        if (name == "fixed" || name == "ufixed") {
            uint32_t decimals = 18;
            if (sized) {
                if (at_ == text_.size() || text_[at_] != 'x') return refuse("x and the decimals");
                ++at_;
                const std::size_t second = at_;
                CORDON_TRY(decimals, number(kMaxFixedDecimals));
                if (at_ == second || decimals == 0) return refuse("1 to 80 decimals");
            }
            const uint32_t bits = sized ? size : 128;
            if (bits == 0 || bits % 8 != 0) return refuse("bits in whole bytes, 8 to 256");
            canonical_ += format("{}{}x{}", name, bits, decimals);
            return AbiType{name == "ufixed" ? Kind::kUint : Kind::kInt, bits};
        }
        if (name == "function" && !sized) {
            canonical_ += name;
            return AbiType{Kind::kFixedBytes, 24};  // An address and a selector.
        }
        if (!sized) {
            constexpr std::array<std::pair<std::string_view, Kind>, 4> kNames{
                {{"bool", Kind::kBool},
                 {"address", Kind::kAddress},
                 {"bytes", Kind::kBytes},
                 {"string", Kind::kString}}};
            for (const auto& [known, kind] : kNames)
                if (name == known) {
                    canonical_ += known;
                    return AbiType{kind, 0};
                }
        }
        at_ = begin;
        return refuse("a type");
    }

    /// 0 when there are no digits.
    Result<uint32_t> number(std::size_t most) {
        uint32_t value = 0;
        const std::size_t begin = at_;
        while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') {
            value = value * 10 + static_cast<uint32_t>(text_[at_++] - '0');
            if (value > most || text_[begin] == '0') return refuse("a smaller number");
        }
        return value;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::size_t types_ = 0;
    std::string canonical_;
};

using Json = JsonValue::Kind;

tl::unexpected<Error> refuse_json(std::string_view expected) {
    return fail(ErrorCode::kMalformed, format("JSON ABI: expected {}", expected));
}

/// The text of a member, or nothing when it is absent or of another kind.
std::string_view text_of(const JsonValue& json, std::string_view name) noexcept {
    const JsonValue* found = json.find(name);
    return found != nullptr && found->is(Json::kString) ? std::string_view{found->text}
                                                        : std::string_view{};
}

bool flag_of(const JsonValue& json, std::string_view name) noexcept {
    const JsonValue* found = json.find(name);
    return found != nullptr && found->is(Json::kBool) && found->flag;
}

/// The arguments as parse_abi_signature() reads them: there is one reader of types.
Status append_arguments(const JsonValue& json, std::string_view member, std::string& out) {
    const JsonValue* list = json.find(member);
    if (list == nullptr || !list->is(Json::kArray))
        return refuse_json(format("an array \"{}\"", member));
    out += '(';
    for (const JsonValue& argument : list->items) {
        if (&argument != &list->items.front()) out += ',';
        constexpr std::string_view kTuple = "tuple";
        std::string_view type = text_of(argument, "type");
        if (type.starts_with(kTuple)) {
            CORDON_TRY(append_arguments(argument, "components", out));
            type.remove_prefix(kTuple.size());
        } else if (type.empty()) {
            return refuse_json("a type of every argument");
        }
        const bool plain = std::all_of(type.begin(), type.end(),
                                       [](char c) { return is_name(c) || c == '[' || c == ']'; });
        const std::string_view name = text_of(argument, "name");
        if (!plain || !std::all_of(name.begin(), name.end(), is_name))
            return refuse_json("types and names without blanks and signs");
        out += type;
        if (flag_of(argument, "indexed")) out += " indexed";
        if (!name.empty()) out.append(1, ' ').append(name);
    }
    out += ')';
    return {};
}

Result<AbiDeclaration> declaration(const JsonValue& json, AbiEntry entry) {
    AbiDeclaration out;
    out.entry = entry;
    std::string text{text_of(json, "name")};
    const std::string name = text;
    CORDON_TRY(append_arguments(json, "inputs", text));
    CORDON_TRY(out.signature, parse_abi_signature(text));
    out.signature.anonymous = flag_of(json, "anonymous");
    if (entry == AbiEntry::kFunction && json.find("outputs") != nullptr) {
        text = name;
        CORDON_TRY(append_arguments(json, "outputs", text));
        CORDON_TRY(AbiSignature results, parse_abi_signature(text));
        out.signature.results = std::move(results.arguments);
    }
    return out;
}

}  // namespace

Result<AbiSignature> parse_abi_signature(std::string_view text) {
    return SignatureParser{text}.run();
}

Result<std::vector<AbiDeclaration>> parse_abi_json(std::string_view json) {
    CORDON_TRY(const JsonValue root, parse_json_tree(json));
    std::vector<AbiDeclaration> out;
    const auto add = [&](const JsonValue& entry) -> Status {
        if (!entry.is(Json::kObject)) return refuse_json("objects");
        constexpr std::array<std::pair<std::string_view, AbiEntry>, 4> kEntries{
            {{"function", AbiEntry::kFunction},
             {"", AbiEntry::kFunction},  // The default of the specification.
             {"event", AbiEntry::kEvent},
             {"error", AbiEntry::kError}}};
        for (const auto& [type, kind] : kEntries) {
            if (text_of(entry, "type") != type) continue;
            CORDON_TRY(AbiDeclaration added, declaration(entry, kind));
            out.push_back(std::move(added));
        }
        return {};
    };
    if (root.is(Json::kObject)) {
        CORDON_TRY(add(root));
        return out;
    }
    for (const JsonValue& entry : root.items) CORDON_TRY(add(entry));
    return out;
}

}  // namespace cordon::chain
