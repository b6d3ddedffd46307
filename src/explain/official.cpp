// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "official.hpp"

#include <algorithm>
#include <array>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>

namespace cordon::explain {
namespace {

using Kind = Official::Kind;

// From the repository safe-deployments (src/assets, README; read in 2026-11) and the change log of
// safe-smart-account: every release from 1.0.0 to 1.5.0. A few old libraries are left out, since
// what they do is not what their later namesakes do: MultiSend 1.0.0, CreateAndAddModules 1.1.1.
constexpr auto kOfficial = std::to_array<Official>({
    {"017062a1de2fe6b99be3d9d37841fed19f573804", Kind::kHandler, "1.3.0", "eip155"},
    {"0408ef011960d02349d50286d20531229bcef773", Kind::kMultiSendCallOnly, "1.4.1", "zksync"},
    {"0dfcccb95225ffb03c6fbb2559b530c2b7c8a912", Kind::kMultiSend, "1.3.0", "zksync"},
    {"1727c2c531cf966f902e5927b98490fdfb3b2b70", Kind::kSingletonL2, "1.3.0", "zksync"},
    {"199a9df0224031c20cc27083a4164c9c8f1bcb39", Kind::kToL2Setup, "1.4.1", "zksync"},
    {"1eb4681c549d995abdc4ab189cabb9f00b508cab", Kind::kSingletonL2, "1.4.0", "canonical"},
    {"218543288004cd07832472d464648173c77d7eb7", Kind::kMultiSend, "1.5.0", "canonical"},
    {"29fcb43b46531bca003ddc8fcb67ffe91900c762", Kind::kSingletonL2, "1.4.1", "canonical"},
    {"2ef5ecfbea521449e4de05edb1ce63b75eda90b4", Kind::kCreateCall, "1.5.0", "canonical"},
    {"2f870a80647bbc554f3a0ebd093f11b4d2a7492a", Kind::kHandler, "1.3.0", "zksync"},
    {"309d0b190fecca8e1d5d8309a16f7e3cb133e885", Kind::kMultiSend, "1.4.1", "zksync"},
    {"34cfac646f301356faa8b21e94227e3583fe3f5f", Kind::kSingleton, "1.1.1", "canonical"},
    {"357147caf9c0cca67dfa0cf5369318d8193c8407", Kind::kSignMessageLib, "1.3.0", "zksync"},
    {"38869bf66a61cf6bdb996a6ae40d5853fd43b526", Kind::kMultiSend, "1.4.1", "canonical"},
    {"3e5c63644e683549055b9be8653de26e0b4cd36e", Kind::kSingletonL2, "1.3.0", "canonical"},
    {"3efcbb83a4a7afcb4f68d501e2c2203a38be77f4", Kind::kHandler, "1.5.0", "canonical"},
    {"40a2accbd92bca938b02010e17a5b8929b49130d", Kind::kMultiSendCallOnly, "1.3.0", "canonical"},
    {"41675c099f32341bf84bfc5382af534df5c7461a", Kind::kSingleton, "1.4.1", "canonical"},
    {"4ffef8222648872b3de295ba1e49110e61f5b5aa", Kind::kSignMessageLib, "1.5.0", "canonical"},
    {"526643f69b81b008f46d95cd5ced5ec0edffdac6", Kind::kMigration, "1.4.1", "canonical"},
    {"58fce385ed16beb4bce49c8df34c7d6975807520", Kind::kSignMessageLib, "1.4.0", "canonical"},
    {"610fca2e0279fa1f8c00c8c2f71df522ad469380", Kind::kSingletonL2, "1.4.1", "zksync"},
    {"6439e7abd8bb915a5263094784c5cf561c4172ac", Kind::kMigration, "1.5.0", "canonical"},
    {"6851d6fdfafd08c0295c392436245e5bc78b0185", Kind::kSingleton, "1.2.0", "canonical"},
    {"69f4d1788e39c87893c980c06edf4b7f686e2938", Kind::kSingleton, "1.3.0", "eip155"},
    {"7cbb62eaa69f79e6873cd1ecb2392971036cfaa4", Kind::kCreateCall, "1.3.0", "canonical"},
    {"817756c6c555a94bcee39eb5a102abc1678b09a7", Kind::kMigration, "1.4.1", "zksync"},
    {"8538fcbccba7f5303d2c679fa5d7a629a8c9bf4a", Kind::kCreateCall, "1.1.1", "canonical"},
    {"8d29be29923b68abfdd21e541b9374737b49cdad", Kind::kMultiSend, "1.1.1", "canonical"},
    {"900c7589200010d6c6ecaae5b06ebe653bc2d82a", Kind::kToL2Setup, "1.5.0", "canonical"},
    {"9301e98dd367135f21bdf66f342a249c9d5f9069", Kind::kHandler, "1.4.1", "zksync"},
    {"9641d764fc13c8b624c04430c7356c1c7c8102e2", Kind::kMultiSendCallOnly, "1.4.1", "canonical"},
    {"98ffbbf51bb33a056b08ddf711f289936aaff717", Kind::kSignMessageLib, "1.3.0", "eip155"},
    {"998739bfdaadde7c933b942a68053933098f9eda", Kind::kMultiSend, "1.3.0", "eip155"},
    {"9b35af71d77eaf8d7e40252370304687390a1a52", Kind::kCreateCall, "1.4.1", "canonical"},
    {"a1dabef33b3b82c7814b6d82a79e50f4ac44102b", Kind::kMultiSendCallOnly, "1.3.0", "eip155"},
    {"a238cbeb142c10ef7ad8442c6d1f9e89e07e7761", Kind::kMultiSend, "1.3.0", "canonical"},
    {"a26620d1f8f1a2433f0d25027f141aacafb3e590", Kind::kToL2Migration, "1.4.1", "zksync"},
    {"a65387f16b013cf2af4605ad8aa5ec25a2cba3a2", Kind::kSignMessageLib, "1.3.0", "canonical"},
    {"a83c336b20401af773b6219ba5027174338d1836", Kind::kMultiSendCallOnly, "1.5.0", "canonical"},
    {"aaa566fe7978bb0fb0b5362b7ba23038f4428d8f", Kind::kCreateCall, "1.4.1", "zksync"},
    {"aca1ec0a1a575cdccf1dc3d5d296202eb6061888", Kind::kSignMessageLib, "1.4.1", "zksync"},
    {"b00ce5cccdef57e539ddced01df43a13855d9910", Kind::kSingleton, "1.3.0", "zksync"},
    {"b19d6ffc2182150f8eb585b79d4abcd7c5640a9d", Kind::kCreateCall, "1.3.0", "eip155"},
    {"b6029ea3b2c51d09a50b53ca8012feeb05bda35a", Kind::kSingleton, "1.0.0", "canonical"},
    {"bd89a1ce4dde368ffab0ec35506eece0b1ffdc54", Kind::kToL2Setup, "1.4.1", "canonical"},
    {"c35f063962328ac65ced5d4c3fc5def8dec68dfa", Kind::kSingleton, "1.4.1", "zksync"},
    {"c962e67d9490e154d81181879ddf4cd3b65d2132", Kind::kSingleton, "1.4.0", "canonical"},
    {"cb8e5e438c5c2b45fbe17b02ca9af91509a8ad56", Kind::kCreateCall, "1.3.0", "zksync"},
    {"d53cd0ab83d845ac265be939c57f53ad838012c9", Kind::kSignMessageLib, "1.4.1", "canonical"},
    {"d5d82b6addc9027b22dca772aa68d5d74cdbdf44", Kind::kHandler, "1.1.1", "canonical"},
    {"d9db270c1b5e3bd161e8c8503c55ceabee709552", Kind::kSingleton, "1.3.0", "canonical"},
    {"edd160febbd92e350d4d398fb636302fccd67c7e", Kind::kSingletonL2, "1.5.0", "canonical"},
    {"f220d3b4dfb23c4ade8c88e526c1353abacbc38f", Kind::kMultiSendCallOnly, "1.3.0", "zksync"},
    {"f48f2b2d2a534e402487b3ee7c18c33aec0fe5e4", Kind::kHandler, "1.3.0", "canonical"},
    {"fb1bffc9d739b8d520daf37df666da4c687191ea", Kind::kSingletonL2, "1.3.0", "eip155"},
    {"fd0732dc9e303f09fcef3a7388ad10a83459ec99", Kind::kHandler, "1.4.1", "canonical"},
    {"ff51a5898e281db6dfc7855790607438df2ca44b", Kind::kSingleton, "1.5.0", "canonical"},
    {"ff83f6335d8930cbad1c0d439a841f01888d9f69", Kind::kToL2Migration, "1.4.1", "canonical"},
});

}  // namespace

std::string to_string(const Official& official) {
    static constexpr std::array<std::string_view, 10> kNames{
        "Safe",           "SafeL2",          "MultiSend",     "MultiSendCallOnly",
        "SignMessageLib", "CreateCall",      "SafeMigration", "SafeToL2Migration",
        "SafeToL2Setup",  "fallback handler"};
    return format("{} {}", kNames[static_cast<std::size_t>(official.kind)], official.version);
}

std::span<const Official> official_contracts() noexcept { return kOfficial; }

const Official* find_official(const Address& address) noexcept {
    if (address.kind() != AddressKind::kEvm) return nullptr;
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::array<char, 40> text;
    for (std::size_t i = 0; i < 20; ++i) {
        text[2 * i] = kDigits[address.payload()[i] >> 4];
        text[2 * i + 1] = kDigits[address.payload()[i] & 15];
    }
    const std::string_view wanted{text.data(), text.size()};
    const auto* const found = std::lower_bound(
        kOfficial.begin(), kOfficial.end(), wanted,
        [](const Official& each, std::string_view value) { return each.address < value; });
    return found != kOfficial.end() && found->address == wanted ? found : nullptr;
}

const Official* find_official(Kind kind, std::string_view version,
                              std::string_view deployment) noexcept {
    const Official* fallback = nullptr;
    for (const Official& each : kOfficial) {
        if (each.kind != kind || each.version != version) continue;
        if (each.deployment == deployment) return &each;
        if (each.deployment == "canonical") fallback = &each;
    }
    return fallback;
}

Address address_of(const Official& official) {
    std::array<uint8_t, 20> payload{};
    (void)decode_hex(official.address, payload);
    return Address{AddressKind::kEvm, payload};
}

}  // namespace cordon::explain
