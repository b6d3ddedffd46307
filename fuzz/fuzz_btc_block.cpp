// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// The first byte chooses the network and the XOR key; the rest is a file of blocks, beside one that
// is none. What comes out has rising numbers; a block that is read alone is written again byte for
// byte.
#include <cordon/chain/bitcoin/check.hpp>
#include <cordon/chain/block_source.hpp>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
    using namespace cordon;
    if (size == 0) return 0;
    const ChainId network{ChainFamily::kBitcoin, data[0] % 3U};
    const Bytes key = (data[0] & 4) != 0 ? Bytes{1, 2, 3, 4, 5, 6, 7, 8} : Bytes{};
    const ByteView rest{data + 1, size - 1};

    const auto check = chain::check_block_bytes(rest);
    if (check && !check->reencodes) __builtin_trap();

    static constexpr std::array<uint8_t, 4> kOther{'t', 'e', 'x', 't'};
    const auto files = [&] {
        return std::vector{memory_file("blk00000.dat", rest), memory_file("single", rest),
                           memory_file("other", kOther)};
    };
    for (const bool named : {true, false}) {
        std::vector<InputFile> input = files();
        if (!named) input.erase(input.begin());
        auto source = chain::open_bitcoin_blocks(std::move(input), network, key);
        if (!source) continue;
        std::optional<BlockNum> last;
        for (;;) {
            const auto block = (*source)->next();
            if (!block || !*block) break;
            if (last && (*block)->header.number <= *last) __builtin_trap();
            last = (*block)->header.number;
        }
    }
    return 0;
}
