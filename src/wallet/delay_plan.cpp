// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include <cordon/base/unicode.hpp>
#include <cordon/chain/text.hpp>

#include "delay.hpp"
#include "tiers/yaml_reader.hpp"

namespace cordon::wallet {
namespace {

constexpr std::size_t kMaxKeys = 50;  // More owners or queuers than any Safe in use has.

class Reader : YamlReader {
public:
    using YamlReader::YamlReader;

    Result<DelayPlan> plan(const YamlNode& root) const {
        CORDON_TRY(fields(root, {"version", "chain", "safe", "owners", "threshold", "queuers",
                                 "cooldown", "expiration", "answer", "watchers", "salt"}));
        CORDON_TRY(version_1(root));
        DelayPlan out;
        CORDON_TRY(const std::string chain, text(root, "chain"));
        CORDON_TRY(out.chain, in(*root.find("chain"), parse_chain(chain)));
        if (out.chain.family != ChainFamily::kEvm)
            return refuse(*root.find("chain"), "chain: expected an EVM chain, as Safes are on");
        CORDON_TRY(const std::string safe, text(root, "safe"));
        CORDON_TRY(out.safe, in(*root.find("safe"), chain::parse_address(out.chain, safe)));
        std::set<Address> seen{out.safe};
        CORDON_TRY(out.owners, keys(root, "owners", out.chain, seen));
        CORDON_TRY(out.queuers, keys(root, "queuers", out.chain, seen));
        CORDON_TRY(out.threshold, number(root, "threshold", out.owners.size()));
        if (out.threshold < 2)
            return refuse(*root.find("threshold"),
                          "threshold: expected at least 2: a single stolen owner's key pays at "
                          "once, past any delay");
        CORDON_TRY(times(root, out));
        CORDON_TRY(const YamlNode* watchers, list(root, "watchers", kMaxKeys));
        for (const YamlNode& item : watchers->items) {
            if (item.kind != YamlNode::Kind::kScalar || item.text.empty() ||
                !is_plain_line(item.text))
                return refuse(item, "watchers: expected names of people or duties, in plain text");
            out.watchers.push_back(item.text);
        }
        if (root.find("salt")) {
            CORDON_TRY(out.salt, amount(root, "salt"));
        }
        return out;
    }

private:
    Status times(const YamlNode& root, DelayPlan& out) const {
        CORDON_TRY(out.cooldown, seconds(root, "cooldown"));
        CORDON_TRY(out.answer, seconds(root, "answer"));
        if (out.answer >= out.cooldown)
            return refuse(*root.find("answer"),
                          "answer: expected less than the cooldown: a payment that nobody wanted "
                          "would have left before the owners stop it");
        CORDON_TRY(const std::string end, text(root, "expiration"));
        if (end != "never") {
            CORDON_TRY(out.expiration, seconds(root, "expiration"));
        }
        return {};
    }
    Result<Seconds> seconds(const YamlNode& root, std::string_view field) const {
        CORDON_TRY(const auto told, duration(root, field));
        return std::chrono::duration_cast<Seconds>(told);
    }
    /// `seen`: who has a part already. A key with two parts is lost twice at once.
    Result<std::vector<Address>> keys(const YamlNode& root, std::string_view field, ChainId chain,
                                      std::set<Address>& seen) const {
        CORDON_TRY(const YamlNode* items, list(root, field, kMaxKeys));
        std::vector<Address> out;
        for (const YamlNode& item : items->items) {
            CORDON_TRY(const Address one, in(item, chain::parse_address(chain, item.text)));
            if (one.is_zero()) return refuse(item, format("{}: nobody has this key", field));
            if (!seen.insert(one).second)
                return fail(ErrorCode::kDuplicate,
                            at(item, format("{}: this address stands twice among Safe, owners and "
                                            "queuers: who steals its key has both parts",
                                            field)));
            out.push_back(one);
        }
        return out;
    }
};

}  // namespace

Result<DelayPlan> parse_delay(std::string_view yaml, std::string_view name) {
    CORDON_TRY(const YamlNode root, chain::parse_yaml(yaml, name));
    return Reader{name}.plan(root);
}

}  // namespace cordon::wallet
