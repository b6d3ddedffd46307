// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "descriptor.hpp"

#include <algorithm>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/crypto/hash.hpp>

#include "../text.hpp"
#include "opcodes.hpp"
#include "script.hpp"
#include "taproot.hpp"

namespace cordon::chain {
namespace {

// BIP-380.
constexpr std::string_view kInput =
    "0123456789()[],'/*abcdefgh@:$%{}"
    "IJKLMNOPQRSTUVWXYZ&+-.;<=>?!^_|~"
    "ijklmnopqrstuvwxyzABCDEFGH`#\"\\ ";
constexpr std::string_view kChecksum = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
constexpr std::size_t kChecksumSize = 8;
constexpr std::size_t kMaxRedeemScript = 520;      // Consensus: what a push may hold.
constexpr std::size_t kMaxWitnessScript = 10'000;  // Consensus: what a script may have.

/// BIP-341's point without known discrete logarithm: an internal key that nobody can sign with.
constexpr std::string_view kNobody =
    "50929b74c1a04954b78b4b6035e97a5e078a5a0f28ec96d547bfee9ace803ac0";

uint64_t poly_mod(uint64_t state, unsigned value) noexcept {
    constexpr uint64_t kGenerators[] = {0xf5dee51989, 0xa9fdca3312, 0x1bab10e32d, 0x3706b1677a,
                                        0x644d626ffd};
    const auto top = static_cast<unsigned>(state >> 35);
    state = (state & 0x7ffffffff) << 5 ^ value;
    for (unsigned i = 0; i < 5; ++i)
        if ((top >> i & 1) != 0) state ^= kGenerators[i];
    return state;
}

Bytes script_of(AddressKind kind, ByteView payload) {
    return *script_of_address(Address{kind, payload});
}

}  // namespace

class DescriptorParser {
public:
    explicit DescriptorParser(ChainId network) noexcept : network_{network} {}

    Result<Descriptor> parse(const Expression& expression) {
        CORDON_TRY(top(expression));
        Descriptor& out = descriptor_;
        for (const KeyExpression& key : out.key_) out.add_key(key);
        each_key(out.script_, [&](const KeyExpression& key) { out.add_key(key); });
        for (const auto& tree : out.tree_) add_keys(tree);
        bool fits = true;
        const auto check = [&](const KeyExpression& key) {
            fits = fits && (key.branches() == 1 || key.branches() == out.branches_);
        };
        for (const KeyExpression& key : out.key_) check(key);
        each_key(out.script_, check);
        if (!fits)
            return fail(ErrorCode::kMalformed, "keys with different counts of <..> (BIP-389)");
        return std::move(descriptor_);
    }

private:
    using Form = Descriptor::Form;

    Status top(const Expression& expression) {
        const std::string_view name = expression.name;
        if (!expression.call)
            return fail(ErrorCode::kMalformed, "expected a descriptor, as wpkh(..)");
        if (name == "sh") return inside(expression, [&](const Expression& e) { return sh(e); });
        if (name == "wsh") return inside(expression, [&](const Expression& e) { return wsh(e); });
        if (name == "wpkh") return key(expression, Form::kKeyHash);
        if (name == "combo") return key(expression, Form::kCombo);
        if (name == "rawtr") return key(expression, Form::kRawTaproot);
        if (name == "tr") return tr(expression);
        if (name == "addr" || name == "raw") return fixed(expression);
        return bare(expression);
    }

    template <typename Do>
    Status inside(const Expression& expression, const Do& next) {
        if (expression.arguments.size() != 1)
            return fail(ErrorCode::kMalformed,
                        format("{}: expected one thing in it", expression.name));
        return next(expression.arguments[0]);
    }

    Status sh(const Expression& expression) {
        descriptor_.in_sh_ = true;
        if (expression.name == "wpkh") return key(expression, Form::kKeyHash);
        if (expression.name == "wsh")
            return inside(expression, [&](const Expression& e) { return wsh(e); });
        return bare(expression);
    }

    Status wsh(const Expression& expression) {
        descriptor_.in_wsh_ = true;
        descriptor_.form_ = Form::kScript;
        CORDON_TRY(descriptor_.script_, parse_miniscript(expression, ScriptContext::kWsh));
        return {};
    }

    /// Only what wallets use before segwit: other scripts could not be read back.
    Status bare(const Expression& expression) {
        constexpr std::string_view kNames[] = {"pk", "pkh", "multi", "sortedmulti"};
        if (std::find(std::begin(kNames), std::end(kNames), expression.name) == std::end(kNames))
            return fail(ErrorCode::kMalformed, format("{} does not stand here", expression.name));
        descriptor_.form_ = Form::kScript;
        CORDON_TRY(descriptor_.script_, parse_miniscript(expression, ScriptContext::kBare));
        return {};
    }

    Status key(const Expression& expression, Form form) {
        descriptor_.form_ = form;
        return inside(expression, [&](const Expression& e) -> Status {
            const bool tap = form == Form::kRawTaproot || form == Form::kTaproot;
            return add(e, tap, form == Form::kKeyHash);
        });
    }

