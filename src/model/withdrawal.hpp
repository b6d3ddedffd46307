// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <cordon/base/amount.hpp>
#include <cordon/base/time.hpp>

#include "address.hpp"
#include "asset.hpp"
#include "chain_id.hpp"

namespace cordon {

/// What is to be signed for a withdrawal, byte for byte as it came: approvals are over these bytes.
struct Payload {
    std::string type;  ///< Of explain::explainers(): "safe", "evm", "typed-data", "psbt"; or empty.
    std::string data;  ///< As `cordon explain TYPE` takes it.
    friend bool operator==(const Payload&, const Payload&) = default;
};

/// Somebody asks that money leaves: an entry of an exchange's withdrawal queue, a refill of a hot
/// wallet.
struct WithdrawalRequest {
    std::string id;
    ChainId chain;
    Asset asset;
    Address from;  ///< Empty: any wallet of ours (a queue alone; the gate wants to know it).
    Address to;
    Amount amount;
    std::string requester;
    UnixMillis time;
    bool cancelled = false;  ///< The queue took it back.
    Payload payload = {};    ///< Empty: only words are to be judged, nothing can be signed yet.
    friend bool operator==(const WithdrawalRequest&, const WithdrawalRequest&) = default;
};

}  // namespace cordon
