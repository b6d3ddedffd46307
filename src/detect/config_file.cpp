// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "config_file.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <functional>
#include <set>

#include <cordon/base/format.hpp>
#include <cordon/chain/lists/yaml.hpp>
#include <cordon/chain/text.hpp>

#include "detector.hpp"

namespace cordon::detect {
namespace {

using chain::YamlNode;

// What is told at once: more is a file of another kind.
constexpr std::size_t kMaxProblems = 50;
constexpr std::size_t kMaxQuoted = 80;

std::string quoted(std::string_view text) { return format("\"{}\"", text.substr(0, kMaxQuoted)); }

std::string joined(const std::vector<std::string_view>& words) {
    std::string all;
    for (const std::string_view word : words) all += (all.empty() ? "" : ", ") + std::string{word};
    return all;
}

/// "90s", "10m", "48h", "7d", or whole seconds.
Result<Seconds> parse_duration(std::string_view text) {
    constexpr std::string_view kExpected = "expected a duration such as 90s, 10m, 48h or 7d";
    int64_t unit = 1;
    if (!text.empty()) {
        constexpr std::string_view kUnits = "smhd";
        constexpr std::array<int64_t, 4> kSeconds{1, 60, 3600, 86400};
        if (const auto at = kUnits.find(text.back()); at != std::string_view::npos) {
            unit = kSeconds[at];
            text.remove_suffix(1);
        }
    }
    uint32_t count = 0;  // 136 years in seconds.
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (error != std::errc{} || end != text.data() + text.size())
        return fail(ErrorCode::kMalformed, std::string{kExpected});
    return Seconds{static_cast<int64_t>(count) * unit};
}

/// Dollars with at most two decimals.
Result<Cents> parse_usd(std::string_view text) {
    const auto cents = parse_units(text, 2);
    constexpr auto kLargest = static_cast<uint64_t>(std::numeric_limits<Cents>::max());
    if (!cents || !cents->fits_u64() || cents->low_u64() > kLargest)
        return fail(ErrorCode::kMalformed, "expected US dollars such as 250000 or 99.50");
    return static_cast<Cents>(cents->low_u64());
}

Result<double> parse_number(std::string_view text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value))
        return fail(ErrorCode::kMalformed, "expected a number such as 0.2");
    return value;
}

/// "CHAIN:ADDRESS", or the address alone where the entry names its chain.
Result<Place> parse_place(std::string_view text, std::optional<ChainId> chain) {
    // Both parts may hold a colon themselves (eip155:1, p2pk:…): the longest chain counts.
    for (auto at = text.rfind(':'); at != std::string_view::npos && at > 0;
         at = text.rfind(':', at - 1))
        if (const auto named = parse_chain(text.substr(0, at))) {
            CORDON_TRY(const Address address, chain::parse_address(*named, text.substr(at + 1)));
            return Place{*named, address};
        }
    if (!chain)
        return fail(ErrorCode::kMalformed,
                    "the chain is missing: write CHAIN:ADDRESS, or give the entry a chain");
    CORDON_TRY(const Address address, chain::parse_address(*chain, text));
    return Place{*chain, address};
}

/// Reads on after a problem, so that all of them are told.
class Reader {
public:
    Reader(std::string_view name, WatchConfig& config) : name_{name}, config_{config} {}

    void file(const YamlNode& root) {
        if (!is_map(root, "the file")) return;
        refuse_others(root, {"version", "wallets", "protocols", "safes", "bridges", "allowed",
                             "tickets", "parameters", "disabled"});
        const YamlNode* version = root.find("version");
        if (!version || version->text != "1")
            bad(version ? *version : root, ErrorCode::kUnsupported,
                "field version: expected 1, the only version there is");
        each(root, "wallets", [&](const YamlNode& node) { wallets(node); });
        each(root, "protocols", [&](const YamlNode& node) { protocol(node); });
        each(root, "safes", [&](const YamlNode& node) { safe(node); });
        each(root, "bridges", [&](const YamlNode& node) { bridge(node); });
        each(root, "allowed", [&](const YamlNode& node) { allowed(node); });
        each(root, "tickets", [&](const YamlNode& node) { ticket(node); });
        if (const YamlNode* node = root.find("parameters")) parameters(*node);
        disabled(root);
    }

