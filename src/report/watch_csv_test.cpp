// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cordon/chain/canonical.hpp>

#include "builders.hpp"
#include "csv.hpp"

namespace cordon::report {
namespace {

TEST(WatchCsv, is_read_back_as_it_was_written) {
    const std::vector<Watch> list{
        {kEthereum, test::address(1), std::nullopt, test::token("USD"), Amount{5U},
         from_unix_seconds(1'740'147'311), "Case, \"one\"", "trace:unspent", 1},
        {kBitcoin,
         test::address(2, AddressKind::kP2wpkh),
         test::outpoint(7, 3),
         {},
         Amount::max(),
         std::nullopt,
         "",
         "trace:upstream",
         0.5}};
    std::string text;
    ASSERT_TRUE(write_watch_csv(list, string_sink(text)).has_value());
    std::vector<Watch> back;
    const ByteView bytes{reinterpret_cast<const uint8_t*>(text.data()), text.size()};
    const auto status =
        chain::read_watch_list(memory_file("watch", bytes), [&](Watch row) -> Status {
            back.push_back(std::move(row));
            return {};
        });
    ASSERT_TRUE(status.has_value()) << status.error().message;
    EXPECT_EQ(back, list);
}

}  // namespace
}  // namespace cordon::report
