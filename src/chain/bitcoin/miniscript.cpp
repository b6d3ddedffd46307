// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "miniscript.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/crypto/hash.hpp>

#include "opcodes.hpp"
#include "wire.hpp"

namespace cordon::chain {
namespace {

constexpr std::size_t kMaxMultiKeys = 20;    // OP_CHECKMULTISIG.
constexpr std::size_t kMaxMultiAKeys = 999;  // BIP-387.
constexpr std::size_t kMaxWrappers = 16;     // Real scripts have up to four on one fragment.
constexpr uint32_t kMaxLock = 0x7fffffff;    // BIP-379: below 2^31.

struct Name {
    std::string_view text;
    Fragment fragment;
    std::size_t arguments;  // Exactly; 0: one and more.
};
constexpr Name kNames[] = {
    {"pk_k", Fragment::kPkK, 1},
    {"pk_h", Fragment::kPkH, 1},
    {"older", Fragment::kOlder, 1},
    {"after", Fragment::kAfter, 1},
    {"sha256", Fragment::kSha256, 1},
    {"hash256", Fragment::kHash256, 1},
    {"ripemd160", Fragment::kRipemd160, 1},
    {"hash160", Fragment::kHash160, 1},
    {"andor", Fragment::kAndOr, 3},
    {"and_v", Fragment::kAndV, 2},
    {"and_b", Fragment::kAndB, 2},
    {"or_b", Fragment::kOrB, 2},
    {"or_c", Fragment::kOrC, 2},
    {"or_d", Fragment::kOrD, 2},
    {"or_i", Fragment::kOrI, 2},
    {"thresh", Fragment::kThresh, 0},
    {"multi", Fragment::kMulti, 0},
    {"sortedmulti", Fragment::kSortedMulti, 0},
    {"multi_a", Fragment::kMultiA, 0},
    {"sortedmulti_a", Fragment::kSortedMultiA, 0},
};

Miniscript leaf(Fragment fragment, uint16_t type) {
    Miniscript out;
    out.fragment = fragment;
    out.type = type;
    return out;
}

bool has(uint16_t type, unsigned bits) noexcept { return (type & bits) == bits; }

/// The type of a fragment over typed parts; nothing when BIP-379 forbids it. `tap` is tapscript.
std::optional<unsigned> type_of(const Miniscript& script, bool tap) {
    using F = Fragment;
    const auto part = [&](std::size_t i) { return script.parts[i].type; };
    const unsigned x = script.parts.empty() ? 0U : part(0);
    const unsigned y = script.parts.size() > 1 ? part(1) : 0U;
    const unsigned z = script.parts.size() > 2 ? part(2) : 0U;
    const auto is = [](unsigned type, unsigned bits) { return (type & bits) == bits; };
    const auto when = [](bool holds, unsigned bits) { return holds ? bits : 0U; };
    // One of two parts takes one item, the other none.
    const auto one_of = [&](unsigned a, unsigned b) {
        return when((is(a, kTypeZ) && is(b, kTypeO)) || (is(a, kTypeO) && is(b, kTypeZ)), kTypeO);
    };
    constexpr unsigned kBase = kTypeB | kTypeV | kTypeK;
    constexpr unsigned kBdu = kTypeB | kTypeD | kTypeU;
    switch (script.fragment) {
        case F::k0: return kTypeB | kTypeZ | kTypeU | kTypeD;
        case F::k1: return kTypeB | kTypeZ | kTypeU;
        case F::kPkK: return kTypeK | kTypeO | kTypeN | kTypeD | kTypeU;
        case F::kPkH: return kTypeK | kTypeN | kTypeD | kTypeU;
        case F::kOlder:
        case F::kAfter: return kTypeB | kTypeZ;
        case F::kSha256:
        case F::kHash256:
        case F::kRipemd160:
        case F::kHash160: return kTypeB | kTypeO | kTypeN | kTypeD | kTypeU;
        case F::kMulti:
        case F::kSortedMulti: return kTypeB | kTypeN | kTypeD | kTypeU;
        case F::kMultiA:
        case F::kSortedMultiA: return kTypeB | kTypeD | kTypeU;
        case F::kAndOr: {
            if (!is(x, kBdu) || (y & z & kBase) == 0) return std::nullopt;
            const bool o =
                (is(x, kTypeZ) && is(y & z, kTypeO)) || (is(x, kTypeO) && is(y & z, kTypeZ));
            return (y & z & kBase) | (x & y & z & kTypeZ) | when(o, kTypeO) | (y & z & kTypeU) |
                   (z & kTypeD);
        }
        case F::kAndV:
            if (!is(x, kTypeV) || (y & kBase) == 0) return std::nullopt;
            return (y & kBase) | (x & y & kTypeZ) | one_of(x, y) |
                   when(is(x, kTypeN) || (is(x, kTypeZ) && is(y, kTypeN)), kTypeN) | (y & kTypeU);
        case F::kAndB:
            if (!is(x, kTypeB) || !is(y, kTypeW)) return std::nullopt;
            return kTypeB | (x & y & kTypeZ) | one_of(x, y) |
                   when(is(x, kTypeN) || (is(x, kTypeZ) && is(y, kTypeN)), kTypeN) |
                   (x & y & kTypeD) | kTypeU;
        case F::kOrB:
            if (!is(x, kTypeB | kTypeD) || !is(y, kTypeW | kTypeD)) return std::nullopt;
            return kTypeB | (x & y & kTypeZ) | one_of(x, y) | kTypeD | kTypeU;
        case F::kOrC:
            if (!is(x, kBdu) || !is(y, kTypeV)) return std::nullopt;
            return kTypeV | (x & y & kTypeZ) | when(is(x, kTypeO) && is(y, kTypeZ), kTypeO);
        case F::kOrD:
            if (!is(x, kBdu) || !is(y, kTypeB)) return std::nullopt;
            return kTypeB | (x & y & kTypeZ) | when(is(x, kTypeO) && is(y, kTypeZ), kTypeO) |
                   (y & (kTypeD | kTypeU));
        case F::kOrI:
            if ((x & y & kBase) == 0) return std::nullopt;
            return (x & y & kBase) | when(is(x & y, kTypeZ), kTypeO) | (x & y & kTypeU) |
                   ((x | y) & kTypeD);
        case F::kThresh: {
            unsigned all = ~0U;
            std::size_t taking = 0;
            bool one = true;
            for (std::size_t i = 0; i < script.parts.size(); ++i) {
                if (!is(part(i), (i == 0 ? kTypeB : kTypeW) | kTypeD | kTypeU)) return std::nullopt;
                all &= part(i);
                if (is(part(i), kTypeZ)) continue;
                ++taking;
                one = one && is(part(i), kTypeO);
            }
            return kTypeB | (all & kTypeZ) | when(taking == 1 && one, kTypeO) | kTypeD | kTypeU;
        }
        case F::kWrapA:
            if (!is(x, kTypeB)) return std::nullopt;
            return kTypeW | (x & (kTypeD | kTypeU));
        case F::kWrapS:
            if (!is(x, kTypeB | kTypeO)) return std::nullopt;
            return kTypeW | (x & (kTypeD | kTypeU));
        case F::kWrapC:
            if (!is(x, kTypeK)) return std::nullopt;
            return kTypeB | (x & (kTypeO | kTypeN | kTypeD)) | kTypeU;
        case F::kWrapD:
            if (!is(x, kTypeV | kTypeZ)) return std::nullopt;
            return kTypeB | kTypeO | kTypeN | kTypeD | when(tap, kTypeU);
        case F::kWrapV:
            if (!is(x, kTypeB)) return std::nullopt;
            return kTypeV | (x & (kTypeZ | kTypeO | kTypeN));
        case F::kWrapJ:
            if (!is(x, kTypeB | kTypeN)) return std::nullopt;
            return kTypeB | kTypeN | kTypeD | (x & (kTypeO | kTypeU));
        case F::kWrapN:
            if (!is(x, kTypeB)) return std::nullopt;
            return kTypeB | kTypeU | (x & (kTypeZ | kTypeO | kTypeN | kTypeD));
    }
    return std::nullopt;
}

class Parser {
public:
    explicit Parser(ScriptContext context) noexcept : context_{context} {}

