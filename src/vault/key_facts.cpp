// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "key_facts.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

#include <cordon/base/format.hpp>
#include <cordon/base/unicode.hpp>
#include <cordon/chain/bitcoin/descriptor.hpp>
#include <cordon/wallet/json_fields.hpp>
#include <cordon/wallet/request_json.hpp>

#include "sign/kinds.hpp"

namespace cordon::vault {
namespace {

using chain::JsonValue;
using Kind = JsonValue::Kind;
using wallet::json_text;

constexpr std::string_view kForm = "key v1";
constexpr std::string_view kWhat = "key facts";
// What a person can look through.
constexpr std::size_t kMaxLabel = 128, kMaxMembers = 256, kMaxListed = 64;
constexpr std::array<std::string_view, 3> kStates{"active", "retiring", "retired"};

tl::unexpected<Error> invalid(std::string message) {
    return fail(ErrorCode::kInvalidParam, std::move(message));
}

Result<unsigned> small_number(const JsonValue& value, std::string_view what, unsigned most) {
    unsigned out = 0;
    const char* end = value.text.data() + value.text.size();
    if (!value.is(Kind::kNumber) ||
        std::from_chars(value.text.data(), end, out) != std::from_chars_result{end, {}} ||
        out > most)
        return fail(ErrorCode::kMalformed, format("{}: expected a number up to {}", what, most));
    return out;
}

Result<std::vector<std::string>> texts(const JsonValue& object, std::string_view name) {
    CORDON_TRY(const JsonValue* list, wallet::member(object, kWhat, name, Kind::kArray));
    if (list->items.size() > kMaxListed)
        return fail(ErrorCode::kLimit, format("{}: more than {}", name, kMaxListed));
    std::vector<std::string> out;
    for (const JsonValue& item : list->items) {
        if (!item.is(Kind::kString))
            return fail(ErrorCode::kMalformed, format("{}: expected texts", name));
        out.push_back(item.text);
    }
    return out;
}

template <typename List, typename Text>
std::string joined(const List& list, Text text) {
    std::string out = "[";
    for (const auto& each : list) {
        if (out.size() > 1) out += ',';
        out += text(each);
    }
    return out + "]";
}

Result<wallet::Quorum> read_quorum(const JsonValue& object) {
    constexpr std::string_view kQuorum = "quorum";
    static constexpr std::array<std::string_view, 3> kNames{"needed", "members", "gate"};
    static constexpr std::array<std::string_view, 2> kMember{"name", "key"};
    CORDON_TRY(wallet::check_names(object, kQuorum, kNames));
    wallet::Quorum out;
    CORDON_TRY(const JsonValue* needed, wallet::member(object, kQuorum, "needed", Kind::kNumber));
    CORDON_TRY(out.needed, small_number(*needed, "quorum: \"needed\"", kMaxMembers));
    CORDON_TRY(const JsonValue* members, wallet::member(object, kQuorum, "members", Kind::kArray));
    if (members->items.size() > kMaxMembers)
        return fail(ErrorCode::kLimit, format("quorum: more than {} members", kMaxMembers));
    for (const JsonValue& item : members->items) {
        CORDON_TRY(wallet::check_names(item, "quorum: member", kMember));
        wallet::Quorum::Member member;
        CORDON_TRY(member.name, wallet::text_member(item, "quorum: member", "name"));
        CORDON_TRY(const std::string key, wallet::text_member(item, "quorum: member", "key"));
        CORDON_TRY(member.key, wallet::parse_approver_key(key));
        out.members.push_back(std::move(member));
    }
    CORDON_TRY(const std::string gate, wallet::text_or_empty(object, kQuorum, "gate"));
    if (!gate.empty()) {
        CORDON_TRY(out.gate, wallet::parse_approver_key(gate));
    }
    return out;
}

Status check_quorum_made(const wallet::Quorum& quorum) {
    std::set<std::string> names, keys;
    if (quorum.gate) keys.insert(quorum.gate->text());
    for (const wallet::Quorum::Member& member : quorum.members)
        if (!is_plain_line(member.name) || member.name == "gate" ||
            !names.insert(member.name).second || !keys.insert(member.key.text()).second)
            return invalid(
                format("quorum: \"{}\": no name of a person, or a name or key that "
                       "stands twice",
                       member.name));
    if (quorum.needed > quorum.members.size())
        return invalid(
            format("quorum: {} are needed of {} members", quorum.needed, quorum.members.size()));
    if (quorum.needed == 0 && !quorum.gate) return invalid("quorum: nobody would have to agree");
    return {};
}

}  // namespace

std::string_view to_string(KeyState state) noexcept {
    return kStates[static_cast<std::size_t>(state)];
}

Status check_key_facts(const KeyFacts& facts) {
    if (!is_plain_line(facts.label) || facts.label.empty() || facts.label.size() > kMaxLabel)
        return invalid(format("label: one line of 1 to {} bytes", kMaxLabel));
    CORDON_TRY(check_quorum_made(facts.quorum));
    if (facts.unattended && !facts.quorum.gate)
        return invalid("a key that signs without a person needs the gate in its quorum");
    if (facts.chains.empty()) return invalid("no chain that the key may sign for");
    if (facts.kinds.empty()) return invalid("no kind of payload that the key may sign");
    for (const std::string& kind : facts.kinds)
        if (find_kind(kind) == nullptr)
            return invalid(format("\"{}\": no kind of payload that can be signed", kind));
    for (const std::string& text : facts.descriptors) {
        const auto utxo = std::find_if(facts.chains.begin(), facts.chains.end(), is_utxo);
        if (utxo == facts.chains.end()) return invalid("a descriptor, and no chain for it");
        if (const auto read = chain::Descriptor::parse(text, *utxo); !read)
            return invalid(format("descriptor: {}", read.error().message));
    }
    return {};
}

std::string format_quorum(const wallet::Quorum& quorum) {
    std::string out = format("{{\"needed\":{},\"members\":{}", quorum.needed,
                             joined(quorum.members, [](const wallet::Quorum::Member& member) {
                                 return format("{{\"name\":{},\"key\":{}}}", json_text(member.name),
                                               json_text(member.key.text()));
                             }));
    if (quorum.gate) out += format(",\"gate\":{}", json_text(quorum.gate->text()));
    return out + "}";
}

Result<wallet::Quorum> parse_quorum(std::string_view json) {
    CORDON_TRY(const JsonValue object, chain::parse_json_tree(json));
    CORDON_TRY(wallet::Quorum out, read_quorum(object));
    CORDON_TRY(check_quorum_made(out));
    return out;
}

std::string format_key_facts(const KeyFacts& facts) {
    return format(
        "{{\"cordon\":\"{}\",\"label\":{},\"created\":\"{}\",\"state\":\"{}\",\"since\":\"{}\","
        "\"predecessor\":\"{}\",\"chains\":{},\"kinds\":{},\"sighashes\":{},\"descriptors\":{},"
        "\"unattended\":{},\"quorum\":{}}}",
        kForm, json_text(facts.label), format_rfc3339(facts.created), to_string(facts.state),
        format_rfc3339(facts.since), facts.predecessor,
        joined(facts.chains, [](ChainId chain) { return json_text(to_string(chain)); }),
        joined(facts.kinds, [](const std::string& text) { return json_text(text); }),
        joined(facts.sighashes, [](uint8_t type) { return std::to_string(type); }),
        joined(facts.descriptors, [](const std::string& text) { return json_text(text); }),
        facts.unattended, format_quorum(facts.quorum));
}

Result<KeyFacts> parse_key_facts(std::string_view json) {
    static constexpr std::array<std::string_view, 12> kNames{
        "cordon", "label", "created",   "state",       "since",      "predecessor",
        "chains", "kinds", "sighashes", "descriptors", "unattended", "quorum"};
    CORDON_TRY(const JsonValue object, chain::parse_json_tree(json));
    CORDON_TRY(wallet::check_names(object, kWhat, kNames));
    const auto text = [&](std::string_view name) {
        return wallet::text_member(object, kWhat, name);
    };
    CORDON_TRY(const std::string form, text("cordon"));
    if (form != kForm)
        return fail(ErrorCode::kUnsupported, format("key facts of another form: \"{}\"", form));
    KeyFacts out;
    CORDON_TRY(out.label, text("label"));
    CORDON_TRY(const std::string created, text("created"));
    CORDON_TRY(out.created, parse_time(created));
    CORDON_TRY(const std::string state, text("state"));
    const auto found = std::find(kStates.begin(), kStates.end(), state);
    if (found == kStates.end())
        return fail(ErrorCode::kMalformed, format("key facts: state \"{}\"", state));
    out.state = static_cast<KeyState>(found - kStates.begin());
    CORDON_TRY(const std::string since, text("since"));
    CORDON_TRY(out.since, parse_time(since));
    CORDON_TRY(out.predecessor, text("predecessor"));
    CORDON_TRY(const std::vector<std::string> chains, texts(object, "chains"));
    for (const std::string& name : chains) {
        CORDON_TRY(const ChainId chain, parse_chain(name));
        out.chains.push_back(chain);
    }
    CORDON_TRY(out.kinds, texts(object, "kinds"));
    CORDON_TRY(const JsonValue* types, wallet::member(object, kWhat, "sighashes", Kind::kArray));
    for (const JsonValue& item : types->items) {
        CORDON_TRY(const unsigned type, small_number(item, "key facts: sighashes", 0xff));
        out.sighashes.push_back(static_cast<uint8_t>(type));
    }
    CORDON_TRY(out.descriptors, texts(object, "descriptors"));
    CORDON_TRY(const JsonValue* unattended,
               wallet::member(object, kWhat, "unattended", Kind::kBool));
    out.unattended = unattended->flag;
    CORDON_TRY(const JsonValue* quorum, wallet::member(object, kWhat, "quorum", Kind::kObject));
    CORDON_TRY(out.quorum, read_quorum(*quorum));
    CORDON_TRY(check_key_facts(out));
    return out;
}

}  // namespace cordon::vault
