// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "clear_render.hpp"

#include <algorithm>
#include <set>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/chain/text.hpp>
#include <cordon/crypto/hash.hpp>

#include "clear_format.hpp"
#include "token_list.hpp"

namespace cordon::explain {
namespace {

using Kind = ClearValue::Kind;
using Indices = std::vector<std::size_t>;

// As Ledger's screens have it. Which token it is, is said once below everything else.
constexpr std::string_view kUnknownTicker = "???";

struct Token {
    std::string symbol;
    unsigned decimals = 0;
};

class Renderer {
public:
    Renderer(const ClearSigning& signing, const ClearInput& input, const Context& context)
        : signing_{signing}, input_{input}, context_{context} {}

    Result<ClearScreens> run() {
        out_.descriptor = input_.descriptor.name;
        out_.owner = safe_text(input_.descriptor.owner);
        out_.intent = safe_text(input_.shape.intent);
        CORDON_TRY(fields(input_.shape.fields, {}));
        for (const std::string& token : unknown_tokens_) CORDON_TRY(show("Unknown token", token));
        sentence();
        for (const std::string& name : input_.data.names)
            if (!used_.contains(name)) out_.left_out.push_back(safe_text(name));
        return std::move(out_);
    }

private:
    // --- Where values come from

    /// A path below the path of the groups around it.
    static ClearPath below(const ClearPath& group, const ClearPath& path) {
        if (path.root != 0) return path;
        ClearPath joined = group;
        joined.steps.insert(joined.steps.end(), path.steps.begin(), path.steps.end());
        return joined;
    }

    const ClearValue& root_of(const ClearPath& path) const {
        return path.root == '@' ? input_.container : input_.data;
    }

    void note(const ClearPath& path) {
        if (path.root != '@' && !path.steps.empty()) used_.insert(path.steps[0].name);
    }

    /// The value of a parameter for the element at hand.
    Result<ClearValue> value_of(const ClearSource& source, const ClearPath& group,
                                const Indices& indices) {
        if (!source.path) return literal(source.constant);
        const ClearPath path = below(group, *source.path);
        note(path);
        CORDON_TRY(ClearValue value, pick(root_of(path), path, indices));
        if (source.map.empty()) return value;
        const std::string key = raw_text(value);
        for (const auto& [name, constant] : source.map)
            if (equal_text(name, key)) return literal(constant);
        return fail(ErrorCode::kNotFound, format("the descriptor's map has no \"{}\"", key));
    }

    static ClearValue literal(std::string_view text) {
        if (const auto bytes = parse_hex0x(text); bytes && bytes->size() == 20)
            return ClearValue::address(*bytes);
        if (const auto number = number_in(text)) return ClearValue::uint(*number);
        return ClearValue::text(text);
    }

    /// Numbers in any notation, hex in any case.
    static bool equal_text(std::string_view a, std::string_view b) {
        if (a == b) return true;
        const auto x = number_in(a);
        const auto y = number_in(b);
        return x && y && *x == *y;
    }

    // --- The walk

    Status fields(const std::vector<ClearField>& list, const ClearPath& group,
                  const Indices& indices = {}) {
        for (std::size_t i = 0; i < list.size();) {
            const std::size_t end = bundle(list, i, group);
            if (end - i > 1) {
                // A payee beside its amount says more than all payees, then all amounts.
                ClearPath path = below(group, *list[i].path);
                path.steps.resize(list_step(path) + 1);
                CORDON_TRY(const auto all, expand(root_of(path), path, indices, kMaxClearScreens));
                for (const Indices& at : all)
                    for (std::size_t k = i; k < end; ++k) CORDON_TRY(each(list[k], group, at));
            } else {
                CORDON_TRY(single(list[i], group, indices));
            }
            i = end;
        }
        return {};
    }