    Result<Miniscript> parse(const Expression& expression) {
        const std::size_t colon = expression.name.find(':');
        if (colon == std::string_view::npos) return fragment(expression, expression.name);
        CORDON_TRY(Miniscript out, fragment(expression, expression.name.substr(colon + 1)));
        if (colon == 0 || colon > kMaxWrappers)
            return fail(ErrorCode::kMalformed, "no wrapper, or too many, before a colon");
        for (std::size_t i = colon; i > 0; --i) {
            CORDON_TRY(out, wrapped(expression.name[i - 1], std::move(out)));
        }
        return out;
    }

private:
    bool tap() const noexcept { return context_ == ScriptContext::kTapscript; }

    Result<Miniscript> typed(Miniscript script, std::string_view name) const {
        const std::optional<unsigned> type = type_of(script, tap());
        if (!type)
            return fail(ErrorCode::kMalformed,
                        format("{}: its parts do not fit together (BIP-379)", name));
        script.type = static_cast<uint16_t>(*type);
        return script;
    }

    Result<Miniscript> made(Fragment fragment, std::vector<Miniscript> parts,
                            std::string_view name) const {
        Miniscript out = leaf(fragment, 0);
        out.parts = std::move(parts);
        return typed(std::move(out), name);
    }

    Result<Miniscript> wrapped(char letter, Miniscript inner) const {
        std::vector<Miniscript> parts;
        const std::string_view name{&letter, 1};
        const auto with = [&](Fragment fragment) {
            parts.push_back(std::move(inner));
            return made(fragment, std::move(parts), name);
        };
        const auto beside = [&](Fragment fragment, Fragment constant, bool first) {
            Miniscript other = leaf(constant, 0);
            other.type = static_cast<uint16_t>(*type_of(other, tap()));
            parts.push_back(first ? other : inner);
            parts.push_back(first ? inner : other);
            return made(fragment, std::move(parts), name);
        };
        switch (letter) {
            case 'a': return with(Fragment::kWrapA);
            case 's': return with(Fragment::kWrapS);
            case 'c': return with(Fragment::kWrapC);
            case 'd': return with(Fragment::kWrapD);
            case 'v': return with(Fragment::kWrapV);
            case 'j': return with(Fragment::kWrapJ);
            case 'n': return with(Fragment::kWrapN);
            case 't': return beside(Fragment::kAndV, Fragment::k1, false);
            case 'l': return beside(Fragment::kOrI, Fragment::k0, true);
            case 'u': return beside(Fragment::kOrI, Fragment::k0, false);
            default: return fail(ErrorCode::kMalformed, format("no wrapper is called {}", letter));
        }
    }

