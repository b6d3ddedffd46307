// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "silent_payment.hpp"

#include <algorithm>
#include <map>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/crypto/hash.hpp>

#include "script.hpp"
#include "taproot.hpp"

namespace cordon::chain {
namespace {

using crypto::PublicKey;

// BIP-375's field types.
constexpr uint64_t kGlobalShare = 0x07, kGlobalProof = 0x08, kInputShare = 0x1d, kInputProof = 0x1e;
constexpr std::size_t kKey = 33;
// A proof costs a third of a millisecond, and a PSBT's author chooses how many there are. Real ones
// have one or two receivers.
constexpr std::size_t kMaxReceivers = 100, kMaxInputs = 2'000, kMaxProofs = 2'000;
/// BIP-341's point of unknown discrete logarithm: such an input signs by script only, and BIP-352
/// leaves it out.
constexpr std::string_view kNobody =
    "50929b74c1a04954b78b4b6035e97a5e078a5a0f28ec96d547bfee9ace803ac0";

bool same(ByteView a, ByteView b) noexcept {
    return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

Hash256 hash_of(ByteView bytes) {
    Hash256 out;
    std::copy_n(bytes.begin(), out.bytes.size(), out.bytes.begin());
    return out;
}

void append(Bytes& out, const PublicKey& key) {
    const auto bytes = key.compressed();
    out.insert(out.end(), bytes.begin(), bytes.end());
}

ByteView value_of(const std::vector<PsbtEntry>& entries, uint64_t type, ByteView key) {
    for (const PsbtEntry& entry : entries)
        if (entry.type == type && same(entry.key_data, key)) return entry.value;
    return {};
}

/// BIP-374: that the same secret leads from G to `a` and from `b` to `c`.
bool proves(ByteView proof, const PublicKey& a, const PublicKey& b, const PublicKey& c) {
    const Hash256 e = hash_of(proof), s = hash_of(proof.subspan(32));
    const auto difference = [&](const PublicKey& base, const PublicKey& image) {
        const Result<PublicKey> left = base.times(s), right = image.times(e);
        if (!left || !right) return Result<PublicKey>{fail(ErrorCode::kMalformed, "no scalar")};
        const PublicKey both[] = {*left, right->negated()};
        return PublicKey::sum(both);
    };
    const Result<PublicKey> r1 = difference(PublicKey::generator(), a), r2 = difference(b, c);
    if (!r1 || !r2) return false;
    Bytes bytes;
    for (const PublicKey& point : {a, b, c, PublicKey::generator(), *r1, *r2}) append(bytes, point);
    return tagged_hash("BIP0374/challenge", bytes) == e;
}

/// The key with which an input takes part; nothing when BIP-352 leaves it out.
/// Clears `bound` for a key that is only said to be the input's.
Result<std::optional<PublicKey>> eligible_key(const PsbtInput& input, bool& bound) {
    const OutputView* spent = input.spent();
    if (spent == nullptr) return fail(ErrorCode::kNotFound, "what it spends is not said");
    Address pays = address_of_script(spent->script);
    if (pays.kind() == AddressKind::kWitness)
        return fail(ErrorCode::kUnsupported, "a witness version that silent payments do not allow");
    if (pays.kind() == AddressKind::kP2tr) {
        if (to_hex(input.tap_key) == kNobody) return std::nullopt;
        CORDON_TRY(const PublicKey key, PublicKey::parse_x_only(pays.payload()));
        return key;
    }
    if (pays.kind() == AddressKind::kP2sh) pays = address_of_script(input.redeem_script);
    if (pays.kind() != AddressKind::kP2wpkh && pays.kind() != AddressKind::kP2pkh)
        return std::nullopt;
    std::vector<ByteView> candidates;
    for (const KeyOrigin& origin : input.keys) candidates.push_back(origin.key);
    for (const PartialSignature& each : input.signatures) candidates.push_back(each.key);
    for (const ByteView key : candidates)
        if (key.size() == kKey && same(crypto::hash160(key), pays.payload())) {
            CORDON_TRY(const PublicKey point, PublicKey::parse(key));
            return point;
        }
    // BIP-375 takes the key that the updater names.
    if (input.keys.size() != 1) return fail(ErrorCode::kNotFound, "its key is not given");
    bound = false;
    CORDON_TRY(const PublicKey named, PublicKey::parse(input.keys[0].key));
    return named;
}

/// Shares of all inputs for one scan key, added up; nothing when some are missing.
Result<std::optional<PublicKey>> shared_point(const Psbt& psbt, ByteView scan,
                                              const std::vector<std::optional<PublicKey>>& keys,
                                              const std::optional<PublicKey>& sum) {
    CORDON_TRY(const PublicKey scan_point, PublicKey::parse(scan));
    const auto checked = [&](ByteView share, ByteView proof,
                             const PublicKey& key) -> Result<PublicKey> {
        CORDON_TRY(const PublicKey point, PublicKey::parse(share));
        if (proof.empty()) return fail(ErrorCode::kMalformed, "a share without its proof");
        if (!proves(proof, key, scan_point, point))
            return fail(ErrorCode::kChecksum, "the proof of a share does not hold");
        return point;
    };
    std::optional<PublicKey> global;
    if (const ByteView share = value_of(psbt.globals, kGlobalShare, scan); !share.empty()) {
        if (!sum) return fail(ErrorCode::kMalformed, "a share, and no input that could give it");
        CORDON_TRY(global, checked(share, value_of(psbt.globals, kGlobalProof, scan), *sum));
    }
    std::vector<PublicKey> parts;
    bool all = true;
    for (std::size_t i = 0; i < psbt.inputs.size(); ++i) {
        if (!keys[i]) continue;
        const ByteView share = value_of(psbt.inputs[i].entries, kInputShare, scan);
        if (share.empty()) {
            all = false;
            continue;
        }
        const ByteView proof = value_of(psbt.inputs[i].entries, kInputProof, scan);
        Result<PublicKey> part = checked(share, proof, *keys[i]);
        if (!part) return fail(part.error().in(format("input {}", i)));
        parts.push_back(*part);
    }
    if (global) return global;
    if (!all || parts.empty()) return std::nullopt;
    CORDON_TRY(const PublicKey point, PublicKey::sum(parts));
    return point;
}

/// BIP-352: the smallest outpoint as bytes, and the sum of the keys.
Hash256 input_hash(const Psbt& psbt, const PublicKey& sum) {
    std::vector<Bytes> points;
    for (const InputView& input : psbt.txn.inputs) {
        Bytes& point =
            points.emplace_back(input.prevout.txid.bytes.begin(), input.prevout.txid.bytes.end());
        for (unsigned i = 0; i < 4; ++i)
            point.push_back(static_cast<uint8_t>(input.prevout.index >> 8 * i));
    }
    Bytes bytes = *std::min_element(points.begin(), points.end());
    append(bytes, sum);
    return tagged_hash("BIP0352/Inputs", bytes);
}

Result<Bytes> script_for(const PublicKey& secret, ByteView spend, uint32_t number) {
    CORDON_TRY(const PublicKey key, PublicKey::parse(spend));
    Bytes bytes;
    append(bytes, secret);
    for (int shift = 24; shift >= 0; shift -= 8)
        bytes.push_back(static_cast<uint8_t>(number >> shift));
    CORDON_TRY(const PublicKey output, key.add(tagged_hash("BIP0352/SharedSecret", bytes)));
    return *script_of_address(Address{AddressKind::kP2tr, output.x_only()});
}

}  // namespace

Result<SilentCheck> check_silent_payments(const Psbt& psbt) {
    SilentCheck out;
    // Outputs of one receiver, in the order of BIP-375: by spend key, then by place.
    std::map<Bytes, std::vector<std::pair<Bytes, std::size_t>>> receivers;
    for (std::size_t i = 0; i < psbt.outputs.size(); ++i) {
        const ByteView info = psbt.outputs[i].silent_payment;
        if (info.size() != 2 * kKey) continue;
        const ByteView scan = info.first(kKey), spend = info.subspan(kKey);
        receivers[{scan.begin(), scan.end()}].push_back({{spend.begin(), spend.end()}, i});
    }
    if (receivers.empty()) return out;
    if (receivers.size() > kMaxReceivers || psbt.inputs.size() > kMaxInputs ||
        receivers.size() * (psbt.inputs.size() + 1) > kMaxProofs)
        return fail(ErrorCode::kLimit, format("{} receivers of silent payments and {} inputs are "
                                              "more than is checked",
                                              receivers.size(), psbt.inputs.size()));
    std::vector<std::optional<PublicKey>> keys;
    std::vector<PublicKey> parts;
    for (std::size_t i = 0; i < psbt.inputs.size(); ++i) {
        auto key = eligible_key(psbt.inputs[i], out.keys_bound);
        if (!key) return fail(key.error().in(format("input {}", i)));
        if (*key) parts.push_back(**key);
        keys.push_back(*key);
    }
    std::optional<PublicKey> sum;
    if (!parts.empty()) {
        CORDON_TRY(sum, PublicKey::sum(parts));
    }
    bool open = false;
    for (auto& [scan, outputs] : receivers) {
        std::sort(outputs.begin(), outputs.end());
        CORDON_TRY(const std::optional<PublicKey> point, shared_point(psbt, scan, keys, sum));
        std::optional<PublicKey> secret;
        if (point && sum) {
            CORDON_TRY(secret, point->times(input_hash(psbt, *sum)));
        }
        for (std::size_t k = 0; k < outputs.size(); ++k) {
            const std::size_t index = outputs[k].second;
            const ByteView script = psbt.txn.outputs[index].script;
            if (script.empty()) {
                open = true;
                continue;
            }
            if (!secret)
                return fail(
                    ErrorCode::kMalformed,
                    format("output {}: its script is set, and not all shares are there", index));
            CORDON_TRY(const Bytes right,
                       script_for(*secret, outputs[k].first, static_cast<uint32_t>(k)));
            if (!same(script, right))
                return fail(ErrorCode::kChecksum,
                            format("output {}: it does not pay the receiver that it names", index));
        }
    }
    out.state = open ? SilentState::kOpen : SilentState::kProven;
    return out;
}

}  // namespace cordon::chain
