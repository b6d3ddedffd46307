// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "token.hpp"

#include <p11-kit/pkcs11.h>
#include <secp256k1.h>
#include <algorithm>
#include <array>

#include <cordon/base/format.hpp>

namespace cordon::hsm {
namespace {

// SEC 2: 1.3.132.0.10 as DER.
constexpr std::array<uint8_t, 7> kCurve{0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x0a};
constexpr std::size_t kPoint = 65, kSignature = 64;
constexpr std::string_view kApplication = "cordon";
constexpr CK_ULONG kBatch = 16;
constexpr std::size_t kMaxObjects = 10'000;

CK_ATTRIBUTE text_attribute(CK_ATTRIBUTE_TYPE type, std::string_view text) {
    return {type, const_cast<char*>(text.data()), text.size()};
}
template <typename Value>
CK_ATTRIBUTE attribute(CK_ATTRIBUTE_TYPE type, Value& value) {
    return {type, &value, sizeof value};
}

/// Objects of a session that fit a template.
Result<std::vector<CK_OBJECT_HANDLE>> find(const CK_FUNCTION_LIST& call, CK_SESSION_HANDLE session,
                                           std::span<CK_ATTRIBUTE> wanted) {
    if (const CK_RV rv = call.C_FindObjectsInit(session, wanted.data(), wanted.size());
        rv != CKR_OK)
        return fail(error_of("C_FindObjectsInit", rv));
    std::vector<CK_OBJECT_HANDLE> out;
    CK_RV rv = CKR_OK;
    for (CK_ULONG count = kBatch; rv == CKR_OK && count > 0 && out.size() < kMaxObjects;) {
        std::array<CK_OBJECT_HANDLE, kBatch> some{};
        rv = call.C_FindObjects(session, some.data(), kBatch, &count);
        if (rv == CKR_OK)
            out.insert(out.end(), some.begin(), some.begin() + std::min(count, kBatch));
    }
    call.C_FindObjectsFinal(session);
    if (rv != CKR_OK) return fail(error_of("C_FindObjects", rv));
    return out;
}

Result<Bytes> value_of(const CK_FUNCTION_LIST& call, CK_SESSION_HANDLE session,
                       CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type) {
    constexpr CK_ULONG kMost = 1 << 20;
    CK_ATTRIBUTE wanted{type, nullptr, 0};
    CK_RV rv = call.C_GetAttributeValue(session, object, &wanted, 1);
    if (rv != CKR_OK) return fail(error_of("C_GetAttributeValue", rv));
    if (wanted.ulValueLen > kMost)
        return fail(ErrorCode::kLimit, "an attribute of more than a megabyte");
    Bytes out(wanted.ulValueLen);
    wanted.pValue = out.data();
    rv = call.C_GetAttributeValue(session, object, &wanted, 1);
    if (rv != CKR_OK) return fail(error_of("C_GetAttributeValue", rv));
    out.resize(std::min<std::size_t>(wanted.ulValueLen, out.size()));
    return out;
}

/// False, too, when the token does not say.
bool is_true(const CK_FUNCTION_LIST& call, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object,
             CK_ATTRIBUTE_TYPE type) {
    const auto value = value_of(call, session, object, type);
    return value && value->size() == 1 && value->front() == CK_TRUE;
}

/// CKA_EC_POINT is a DER octet string around the point; some tokens give the point bare.
Result<crypto::PublicKey> point_of(ByteView value) {
    if (value.size() == kPoint + 2 && value[0] == 0x04 && value[1] == kPoint)
        value = value.subspan(2);
    return crypto::PublicKey::parse(value);
}

}  // namespace

Result<vault::RecoverableSignature> normalized(ByteView r_and_s, const Hash256& digest,
                                               const crypto::PublicKey& key) {
    if (r_and_s.size() != kSignature)
        return fail(ErrorCode::kCorrupt,
                    format("the token gave {} bytes as a signature", r_and_s.size()));
    secp256k1_ecdsa_signature any, low;
    std::array<uint8_t, kSignature> bytes{};
    if (secp256k1_ecdsa_signature_parse_compact(secp256k1_context_static, &any, r_and_s.data()) !=
        1)
        return fail(ErrorCode::kCorrupt, "the token gave numbers beyond the curve's order");
    secp256k1_ecdsa_signature_normalize(secp256k1_context_static, &low, &any);
    secp256k1_ecdsa_signature_serialize_compact(secp256k1_context_static, bytes.data(), &low);
    const auto signature = crypto::parse_ecdsa(bytes);
    if (!signature || !crypto::verify(*signature, digest, key))
        return fail(ErrorCode::kCorrupt, "the token's signature does not verify with its key");
    for (const bool odd_y : {false, true})
        if (const auto found = crypto::recover(*signature, digest, odd_y); found && *found == key)
            return vault::RecoverableSignature{*signature, odd_y};
    return fail(ErrorCode::kCorrupt, "the token's signature recovers to another key");
}

Result<std::shared_ptr<Token>> Token::open(std::shared_ptr<Module> module, const std::string& label,
                                           std::string_view pin) {
    CORDON_TRY(const std::vector<Slot> slots, module->slots());
    const auto is_it = [&](const Slot& slot) { return slot.initialized && slot.label == label; };
    const auto slot = std::ranges::find_if(slots, is_it);
    if (slot == slots.end()) return fail(ErrorCode::kNotFound, "no token \"" + label + "\"");
    if (std::ranges::count_if(slots, is_it) > 1)
        return fail(ErrorCode::kDuplicate, "two tokens are called \"" + label + "\"");
    std::shared_ptr<Token> out{new Token{std::move(module)}};
    out->label_ = label;
    const CK_FUNCTION_LIST& call = out->module_->call();
    CK_RV rv = call.C_OpenSession(slot->id, CKF_SERIAL_SESSION | CKF_RW_SESSION, nullptr, nullptr,
                                  &out->session_);
    if (rv != CKR_OK) return fail(error_of("C_OpenSession", rv));
    out->open_ = true;
    rv = call.C_Login(out->session_, CKU_USER,
                      reinterpret_cast<unsigned char*>(const_cast<char*>(pin.data())), pin.size());
    if (rv != CKR_OK) return fail(error_of("C_Login", rv));
    out->logged_in_ = true;
    return out;
}

Token::~Token() {
    const CK_FUNCTION_LIST& call = module_->call();
    if (logged_in_) call.C_Logout(session_);
    if (open_) call.C_CloseSession(session_);
}

Result<std::vector<Token::Found>> Token::find_keys() const {
    const CK_FUNCTION_LIST& call = module_->call();
    CK_OBJECT_CLASS private_class = CKO_PRIVATE_KEY, public_class = CKO_PUBLIC_KEY;
    CK_KEY_TYPE type = CKK_EC;
    std::array wanted{attribute(CKA_CLASS, private_class), attribute(CKA_KEY_TYPE, type)};
    CORDON_TRY(const auto handles, find(call, session_, wanted));
    std::vector<Found> out;
    for (const CK_OBJECT_HANDLE handle : handles) {
        const auto curve = value_of(call, session_, handle, CKA_EC_PARAMS);
        if (!curve || !std::ranges::equal(*curve, kCurve)) continue;
        CORDON_TRY(const Bytes name, value_of(call, session_, handle, CKA_LABEL));
        CORDON_TRY(Bytes id, value_of(call, session_, handle, CKA_ID));
        std::array half{attribute(CKA_CLASS, public_class), attribute(CKA_KEY_TYPE, type),
                        CK_ATTRIBUTE{CKA_ID, id.data(), id.size()}};
        CORDON_TRY(const auto publics, find(call, session_, half));
        if (publics.size() != 1) continue;
        CORDON_TRY(const Bytes point, value_of(call, session_, publics[0], CKA_EC_POINT));
        CORDON_TRY(const crypto::PublicKey key, point_of(point));
        const bool stays = is_true(call, session_, handle, CKA_SENSITIVE) &&
                           is_true(call, session_, handle, CKA_NEVER_EXTRACTABLE) &&
                           !is_true(call, session_, handle, CKA_EXTRACTABLE);
        out.push_back({{std::string{name.begin(), name.end()}, key, stays}, handle});
    }
    std::ranges::sort(out, {}, [](const Found& found) { return found.key.label; });
    return out;
}

Result<std::vector<TokenKey>> Token::keys() const {
    CORDON_TRY(const auto found, find_keys());
    std::vector<TokenKey> out;
    for (const Found& each : found) out.push_back(each.key);
    return out;
}

Result<TokenKey> Token::generate(const std::string& label) {
    if (label.empty()) return fail(ErrorCode::kInvalidParam, "a key needs a label");
    CORDON_TRY(const auto before, find_keys());
    const auto named = [&](const Found& found) { return found.key.label == label; };
    if (std::ranges::any_of(before, named))
        return fail(ErrorCode::kDuplicate, "there is a key \"" + label + "\"");
    const CK_FUNCTION_LIST& call = module_->call();
    CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
    auto curve = kCurve;
    // What joins the two halves; of its own, for others may have numbered theirs from 1.
    std::array<uint8_t, 16> id{};
    if (const CK_RV rv = call.C_GenerateRandom(session_, id.data(), id.size()); rv != CKR_OK)
        return fail(error_of("C_GenerateRandom", rv));
    const CK_ATTRIBUTE name = text_attribute(CKA_LABEL, label);
    const CK_ATTRIBUTE number{CKA_ID, id.data(), id.size()};
    std::array open{attribute(CKA_TOKEN, yes), attribute(CKA_VERIFY, yes),
                    CK_ATTRIBUTE{CKA_EC_PARAMS, curve.data(), curve.size()}, name, number};
    std::array hidden{attribute(CKA_TOKEN, yes),
                      attribute(CKA_PRIVATE, yes),
                      attribute(CKA_SENSITIVE, yes),
                      attribute(CKA_EXTRACTABLE, no),
                      attribute(CKA_SIGN, yes),
                      name,
                      number};
    CK_MECHANISM mechanism{CKM_EC_KEY_PAIR_GEN, nullptr, 0};
    CK_OBJECT_HANDLE public_key = 0, private_key = 0;
    if (const CK_RV rv =
            call.C_GenerateKeyPair(session_, &mechanism, open.data(), open.size(), hidden.data(),
                                   hidden.size(), &public_key, &private_key);
        rv != CKR_OK)
        return fail(error_of("C_GenerateKeyPair", rv));
    CORDON_TRY(const auto after, find_keys());
    const auto made = std::ranges::find_if(after, named);
    if (made == after.end())
        return fail(ErrorCode::kCorrupt, "the token made a key and does not find it again");
    return made->key;
}

Result<Bytes> Token::data(const std::string& label) const {
    CK_OBJECT_CLASS kind = CKO_DATA;
    std::array wanted{attribute(CKA_CLASS, kind), text_attribute(CKA_APPLICATION, kApplication),
                      text_attribute(CKA_LABEL, label)};
    CORDON_TRY(const auto found, find(module_->call(), session_, wanted));
    if (found.empty()) return fail(ErrorCode::kNotFound, "no data \"" + label + "\" in the token");
    if (found.size() > 1)
        return fail(ErrorCode::kDuplicate, "two data objects are called \"" + label + "\"");
    if (!is_true(module_->call(), session_, found[0], CKA_PRIVATE))
        return fail(ErrorCode::kPermission,
                    "the data \"" + label + "\" was written without a PIN: not by us");
    return value_of(module_->call(), session_, found[0], CKA_VALUE);
}

Status Token::store(const std::string& label, ByteView content) {
    if (const auto before = data(label); before || before.error().code != ErrorCode::kNotFound)
        return fail(ErrorCode::kDuplicate, "there is data \"" + label + "\" in the token");
    CK_OBJECT_CLASS kind = CKO_DATA;
    CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
    std::array made{attribute(CKA_CLASS, kind),
                    attribute(CKA_TOKEN, yes),
                    attribute(CKA_PRIVATE, yes),
                    attribute(CKA_MODIFIABLE, no),
                    text_attribute(CKA_APPLICATION, kApplication),
                    text_attribute(CKA_LABEL, label),
                    CK_ATTRIBUTE{CKA_VALUE, const_cast<uint8_t*>(content.data()), content.size()}};
    CK_OBJECT_HANDLE object = 0;
    if (const CK_RV rv =
            module_->call().C_CreateObject(session_, made.data(), made.size(), &object);
        rv != CKR_OK)
        return fail(error_of("C_CreateObject", rv));
    return {};
}

Result<Bytes> Token::sign(Handle key, const Hash256& digest) const {
    const CK_FUNCTION_LIST& call = module_->call();
    CK_MECHANISM mechanism{CKM_ECDSA, nullptr, 0};
    if (const CK_RV rv = call.C_SignInit(session_, &mechanism, key); rv != CKR_OK)
        return fail(error_of("C_SignInit", rv));
    Hash256 message = digest;
    Bytes out(2 * kSignature);
    CK_ULONG size = out.size();
    if (const CK_RV rv =
            call.C_Sign(session_, message.bytes.data(), message.bytes.size(), out.data(), &size);
        rv != CKR_OK)
        return fail(error_of("C_Sign", rv));
    out.resize(std::min<std::size_t>(size, out.size()));
    return out;
}

/// One key of a token; there are no others below it.
class TokenSigner final : public vault::Signer {
public:
    TokenSigner(std::shared_ptr<Token> token, Token::Found found)
        : token_{std::move(token)}, found_{std::move(found)} {}

