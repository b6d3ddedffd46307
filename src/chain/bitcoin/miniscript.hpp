// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cordon/base/bytes.hpp>

#include "expression.hpp"
#include "key_expression.hpp"
#include "policy.hpp"

/// Miniscript (BIP-379): scripts that can be read back into who may spend when.
namespace cordon::chain {

enum class Fragment : uint8_t {
    k0,
    k1,
    kPkK,
    kPkH,
    kOlder,
    kAfter,
    kSha256,
    kHash256,
    kRipemd160,
    kHash160,
    kAndOr,
    kAndV,
    kAndB,
    kOrB,
    kOrC,
    kOrD,
    kOrI,
    kThresh,
    kMulti,
    kSortedMulti,
    kMultiA,
    kSortedMultiA,
    kWrapA,
    kWrapS,
    kWrapC,
    kWrapD,
    kWrapV,
    kWrapJ,
    kWrapN,
};

/// BIP-379's types, as bits: one of B V K W, and what else holds.
enum MiniType : uint16_t {
    kTypeB = 1,
    kTypeV = 2,
    kTypeK = 4,
    kTypeW = 8,
    kTypeZ = 16,
    kTypeO = 32,
    kTypeN = 64,
    kTypeD = 128,
    kTypeU = 256,
};

struct Miniscript {
    Fragment fragment = Fragment::k0;
    uint16_t type = 0;
    uint32_t number = 0;  ///< Of a lock or threshold.
    Bytes hash;
    std::vector<KeyExpression> keys;
    std::vector<Miniscript> parts;
};

enum class ScriptContext : uint8_t {
    kBare,  ///< Before segwit: keys alone and multisig only, long keys allowed.
    kWsh,
    kTapscript,
};

/// A whole script of type B. Types are checked as the BIP's table of correctness says, so that a
/// script does what its text says; that nobody else can change a witness (non-malleability) and
/// that no way needs both a height and a time is not checked. kMalformed, kUnsupported (private
/// keys, musig), kLimit.
Result<Miniscript> parse_miniscript(const Expression& expression, ScriptContext context);

Status append_script(Bytes& out, const Miniscript& script, ScriptContext context,
                     std::size_t branch, uint32_t index);

Policy policy_of(const Miniscript& script);

/// Calls `visit` for every key.
template <typename Visit>
void each_key(const Miniscript& script, const Visit& visit) {
    for (const KeyExpression& key : script.keys) visit(key);
    for (const Miniscript& part : script.parts) each_key(part, visit);
}

}  // namespace cordon::chain
