// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "clear_descriptor.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <map>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>

#include "clear_format.hpp"
#include "clear_merge.hpp"

namespace cordon::explain {
namespace {

namespace json = boost::json;

std::string_view string_of(const json::object& object, std::string_view key) {
    const json::value* found = object.if_contains(key);
    return found != nullptr && found->is_string() ? std::string_view{found->get_string()}
                                                  : std::string_view{};
}

const json::object* object_of(const json::object& object, std::string_view key) {
    const json::value* found = object.if_contains(key);
    return found != nullptr ? found->if_object() : nullptr;
}

/// A scalar as the formats compare it: numbers in decimal, texts as they are.
std::string scalar_text(const json::value& value) {
    if (value.is_string()) return std::string{value.get_string()};
    if (value.is_int64() || value.is_uint64() || value.is_double() || value.is_bool())
        return json::serialize(value);
    return {};
}

std::vector<std::string> texts_of(const json::value* value) {
    std::vector<std::string> texts;
    if (value == nullptr) return texts;
    if (!value->is_array()) return {scalar_text(*value)};
    for (const json::value& item : value->get_array()) texts.push_back(scalar_text(item));
    return texts;
}

/// Reads one merged document.
class Reader {
public:
    Reader(const json::object& document, ClearDescriptor& into) : document_{document}, out_{into} {}

    Status run() {
        if (const json::object* metadata = object_of(document_, "metadata")) {
            out_.owner = string_of(*metadata, "owner");
            out_.contract = string_of(*metadata, "contractName");
            if (const json::object* token = object_of(*metadata, "token")) {
                out_.token_symbol = string_of(*token, "ticker");
                CORDON_TRY(out_.token_decimals, decimals_of(*token));
            }
        }
        CORDON_TRY(context());
        const json::object* display = object_of(document_, "display");
        const json::object* formats = display != nullptr ? object_of(*display, "formats") : nullptr;
        if (formats == nullptr) return fail(ErrorCode::kMalformed, "no display.formats");
        for (const auto& [key, value] : *formats) {
            auto shape = this->shape(key, value);
            if (shape)
                out_.shapes.push_back(std::move(*shape));
            else
                out_.refused.push_back(
                    format("{}: {}", std::string_view{key}, shape.error().message));
        }
        return drop_ambiguous();
    }

private:
    Status context() {
        const json::object* context = object_of(document_, "context");
        if (context == nullptr) return fail(ErrorCode::kMalformed, "no context");
        const json::object* binding = object_of(*context, "contract");
        if (binding == nullptr) {
            binding = object_of(*context, "eip712");
            out_.typed = true;
        }
        if (binding == nullptr)
            return fail(ErrorCode::kMalformed, "bound to no contract or message");
        if (const json::value* list = binding->if_contains("deployments");
            list != nullptr && list->is_array())
            for (const json::value& item : list->get_array()) CORDON_TRY(deployment(item));
        if (const json::object* domain = object_of(*binding, "domain"))
            for (const auto& [key, value] : *domain)
                out_.domain.emplace_back(key, scalar_text(value));
        out_.domain_separator = string_of(*binding, "domainSeparator");
        std::transform(out_.domain_separator.begin(), out_.domain_separator.end(),
                       out_.domain_separator.begin(), [](char c) {
                           return c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
                       });
        return {};
    }

    Status deployment(const json::value& item) {
        const json::object* object = item.if_object();
        const auto chain = object != nullptr && object->contains("chainId")
                               ? number_in(scalar_text(object->at("chainId")))
                               : std::nullopt;
        const auto address =
            object != nullptr ? parse_hex0x(string_of(*object, "address")) : Result<Bytes>{Bytes{}};
        if (!chain || !chain->fits_u64() || !address || address->size() != 20)
            return fail(ErrorCode::kMalformed, "a deployment without chain and address");
        out_.deployments.push_back({chain->low_u64(), to_hex0x(*address)});
        return {};
    }

    Result<unsigned> decimals_of(const json::object& object) {
        const json::value* found = object.if_contains("decimals");
        if (found == nullptr) return 0U;
        // 10^77 is the largest power of ten below 2^256.
        const auto number = number_in(scalar_text(*found));
        if (!number || *number > Amount{77U}) return fail(ErrorCode::kMalformed, "bad decimals");
        return static_cast<unsigned>(number->low_u64());
    }

    Result<ClearShape> shape(std::string_view key, const json::value& value) {
        const json::object* object = value.if_object();
        if (object == nullptr) return fail(ErrorCode::kMalformed, "not an object");
        ClearShape shape;
        shape.key = key;
        if (!out_.typed) {
            CORDON_TRY(shape.signature, chain::parse_abi_signature(key));
        }
        if (const json::object* pairs = object_of(*object, "intent")) {
            for (const auto& [name, text] : *pairs)
                shape.intent += format("{}{}: {}", shape.intent.empty() ? "" : ", ",
                                       std::string_view{name}, scalar_text(text));
        } else {
            shape.intent = string_of(*object, "intent");
        }
        shape.sentence = string_of(*object, "interpolatedIntent");
        CORDON_TRY(shape.fields, fields(*object, 0));
        // Version 1 names hidden fields in a list of their own.
        for (const std::string& text : texts_of(object->if_contains("excluded"))) {
            CORDON_TRY(const ClearPath path, parse_clear_path(text));
            for (ClearField& field : shape.fields)
                if (field.path && same(*field.path, path)) field.hidden = true;
        }
        return shape;
    }