    Result<Miniscript> fragment(const Expression& expression, std::string_view name) const {
        if (!expression.call) {
            if (name != "0" && name != "1")
                return fail(ErrorCode::kMalformed, format("\"{}\" is no script", name));
            return typed(leaf(name == "0" ? Fragment::k0 : Fragment::k1, 0), name);
        }
        // Short forms that stand for others.
        if (name == "pk" || name == "pkh") {
            CORDON_TRY(Miniscript key, keyed(expression, name == "pk" ? kNames[0] : kNames[1]));
            std::vector<Miniscript> parts;
            parts.push_back(std::move(key));
            return made(Fragment::kWrapC, std::move(parts), name);
        }
        if (name == "and_n") {
            if (expression.arguments.size() != 2) return wrong_count(name);
            CORDON_TRY(std::vector<Miniscript> parts, parts_of(expression, 0));
            CORDON_TRY(parts.emplace_back(), typed(leaf(Fragment::k0, 0), name));
            return made(Fragment::kAndOr, std::move(parts), name);
        }
        const auto found = std::find_if(std::begin(kNames), std::end(kNames),
                                        [&](const Name& each) { return each.text == name; });
        if (found == std::end(kNames))
            return fail(name == "musig" ? ErrorCode::kUnsupported : ErrorCode::kMalformed,
                        format("{} is not understood", name));
        if (found->arguments != 0 && expression.arguments.size() != found->arguments)
            return wrong_count(name);
        switch (found->fragment) {
            case Fragment::kPkK:
            case Fragment::kPkH: return keyed(expression, *found);
            case Fragment::kOlder:
            case Fragment::kAfter: {
                Miniscript out = leaf(found->fragment, 0);
                CORDON_TRY(out.number, number(expression.arguments[0], kMaxLock));
                return typed(std::move(out), name);
            }
            case Fragment::kSha256:
            case Fragment::kHash256:
            case Fragment::kRipemd160:
            case Fragment::kHash160: {
                Miniscript out = leaf(found->fragment, 0);
                const bool wide =
                    found->fragment == Fragment::kSha256 || found->fragment == Fragment::kHash256;
                out.hash.resize(wide ? 32 : 20);
                CORDON_TRY(parse_hex_into(expression.arguments[0].name, out.hash));
                return typed(std::move(out), name);
            }
            case Fragment::kThresh: {
                CORDON_TRY(std::vector<Miniscript> parts, parts_of(expression, 1));
                Miniscript out = leaf(found->fragment, 0);
                CORDON_TRY(out.number, number(expression.arguments[0], parts.size()));
                out.parts = std::move(parts);
                return typed(std::move(out), name);
            }
            case Fragment::kMulti:
            case Fragment::kSortedMulti:
            case Fragment::kMultiA:
            case Fragment::kSortedMultiA: return multi(expression, *found);
            default: {
                CORDON_TRY(std::vector<Miniscript> parts, parts_of(expression, 0));
                return made(found->fragment, std::move(parts), name);
            }
        }
    }