    Status result() const {
        if (count_ == 0) return {};
        std::string all = text_;
        if (count_ > kMaxProblems) all += format("\n… and {} more", count_ - kMaxProblems);
        return fail(*code_, std::move(all));
    }

private:
    void bad(const YamlNode& at, ErrorCode code, std::string_view what) {
        if (!code_) code_ = code;
        if (++count_ > kMaxProblems) return;
        text_ += format("{}{}:{}: {}", text_.empty() ? "" : "\n", name_, at.line, what);
    }
    void bad(const YamlNode& at, std::string_view field, const Error& error) {
        bad(at, error.code, format("field {}: {}", field, error.message));
    }

    bool is_map(const YamlNode& node, std::string_view what) {
        if (node.kind == YamlNode::Kind::kMap) return true;
        bad(node, ErrorCode::kMalformed, format("{}: expected fields", what));
        return false;
    }
    void refuse_others(const YamlNode& node, const std::vector<std::string_view>& known) {
        for (const auto& [key, value] : node.pairs)
            if (std::find(known.begin(), known.end(), key) == known.end())
                bad(value, ErrorCode::kMalformed,
                    format("no field {} here; there are {}", quoted(key), joined(known)));
    }
    void each(const YamlNode& root, std::string_view key,
              const std::function<void(const YamlNode&)>& read) {
        const YamlNode* list = root.find(key);
        if (!list) return;
        if (list->kind != YamlNode::Kind::kList)
            return bad(*list, ErrorCode::kMalformed, format("field {}: expected a list", key));
        for (const YamlNode& node : list->items)
            if (is_map(node, key)) read(node);
    }

    /// The text of a field; nullptr, and told when it must be there, where there is none.
    const YamlNode* text(const YamlNode& node, std::string_view key, bool required = false) {
        const YamlNode* found = node.find(key);
        if (found && found->kind == YamlNode::Kind::kScalar && !found->text.empty()) return found;
        if (found)
            bad(*found, ErrorCode::kMalformed, format("field {}: expected a text", key));
        else if (required)
            bad(node, ErrorCode::kMalformed, format("field {} is missing", key));
        return nullptr;
    }
    /// Reads a field with a parser; leaves `out` when it is missing or bad.
    template <typename Out, typename Parse>
    void parsed(const YamlNode& node, std::string_view key, Out& out, const Parse& parse,
                bool required = false) {
        const YamlNode* found = text(node, key, required);
        if (!found) return;
        auto value = parse(found->text);
        if (value)
            out = *std::move(value);
        else
            bad(*found, key, value.error());
    }
    std::string word(const YamlNode& node, std::string_view key, bool required = false) {
        const YamlNode* found = text(node, key, required);
        return found ? found->text : std::string{};
    }
    std::optional<ChainId> chain_of(const YamlNode& node) {
        std::optional<ChainId> chain;
        parsed(node, "chain", chain, parse_chain);
        return chain;
    }
    /// Every address of a list field, or the one of a text field.
    std::vector<Place> places(const YamlNode& node, std::string_view key,
                              std::optional<ChainId> chain, bool required = false) {
        std::vector<Place> all;
        const YamlNode* found = node.find(key);
        if (!found) {
            if (required) bad(node, ErrorCode::kMalformed, format("field {} is missing", key));
            return all;
        }
        const auto one = [&](const YamlNode& item) {
            if (item.kind != YamlNode::Kind::kScalar)
                return bad(item, ErrorCode::kMalformed,
                           format("field {}: expected an address", key));
            const auto place = parse_place(item.text, chain);
            if (place)
                all.push_back(*place);
            else
                bad(item, key, place.error());
        };
        if (found->kind == YamlNode::Kind::kScalar) one(*found);
        if (found->kind == YamlNode::Kind::kMap)
            bad(*found, ErrorCode::kMalformed, format("field {}: expected addresses", key));
        for (const YamlNode& item : found->items) one(item);
        if (required && all.empty() && found->items.empty() && found->kind == YamlNode::Kind::kList)
            bad(*found, ErrorCode::kMalformed, format("field {}: expected an address", key));
        return all;
    }
    std::vector<Address> addresses(const YamlNode& node, std::string_view key,
                                   std::optional<ChainId> chain) {
        std::vector<Address> all;
        for (const Place& place : places(node, key, chain)) {
            if (chain && place.chain != *chain)
                bad(node, ErrorCode::kWrongChain,
                    format("field {}: expected addresses of {}", key, to_string(*chain)));
            all.push_back(place.address);
        }
        return all;
    }
    void named_once(const YamlNode& node, std::string_view what, const std::string& name) {
        if (!name.empty() && !names_.insert(format("{} {}", what, name)).second)
            bad(node, ErrorCode::kDuplicate, format("{} {} comes twice", what, quoted(name)));
    }

