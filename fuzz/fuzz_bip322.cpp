// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// A message signature for an address whose key nobody has: judging it ends, and never says valid.
#include <cordon/base/base64.hpp>
#include <cordon/chain/bitcoin/message.hpp>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
    using namespace cordon;
    if (size < 2) return 0;
    constexpr AddressKind kKinds[] = {AddressKind::kP2pkh, AddressKind::kP2sh, AddressKind::kP2wpkh,
                                      AddressKind::kP2wsh, AddressKind::kP2tr};
    constexpr std::string_view kPrefixes[] = {"", "smp", "ful", "pof"};
    const AddressKind kind = kKinds[data[0] % std::size(kKinds)];
    const Bytes payload(*payload_size(kind), data[0]);
    const std::string text =
        std::string{kPrefixes[data[1] % std::size(kPrefixes)]} + to_base64({data + 2, size - 2});
    const auto check = chain::check_message(Address{kind, payload}, "message", text);
    // Nobody has a key or a script of these addresses.
    if (check && check->verdict == chain::SpendVerdict::kValid) __builtin_trap();
    // The same bytes as the text itself, too.
    (void)chain::check_message(Address{kind, payload}, "message",
                               {reinterpret_cast<const char*>(data), size});
    return 0;
}