    Result<Miniscript> multi(const Expression& expression, const Name& name) const {
        const bool a =
            name.fragment == Fragment::kMultiA || name.fragment == Fragment::kSortedMultiA;
        if (a != tap())
            return fail(ErrorCode::kMalformed, format("{} does not belong {} tapscript", name.text,
                                                      tap() ? "in" : "outside"));
        const std::size_t keys = expression.arguments.size() - 1;
        if (keys == 0 || keys > (a ? kMaxMultiAKeys : kMaxMultiKeys))
            return fail(ErrorCode::kLimit, format("{} of {} keys", name.text, keys));
        Miniscript out = leaf(name.fragment, 0);
        CORDON_TRY(out.number, number(expression.arguments[0], keys));
        for (std::size_t i = 1; i <= keys; ++i) {
            CORDON_TRY(KeyExpression one, key(expression.arguments[i]));
            out.keys.push_back(std::move(one));
        }
        return typed(std::move(out), name.text);
    }

    Result<Miniscript> keyed(const Expression& expression, const Name& name) const {
        if (expression.arguments.size() != 1) return wrong_count(name.text);
        Miniscript out = leaf(name.fragment, 0);
        CORDON_TRY(KeyExpression one, key(expression.arguments[0]));
        out.keys.push_back(std::move(one));
        return typed(std::move(out), name.text);
    }

    Result<KeyExpression> key(const Expression& expression) const {
        if (expression.call)
            return fail(ErrorCode::kUnsupported,
                        format("{}(...) as a key is not understood", expression.name));
        CORDON_TRY(KeyExpression out, KeyExpression::parse(expression.name, tap()));
        if (context_ == ScriptContext::kWsh && !out.compressed())
            return fail(ErrorCode::kMalformed, "an uncompressed key under segwit");
        return out;
    }

    Result<std::vector<Miniscript>> parts_of(const Expression& expression,
                                             std::size_t first) const {
        std::vector<Miniscript> parts;
        for (std::size_t i = first; i < expression.arguments.size(); ++i) {
            CORDON_TRY(Miniscript part, Parser{*this}.parse(expression.arguments[i]));
            parts.push_back(std::move(part));
        }
        return parts;
    }

    static Result<uint32_t> number(const Expression& expression, std::size_t most) {
        const std::string_view text = expression.name;
        uint32_t value = 0;
        const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (expression.call || error != std::errc{} || stop != text.data() + text.size() ||
            value == 0 || value > most || text[0] == '0')
            return fail(ErrorCode::kMalformed,
                        format("\"{}\" is no number from 1 to {}", text, most));
        return value;
    }

    static tl::unexpected<Error> wrong_count(std::string_view name) {
        return fail(ErrorCode::kMalformed, format("{}: a wrong count of arguments", name));
    }

    ScriptContext context_;
};

void append_push(Bytes& out, ByteView bytes) {
    out.push_back(static_cast<uint8_t>(bytes.size()));  // Keys and hashes: below 76 bytes.
    append_bytes(out, bytes);
}

/// A number as scripts push it, minimally.
void append_script_number(Bytes& out, uint32_t number) {
    if (number <= 16) {
        out.push_back(static_cast<uint8_t>(number == 0 ? 0U : kOp1 - 1U + number));
        return;
    }
    Bytes bytes;
    for (uint64_t rest = number; rest > 0; rest >>= 8) bytes.push_back(static_cast<uint8_t>(rest));
    if ((bytes.back() & 0x80) != 0) bytes.push_back(0);
    append_push(out, bytes);
}

class Writer {
public:
    Writer(Bytes& out, ScriptContext context, std::size_t branch, uint32_t index) noexcept
        : out_{out}, context_{context}, branch_{branch}, index_{index} {}

