// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <bit>
#include <cmath>
#include <limits>
#include <map>

#include "trace_answers.hpp"
#include "trace_json.hpp"

namespace cordon::report {
namespace {

constexpr std::size_t kAlign = 8;  // Of every array, so that a browser may lay a view over it.
constexpr unsigned kFirstKindBit = 8;
constexpr uint32_t kBack = 1, kContext = 2;

/// Little-endian numbers, one array after the other.
class Arrays {
public:
    explicit Arrays(std::string& out) : out_{out} {}

    void align() { out_.resize((out_.size() + kAlign - 1) / kAlign * kAlign, '\0'); }
    void put(uint32_t value) { bytes(value); }
    void put(float value) { bytes(std::bit_cast<uint32_t>(value)); }
    void put(double value) { bytes(std::bit_cast<uint64_t>(value)); }

    /// Of each ribbon what `value` says, as T.
    template <typename T, typename Value>
    void column(const trace::FlowLayout& layout, const Value& value) {
        align();
        for (const trace::Ribbon& ribbon : layout.ribbons) put(static_cast<T>(value(ribbon)));
    }

private:
    template <typename U>
    void bytes(U value) {
        for (std::size_t i = 0; i < sizeof value; ++i)
            out_.push_back(static_cast<char>(value >> (8 * i) & 0xFF));
    }
    std::string& out_;
};

double millis(std::optional<UnixMillis> time) {
    return time ? static_cast<double>(time->time_since_epoch().count())
                : std::numeric_limits<double>::quiet_NaN();
}

/// As in JSON: a hundredth of a pixel is finer than any screen.
double pixels(double value) { return std::round(value * 100) / 100; }

}  // namespace

Status write_flow_binary(const trace::TraceResult& result, const trace::FlowLayout& layout,
                         const Sink& sink, const JsonOptions& options) {
    // What leads back is drawn as a cubic curve of its own width.
    std::vector<trace::Arc> arcs;
    std::map<std::string, uint32_t> kinds;
    std::size_t points = 0;
    for (const trace::Ribbon& ribbon : layout.ribbons) {
        arcs.push_back(ribbon.back ? trace::arc_of(layout, ribbon) : trace::Arc{});
        points += ribbon.back ? arcs.back().points.size() : ribbon.path.size();
        for (const std::string& kind : ribbon.kinds) kinds.try_emplace(kind, 0);
    }
    uint32_t number = 0;
    for (auto& [name, bit] : kinds) bit = number++;

    std::string head;
    const Sink into_head = string_sink(head);
    JsonOptions one_line = options;
    one_line.one_line = true;
    TraceJson json{result, into_head, one_line};
    JsonWriter& writer = json.json();
    writer.begin_object();
    write_layout_fields(writer, layout, [&] {
        writer.begin_object().field("count", layout.ribbons.size()).field("points", points);
        writer.key("kinds").begin_array();
        for (const auto& each : kinds) writer.value(each.first);
        writer.end_array().end_object();
    });
    json.write_members(layout, 0);
    json.write_assets();
    writer.end_object();
    CORDON_TRY(writer.finish());
    if (head.size() > std::numeric_limits<uint32_t>::max())
        return fail(ErrorCode::kLimit, "the picture is too large for its binary form");

    std::string out = "CFL1";
    Arrays arrays{out};
    arrays.put(static_cast<uint32_t>(head.size()));
    out += head;
    using trace::Ribbon;
    arrays.column<uint32_t>(layout, [](const Ribbon& r) { return r.from; });
    arrays.column<uint32_t>(layout, [](const Ribbon& r) { return r.to; });
    arrays.column<double>(layout, [](const Ribbon& r) { return r.value; });
    arrays.column<float>(layout, [](const Ribbon& r) { return r.taint; });
    arrays.column<uint32_t>(layout, [](const Ribbon& r) { return r.movements; });
    arrays.column<float>(layout, [](const Ribbon& r) { return r.confidence; });
    arrays.align();
    for (std::size_t i = 0; i < layout.ribbons.size(); ++i) {
        const Ribbon& ribbon = layout.ribbons[i];
        arrays.put(static_cast<float>(pixels(ribbon.back ? arcs[i].width : ribbon.width)));
    }
    arrays.column<double>(layout, [](const Ribbon& r) { return millis(r.first); });
    arrays.column<double>(layout, [](const Ribbon& r) { return millis(r.last); });
    arrays.column<uint32_t>(layout, [&](const Ribbon& r) {
        uint32_t bits = (r.back ? kBack : 0U) | (r.context ? kContext : 0U);
        // The last bit stands for all kinds that have none of their own.
        for (const std::string& kind : r.kinds)
            bits |= 1U << std::min(kFirstKindBit + kinds.at(kind), 31U);
        return bits;
    });
    arrays.align();
    uint32_t place = 0;
    for (std::size_t i = 0; i < layout.ribbons.size(); ++i) {
        arrays.put(place);
        place += static_cast<uint32_t>(layout.ribbons[i].back ? arcs[i].points.size()
                                                              : layout.ribbons[i].path.size());
    }
    arrays.put(place);
    arrays.align();
    for (std::size_t i = 0; i < layout.ribbons.size(); ++i) {
        const auto put = [&arrays](const Ribbon::Point& at) {
            arrays.put(static_cast<float>(pixels(at.x)));
            arrays.put(static_cast<float>(pixels(at.y)));
        };
        const Ribbon& ribbon = layout.ribbons[i];
        if (ribbon.back)
            for (const Ribbon::Point& at : arcs[i].points) put(at);
        else
            for (const Ribbon::Point& at : ribbon.path) put(at);
    }
    return sink(out);
}

}  // namespace cordon::report
