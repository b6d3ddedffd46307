// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include <cordon/trace/layout.hpp>

#include "json_writer.hpp"

namespace cordon::report {

/// A picture as one JSON object (docs/formats/trace-result.md, data.layout), places rounded to a
/// hundredth of a pixel. Members are indices into data.nodes.
void write_layout(JsonWriter& json, const trace::FlowLayout& layout);
/// Its fields into an object that is open; with `write_ribbons` that value stands for them.
void write_layout_fields(JsonWriter& json, const trace::FlowLayout& layout,
                         const std::function<void()>& write_ribbons = {});

}  // namespace cordon::report