    Status write(const Miniscript& script) {
        using F = Fragment;
        switch (script.fragment) {
            case F::k0: return op(kOp0);
            case F::k1: return op(kOp1);
            case F::kPkK: return push_key(script.keys[0]);
            case F::kPkH: {
                CORDON_TRY(const Bytes key, key_bytes(script.keys[0]));
                ops({kOpDup, kOpHash160});
                append_push(out_, crypto::hash160(key));
                return op(kOpEqualVerify);
            }
            case F::kOlder:
            case F::kAfter:
                append_script_number(out_, script.number);
                return op(script.fragment == F::kOlder ? kOpCheckSequenceVerify
                                                       : kOpCheckLocktimeVerify);
            case F::kSha256: return hash(kOpSha256, script.hash);
            case F::kHash256: return hash(kOpHash256, script.hash);
            case F::kRipemd160: return hash(kOpRipemd160, script.hash);
            case F::kHash160: return hash(kOpHash160, script.hash);
            case F::kAndOr:
                return sequence(script, {{0, {kOpNotIf}}, {2, {kOpElse}}, {1, {kOpEndIf}}});
            case F::kAndV: return sequence(script, {{0, {}}, {1, {}}});
            case F::kAndB: return sequence(script, {{0, {}}, {1, {kOpBoolAnd}}});
            case F::kOrB: return sequence(script, {{0, {}}, {1, {kOpBoolOr}}});
            case F::kOrC: return sequence(script, {{0, {kOpNotIf}}, {1, {kOpEndIf}}});
            case F::kOrD: return sequence(script, {{0, {kOpIfDup, kOpNotIf}}, {1, {kOpEndIf}}});
            case F::kOrI: ops({kOpIf}); return sequence(script, {{0, {kOpElse}}, {1, {kOpEndIf}}});
            case F::kThresh:
                for (std::size_t i = 0; i < script.parts.size(); ++i) {
                    CORDON_TRY(write(script.parts[i]));
                    if (i > 0) ops({kOpAdd});
                }
                append_script_number(out_, script.number);
                return op(kOpEqual);
            case F::kMulti:
            case F::kSortedMulti: {
                append_script_number(out_, script.number);
                CORDON_TRY(const std::vector<Bytes> keys, keys_of(script));
                for (const Bytes& key : keys) append_push(out_, key);
                append_script_number(out_, static_cast<uint32_t>(keys.size()));
                return op(kOpCheckMultisig);
            }
            case F::kMultiA:
            case F::kSortedMultiA: {
                CORDON_TRY(const std::vector<Bytes> keys, keys_of(script));
                for (std::size_t i = 0; i < keys.size(); ++i) {
                    append_push(out_, keys[i]);
                    ops({i == 0 ? kOpCheckSig : kOpCheckSigAdd});
                }
                append_script_number(out_, script.number);
                return op(kOpNumEqual);
            }
            case F::kWrapA: ops({kOpToAltStack}); return sequence(script, {{0, {kOpFromAltStack}}});
            case F::kWrapS: ops({kOpSwap}); return sequence(script, {{0, {}}});
            case F::kWrapC: return sequence(script, {{0, {kOpCheckSig}}});
            case F::kWrapD: ops({kOpDup, kOpIf}); return sequence(script, {{0, {kOpEndIf}}});
            case F::kWrapV: {
                CORDON_TRY(write(script.parts[0]));
                if (!ends_in_check(script.parts[0])) return op(kOpVerify);
                ++out_.back();  // Each of these operators has its VERIFY form next to it.
                return {};
            }
            case F::kWrapJ:
                ops({kOpSize, kOp0NotEqual, kOpIf});
                return sequence(script, {{0, {kOpEndIf}}});
            case F::kWrapN: return sequence(script, {{0, {kOp0NotEqual}}});
        }
        return {};
    }

private:
    struct Step {
        std::size_t part;
        std::initializer_list<Opcode> after;
    };
    Status op(Opcode opcode) {
        out_.push_back(opcode);
        return {};
    }
    void ops(std::initializer_list<Opcode> list) {
        out_.insert(out_.end(), list.begin(), list.end());
    }
    Status sequence(const Miniscript& script, std::initializer_list<Step> steps) {
        for (const Step& step : steps) {
            CORDON_TRY(write(script.parts[step.part]));
            ops(step.after);
        }
        return {};
    }
    Status hash(Opcode opcode, const Bytes& bytes) {
        ops({kOpSize});
        append_push(out_, Bytes{32});
        ops({kOpEqualVerify, opcode});
        append_push(out_, bytes);
        return op(kOpEqual);
    }
    static bool ends_in_check(const Miniscript& script) noexcept {
        switch (script.fragment) {
            case Fragment::kSha256:
            case Fragment::kHash256:
            case Fragment::kRipemd160:
            case Fragment::kHash160:
            case Fragment::kThresh:
            case Fragment::kMulti:
            case Fragment::kSortedMulti:
            case Fragment::kMultiA:
            case Fragment::kSortedMultiA:
            case Fragment::kWrapC: return true;
            case Fragment::kAndV: return ends_in_check(script.parts[1]);
            case Fragment::kWrapS: return ends_in_check(script.parts[0]);
            default: return false;
        }
    }
    Result<Bytes> key_bytes(const KeyExpression& key) const {
        CORDON_TRY(const crypto::PublicKey point, key.derive(branch_, index_));
        if (context_ == ScriptContext::kTapscript) {
            const Hash256 x = point.x_only();
            return Bytes(x.bytes.begin(), x.bytes.end());
        }
        if (!key.compressed()) {
            const auto bytes = point.uncompressed();
            return Bytes(bytes.begin(), bytes.end());
        }
        const auto bytes = point.compressed();
        return Bytes(bytes.begin(), bytes.end());
    }
    Status push_key(const KeyExpression& key) {
        CORDON_TRY(const Bytes bytes, key_bytes(key));
        append_push(out_, bytes);
        return {};
    }
    Result<std::vector<Bytes>> keys_of(const Miniscript& script) const {
        std::vector<Bytes> keys;
        for (const KeyExpression& key : script.keys) {
            CORDON_TRY(Bytes bytes, key_bytes(key));
            keys.push_back(std::move(bytes));
        }
        if (script.fragment == Fragment::kSortedMulti || script.fragment == Fragment::kSortedMultiA)
            std::sort(keys.begin(), keys.end());  // BIP-67, BIP-387.
        return keys;
    }