    Status single(const ClearField& field, const ClearPath& group, const Indices& indices) {
        if (!field.fields.empty()) return this->group(field, group, indices);
        if (field.path) return each(field, group, indices);
        if (field.hidden) return {};
        const ClearValue value = field.format == ClearFormat::kRaw
                                     ? ClearValue::text(field.constant)
                                     : literal(field.constant);
        return one(field, value, group, indices);
    }

    /// Where a path goes through a whole array of structures; the number of steps when it does not.
    static std::size_t list_step(const ClearPath& path) {
        for (std::size_t i = 0; i + 1 < path.steps.size(); ++i)
            if (path.steps[i].kind == ClearStep::Kind::kSlice &&
                path.steps[i + 1].kind == ClearStep::Kind::kName)
                return i;
        return path.steps.size();
    }

    /// The end of the fields from `begin` on that go through one array of structures.
    static std::size_t bundle(const std::vector<ClearField>& list, std::size_t begin,
                              const ClearPath& group) {
        const auto prefix = [&](const ClearField& field) -> std::optional<ClearPath> {
            if (!field.path || !field.fields.empty()) return std::nullopt;
            ClearPath path = below(group, *field.path);
            const std::size_t at = list_step(path);
            if (path.root == '@' || at == path.steps.size() || at < group.steps.size())
                return std::nullopt;
            path.steps.resize(at + 1);
            return path;
        };
        const auto first = prefix(list[begin]);
        std::size_t end = begin + 1;
        while (first && end < list.size()) {
            const auto next = prefix(list[end]);
            if (!next || !same_place(*first, *next)) break;
            ++end;
        }
        return end;
    }

    /// A group over a list shows all of its fields for one element after the other.
    Status group(const ClearField& field, const ClearPath& outer, const Indices& indices) {
        const ClearPath path = field.path ? below(outer, *field.path) : outer;
        if (field.hidden) return {};
        CORDON_TRY(const auto all, expand(root_of(path), path, indices, kMaxClearScreens));
        for (const Indices& at : all) CORDON_TRY(fields(field.fields, path, at));
        return {};
    }

    Status each(const ClearField& field, const ClearPath& group, const Indices& indices) {
        const ClearPath path = below(group, *field.path);
        if (field.hidden && field.must_be.empty()) return {};
        note(path);
        // What carries the payload may not be known (the sender of an unsigned call).
        if (path.root == '@' && !pick(input_.container, path, {})) return {};
        CORDON_TRY(const auto all, expand(root_of(path), path, indices, kMaxClearScreens));
        for (const Indices& at : all) {
            CORDON_TRY(const ClearValue value, pick(root_of(path), path, at));
            if (!field.must_be.empty()) {
                if (!among(field.must_be, value))
                    return fail(ErrorCode::kMalformed,
                                format("{} is {}, which the descriptor excludes",
                                       field.path->steps.empty() ? "a field"
                                                                 : field.path->steps.back().name,
                                       raw_text(value)));
                continue;
            }
            if (!field.hidden_for.empty() && among(field.hidden_for, value)) continue;
            CORDON_TRY(one(field, value, group, at));
        }
        return {};
    }

    static bool among(const std::vector<std::string>& list, const ClearValue& value) {
        const std::string text = raw_text(value);
        return std::any_of(list.begin(), list.end(),
                           [&](const std::string& item) { return equal_text(item, text); });
    }

    Status show(std::string label, std::string value) {
        if (out_.screens.size() == kMaxClearScreens)
            return fail(ErrorCode::kLimit, format("more than {} screens", kMaxClearScreens));
        out_.screens.push_back({std::move(label), std::move(value), {}});
        return {};
    }

    Status one(const ClearField& field, const ClearValue& value, const ClearPath& group,
               const Indices& indices) {
        const std::string label = safe_text(field.label);
        if (value.kind == Kind::kTuple)
            return fail(ErrorCode::kMalformed,
                        format("\"{}\" is a structure, not one value", label));
        if (field.format == ClearFormat::kCalldata)
            return calldata(field, label, value, group, indices);
        if (field.encrypted)
            return show(label, format("{} {}", safe_text(*field.encrypted), raw_text(value)));
        CORDON_TRY(std::string text, text_of(field, value, group, indices));
        return show(label, std::move(text));
    }