    std::string name() const override {
        return format("{} of token {}", found_.key.label, token_->label());
    }
    Result<crypto::PublicKey> public_key(const vault::KeyPath& path) override {
        CORDON_TRY(only_root(path));
        return found_.key.public_key;
    }
    Result<vault::RecoverableSignature> sign_ecdsa(const Hash256& digest,
                                                   const vault::KeyPath& path) override {
        CORDON_TRY(only_root(path));
        CORDON_TRY(const Bytes answer, token_->sign(found_.handle, digest));
        return normalized(answer, digest, found_.key.public_key);
    }
    Result<Bytes> sign_schnorr(const Hash256&, const vault::KeyPath&,
                               const std::optional<Hash256>&) override {
        return fail(ErrorCode::kUnsupported, "PKCS#11 has no Schnorr signatures of secp256k1");
    }

private:
    static Status only_root(const vault::KeyPath& path) {
        if (path.empty()) return {};
        return fail(ErrorCode::kUnsupported, "a token's key has no keys derived from it");
    }

    std::shared_ptr<Token> token_;  // Shared with whoever lists its keys; logs out with the last.
    Token::Found found_;
};

Result<std::unique_ptr<vault::Signer>> Token::signer(std::shared_ptr<Token> token,
                                                     const std::string& label) {
    CORDON_TRY(const auto found, token->find_keys());
    const auto named = [&](const Found& each) { return each.key.label == label; };
    const auto it = std::ranges::find_if(found, named);
    if (it == found.end())
        return fail(ErrorCode::kNotFound,
                    format("no key \"{}\" of secp256k1 in token {}", label, token->label()));
    if (std::ranges::count_if(found, named) > 1)
        return fail(ErrorCode::kDuplicate, "two keys are called \"" + label + "\"");
    return std::make_unique<TokenSigner>(std::move(token), *it);
}

}  // namespace cordon::hsm