    Status add(const Expression& expression, bool x_only, bool compressed_only) {
        if (expression.call)
            return fail(ErrorCode::kUnsupported,
                        format("{}(...) as a key is not understood", expression.name));
        CORDON_TRY(KeyExpression one, KeyExpression::parse(expression.name, x_only));
        if ((compressed_only || x_only) && !one.compressed())
            return fail(ErrorCode::kMalformed, "an uncompressed key under segwit");
        descriptor_.key_.push_back(std::move(one));
        return {};
    }

    Status tr(const Expression& expression) {
        descriptor_.form_ = Form::kTaproot;
        if (expression.arguments.empty() || expression.arguments.size() > 2)
            return fail(ErrorCode::kMalformed, "tr: expected a key, and a tree at most");
        CORDON_TRY(add(expression.arguments[0], true, true));
        if (expression.arguments.size() == 1) return {};
        CORDON_TRY(Descriptor::Tree tree, subtree(expression.arguments[1]));
        descriptor_.tree_.push_back(std::move(tree));
        return {};
    }

    Result<Descriptor::Tree> subtree(const Expression& expression) {
        Descriptor::Tree out;
        if (expression.name != "{") {
            CORDON_TRY(out.script, parse_miniscript(expression, ScriptContext::kTapscript));
            return out;
        }
        if (expression.arguments.size() != 2)
            return fail(ErrorCode::kMalformed, "a branch of a taproot tree has two sides");
        for (const Expression& side : expression.arguments) {
            CORDON_TRY(Descriptor::Tree part, subtree(side));
            out.parts.push_back(std::move(part));
        }
        return out;
    }

    Status fixed(const Expression& expression) {
        descriptor_.form_ = Form::kFixed;
        return inside(expression, [&](const Expression& e) -> Status {
            if (e.call) return fail(ErrorCode::kMalformed, "expected an address or hex");
            if (expression.name == "raw") {
                CORDON_TRY(descriptor_.fixed_, parse_hex(e.name));
                descriptor_.fixed_text_ =
                    format_address(network_, address_of_script(descriptor_.fixed_));
                return {};
            }
            CORDON_TRY(const Address address, parse_address(network_, e.name));
            std::optional<Bytes> script = script_of_address(address);
            if (!script) return fail(ErrorCode::kMalformed, "an address without its script");
            descriptor_.fixed_ = std::move(*script);
            descriptor_.fixed_text_ = format_address(network_, address);
            return {};
        });
    }

    void add_keys(const Descriptor::Tree& tree) {
        if (tree.script)
            each_key(*tree.script, [&](const KeyExpression& each) { descriptor_.add_key(each); });
        for (const auto& part : tree.parts) add_keys(part);
    }