    // --- Formats

    static bool is_number(ClearFormat format) {
        return format == ClearFormat::kTokenAmount || format == ClearFormat::kAmount ||
               format == ClearFormat::kDate || format == ClearFormat::kDuration ||
               format == ClearFormat::kUnit || format == ClearFormat::kChainId;
    }

    Result<std::string> text_of(const ClearField& field, const ClearValue& value,
                                const ClearPath& group, const Indices& indices) {
        // A slice of packed bytes holds a number as well.
        if (value.kind == Kind::kBytes && value.bytes.size() <= 32 && is_number(field.format)) {
            const auto number = Amount::from_big_endian(value.bytes);
            if (number) return text_of(field, ClearValue::uint(*number), group, indices);
        }
        const bool number = value.kind == Kind::kUint;
        switch (field.format) {
            case ClearFormat::kRaw: return raw_text(value);
            case ClearFormat::kAddressName: return address_text(field, value);
            case ClearFormat::kTokenTicker: return ticker(field, value, group, indices);
            case ClearFormat::kNftName: return nft(field, value, group, indices);
            case ClearFormat::kEnum:
                for (const auto& [key, name] : field.names)
                    if (equal_text(key, raw_text(value))) return safe_text(name);
                return format("{} (not in the descriptor's list)", raw_text(value));
            case ClearFormat::kTokenAmount:
                if (number) return token_amount(field, value, group, indices);
                break;
            case ClearFormat::kAmount:
                if (number) return native_amount(value.number, input_.chain);
                break;
            case ClearFormat::kDate:
                if (number)
                    return field.block_height ? format("block {}", value.number.to_string())
                                              : date_text(value.number);
                break;
            case ClearFormat::kDuration:
                if (number) return duration_text(value.number);
                break;
            case ClearFormat::kUnit:
                if (number)
                    return unit_text(value.number, field.decimals, field.base, field.prefix);
                break;
            case ClearFormat::kChainId:
                if (number && value.number.fits_u64()) return chain_name(value.number.low_u64());
                break;
            case ClearFormat::kCalldata: break;
        }
        // The format does not fit the type: the value as it is can never mislead.
        return raw_text(value);
    }

    static std::string native_amount(const Amount& amount, uint64_t chain) {
        const ChainId id{ChainFamily::kEvm, chain};
        return format("{} {}", format_units(amount, native_decimals(id)), native_symbol(id));
    }

    std::string named(const Bytes& address, uint64_t chain) const {
        const Address who{AddressKind::kEvm, address};
        const std::string text = chain::display_address(kEthereum, who);
        for (const BookEntry& entry : context_.book)
            if (entry.chain.reference == chain && entry.address == who && !entry.name.empty())
                return format("{} ({})", safe_text(entry.name), text);
        const auto token = token_at(address, chain);
        return token ? format("{} ({})", token->symbol, text) : text;
    }

    std::string address_text(const ClearField& field, const ClearValue& value) const {
        const auto address = address_in(value);
        if (!address) return raw_text(value);
        if (std::find(field.senders.begin(), field.senders.end(), to_hex0x(*address)) !=
            field.senders.end()) {
            const ClearValue* from = input_.container.member("from");
            return from != nullptr ? named(from->bytes, input_.chain) : "the sender";
        }
        return named(*address, input_.chain);
    }

    std::optional<Token> token_at(const Bytes& address, uint64_t chain) const {
        const Asset asset = Asset::contract(Address{AddressKind::kEvm, address});
        if (const TokenEntry* entry = find_token(context_, {ChainFamily::kEvm, chain}, asset))
            return Token{safe_text(entry->symbol), entry->decimals};
        const ClearDescriptor& own = input_.descriptor;
        if (!own.token_symbol.empty())
            for (const ClearDeployment& deployment : own.deployments)
                if (deployment.chain == chain && deployment.address == asset.text())
                    return Token{safe_text(own.token_symbol), own.token_decimals};
        return std::nullopt;
    }