    void wallets(const YamlNode& node) {
        refuse_others(node, {"set", "entity", "tier", "chain", "addresses"});
        WalletAddress wallet;
        wallet.set = word(node, "set", true);
        wallet.entity = word(node, "entity", true);
        wallet.tier = word(node, "tier", true);
        static constexpr std::array<std::string_view, 4> kTiers{"hot", "warm", "cold", "deposit"};
        if (!wallet.tier.empty() &&
            std::find(kTiers.begin(), kTiers.end(), wallet.tier) == kTiers.end())
            bad(node, ErrorCode::kMalformed, "field tier: expected hot, warm, cold or deposit");
        for (const Place& place : places(node, "addresses", chain_of(node), true)) {
            wallet.chain = place.chain;
            wallet.address = place.address;
            const auto [at, is_new] = sets_.try_emplace(place, wallet.set);
            if (!is_new)
                bad(node, ErrorCode::kDuplicate,
                    format("{}:{} is in the set {} already: an address belongs to one set",
                           to_string(place.chain),
                           chain::format_address(place.chain, place.address), quoted(at->second)));
            else
                config_.wallets.push_back(wallet);
        }
        const auto [about, is_new_set] =
            about_.try_emplace(wallet.set, wallet.entity + "\n" + wallet.tier);
        if (!is_new_set && about->second != wallet.entity + "\n" + wallet.tier)
            bad(node, ErrorCode::kConflict,
                format("the set {} has another entity or tier above: a set has one of each",
                       quoted(wallet.set)));
    }

    void protocol(const YamlNode& node) {
        refuse_others(
            node, {"name", "chain", "contracts", "admins", "timelocks", "min_delay", "value_usd"});
        Protocol protocol;
        protocol.name = word(node, "name", true);
        named_once(node, "protocol", protocol.name);
        const auto chain = chain_of(node);
        protocol.contracts = places(node, "contracts", chain, true);
        protocol.admins = places(node, "admins", chain);
        protocol.timelocks = places(node, "timelocks", chain);
        parsed(node, "min_delay", protocol.min_delay, parse_duration);
        parsed(node, "value_usd", protocol.value, parse_usd);
        config_.protocols.push_back(std::move(protocol));
    }

    void safe(const YamlNode& node) {
        refuse_others(node, {"name", "chain", "address", "delegate_targets", "singletons"});
        WatchedSafe safe;
        safe.name = word(node, "name", true);
        named_once(node, "safe", safe.name);
        const auto chain = chain_of(node);
        const std::vector<Place> place = places(node, "address", chain, true);
        if (place.size() > 1)
            bad(node, ErrorCode::kMalformed, "field address: expected one; give each Safe its own");
        if (place.empty()) return;
        safe.place = place.front();
        safe.delegate_targets = addresses(node, "delegate_targets", safe.place.chain);
        safe.singletons = addresses(node, "singletons", safe.place.chain);
        config_.safes.push_back(std::move(safe));
    }

    void bridge(const YamlNode& node) {
        refuse_others(node,
                      {"name", "chain", "contracts", "tokens", "keepers", "value_usd", "finality"});
        WatchedBridge bridge;
        bridge.name = word(node, "name", true);
        named_once(node, "bridge", bridge.name);
        const auto chain = chain_of(node);
        bridge.contracts = places(node, "contracts", chain, true);
        bridge.tokens = places(node, "tokens", chain);
        bridge.keepers = places(node, "keepers", chain);
        parsed(node, "value_usd", bridge.value, parse_usd);
        parsed(node, "finality", bridge.finality, parse_duration);
        config_.bridges.push_back(std::move(bridge));
    }

