// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>

#include <cordon/base/format.hpp>

#include "checker.hpp"

namespace cordon::detect {
namespace {

constexpr std::string_view kArg = "arg.";
constexpr uint32_t kWithArguments =
    bit(EventType::kLog) | bit(EventType::kCall) | bit(EventType::kTxn);

/// What a name means: a field, a constant or an argument, and properties of the address in it.
struct Path {
    std::string base;                      ///< "to", "arg.newOwner".
    std::vector<const Property*> steps{};  ///< "creator", "label.category".
};

const Constant* constant(std::string_view name) {
    for (const Constant& one : constants())
        if (one.name == name) return &one;
    return nullptr;
}

/// The properties at the end of a name that begins with `base`; nothing when they are none.
std::optional<std::vector<const Property*>> steps_of(std::string_view rest) {
    std::vector<const Property*> steps;
    while (!rest.empty()) {
        const Property* found = nullptr;
        for (const Property& one : properties())
            if (rest.starts_with(one.name) &&
                (rest.size() == one.name.size() || rest[one.name.size()] == '.'))
                found = &one;
        if (!found || (!steps.empty() && steps.back()->type != Type::kAddress)) return std::nullopt;
        steps.push_back(found);
        rest.remove_prefix(std::min(rest.size(), found->name.size() + 1));
    }
    return steps;
}

/// The longest beginning that is something, with properties behind it.
std::optional<Path> path_of(const std::string& name) {
    for (std::size_t end = name.size(); end != std::string::npos && end > 0;
         end = name.rfind('.', end - 1)) {
        const std::string base = name.substr(0, end);
        const bool is_arg =
            base.starts_with(kArg) && base.find('.', kArg.size()) == std::string::npos;
        if (!is_arg && !field(base) && !constant(base)) continue;
        if (end == name.size()) return Path{base, {}};
        if (auto steps = steps_of(std::string_view{name}.substr(end + 1)))
            return Path{base, *std::move(steps)};
    }
    return std::nullopt;
}

std::optional<std::size_t> place_of(const chain::AbiSignature& signature, std::string_view name) {
    const std::vector<chain::AbiType>& parts = signature.arguments.parts;
    for (std::size_t i = 0; i < parts.size(); ++i)
        if (parts[i].name == name) return i;
    std::size_t number = 0;
    const auto [end, code] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (code == std::errc{} && end == name.data() + name.size() && number < parts.size())
        return number;
    return std::nullopt;
}

/// Arrays and tuples have no value; they are told by their place.
std::optional<Type> type_of(const chain::AbiType& type, bool in_topics) {
    using Kind = chain::AbiType::Kind;
    switch (type.kind) {
        case Kind::kUint:
        case Kind::kInt: return Type::kNumber;
        case Kind::kBool: return Type::kBool;
        case Kind::kAddress: return Type::kAddress;
        case Kind::kFixedBytes: return type.size == 32 ? Type::kHash : Type::kBytes;
        case Kind::kBytes: return in_topics ? Type::kHash : Type::kBytes;
        case Kind::kString: return in_topics ? Type::kHash : Type::kText;
        case Kind::kArray:
            // Its length: how many owners, how many calls. In the topics only a hash is left.
            return in_topics ? Type::kHash : Type::kNumber;
        case Kind::kTuple: return in_topics ? std::optional{Type::kHash} : std::nullopt;
    }
    return std::nullopt;
}

Value value_of(const chain::AbiType& type, const chain::AbiValue& value, Type as) {
    using Kind = chain::AbiType::Kind;
    switch (as) {
        case Type::kNumber: {
            if (type.kind == Kind::kArray) return Amount{uint64_t{value.items.size()}};
            // Below zero there is no number here (Type).
            if (type.kind == Kind::kInt && value.number.bit_width() == 256) return {};
            return value.number;
        }
        case Type::kBool: return !value.number.is_zero();
        case Type::kAddress: return value.address;
        case Type::kHash: {
            Hash256 hash;
            std::copy_n(value.bytes.begin(), std::min<std::size_t>(value.bytes.size(), 32),
                        hash.bytes.begin());
            return hash;
        }
        default:
            return std::string_view{reinterpret_cast<const char*>(value.bytes.data()),
                                    value.bytes.size()};
    }
}

/// An argument of whichever of the rule's signatures the event is.
std::optional<Typed> argument(std::string_view name, Scope& scope) {
    struct Place {
        const chain::AbiSignature* signature;
        std::size_t index;
    };
    std::vector<Place> places;
    std::optional<Type> type;
    for (const chain::AbiSignature* signature : scope.signatures) {
        const std::optional<std::size_t> index = place_of(*signature, name);
        if (!index) continue;
        const chain::AbiType& part = signature->arguments.parts[*index];
        const std::optional<Type> one = type_of(part, part.indexed);
        if (!one || (type && *type != *one)) return std::nullopt;
        type = one;
        places.push_back({signature, *index});
    }
    if (!type) return std::nullopt;
    return Typed{*type, nullptr, [places, as = *type](RuleEvent& e) -> Value {
                     for (const Place& place : places)
                         if (const chain::AbiValue* all = e.arguments(*place.signature))
                             return value_of(place.signature->arguments.parts[place.index],
                                             all->items[place.index], as);
                     return {};
                 }};
}

std::optional<Typed> base_of(const std::string& name, Scope& scope) {
    if (name.starts_with(kArg)) return argument(std::string_view{name}.substr(kArg.size()), scope);
    if (const Constant* one = constant(name)) {
        const Value value = one->value;
        return Typed{one->type, nullptr, [value](RuleEvent&) { return value; }};
    }
    const Field* one = field(name);
    if (!one || (one->events & bit(scope.event)) == 0) return std::nullopt;
    if (name.starts_with("group.") && !scope.group_value) return std::nullopt;
    scope.needs |= one->needs;
    return Typed{name == "group.value" ? *scope.group_value : one->type, one->words, one->get};
}

void collect_names(const Ast& ast, uint32_t& events) {
    if (ast.op == Op::kIs) {
        if (ast.parts[0].op == Op::kName)
            if (const auto type = parse_event_type(ast.parts[0].text)) events &= bit(*type);
        return;
    }
    if (ast.op == Op::kName) {
        if (const std::optional<Path> path = path_of(ast.text)) {
            if (path->base.starts_with(kArg)) events &= kWithArguments;
            if (const Field* one = field(path->base)) events &= one->events;
            for (const Property* step : path->steps) events &= step->events;
        } else {
            for (const NamedSet& set : named_sets())
                if (set.name == "allowed" && ast.text == set.name)
                    events &= bit(EventType::kTransfer) | bit(EventType::kWithdrawal);
        }
        return;
    }
    for (const Ast& part : ast.parts) collect_names(part, events);
}

}  // namespace

uint32_t events_of(const Ast& ast) {
    uint32_t events = (1U << kEventTypes) - 1;
    collect_names(ast, events);
    return events;
}

bool has_unknown(const Ast& ast) {
    // A word without a point may be a value: mixer, high.
    if (ast.op == Op::kName) return ast.text.find('.') != std::string::npos && !path_of(ast.text);
    return std::any_of(ast.parts.begin(), ast.parts.end(), has_unknown);
}

void collect_signatures(const Ast& ast, RuleArena& arena, Problems& problems,
                        std::vector<const chain::AbiSignature*>& signatures) {
    if (ast.op == Op::kIs && ast.parts[1].op == Op::kText) {
        const std::string& text = ast.parts[1].text;
        auto found = arena.signatures.find(text);
        if (found == arena.signatures.end()) {
            Result<chain::AbiSignature> signature = chain::parse_abi_signature(text);
            if (!signature) {
                problems.error(ast.parts[1].mark, signature.error().code, signature.error().message,
                               "write it as \"Transfer(address indexed from, address indexed to, "
                               "uint256 value)\"");
                return;
            }
            found = arena.signatures
                        .emplace(text,
                                 std::make_unique<const chain::AbiSignature>(*std::move(signature)))
                        .first;
        }
        if (std::find(signatures.begin(), signatures.end(), found->second.get()) ==
            signatures.end())
            signatures.push_back(found->second.get());
        return;
    }
    for (const Ast& part : ast.parts) collect_signatures(part, arena, problems, signatures);
}

std::optional<Typed> resolve(const std::string& name, Scope& scope) {
    const std::optional<Path> path = path_of(name);
    if (!path) return std::nullopt;
    std::optional<Typed> typed = base_of(path->base, scope);
    if (!typed) return std::nullopt;
    for (const Property* step : path->steps) {
        if (typed->type != Type::kAddress || (step->events & bit(scope.event)) == 0)
            return std::nullopt;
        scope.needs |= step->needs;
        typed = Typed{step->type, step->words,
                      [inner = std::move(typed->get), get = step->get](RuleEvent& e) -> Value {
                          const Value value = inner(e);
                          const Address* address = std::get_if<Address>(&value);
                          return address ? get(e, *address) : Value{};
                      }};
    }
    scope.fields.insert(name);
    return typed;
}

}  // namespace cordon::detect
