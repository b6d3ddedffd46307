// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include <cordon/records/case_store.hpp>

#include "json_writer.hpp"
#include "letter.hpp"

/// Cases and letters as JSON, the same in case.json and in the API (docs/formats/case-archive.md).
namespace cordon::report {

/// id title summary state by made changed archive? items[]; with history[] where there is one.
void write_case(JsonWriter& json, const records::Case& value,
                std::span<const records::CaseStep> history = {});
/// An item of `letter.list`: key kind service category said_by[] totals[] rows confidence; whole:
/// `rows` and `resting` as arrays.
void write_letter(JsonWriter& json, const Letter& letter, bool whole = false);
void write_unasked(JsonWriter& json, const Unasked& unasked);

}  // namespace cordon::report
