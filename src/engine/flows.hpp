// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <iterator>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

#include <cordon/ledger/ledger.hpp>

namespace cordon::engine {

/// What moved at one address.
struct Flow {
    UnixMillis time;
    Address other;  ///< Who was paid; of what came in, nobody.
    Asset asset;
    Amount amount;
    bool out = false;
    TxnPosition at;
};

/// All that a ledger knows of one address, by time; payments of nothing and to itself left out. At
/// most kMostFlows, the latest, and only those of blocks after `after`. kNotFound when the ledger
/// does not hold the chain.
Result<std::vector<Flow>> read_flows(const ledger::Reader& reader, ChainId chain,
                                     const Address& address, std::optional<BlockNum> after = {});
/// A wallet with more history than this is judged by its latest.
inline constexpr std::size_t kMostFlows = 1'000'000;

/// What was known of an address at a moment. Moments that rise cost only what is new.
class Past {
public:
    explicit Past(std::vector<Flow> flows) : flows_{std::move(flows)} {}

    /// What happened since, in later blocks.
    void add(std::vector<Flow> flows) {
        flows_.insert(flows_.end(), std::make_move_iterator(flows.begin()),
                      std::make_move_iterator(flows.end()));
    }

    struct Paid {
        uint64_t count = 0;
        UnixMillis first, last;
    };
    /// From here on answers are of what happened before `moment`.
    void go_to(UnixMillis moment);
    const Paid* paid(const Address& to) const;
    std::optional<Amount> largest(const Asset& asset) const;
    /// Nothing: more went out than is known to have come in.
    std::optional<Amount> balance(const Asset& asset) const;
    std::vector<Address> payees(std::size_t most) const;

private:
    std::vector<Flow> flows_;
    std::size_t next_ = 0;
    UnixMillis moment_ = UnixMillis::min();
    std::unordered_map<Address, Paid> paid_;  // Looked up; put in order by payees().
    std::map<Asset, Amount> largest_;
    std::map<Asset, std::optional<Amount>> balances_;
};

}  // namespace cordon::engine
