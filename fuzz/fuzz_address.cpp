// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// Text of addresses, hashes and outpoints: what is taken prints as one text, which is taken again
// as the same.
#include <cordon/chain/bitcoin/base58.hpp>
#include <cordon/chain/bitcoin/bech32.hpp>
#include <cordon/chain/bitcoin/script.hpp>
#include <cordon/chain/text.hpp>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
    using namespace cordon;
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    for (const ChainId chain :
         {kBitcoin, kBitcoinTestnet, kBitcoinRegtest, kEthereum, kTronMainnet}) {
        if (const auto address = chain::parse_address(chain, text)) {
            for (const std::string& shown : {chain::format_address(chain, *address),
                                             chain::display_address(chain, *address)}) {
                const auto again = chain::parse_address(chain, shown);
                if (!again || *again != *address) __builtin_trap();
            }
            const auto script = chain::script_of_address(*address);
            if (script && chain::address_of_script(*script) != *address) __builtin_trap();
        }
        if (const auto hash = chain::parse_hash(chain, text))
            if (chain::parse_hash(chain, chain::format_hash(chain, *hash)).value() != *hash)
                __builtin_trap();
        if (const auto point = chain::parse_outpoint(chain, text))
            if (chain::parse_outpoint(chain, chain::format_outpoint(chain, *point)).value() !=
                *point)
                __builtin_trap();
    }
    if (const auto bytes = chain::parse_base58(text))
        if (chain::format_base58(*bytes) != text) __builtin_trap();
    if (const auto bech32 = chain::parse_bech32(text)) {
        std::string lower{text};
        for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        if (chain::format_bech32(*bech32) != lower) __builtin_trap();
    }
    const Address by_script = chain::address_of_script({data, size});
    if (!chain::parse_address(kBitcoin, chain::format_address(kBitcoin, by_script)))
        __builtin_trap();
    return 0;
}