    Result<uint64_t> chain_of(const ClearField& field, const ClearPath& group,
                              const Indices& indices) {
        if (!field.chain) return input_.chain;
        CORDON_TRY(const ClearValue value, value_of(*field.chain, group, indices));
        return value.number.fits_u64() ? value.number.low_u64() : 0;
    }

    Result<std::string> token_amount(const ClearField& field, const ClearValue& value,
                                     const ClearPath& group, const Indices& indices) {
        CORDON_TRY(const uint64_t chain, chain_of(field, group, indices));
        const bool all = field.threshold && value.number >= *field.threshold;
        const auto text = [&](std::string_view symbol, unsigned decimals) {
            return format("{} {}",
                          all ? safe_text(field.message) : format_units(value.number, decimals),
                          symbol);
        };
        std::optional<Bytes> address;
        if (field.token) {
            CORDON_TRY(const ClearValue token, value_of(*field.token, group, indices));
            address = address_in(token);
        }
        if (!address) return text(kUnknownTicker, 0);
        const std::string hex = to_hex0x(*address);
        if (std::find(field.native.begin(), field.native.end(), hex) != field.native.end()) {
            const ChainId id{ChainFamily::kEvm, chain};
            return text(native_symbol(id), native_decimals(id));
        }
        if (const auto token = token_at(*address, chain))
            return text(token->symbol, token->decimals);
        unknown_tokens_.insert(named(*address, chain));
        return text(kUnknownTicker, 0);
    }

    Result<std::string> ticker(const ClearField& field, const ClearValue& value,
                               const ClearPath& group, const Indices& indices) {
        CORDON_TRY(const uint64_t chain, chain_of(field, group, indices));
        const auto address = address_in(value);
        const auto token = address ? token_at(*address, chain) : std::nullopt;
        return token ? token->symbol : address_text(field, value);
    }

    Result<std::string> nft(const ClearField& field, const ClearValue& value,
                            const ClearPath& group, const Indices& indices) {
        if (!field.collection) return raw_text(value);
        CORDON_TRY(const ClearValue collection, value_of(*field.collection, group, indices));
        const auto address = address_in(collection);
        return address
                   ? format("{} of collection {}", raw_text(value), named(*address, input_.chain))
                   : raw_text(value);
    }

    // --- Calls within

    /// Whether a structure says of the call in it that foreign code runs as the account: a member
    /// `operation` of 1, as Safe and its modules have it.
    static bool delegated(const ClearValue& around) {
        const ClearValue* operation = around.member("operation");
        return operation != nullptr && operation->kind == Kind::kUint &&
               operation->number == Amount{1U};
    }

    Status calldata(const ClearField& field, const std::string& label, const ClearValue& value,
                    const ClearPath& group, const Indices& indices) {
        if (value.kind != Kind::kBytes) return show(label, raw_text(value));
        ClearCall call;
        CORDON_TRY(const uint64_t chain, chain_of(field, group, indices));
        call.chain = {ChainFamily::kEvm, chain};
        if (!field.callee) return show(label, raw_text(value));
        CORDON_TRY(const ClearValue callee, value_of(*field.callee, group, indices));
        const auto to = address_in(callee);
        if (!to) return show(label, raw_text(value));
        call.to = Address{AddressKind::kEvm, *to};
        if (field.spender) {
            CORDON_TRY(const ClearValue spender, value_of(*field.spender, group, indices));
            if (const auto from = address_in(spender)) call.from.emplace(AddressKind::kEvm, *from);
        }
        if (field.amount) {
            CORDON_TRY(const ClearValue amount, value_of(*field.amount, group, indices));
            call.value = amount.number;
        } else if (const ClearValue* amount = input_.data.member("value")) {
            // Safe's descriptors name no amount, and hide it: it is shown all the same.
            if (amount->kind == Kind::kUint) call.value = amount->number;
            used_.insert("value");
        }
        CORDON_TRY(show(label + " calls", named(*to, chain)));
        CORDON_TRY(show(label + " sends", native_amount(call.value, chain)));
        if (delegated(input_.data)) {
            used_.insert("operation");
            return show(label, format("DELEGATECALL: the code of {} runs as the account; only that "
                                      "code says what {} bytes of data mean",
                                      named(*to, chain), value.bytes.size()));
        }
        Bytes data = value.bytes;
        if (field.selector) {
            CORDON_TRY(const ClearValue selector, value_of(*field.selector, group, indices));
            data.insert(data.begin(), selector.bytes.begin(), selector.bytes.end());
        }
        call.data = data;
        return inner(label, call);
    }

