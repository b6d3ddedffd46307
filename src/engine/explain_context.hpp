// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <cordon/explain/context.hpp>
#include <cordon/ledger/ledger.hpp>
#include <cordon/records/store.hpp>

namespace cordon::engine {

/// What an explanation is judged by, with everything that its Context points to.
class ExplainWorld {
public:
    ExplainWorld();
    ~ExplainWorld();
    ExplainWorld(ExplainWorld&&) noexcept;
    ExplainWorld& operator=(ExplainWorld&&) noexcept;

    /// Adds the history of a ledger, and its labels as names; again: as it is now. Errors: of the
    /// ledger and records.
    Status open_ledger(const std::string& directory);
    /// The context for one call. Lifetime: that of this object.
    explain::Context view() const;
    /// The first error that the history met; answers after it were "nothing", so that an
    /// explanation is good only without one.
    Status check() const;

    explain::Context context;  ///< Without its history.
    /// Rows of a context file.
    struct Dealing {
        ChainId chain;
        Address from, to;
        Asset asset;
        Amount amount;
        std::optional<UnixMillis> time;
    };
    struct Held {
        ChainId chain;
        Address of;
        Asset asset;
        Amount amount;
    };
    std::vector<Dealing> dealings;
    std::vector<Held> balances;

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// docs/formats/explain-context.md: JSON, or the same as YAML. `name` is for messages. kMalformed
/// names the field.
Result<ExplainWorld> parse_explain_context(std::string_view text, const std::string& name);

/// {"id","chain","from","to","asset","amount",…} of a withdrawal request.
Result<explain::ApprovedRequest> parse_approved_request(std::string_view json,
                                                        const std::string& name);

}  // namespace cordon::engine
