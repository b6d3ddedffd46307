// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json/object.hpp>
#include <map>
#include <string>
#include <vector>

#include <cordon/base/result.hpp>

#include "clear_descriptor.hpp"

/// Documents of clear signing with what they include (ERC-7730, "Organizing files").
namespace cordon::explain {

/// `over` laid over `base`: objects key by key; lists under "fields" by the path of their fields;
/// everything else as `over` has it.
boost::json::object merge_clear(const boost::json::object& base, const boost::json::object& over);

class ClearMerger {
public:
    explicit ClearMerger(const std::vector<ClearDocument>& documents);
    /// The document at a path, its includes merged in. kNotFound for one that is not among the
    /// documents, kLimit for includes more than eight deep, kMalformed for what is no JSON object.
    Result<boost::json::object> merged(const std::string& path, std::size_t depth = 0) const;

private:
    std::map<std::string, const ClearDocument*> documents_;
};

}  // namespace cordon::explain