    static bool same(const ClearPath& a, const ClearPath& b) {
        return (a.root == b.root || (a.root != '@' && b.root != '@')) &&
               std::equal(a.steps.begin(), a.steps.end(), b.steps.begin(), b.steps.end(),
                          [](const ClearStep& x, const ClearStep& y) {
                              return x.kind == y.kind && x.name == y.name && x.from == y.from &&
                                     x.to == y.to;
                          });
    }

    Result<std::vector<ClearField>> fields(const json::object& of, std::size_t depth) {
        std::vector<ClearField> list;
        if (depth > chain::kMaxAbiDepth) return fail(ErrorCode::kLimit, "groups too deep");
        const json::value* found = of.if_contains("fields");
        if (found == nullptr || !found->is_array()) return list;
        for (const json::value& item : found->get_array()) {
            if (!item.is_object()) return fail(ErrorCode::kMalformed, "a field that is no object");
            CORDON_TRY(list.emplace_back(), field(item.get_object(), depth));
        }
        return list;
    }

    Result<ClearField> field(const json::object& given, std::size_t depth) {
        const json::object* common = nullptr;
        if (const std::string_view ref = string_of(given, "$ref"); !ref.empty()) {
            const json::value* target = resolve(ref);
            if (target == nullptr || !target->is_object())
                return fail(ErrorCode::kNotFound, format("\"{}\" is not in the descriptor", ref));
            common = &target->get_object();
        }
        const json::object object = common != nullptr ? merge_clear(*common, given) : given;
        ClearField field;
        field.label = string_of(object, "label");
        if (const std::string_view path = string_of(object, "path"); !path.empty()) {
            CORDON_TRY(const ClearSource source, this->source(object.at("path"), true));
            field.path = source.path;
            field.constant = source.constant;
        } else if (const json::value* value = object.if_contains("value")) {
            CORDON_TRY(const ClearSource source, this->source(*value, false));
            field.constant = source.constant;
        }
        CORDON_TRY(field.fields, fields(object, depth + 1));
        field.bundled = string_of(object, "iteration") == "bundled";
        CORDON_TRY(visible(object, field));
        if (const json::object* encryption = object_of(object, "encryption")) {
            const std::string_view label = string_of(*encryption, "fallbackLabel");
            field.encrypted = label.empty() ? "[Encrypted]" : std::string{label};
        }
        CORDON_TRY(field.format, format_of(string_of(object, "format")));
        if (const json::object* params = object_of(object, "params"))
            CORDON_TRY(this->params(*params, field));
        return field;
    }

    static Status visible(const json::object& object, ClearField& field) {
        const json::value* rule = object.if_contains("visible");
        if (rule == nullptr) return {};
        if (rule->is_object()) {
            field.hidden_for = texts_of(rule->get_object().if_contains("ifNotIn"));
            field.must_be = texts_of(rule->get_object().if_contains("mustMatch"));
            if (field.hidden_for.empty() && field.must_be.empty())
                return fail(ErrorCode::kUnsupported, "a rule of visibility that is not known");
        }
        field.hidden = rule->is_string() && rule->get_string() == "never";
        return {};
    }

    static Result<ClearFormat> format_of(std::string_view name) {
        using enum ClearFormat;
        constexpr std::array<std::pair<std::string_view, ClearFormat>, 14> kFormats{{
            {"", kRaw},
            {"raw", kRaw},
            {"addressName", kAddressName},
            {"interoperableAddressName", kAddressName},
            {"tokenAmount", kTokenAmount},
            {"tokenTicker", kTokenTicker},
            {"nftName", kNftName},
            {"amount", kAmount},
            {"date", kDate},
            {"duration", kDuration},
            {"unit", kUnit},
            {"enum", kEnum},
            {"chainId", kChainId},
            {"calldata", kCalldata},
        }};
        for (const auto& [known, value] : kFormats)
            if (known == name) return value;
        return fail(ErrorCode::kUnsupported, format("format \"{}\" is not known", name));
    }

