// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <cordon/engine/case_report.hpp>

#include "endpoint.hpp"

/// What a caller asks of traces, from JSON and query to the types of the engine. Private to the
/// room.
namespace cordon::server {

/// Body of POST /api/traces.
Schema question_schema();
/// `chains`: of the ledger. REQUIRES: the body fits the schema. kInvalidParam, kMalformed,
/// "/through/3: …".
Result<engine::TheftRequest> read_question(const boost::json::value& body,
                                           std::span<const ChainId> chains);

/// Query of /layout and /flow.svg.
std::vector<Parameter> view_parameters();
Result<engine::FlowView> read_view(const Call& call, std::span<const ChainId> chains);

/// A list of keys: commas part them; inside a key "%" is %25 and "," is %2C.
std::vector<std::string> read_keys(std::string_view text);

}  // namespace cordon::server
