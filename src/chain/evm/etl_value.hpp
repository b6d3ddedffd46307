// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include <cordon/base/amount.hpp>

#include "../csv_number.hpp"
#include "etl_table.hpp"

/// Fields of exports as values.
namespace cordon::chain {

/// The value, or its error with file, line and field.
template <typename T>
Result<T> etl_checked(const EtlTable& table, EtlField field, Result<T> value) {
    if (!value) return fail(table.error(field, value.error().code, value.error().message));
    return value;
}

/// Nothing where the export says nothing.
inline Result<std::optional<uint64_t>> etl_number(const EtlTable& table, EtlField field) {
    if (table[field].empty()) return std::nullopt;
    CORDON_TRY(const uint64_t value,
               etl_checked(table, field, parse_whole(table[field], UINT64_MAX)));
    return value;
}

inline Result<std::optional<Amount>> etl_amount(const EtlTable& table, EtlField field) {
    if (table[field].empty()) return std::nullopt;
    CORDON_TRY(const Amount value, etl_checked(table, field, Amount::parse(table[field])));
    return value;
}

}  // namespace cordon::chain
