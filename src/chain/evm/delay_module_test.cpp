// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "delay_module.hpp"

#include <gtest/gtest.h>

#include <cordon/base/hex.hpp>
#include <cordon/chain/text.hpp>

namespace cordon::chain {
namespace {

Address evm(std::string_view text) { return parse_address(kEthereum, text).value(); }

DelaySetup setup() {
    const Address safe = evm("0x5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a");
    return {safe, safe, safe, Amount{86'400U}, Amount{172'800U}};
}

TEST(DelayModule, is_set_up_by_a_call_that_reads_back) {
    const Bytes call = encode_delay_setup(setup()).value();
    EXPECT_EQ(call.size(), 4U + 2 * 32 + 5 * 32);
    EXPECT_EQ(to_hex(ByteView{call}.first(4)), "a4f9edbf");
    EXPECT_EQ(decode_delay_setup(call), setup());
}

TEST(DelayModule, is_not_read_out_of_anything_else) {
    const Bytes call = encode_delay_setup(setup()).value();
    for (std::size_t size = 0; size < call.size(); ++size)
        EXPECT_EQ(decode_delay_setup(ByteView{call}.first(size)), std::nullopt) << size;
    Bytes longer = call;
    longer.push_back(0);
    EXPECT_EQ(decode_delay_setup(longer), std::nullopt);
    Bytes dirty = call;
    dirty[4 + 2 * 32] = 1;  // Padding of the owner.
    EXPECT_EQ(decode_delay_setup(dirty), std::nullopt);
}

TEST(DelayModule, has_an_address_that_says_what_it_is_made_of) {
    const auto address = [](const DelaySetup& of, uint64_t salt) {
        return module_proxy_address(module_proxy_factory(), delay_master_copy(),
                                    encode_delay_setup(of).value(), Amount{salt});
    };
    // What ethers 6.15.0 gives (getCreate2Address), and the factory deploys: tests/anvil/delay.mjs.
    EXPECT_EQ(address(setup(), 7), evm("0x10d2c224891545abdf9d2eea38715c7e6178ff6a"));
    EXPECT_NE(address(setup(), 8), address(setup(), 7));
    DelaySetup shorter = setup();
    shorter.cooldown = Amount{1U};
    EXPECT_NE(address(shorter, 7), address(setup(), 7));
}

}  // namespace
}  // namespace cordon::chain
