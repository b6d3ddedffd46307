// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <cordon/base/check.hpp>
#include <cordon/chain/block_source.hpp>
#include <cordon/chain/transfers_writer.hpp>

namespace {

/// All blocks up to the end or the first error.
std::vector<cordon::Block> read_blocks(std::span<const uint8_t> bytes, bool& complete) {
    std::vector<cordon::Block> blocks;
    complete = false;
    auto source = cordon::chain::open_transfers(cordon::memory_file("fuzz", bytes));
    while (source) {
        auto block = (*source)->next();
        if (!block) break;
        if (!*block) {
            complete = true;
            break;
        }
        blocks.push_back(std::move(**block));
    }
    return blocks;
}

}  // namespace

/// What is read can be written, and reads back as the same blocks.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
    bool complete = false;
    const auto blocks = read_blocks({data, size}, complete);
    std::string text{cordon::chain::transfers_header()};
    for (const cordon::Block& block : blocks)
        CORDON_CHECK(cordon::chain::append_transfers(text, block).has_value());
    const auto again =
        read_blocks({reinterpret_cast<const uint8_t*>(text.data()), text.size()}, complete);
    CORDON_CHECK(complete);
    CORDON_CHECK(again.size() == blocks.size());
    for (const cordon::Block& block : blocks)
        CORDON_CHECK(std::find(again.begin(), again.end(), block) != again.end());
    return 0;
}