    void allowed(const YamlNode& node) {
        refuse_others(node, {"chain", "addresses", "set", "note", "until"});
        Allowed allowed;
        allowed.set = word(node, "set");
        allowed.note = word(node, "note", true);  // Whoever widens a guard says why.
        parsed(node, "until", allowed.until, parse_time);
        for (const Place& place : places(node, "addresses", chain_of(node), true)) {
            allowed.place = place;
            config_.allowed.push_back(allowed);
        }
    }

    void ticket(const YamlNode& node) {
        refuse_others(node, {"id", "set", "from", "until", "usd"});
        ChangeTicket ticket;
        ticket.id = word(node, "id", true);
        named_once(node, "ticket", ticket.id);
        ticket.set = word(node, "set", true);
        const std::size_t before = count_;
        parsed(node, "from", ticket.from, parse_time, true);
        parsed(node, "until", ticket.until, parse_time, true);
        parsed(node, "usd", ticket.usd, parse_usd);
        if (count_ == before && ticket.until <= ticket.from)
            bad(node, ErrorCode::kOrder, "field until: expected a time after that of from");
        config_.tickets.push_back(std::move(ticket));
    }

    static const Descriptor* descriptor_of(std::string_view id) {
        for (const Maker& maker : detectors())
            if (maker.descriptor->id == id) return maker.descriptor;
        return nullptr;
    }

    void parameters(const YamlNode& node) {
        if (!is_map(node, "parameters")) return;
        for (const auto& [id, values] : node.pairs) {
            const Descriptor* descriptor = descriptor_of(id);
            if (!descriptor) {
                bad(values, ErrorCode::kNotFound,
                    format("field parameters: there is no detector {}; `cordon watch --list` names "
                           "them",
                           quoted(id)));
                continue;
            }
            if (is_map(values, id))
                for (const auto& [name, value] : values.pairs)
                    parameter_of(*descriptor, name, value);
        }
    }
    void parameter_of(const Descriptor& descriptor, const std::string& name,
                      const YamlNode& value) {
        const auto known =
            std::find_if(descriptor.parameters.begin(), descriptor.parameters.end(),
                         [&](const Parameter& parameter) { return parameter.name == name; });
        if (known == descriptor.parameters.end()) {
            std::vector<std::string_view> names;
            for (const Parameter& parameter : descriptor.parameters)
                names.push_back(parameter.name);
            return bad(value, ErrorCode::kNotFound,
                       format("{} has no parameter {}; it has {}", descriptor.id, quoted(name),
                              names.empty() ? "none" : joined(names)));
        }
        const auto number = parse_number(value.text);
        if (!number) return bad(value, format("{}.{}", descriptor.id, name), number.error());
        if (*number < known->min || *number > known->max)
            return bad(value, ErrorCode::kInvalidParam,
                       format("{}.{} is {}: expected {} to {} ({})", descriptor.id, name, *number,
                              known->min, known->max, known->meaning));
        config_.parameters[std::string{descriptor.id}][name] = *number;
    }

    void disabled(const YamlNode& root) {
        const YamlNode* list = root.find("disabled");
        if (!list) return;
        if (list->kind != YamlNode::Kind::kList)
            return bad(*list, ErrorCode::kMalformed, "field disabled: expected a list of names");
        for (const YamlNode& node : list->items) {
            // Names of rules are not known here; those of detectors are.
            const std::string& name = node.text;
            const bool is_id = name.size() == 3 && name[0] == 'D' &&
                               name.find_first_not_of("0123456789", 1) == std::string::npos;
            if (name.empty() || (is_id && !descriptor_of(name)))
                bad(node, ErrorCode::kNotFound,
                    format("field disabled: there is no detector or rule {}", quoted(name)));
            else
                config_.disabled.push_back(name);
        }
    }

    std::string_view name_;
    WatchConfig& config_;
    std::map<Place, std::string> sets_;
    std::map<std::string, std::string> about_;  // Set -> entity and tier.
    std::set<std::string> names_;
    std::string text_;
    std::size_t count_ = 0;
    std::optional<ErrorCode> code_;
};

}  // namespace

Result<WatchConfig> parse_watch_config(const InputFile& file) {
    CORDON_TRY(const YamlNode root, chain::parse_yaml(file));
    WatchConfig config;
    Reader reader{file.name, config};
    reader.file(root);
    CORDON_TRY(reader.result());
    return config;
}

}  // namespace cordon::detect
