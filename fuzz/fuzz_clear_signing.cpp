// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>
#include <string_view>

#include <cordon/base/check.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/explain/clear_signing.hpp>

namespace {

using namespace cordon;

/// Whatever descriptor and payload say, nothing that moves a screen gets out.
void check_text(std::string_view text) {
    for (const char c : text) CORDON_CHECK(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
}

void check(const Result<explain::ClearScreens>& shown) {
    if (!shown) return;
    for (const explain::Screen& screen : shown->screens) {
        check_text(screen.label);
        check_text(screen.value);
    }
    check_text(shown->intent);
    check_text(shown->sentence);
    check_text(shown->owner);
    for (const std::string& name : shown->left_out) check_text(name);
}

}  // namespace

/// A descriptor, 0x00, a document that it may include as "b.json", 0x00, and a call of its contract
/// or, when that begins with {, typed data.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
    const std::string_view all{reinterpret_cast<const char*>(data), size};
    const std::size_t first = std::min(all.find('\0'), all.size());
    const std::size_t second = std::min(all.find('\0', first + 1), all.size());
    const std::string_view included =
        all.substr(std::min(first + 1, all.size()), second - std::min(first + 1, second));
    const std::string_view payload = all.substr(std::min(second + 1, all.size()));
    const explain::ClearSigning signing{explain::read_clear_registry(
        {{"a.json", std::string{all.substr(0, first)}}, {"b.json", std::string{included}}})};
    const explain::Context context;
    if (payload.starts_with('{')) {
        if (const auto typed = chain::parse_typed_data(payload))
            check(signing.message(*typed, {}, context));
        return 0;
    }
    const ByteView bytes{reinterpret_cast<const uint8_t*>(payload.data()), payload.size()};
    for (const explain::ClearDescriptor& descriptor : signing.registry().descriptors)
        for (const explain::ClearDeployment& each : descriptor.deployments)
            check(signing.call({{ChainFamily::kEvm, each.chain},
                                {},
                                Address{AddressKind::kEvm, *parse_hex0x(each.address)},
                                Amount{1U},
                                bytes},
                               context));
    return 0;
}
