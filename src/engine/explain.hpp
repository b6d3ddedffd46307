// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <cordon/explain/context.hpp>
#include <cordon/explain/explanation.hpp>

namespace cordon::engine {

struct ExplainRequest {
    std::string kind;                 ///< Of explain::explainers().
    std::string input;                ///< A file, or "-" for standard input.
    std::string qr_image;             ///< Instead of `input`, a picture of a QR code.
    std::string context;              ///< docs/formats/explain-context.md; empty: none.
    std::string ledger;               ///< History and names; empty: none.
    std::string request;              ///< The approved withdrawal, JSON; empty: none.
    std::string simulation;           ///< The answer of a node, JSON; empty: none.
    std::string clear_signing;        ///< A folder of ERC-7730 descriptors; empty: none.
    std::string tokens;               ///< docs/formats/assets.md; empty: none.
    std::optional<ChainId> chain;     ///< For payloads that do not say it.
    std::optional<Address> from, to;  ///< Likewise.
};

/// One explanation a payload of the input. Errors: of the files, with name and field; kInvalidParam
/// for an unknown kind.
Result<std::vector<explain::Explanation>> explain_payloads(const ExplainRequest& request);

/// The payload itself: the file, standard input (once), or what the QR code holds.
Result<std::string> explain_input(const ExplainRequest& request);

/// What a node is to be asked so that its answer can be given as `simulation`: one line a payload
/// of kind safe. `code` is the code of the target in hex, or a name for it.
Result<std::vector<std::string>> simulation_requests(const ExplainRequest& request,
                                                     const std::string& code);

}  // namespace cordon::engine