    ChainId network_;
    Descriptor descriptor_;
};

void Descriptor::add_key(const KeyExpression& key) {
    ranged_ = ranged_ || key.ranged();
    branches_ = std::max(branches_, key.branches());
    if (const auto fingerprint = key.fingerprint()) fingerprints_.push_back(*fingerprint);
}

Result<Descriptor> Descriptor::parse(std::string_view text, ChainId network) {
    if (const std::size_t hash = text.rfind('#'); hash != std::string_view::npos) {
        const std::string expected = descriptor_checksum(text.substr(0, hash));
        if (text.size() - hash - 1 != kChecksumSize || text.substr(hash + 1) != expected)
            return fail(ErrorCode::kChecksum,
                        format("the checksum of the descriptor is not {}", expected));
        text = text.substr(0, hash);
    }
    CORDON_TRY(const Expression expression, parse_expression(text));
    return DescriptorParser{network}.parse(expression);
}

Result<Hash256> Descriptor::root(const Tree& tree, std::size_t branch, uint32_t index) const {
    if (tree.script) {
        Bytes script;
        CORDON_TRY(append_script(script, *tree.script, ScriptContext::kTapscript, branch, index));
        return tap_leaf_hash(kTapscriptLeaf, script);
    }
    CORDON_TRY(const Hash256 left, root(tree.parts[0], branch, index));
    CORDON_TRY(const Hash256 right, root(tree.parts[1], branch, index));
    return tap_branch_hash(left, right);
}

Result<std::vector<Bytes>> Descriptor::scripts(std::size_t branch, uint32_t index) const {
    if (index >= kHardened) return fail(ErrorCode::kInvalidParam, "an index above 2^31");
    if (form_ == Form::kFixed) return std::vector<Bytes>{fixed_};
    Bytes script;
    if (form_ == Form::kScript) {
        const ScriptContext context = in_wsh_ ? ScriptContext::kWsh : ScriptContext::kBare;
        CORDON_TRY(append_script(script, script_, context, branch, index));
        if (script.size() > (in_wsh_ ? kMaxWitnessScript : kMaxRedeemScript))
            return fail(ErrorCode::kLimit,
                        format("a script of {} bytes cannot be spent", script.size()));
        if (in_wsh_) script = script_of(AddressKind::kP2wsh, crypto::sha256(script));
        if (in_sh_) script = script_of(AddressKind::kP2sh, crypto::hash160(script));
        return std::vector<Bytes>{script};
    }
    CORDON_TRY(const crypto::PublicKey key, key_[0].derive(branch, index));
    if (form_ == Form::kRawTaproot)
        return std::vector<Bytes>{script_of(AddressKind::kP2tr, key.x_only())};
    if (form_ == Form::kTaproot) {
        std::optional<Hash256> merkle;
        if (!tree_.empty()) {
            CORDON_TRY(merkle, root(tree_[0], branch, index));
        }
        CORDON_TRY(const crypto::PublicKey output, tap_output_key(key.x_only(), merkle));
        return std::vector<Bytes>{script_of(AddressKind::kP2tr, output.x_only())};
    }
    const auto point = key.compressed();
    const Bytes program = script_of(AddressKind::kP2wpkh, crypto::hash160(point));
    const Bytes nested = script_of(AddressKind::kP2sh, crypto::hash160(program));
    if (form_ == Form::kKeyHash) return std::vector<Bytes>{in_sh_ ? nested : program};
    // BIP-384: both old forms, and both of segwit when the key is compressed.
    Bytes bytes(point.begin(), point.end());
    if (!key_[0].compressed()) {
        const auto full = key.uncompressed();
        bytes.assign(full.begin(), full.end());
    }
    Bytes bare{static_cast<uint8_t>(bytes.size())};
    bare.insert(bare.end(), bytes.begin(), bytes.end());
    bare.push_back(kOpCheckSig);
    std::vector<Bytes> out{bare, script_of(AddressKind::kP2pkh, crypto::hash160(bytes))};
    if (key_[0].compressed()) out.insert(out.end(), {program, nested});
    return out;
}

Result<SpendingData> Descriptor::spending(std::size_t branch, uint32_t index) const {
    const bool script_hash = form_ == Form::kScript && in_wsh_ && !in_sh_;
    const bool key_hash = form_ == Form::kKeyHash && !in_sh_;
    const bool key_path = form_ == Form::kTaproot && tree_.empty();
    if (!script_hash && !key_hash && !key_path)
        return fail(ErrorCode::kUnsupported,
                    "descriptor: expected wpkh, wsh, or tr with a key alone");
    SpendingData out;
    CORDON_TRY(const std::vector<Bytes> scripts, this->scripts(branch, index));
    out.script = scripts[0];
    if (script_hash)
        CORDON_TRY(append_script(out.witness_script, script_, ScriptContext::kWsh, branch, index));
    Status status;
    const auto add = [&](const KeyExpression& key) {
        const Result<crypto::PublicKey> point = key.derive(branch, index);
        if (!point) {
            status = fail(point.error());
            return;
        }
        SpendingData::Key told;
        const Hash256 x = point->x_only();
        const auto compressed = point->compressed();
        if (key_path) out.tap_key.assign(x.bytes.begin(), x.bytes.end());
        if (!key.fingerprint()) return;
        told.key = key_path ? out.tap_key : Bytes(compressed.begin(), compressed.end());
        told.fingerprint = *key.fingerprint();
        told.path = key.path(branch, index);
        out.keys.push_back(std::move(told));
    };
    for (const KeyExpression& key : key_) add(key);
    if (script_hash) each_key(script_, add);
    CORDON_TRY(status);
    return out;
}

std::string Descriptor::words() const {
    if (form_ == Form::kFixed) return format("whoever owns {}", fixed_text_);
    if (form_ == Form::kScript) return to_string(policy_of(script_));
    std::vector<Policy> ways;
    const auto point = key_[0].derive(0, 0);
    if (!(point && to_hex(point->x_only()) == kNobody)) ways.push_back(key_policy(key_[0].label()));
    std::vector<const Tree*> left;
    for (const Tree& tree : tree_) left.push_back(&tree);
    while (!left.empty()) {
        const Tree* tree = left.back();
        left.pop_back();
        if (tree->script) ways.push_back(policy_of(*tree->script));
        for (auto part = tree->parts.rbegin(); part != tree->parts.rend(); ++part)
            left.push_back(&*part);
    }
    return to_string(any_of(std::move(ways)));
}

std::string descriptor_checksum(std::string_view text) {
    uint64_t state = 1;
    unsigned group = 0, count = 0;
    for (const char c : text) {
        const std::size_t at = kInput.find(c);
        if (at == std::string_view::npos) return {};
        state = poly_mod(state, static_cast<unsigned>(at & 31));
        group = group * 3 + static_cast<unsigned>(at >> 5);
        if (++count < 3) continue;
        state = poly_mod(state, group);
        group = count = 0;
    }
    if (count > 0) state = poly_mod(state, group);
    for (std::size_t i = 0; i < kChecksumSize; ++i) state = poly_mod(state, 0);
    state ^= 1;
    std::string out;
    for (std::size_t i = 0; i < kChecksumSize; ++i)
        out.push_back(kChecksum[state >> 5 * (kChecksumSize - 1 - i) & 31]);
    return out;
}

}  // namespace cordon::chain