    Status inner(const std::string& label, const ClearCall& call) {
        if (call.data.empty()) return show(label, "no data");
        const auto nested = input_.depth + 1 < kMaxClearDepth
                                ? signing_.call_at(call, context_, input_.depth + 1)
                                : Result<ClearScreens>{fail(ErrorCode::kLimit, "too deep")};
        if (!nested)
            return show(label,
                        format("not described ({}): {} bytes, keccak256 {}", nested.error().message,
                               call.data.size(), to_hex0x(crypto::keccak256(call.data))));
        CORDON_TRY(show(label + " type", nested->intent));
        for (const Screen& screen : nested->screens) {
            CORDON_TRY(show(screen.label, screen.value));
            out_.screens.back().where = screen.where.empty() ? label : label + ", " + screen.where;
        }
        for (const std::string& name : nested->left_out)
            out_.left_out.push_back(format("{}: {}", label, name));
        return {};
    }

    // --- The sentence

    /// Any doubt leaves it empty: the specification asks to fall back to the intent.
    void sentence() {
        std::string_view rest = input_.shape.sentence;
        std::string text;
        while (!rest.empty()) {
            if (rest.starts_with("{{") || rest.starts_with("}}")) {
                text += rest[0];
                rest.remove_prefix(2);
            } else if (rest[0] == '{') {
                const std::size_t end = rest.find('}');
                const auto value =
                    end == std::string_view::npos ? std::nullopt : shown(rest.substr(1, end - 1));
                if (!value) return;
                text += *value;
                rest.remove_prefix(end + 1);
            } else {
                const std::size_t end = std::min(rest.find_first_of("{}", 1), rest.size());
                text += safe_text(rest.substr(0, end));
                rest.remove_prefix(end);
            }
        }
        out_.sentence = std::move(text);
    }

    std::optional<std::string> shown(std::string_view text) {
        const auto path = parse_clear_path(text);
        if (!path) return std::nullopt;
        for (const ClearField& field : input_.shape.fields) {
            if (!field.path || field.hidden || !field.fields.empty() ||
                field.format == ClearFormat::kCalldata || !same_place(*field.path, *path))
                continue;
            const auto value = pick(root_of(*path), *path, {});
            if (!value) return std::nullopt;
            auto out = text_of(field, *value, {}, {});
            return out ? std::optional{std::move(*out)} : std::nullopt;
        }
        return std::nullopt;
    }

    static bool same_place(const ClearPath& a, const ClearPath& b) {
        return (a.root == '@') == (b.root == '@') && a.steps.size() == b.steps.size() &&
               std::equal(a.steps.begin(), a.steps.end(), b.steps.begin(),
                          [](const ClearStep& x, const ClearStep& y) {
                              return x.kind == y.kind && x.name == y.name && x.from == y.from &&
                                     x.to == y.to;
                          });
    }

    const ClearSigning& signing_;
    const ClearInput& input_;
    const Context& context_;
    ClearScreens out_;
    std::set<std::string> used_;  // Arguments that something was shown or judged by.
    std::set<std::string> unknown_tokens_;
};

}  // namespace

Result<ClearScreens> render_clear(const ClearSigning& signing, const ClearInput& input,
                                  const Context& context) {
    return Renderer{signing, input, context}.run();
}

}  // namespace cordon::explain
