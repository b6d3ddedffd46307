// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <cordon/base/amount.hpp>
#include <cordon/base/result.hpp>

#include "clear_value.hpp"

/// A clear-signing descriptor (ERC-7730, versions 1 and 2) as data that needs no JSON any more.
/// What points into the descriptor itself ("$.") is resolved here.
namespace cordon::explain {

/// Pairs in the order of the document.
using ClearPairs = std::vector<std::pair<std::string, std::string>>;

/// Where a parameter comes from: a constant, a place in the payload, or a map whose key stands at a
/// place.
struct ClearSource {
    std::string constant;
    std::optional<ClearPath> path;
    ClearPairs map;  ///< With `path`.
};

enum class ClearFormat : uint8_t {
    kRaw,
    kAddressName,
    kTokenAmount,
    kTokenTicker,
    kNftName,
    kAmount,
    kDate,
    kDuration,
    kUnit,
    kEnum,
    kChainId,
    kCalldata
};

struct ClearField {
    // A group has `fields` and no value; everything else has either a path or a constant.
    std::optional<ClearPath> path;
    std::string constant;
    std::string label;
    ClearFormat format = ClearFormat::kRaw;
    bool hidden = false;                   ///< visible: never.
    std::vector<std::string> hidden_for;   ///< visible: ifNotIn.
    std::vector<std::string> must_be;      ///< visible: mustMatch.
    std::optional<std::string> encrypted;  ///< What to show instead of a value nobody can read.

    std::optional<ClearSource> token, collection, callee, selector, amount, spender, chain;
    std::vector<std::string> native;   ///< Addresses that stand for the native currency.
    std::vector<std::string> senders;  ///< Addresses that stand for the sender.
    std::optional<Amount> threshold;
    std::string message = "Unlimited";
    bool block_height = false;
    std::string base;
    unsigned decimals = 0;
    bool prefix = false;
    ClearPairs names;  ///< kEnum.

    std::vector<ClearField> fields;
    bool bundled = false;  ///< A group whose lists go side by side.
};

/// How one function or one type of message is shown.
struct ClearShape {
    std::string key;                               ///< As the descriptor writes it.
    std::string intent;                            ///< "Swap"; the pairs of a complex one joined.
    std::string sentence;                          ///< interpolatedIntent; may be empty.
    std::optional<chain::AbiSignature> signature;  ///< Of a function, with names.
    std::vector<ClearField> fields;
};

struct ClearDeployment {
    uint64_t chain = 0;
    std::string address;  ///< Lower-case hex with 0x.
};

struct ClearDescriptor {
    std::string name;  ///< Of its document.
    std::string owner;
    std::string contract;
    bool typed = false;  ///< For EIP-712 messages, else for calls.
    std::vector<ClearDeployment> deployments;
    ClearPairs domain;             ///< EIP-712: what the domain must say, numbers in decimal.
    std::string domain_separator;  ///< Lower-case hex with 0x, or empty.
    std::string token_symbol;      ///< metadata.token of the contract itself; empty without.
    unsigned token_decimals = 0;
    std::vector<ClearShape> shapes;
    std::vector<std::string> refused;  ///< Shapes left out, each with its reason.
};

struct ClearDocument {
    std::string path, text;
};

struct ClearRegistry {
    std::vector<ClearDescriptor> descriptors;  ///< By document.
    std::vector<std::string> refused;          ///< Documents left out, each with its reason.
};

/// Reads all documents; an include is one of them, by its path relative to the including one. A
/// document that is bound to nothing is there to be included. Bounds: 4 MiB a document, eight
/// includes deep, 32 levels of JSON.
ClearRegistry read_clear_registry(const std::vector<ClearDocument>& documents);

}  // namespace cordon::explain
