// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <cordon/wallet/bundle.hpp>
#include <cordon/wallet/fido_assert.hpp>
#include <cordon/wallet/request_json.hpp>

using namespace cordon;

namespace {

template <typename T>
void expect_same(const Result<T>& again, const T& before) {
    if (!again || *again != before) __builtin_trap();
}

}  // namespace

/// What people, queues and the online side hand in: what is read has one form, and no signature of
/// a stranger holds.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    if (const auto statement = wallet::parse_statement(text))
        if (statement->text() != text) __builtin_trap();
    if (const auto key = wallet::parse_approver_key(text))
        expect_same(wallet::parse_approver_key(key->text()), *key);
    if (const auto request = wallet::parse_request(text)) {
        expect_same(wallet::parse_request(wallet::format_request(*request)), *request);
        static_cast<void>(wallet::withdrawal_text(*request));
    }
    if (const auto bundle = wallet::parse_bundle(text))
        expect_same(wallet::parse_bundle(wallet::format_bundle(*bundle)), *bundle);
    if (const auto made = wallet::parse_signed(text)) {
        expect_same(wallet::parse_signed(wallet::format_signed(*made)), *made);
        wallet::ApproverKey key;
        key.key.assign(32, 1);
        if (wallet::verify_signed(*made, key)) __builtin_trap();
        key.kind = wallet::ApproverKey::Kind::kFidoEd25519;
        key.rp = "cordon.example";
        if (wallet::verify_signed(*made, key)) __builtin_trap();
    }
    const std::size_t cut = text.find('\0');
    if (cut != std::string_view::npos)
        static_cast<void>(
            wallet::signed_by_fido2_assert(text.substr(0, cut), text.substr(cut + 1)));
    return 0;
}
