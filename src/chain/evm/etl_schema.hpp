// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "etl_table.hpp"

namespace cordon::chain {

/// A column of CSV, a key of JSON lines: ethereum-etl names both alike.
struct EtlColumn {
    std::string_view name;
    EtlField field;
    bool required = false;
};

/// Its columns, required ones first. Fields repeat nowhere within a kind.
std::span<const EtlColumn> etl_columns(EtlKind kind) noexcept;

/// The first kind of which all required columns are there. `type` is the text of the key "type",
/// which the streaming export writes; where it is given, it decides.
std::optional<EtlKind> detect_etl_kind(const std::vector<std::string>& names,
                                       std::string_view type);

}  // namespace cordon::chain