    Bytes& out_;
    ScriptContext context_;
    std::size_t branch_;
    uint32_t index_;
};

}  // namespace

Result<Miniscript> parse_miniscript(const Expression& expression, ScriptContext context) {
    CORDON_TRY(Miniscript out, Parser{context}.parse(expression));
    if (!has(out.type, kTypeB))
        return fail(ErrorCode::kMalformed, "the script as a whole leaves no yes or no (BIP-379)");
    return out;
}

Status append_script(Bytes& out, const Miniscript& script, ScriptContext context,
                     std::size_t branch, uint32_t index) {
    return Writer{out, context, branch, index}.write(script);
}

Policy policy_of(const Miniscript& script) {
    using F = Fragment;
    std::vector<Policy> parts;
    for (const KeyExpression& key : script.keys) parts.push_back(key_policy(key.label()));
    for (const Miniscript& part : script.parts) parts.push_back(policy_of(part));
    const auto secret = [&](std::string_view name) {
        return Policy{Policy::Kind::kSecret,
                      0,
                      format("{} {}...", name, to_hex(ByteView{script.hash}.first(4))),
                      {}};
    };
    switch (script.fragment) {
        case F::k0: return {Policy::Kind::kNever, 0, {}, {}};
        case F::k1: return {Policy::Kind::kAlways, 0, {}, {}};
        case F::kOlder: return {Policy::Kind::kOlder, script.number, {}, {}};
        case F::kAfter: return {Policy::Kind::kAfter, script.number, {}, {}};
        case F::kSha256: return secret("sha256");
        case F::kHash256: return secret("hash256");
        case F::kRipemd160: return secret("ripemd160");
        case F::kHash160: return secret("hash160");
        case F::kAndV:
        case F::kAndB: return all_of(std::move(parts));
        case F::kOrB:
        case F::kOrC:
        case F::kOrD:
        case F::kOrI: return any_of(std::move(parts));
        case F::kAndOr: {
            std::vector<Policy> both;
            both.push_back(std::move(parts[0]));
            both.push_back(std::move(parts[1]));
            std::vector<Policy> either;
            either.push_back(all_of(std::move(both)));
            either.push_back(std::move(parts[2]));
            return any_of(std::move(either));
        }
        case F::kThresh:
        case F::kMulti:
        case F::kSortedMulti:
        case F::kMultiA:
        case F::kSortedMultiA: return threshold(script.number, std::move(parts));
        default: return std::move(parts[0]);
    }
}

}  // namespace cordon::chain