    Status params(const json::object& params, ClearField& field) {
        // What may be given as a constant, or as a place under the name with "Path".
        const std::array<std::pair<std::string_view, std::optional<ClearSource>*>, 7> kSources{{
            {"token", &field.token},
            {"collection", &field.collection},
            {"callee", &field.callee},
            {"selector", &field.selector},
            {"amount", &field.amount},
            {"spender", &field.spender},
            {"chainId", &field.chain},
        }};
        for (const auto& [name, into] : kSources) {
            if (const json::value* value = params.if_contains(name)) {
                CORDON_TRY(*into, source(*value, false));
            }
            if (const json::value* value = params.if_contains(std::string{name} + "Path")) {
                CORDON_TRY(*into, source(*value, true));
            }
        }
        for (std::string& text : texts_of(params.if_contains("nativeCurrencyAddress")))
            field.native.push_back(lower(constant(std::move(text))));
        for (std::string& text : texts_of(params.if_contains("senderAddress")))
            field.senders.push_back(lower(constant(std::move(text))));
        if (const json::value* value = params.if_contains("threshold")) {
            field.threshold = number_in(constant(scalar_text(*value)));
            if (!field.threshold) return fail(ErrorCode::kMalformed, "threshold is no number");
        }
        for (const std::string_view key : {"message", "thresholdLabel"})
            if (const std::string_view text = string_of(params, key); !text.empty())
                field.message = constant(std::string{text});
        field.block_height = string_of(params, "encoding") == "blockheight";
        field.base = constant(std::string{string_of(params, "base")});
        CORDON_TRY(field.decimals, decimals_of(params));
        const json::value* prefix = params.if_contains("prefix");
        field.prefix = prefix != nullptr && prefix->is_bool() && prefix->get_bool();
        if (const std::string_view ref = string_of(params, "$ref"); !ref.empty()) {
            const json::value* names = resolve(ref);
            if (names == nullptr || !names->is_object())
                return fail(ErrorCode::kNotFound, format("\"{}\" is not in the descriptor", ref));
            field.names = pairs(names->get_object());
        }
        return {};
    }

    static std::string lower(std::string text) {
        for (char& c : text)
            if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
        return text;
    }

    static ClearPairs pairs(const json::object& object) {
        ClearPairs out;
        for (const auto& [key, value] : object) out.emplace_back(key, scalar_text(value));
        return out;
    }

    /// "$.metadata.constants.x" as what stands there; everything else is itself.
    std::string constant(std::string text) const {
        if (!text.starts_with("$.")) return text;
        const json::value* found = resolve(text);
        return found != nullptr ? scalar_text(*found) : text;
    }

    Result<ClearSource> source(const json::value& value, bool is_path) const {
        ClearSource source;
        if (const json::object* reference = value.if_object()) {
            const json::value* map = resolve(string_of(*reference, "map"));
            const json::object* object = map != nullptr ? map->if_object() : nullptr;
            const json::object* values = object != nullptr ? object_of(*object, "values") : nullptr;
            if (values == nullptr) return fail(ErrorCode::kNotFound, "a map that is not there");
            source.map = pairs(*values);
            CORDON_TRY(source.path, parse_clear_path(string_of(*reference, "keyPath")));
            return source;
        }
        const std::string text = scalar_text(value);
        if (text.starts_with("$.")) {
            const json::value* found = resolve(text);
            if (found == nullptr)
                return fail(ErrorCode::kNotFound, format("\"{}\" is not in the descriptor", text));
            source.constant = scalar_text(*found);
        } else if (is_path) {
            CORDON_TRY(source.path, parse_clear_path(text));
        } else {
            source.constant = text;
        }
        return source;
    }

    const json::value* resolve(std::string_view reference) const {
        const auto path = parse_clear_path(reference);
        if (!path || path->root != '$') return nullptr;
        const json::object* at = &document_;
        const json::value* found = nullptr;
        for (const ClearStep& step : path->steps) {
            if (at == nullptr || step.kind != ClearStep::Kind::kName) return nullptr;
            found = at->if_contains(step.name);
            if (found == nullptr) return nullptr;
            at = found->if_object();
        }
        return found;
    }

    /// Two keys for one selector: the specification calls the descriptor invalid there.
    Status drop_ambiguous() {
        std::map<std::string, std::size_t> seen;
        for (const ClearShape& shape : out_.shapes)
            if (shape.signature) ++seen[shape.signature->text];
        std::erase_if(out_.shapes, [&](const ClearShape& shape) {
            if (!shape.signature || seen[shape.signature->text] == 1) return false;
            out_.refused.push_back(shape.key + ": described twice");
            return true;
        });
        return {};
    }

    const json::object& document_;
    ClearDescriptor& out_;
};

}  // namespace

ClearRegistry read_clear_registry(const std::vector<ClearDocument>& documents) {
    ClearRegistry registry;
    ClearMerger merger{documents};
    for (const ClearDocument& document : documents) {
        const auto merged = merger.merged(document.path);
        if (!merged) {
            registry.refused.push_back(format("{}: {}", document.path, merged.error().message));
            continue;
        }
        ClearDescriptor descriptor;
        descriptor.name = document.path;
        const Status status = Reader{*merged, descriptor}.run();
        const bool bound = !descriptor.deployments.empty() || !descriptor.domain.empty() ||
                           !descriptor.domain_separator.empty();
        // What is bound to nothing is there to be included: no reason to complain of it.
        if (!bound) continue;
        if (status)
            registry.descriptors.push_back(std::move(descriptor));
        else
            registry.refused.push_back(format("{}: {}", document.path, status.error().message));
    }
    return registry;
}

}  // namespace cordon::explain
