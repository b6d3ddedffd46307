// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <cmath>
#include <cstring>

#include <cordon/trace/layout_test_theft.hpp>

#include "svg.hpp"
#include "trace_answers.hpp"

// Reads docs/formats/flow.md and compares it with the JSON of the same picture.
namespace cordon::report {
namespace {

class Reader {
public:
    explicit Reader(const std::string& bytes) : bytes_{bytes} {}
    void skip(std::size_t count) { at_ += count; }
    std::string_view text(std::size_t size) {
        const std::string_view out{bytes_.data() + at_, size};
        at_ += size;
        return out;
    }
    template <typename T>
    std::vector<T> array(std::size_t count) {
        at_ = (at_ + 7) / 8 * 8;
        EXPECT_LE(at_ + count * sizeof(T), bytes_.size());
        std::vector<T> out(count);
        if (count != 0) std::memcpy(out.data(), bytes_.data() + at_, count * sizeof(T));
        at_ += count * sizeof(T);
        return out;
    }
    bool at_end() const { return at_ == bytes_.size(); }

private:
    const std::string& bytes_;
    std::size_t at_ = 0;
};

double millis(const boost::json::object& row, const char* name) {
    if (!row.contains(name)) return NAN;
    const auto time = parse_time(std::string_view{row.at(name).as_string()});
    return static_cast<double>(time->time_since_epoch().count());
}

void same(double a, double b) {
    if (!std::isnan(a) || !std::isnan(b)) {
        EXPECT_NEAR(a, b, std::abs(b) * 1e-6 + 1e-4);
    }
}

void compare(const trace::FlowLayout& layout, const trace::TraceResult& theft) {
    std::string text, bytes;
    ASSERT_TRUE(write_trace_layout(theft, layout, string_sink(text)));
    ASSERT_TRUE(write_flow_binary(theft, layout, string_sink(bytes)));
    const boost::json::value json = boost::json::parse(text).at("data");
    const auto& ribbons = json.at("ribbons").as_array();

    Reader reader{bytes};
    ASSERT_EQ(reader.text(4), "CFL1");
    uint32_t size = 0;
    std::memcpy(&size, reader.text(4).data(), 4);
    const boost::json::value head = boost::json::parse(reader.text(size));
    EXPECT_EQ(head.at("nodes"), json.at("nodes"));
    EXPECT_EQ(head.at("notes"), json.at("notes"));
    const auto count = head.at("ribbons").at("count").to_number<std::size_t>();
    const auto points = head.at("ribbons").at("points").to_number<std::size_t>();
    ASSERT_EQ(count, ribbons.size());
    const auto from = reader.array<uint32_t>(count), to = reader.array<uint32_t>(count);
    const auto value = reader.array<double>(count);
    const auto taint = reader.array<float>(count);
    const auto movements = reader.array<uint32_t>(count);
    const auto confidence = reader.array<float>(count), width = reader.array<float>(count);
    const auto first = reader.array<double>(count), last = reader.array<double>(count);
    const auto bits = reader.array<uint32_t>(count), place = reader.array<uint32_t>(count + 1);
    const auto xy = reader.array<float>(2 * points);
    EXPECT_TRUE(reader.at_end());
    EXPECT_EQ(place.back(), points);
    for (std::size_t i = 0; i < count; ++i) {
        const auto& row = ribbons[i].as_object();
        EXPECT_EQ(from[i], row.at("from").to_number<uint32_t>());
        EXPECT_EQ(to[i], row.at("to").to_number<uint32_t>());
        same(value[i], row.at("value").to_number<double>());
        same(taint[i], row.at("taint").to_number<double>());
        EXPECT_EQ(movements[i], row.at("movements").to_number<uint32_t>());
        same(confidence[i], row.at("confidence").to_number<double>());
        const bool back = row.at("back").as_bool();
        same(width[i], row.at(back ? "arc_width" : "width").to_number<double>());
        same(first[i], millis(row, "first"));
        same(last[i], millis(row, "last"));
        EXPECT_EQ((bits[i] & 1) != 0, back);
        EXPECT_EQ((bits[i] & 2) != 0, row.contains("context"));
        const auto& kinds = head.at("ribbons").at("kinds").as_array();
        for (std::size_t k = 0; k < kinds.size(); ++k) {
            const auto& has = row.at("kinds").as_array();
            EXPECT_EQ((bits[i] >> (8 + k) & 1) != 0,
                      std::find(has.begin(), has.end(), kinds[k]) != has.end());
        }
        const auto& path = row.at(back ? "arc" : "path").as_array();
        ASSERT_EQ(place[i + 1] - place[i], path.size());
        for (std::size_t p = 0; p < path.size(); ++p) {
            same(xy[2 * (place[i] + p)], path[p].at(0).to_number<double>());
            same(xy[2 * (place[i] + p) + 1], path[p].at(1).to_number<double>());
        }
    }
}

TEST(FlowBinary, holds_what_the_json_holds) {
    for (const uint64_t seed : {1U, 2U, 3U}) {
        const trace::TraceResult theft = trace::test::make_theft({.seed = seed, .edges = 400});
        const trace::test::TheftContext context;
        trace::LayoutParams params = flow_params(theft);
        for (const auto mode : {trace::FlowMode::kStolenOnly, trace::FlowMode::kRaw}) {
            params.mode = mode;
            compare(trace::lay_out(theft, &context, params), theft);
        }
        trace::ContextNode beside;
        beside.of = trace::lay_out(theft, &context, params).nodes.front().key;
        beside.paid_it = true;
        beside.key = "context:x";
        params.context = {beside};
        compare(trace::lay_out(theft, &context, params), theft);
    }
    compare({}, {});
}

}  // namespace
}  // namespace cordon::report
