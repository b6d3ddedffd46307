// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <cordon/explain/clear_signing.hpp>
#include <cordon/explain/token_list.hpp>

/// What `explain` is given from files: descriptors of clear signing and the names of tokens.
namespace cordon::engine {

/// Every .json file below a folder, or one file. A descriptor that cannot be read is left out and
/// named in registry().refused. kNotFound for a folder without any; kLimit beyond 64 MiB.
Result<explain::ClearSigning> load_clear_signing(const std::string& path);

/// A file in the form of docs/formats/assets.md. Counterfeits are left out: their symbol is that of
/// something else.
Result<explain::TokenList> load_tokens(const std::string& path);

}  // namespace cordon::engine
