// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "progress.hpp"

#include <gtest/gtest.h>

#include "ingest_line.hpp"
#include "table.hpp"

namespace cordon::cli {
namespace {

TEST(Speed, is_that_of_the_last_seconds) {
    Speed speed;
    EXPECT_EQ(speed.per_second(), 0);
    for (int i = 0; i <= 100; ++i) speed.add(i * 0.2, static_cast<uint64_t>(i) * 10);
    EXPECT_NEAR(speed.per_second(), 50, 1);
    for (int i = 1; i <= 100; ++i) speed.add(20 + i * 0.2, 1000 + static_cast<uint64_t>(i));
    EXPECT_NEAR(speed.per_second(), 5, 0.5);
}

TEST(Progress, writes_rates_with_three_digits) {
    EXPECT_EQ(format_rate(0), "0");
    EXPECT_EQ(format_rate(812.4), "812");
    EXPECT_EQ(format_rate(999.7), "1.00k");
    EXPECT_EQ(format_rate(31'540), "31.5k");
    EXPECT_EQ(format_rate(314'159), "314k");
    EXPECT_EQ(format_rate(2'410'000), "2.41M");
}

TEST(Progress, leaves_out_what_matters_least_first) {
    const std::vector<LinePart> parts{{"must", 0}, {"may", 2}, {"", 0}, {"might", 3}};
    EXPECT_EQ(join_parts(parts, 80), "must  may  might");
    EXPECT_EQ(join_parts(parts, 12), "must  may");
    EXPECT_EQ(join_parts(parts, 8), "must");
    EXPECT_EQ(join_parts(parts, 2), "must");
}

TEST(IngestText, keeps_share_height_and_time_left_on_a_narrow_terminal) {
    IngestView view;
    view.at.source = "t.csv";
    view.at.chain = kBitcoin;
    view.at.height = 812'345;
    view.at.all_bytes_read = 430;
    view.at.all_bytes_total = 1000;
    view.bytes_per_second = 10;
    view.blocks_per_second = 1204;
    view.transfers_per_second = 310'000;
    view.memory = 412'000'000;
    EXPECT_EQ(ingest_text(view, 200),
              "ingest  [#####-------]  43 %  btc block 812,345  57 s left  1.20k blocks/s  310k "
              "transfers/s  10 B/s  412.0 MB memory");
    for (std::size_t width = 1; width < 130; ++width) {
        const std::string text = ingest_text(view, width);
        EXPECT_NE(text.find("43 %  btc block 812,345  57 s left"), std::string::npos);
        if (width > 40) {
            EXPECT_LE(display_width(text), width);
        }
    }
    view.at.all_bytes_total = 0;  // A pipe.
    EXPECT_EQ(ingest_text(view, 30), "btc block 812,345");
}

}  // namespace
}  // namespace cordon::cli
