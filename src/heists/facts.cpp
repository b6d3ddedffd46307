// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "facts.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

#include <cordon/base/format.hpp>
#include <cordon/chain/lists/yaml.hpp>

#include "fields.hpp"

namespace cordon::heists {
namespace {

using chain::YamlNode;

constexpr std::array kKinds{
    std::pair{"exchange", Kind::kExchange}, std::pair{"bridge", Kind::kBridge},
    std::pair{"protocol", Kind::kProtocol}, std::pair{"trader", Kind::kTrader},
    std::pair{"token", Kind::kToken},       std::pair{"wallet-app", Kind::kWalletApp}};
constexpr std::array kSignals{std::pair{"none", Signal::kNone},
                              std::pair{"off-chain", Signal::kOffChain},
                              std::pair{"on-chain", Signal::kOnChain}};
constexpr std::array kSigners{
    std::pair{"people", SignedBy::kPeople}, std::pair{"key", SignedBy::kKey},
    std::pair{"computed-key", SignedBy::kComputed}, std::pair{"nobody", SignedBy::kNobody},
    std::pair{"customers", SignedBy::kCustomers}};
constexpr std::array kRoles{
    std::pair{"wallet", Role::kWallet}, std::pair{"bridge", Role::kBridge},
    std::pair{"keeper", Role::kKeeper}, std::pair{"protocol", Role::kProtocol},
    std::pair{"token", Role::kToken},   std::pair{"admin", Role::kAdmin}};
constexpr std::array kCodes{std::pair{"eoa", Code::kEoa},
                            std::pair{"contract", Code::kContract},
                            std::pair{"proxy", Code::kProxy},
                            std::pair{"multisig", Code::kMultisig},
                            std::pair{"safe-1.1.1", Code::kSafe111},
                            std::pair{"safe-1.3.0", Code::kSafe130}};
constexpr std::array kSures{std::pair{"rounded", Sure::kRounded}, std::pair{"exact", Sure::kExact},
                            std::pair{"estimate", Sure::kEstimate}};
constexpr std::array kTiers{std::pair{"hot", 0}, std::pair{"warm", 1}, std::pair{"cold", 2},
                            std::pair{"deposit", 3}};

/// A verb, and what it cannot do without.
struct VerbRule {
    std::string_view name;
    Verb verb;
    std::string_view needs;  ///< Keys, separated by blanks.
};
constexpr std::array kVerbs{
    VerbRule{"note", Verb::kNote, "fact"},
    VerbRule{"price", Verb::kPrice, "asset usd"},
    VerbRule{"fund", Verb::kFund, "chain from to asset amount"},
    VerbRule{"deploy", Verb::kDeploy, "chain by makes"},
    VerbRule{"call", Verb::kCall, "chain by to method asset amount"},
    VerbRule{"sign", Verb::kSign, "chain wallet via to"},
    VerbRule{"safe-upgrade", Verb::kSafeUpgrade, "wallet by via to"},
    VerbRule{"safe-fail", Verb::kSafeFail, "wallet by"},
    VerbRule{"keeper", Verb::kKeeper, "wallet by through"},
    VerbRule{"zero-root", Verb::kZeroRoot, "wallet by"},
    VerbRule{"grant", Verb::kGrant, "wallet by to event"},
    VerbRule{"owner", Verb::kOwner, "wallet by to"},
    VerbRule{"upgrade", Verb::kUpgrade, "wallet by to"},
    VerbRule{"propose", Verb::kPropose, "wallet by number"},
    VerbRule{"mint", Verb::kMint, "chain by to asset amount"},
    VerbRule{"take", Verb::kTake, "wallet to asset"},
    VerbRule{"unlock", Verb::kUnlock, "wallet by to asset amount"},
    VerbRule{"drain", Verb::kDrain, "wallet to asset amount"},
    VerbRule{"flash-attack", Verb::kFlashAttack, "wallet by through loans takes"},
    VerbRule{"vote-attack", Verb::kVoteAttack, "wallet by through loans takes number"},
    VerbRule{"swap", Verb::kSwap, "chain by asset amount for"},
    VerbRule{"spread", Verb::kSpread, "chain by asset amount"}};

template <typename Names>
std::string_view name_in(const Names& names, auto value) noexcept {
    for (const auto& [name, each] : names)
        if (each == value) return name;
    return "?";
}

bool is_theft(Verb verb) noexcept {
    return verb == Verb::kTake || verb == Verb::kUnlock || verb == Verb::kDrain ||
           verb == Verb::kFlashAttack || verb == Verb::kVoteAttack;
}

Status read_wallet(Fields& in, Wallet& out) {
    out.line = in.line();
    CORDON_TRY(in.text("name", out.name, true));
    CORDON_TRY(in.text("chain", out.chain, true));
    CORDON_TRY(in.choice("role", kRoles, out.role));
    CORDON_TRY(in.choice("code", kCodes, out.code));
    CORDON_TRY(in.text("tier", out.tier));
    CORDON_TRY(in.text("address", out.address));
    CORDON_TRY(in.number("copies", out.copies, 1, 10'000));
    CORDON_TRY(in.flag("skewed", out.skewed));
    CORDON_TRY(in.quantities("holds", out.holds));
    CORDON_TRY(in.texts("mints", out.mints));
    CORDON_TRY(in.text("symbol", out.symbol));
    CORDON_TRY(in.quantity("supply", out.supply));
    if (const YamlNode* tail = in.take("tail")) {
        Fields part{in.file(), *tail};
        CORDON_TRY(part.number("tokens", out.tail_tokens, 1, 1'000));
        CORDON_TRY(part.real("usd", out.tail_usd));
        CORDON_TRY(part.done());
    }
    if (auto chain = played_chain(out.chain); !chain) return in.fail_at(chain.error());
    int tier = 0;
    if (out.role == Role::kWallet) CORDON_TRY(in.one_of("tier", out.tier, kTiers, tier));
    if (out.role == Role::kToken && (out.symbol.empty() || out.supply.empty()))
        return in.fail_at("a token needs symbol and supply");
    return in.done();
}

Status read_step(Fields& in, Step& out) {
    out.line = in.line();
    std::string at, verb;
    CORDON_TRY(in.text("at", at, true));
    CORDON_TRY(in.text("do", verb, true));
    auto time = parse_time(at);
    if (!time) return in.fail_at(time.error());
    out.at = *time;
    const auto rule = std::find_if(kVerbs.begin(), kVerbs.end(),
                                   [&](const VerbRule& each) { return each.name == verb; });
    if (rule == kVerbs.end()) {
        std::string known;
        for (const VerbRule& each : kVerbs) known += format(" {}", each.name);
        return in.fail_at(format("do: \"{}\" is none of:{}", verb, known));
    }
    out.verb = rule->verb;
    for (std::string_view rest = rule->needs; !rest.empty();) {
        const std::string_view key = rest.substr(0, rest.find(' '));
        if (!in.has(key)) return in.fail_at(format("do: {} needs \"{}\"", verb, key));
        rest.remove_prefix(std::min(rest.size(), key.size() + 1));
    }
    for (auto& [key, to] : {std::pair<std::string_view, std::string*>{"chain", &out.chain},
                            {"wallet", &out.wallet},
                            {"by", &out.by},
                            {"from", &out.from},
                            {"to", &out.to},
                            {"asset", &out.asset},
                            {"via", &out.via},
                            {"makes", &out.makes},
                            {"through", &out.through},
                            {"method", &out.method},
                            {"event", &out.event},
                            {"for", &out.for_asset},
                            {"safe", &out.safe},
                            {"unproven", &out.unproven},
                            {"receiver", &out.receiver},
                            {"source", &out.source},
                            {"fact", &out.fact}})
        CORDON_TRY(in.text(key, *to));
    CORDON_TRY(in.quantity("amount", out.amount));
    CORDON_TRY(in.quantities("loans", out.loans));
    CORDON_TRY(in.quantities("takes", out.takes));
    CORDON_TRY(in.number("number", out.number, 0, 1'000'000));
    CORDON_TRY(in.number("txns", out.txns, 1, 10'000));
    constexpr uint32_t kYear = 366 * 86'400;
    CORDON_TRY(in.number("over", out.over, 0, kYear));
    CORDON_TRY(in.number("receivers", out.receivers, 1, 10'000));
    CORDON_TRY(in.flag("many", out.many));
    out.theft = is_theft(out.verb);
    CORDON_TRY(in.flag("theft", out.theft));
    CORDON_TRY(in.flag("public", out.is_public));
    CORDON_TRY(in.real("usd", out.usd));
    CORDON_TRY(in.choice("sure", kSures, out.sure));
    if (out.amount.empty() && out.verb == Verb::kTake && out.asset != "tail")
        return in.fail_at("do: take needs \"amount\", unless asset is tail");
    return in.done();
}

/// What the parts of a file say about each other.
Status check(const Facts& facts) {
    const auto at = [&](uint64_t line, std::string text) {
        return fail(ErrorCode::kInvalidParam, format("{}:{}: {}", facts.file, line, text));
    };
    std::set<std::string> names, sources;
    for (const auto& [key, words] : facts.sources) sources.insert(key);
    const auto priced = [&](const std::string& symbol) {
        return symbol.empty() || symbol == "tail" || facts.prices.contains(symbol);
    };
    for (const Wallet& wallet : facts.wallets) {
        if (!names.insert(wallet.name).second)
            return at(wallet.line, format("wallet \"{}\" comes twice", wallet.name));
        for (const auto& [symbol, amount] : wallet.holds)
            if (!priced(symbol)) return at(wallet.line, format("{} has no price", symbol));
    }
    for (const Step& step : facts.steps) {
        if (!step.wallet.empty() && !facts.wallet(step.wallet))
            return at(step.line, format("there is no wallet \"{}\"", step.wallet));
        if (!step.source.empty() && !sources.contains(step.source))
            return at(step.line, format("there is no source \"{}\"", step.source));
        if (step.source.empty() && step.verb != Verb::kPrice)
            return at(step.line, "a step needs its source");
        if (step.verb == Verb::kPrice) continue;
        if (!priced(step.asset)) return at(step.line, format("{} has no price", step.asset));
        for (const auto* list : {&step.takes, &step.loans})
            for (const auto& [symbol, amount] : *list)
                if (!priced(symbol)) return at(step.line, format("{} has no price", symbol));
        if (!step.chain.empty())
            if (auto chain = played_chain(step.chain); !chain)
                return at(step.line, chain.error().message);
    }
    if (std::none_of(facts.steps.begin(), facts.steps.end(),
                     [](const Step& step) { return step.theft; }))
        return at(1, "nothing is stolen: no step is a theft");
    return {};
}

InputFile shipped(const ShippedFile& file) {
    return memory_file("heists/" + std::string{file.name},
                       {reinterpret_cast<const uint8_t*>(file.text.data()), file.text.size()});
}

}  // namespace

std::string_view to_string(Kind kind) noexcept { return name_in(kKinds, kind); }
std::string_view to_string(Signal signal) noexcept { return name_in(kSignals, signal); }
std::string_view to_string(SignedBy by) noexcept { return name_in(kSigners, by); }
std::string_view to_string(Sure sure) noexcept { return name_in(kSures, sure); }
std::string_view to_string(Verb verb) noexcept {
    for (const VerbRule& rule : kVerbs)
        if (rule.verb == verb) return rule.name;
    return "?";
}

const Wallet* Facts::wallet(std::string_view wanted) const noexcept {
    const auto found = std::find_if(wallets.begin(), wallets.end(),
                                    [&](const Wallet& each) { return each.name == wanted; });
    return found == wallets.end() ? nullptr : &*found;
}

Result<ChainId> played_chain(std::string_view name) {
    // Chains without a short name in the product: their EIP-155 number, or, where they are no EVM
    // chain, 9,000,000 and their coin type (SLIP-44), which no EVM chain uses.
    constexpr std::array kOthers{std::pair{"ronin", 2'020ULL}, std::pair{"heco", 128ULL},
                                 std::pair{"harmony", 1'666'600'000ULL},
                                 std::pair{"nem", 9'000'043ULL}, std::pair{"solana", 9'000'501ULL}};
    for (const auto& [other, reference] : kOthers)
        if (name == other) return ChainId{ChainFamily::kEvm, reference};
    return parse_chain(name);
}

Result<Facts> parse_facts(const InputFile& file) {
    CORDON_TRY(const YamlNode root, chain::parse_yaml(file));
    Facts out;
    out.file = file.name;
    Fields in{file.name, root};
    CORDON_TRY(in.text("name", out.name, true));
    CORDON_TRY(in.number("row", out.row, 1, 1'000));
    CORDON_TRY(in.text("victim", out.victim, true));
    CORDON_TRY(in.choice("kind", kKinds, out.kind));
    CORDON_TRY(in.choice("signal", kSignals, out.signal));
    CORDON_TRY(in.real("loss", out.loss));
    CORDON_TRY(in.text("vintage", out.vintage, true));
    CORDON_TRY(in.text("story", out.story, true));
    CORDON_TRY(in.quantities("liabilities", out.liabilities));
    if (const YamlNode* part = in.take("sources"))
        for (const chain::YamlPair& pair : part->pairs)
            out.sources.emplace_back(pair.name, pair.node.text);
    if (const YamlNode* part = in.take("signed")) {
        Fields fields{file.name, *part};
        CORDON_TRY(fields.choice("by", kSigners, out.signed_by));
        CORDON_TRY(fields.text("source", out.signed_source, true));
        CORDON_TRY(fields.text("how", out.signed_how, true));
        CORDON_TRY(fields.done());
        if (std::none_of(out.sources.begin(), out.sources.end(),
                         [&](const auto& each) { return each.first == out.signed_source; }))
            return fields.fail_at(format("there is no source \"{}\"", out.signed_source));
    }
    if (const YamlNode* part = in.take("prices")) {
        Fields prices{file.name, *part};
        for (const chain::YamlPair& pair : part->pairs)
            CORDON_TRY(prices.real(pair.name, out.prices[pair.name]));
    }
    if (const YamlNode* part = in.take("traffic")) {
        Fields traffic{file.name, *part};
        CORDON_TRY(traffic.real("txns_a_day", out.txns_a_day));
        CORDON_TRY(traffic.number("days", out.days, 1, 60));
        CORDON_TRY(traffic.done());
    }
    if (const YamlNode* part = in.take("wallets"))
        for (const YamlNode& node : part->items) {
            Fields fields{file.name, node};
            CORDON_TRY(read_wallet(fields, out.wallets.emplace_back()));
        }
    if (const YamlNode* part = in.take("steps"))
        for (const YamlNode& node : part->items) {
            Fields fields{file.name, node};
            CORDON_TRY(read_step(fields, out.steps.emplace_back()));
        }
    CORDON_TRY(in.done());
    CORDON_TRY(check(out));
    std::stable_sort(out.steps.begin(), out.steps.end(),
                     [](const Step& a, const Step& b) { return a.at < b.at; });
    return out;
}

Result<Common> parse_common(const InputFile& file) {
    CORDON_TRY(const YamlNode root, chain::parse_yaml(file));
    Common out;
    Fields in{file.name, root};
    constexpr uint32_t kMostDecimals = 77;
    if (const YamlNode* part = in.take("decimals")) {
        Fields fields{file.name, *part};
        for (const chain::YamlPair& pair : part->pairs) {
            uint32_t decimals = 0;
            CORDON_TRY(fields.number(pair.name, decimals, 0, kMostDecimals));
            out.decimals[pair.name] = decimals;
        }
    }
    if (const YamlNode* part = in.take("native"))
        for (const chain::YamlPair& pair : part->pairs) out.native[pair.name] = pair.node.text;
    if (const YamlNode* part = in.take("contracts"))
        for (const chain::YamlPair& chain : part->pairs)
            for (const chain::YamlPair& pair : chain.node.pairs)
                out.contracts[{chain.name, pair.name}] = pair.node.text;
    if (const YamlNode* part = in.take("token_decimals"))
        for (const chain::YamlPair& chain : part->pairs) {
            Fields fields{file.name, chain.node};
            for (const chain::YamlPair& pair : chain.node.pairs) {
                uint32_t decimals = 0;
                CORDON_TRY(fields.number(pair.name, decimals, 0, kMostDecimals));
                out.token_decimals[{chain.name, pair.name}] = decimals;
            }
        }
    if (const YamlNode* part = in.take("services"))
        for (const YamlNode& node : part->items) {
            Fields fields{file.name, node};
            Service& service = out.services.emplace_back();
            std::string category;
            CORDON_TRY(fields.text("name", service.name, true));
            CORDON_TRY(fields.text("chain", service.chain, true));
            CORDON_TRY(fields.text("category", category, true));
            CORDON_TRY(fields.text("text", service.text, true));
            CORDON_TRY(fields.text("address", service.address));
            auto parsed = parse_category(category);
            if (!parsed) return fields.fail_at(parsed.error());
            service.category = *parsed;
            CORDON_TRY(fields.done());
        }
    CORDON_TRY(in.done());
    return out;
}

const Facts* Library::find(std::string_view name) const noexcept {
    const auto found = std::find_if(heists.begin(), heists.end(),
                                    [&](const Facts& each) { return each.name == name; });
    return found == heists.end() ? nullptr : &*found;
}

namespace {

/// What all heists of a folder share.
constexpr std::string_view kCommonFile = "common.yaml";

Result<Library> library_of(const std::vector<InputFile>& files) {
    Library library;
    for (const InputFile& file : files) {
        const std::string_view name = std::string_view{file.name}.substr(file.name.rfind('/') + 1);
        if (name == kCommonFile) {
            CORDON_TRY(library.common, parse_common(file));
            continue;
        }
        CORDON_TRY(Facts facts, parse_facts(file));
        for (const Facts& other : library.heists)
            if (other.name == facts.name || other.row == facts.row)
                return fail(ErrorCode::kDuplicate,
                            format("{}: name and row must be its own; {} is \"{}\", row {}",
                                   file.name, other.file, other.name, other.row));
        library.heists.push_back(std::move(facts));
    }
    std::sort(library.heists.begin(), library.heists.end(),
              [](const Facts& a, const Facts& b) { return a.row < b.row; });
    return library;
}

}  // namespace

Result<Library> shipped_heists() {
    std::vector<InputFile> files;
    for (const ShippedFile& file : shipped_files()) files.push_back(shipped(file));
    return library_of(files);
}

Result<Library> heists_in(const std::string& directory) {
    CORDON_TRY(auto files, input_files(directory));
    std::erase_if(files, [](const InputFile& file) { return !file.name.ends_with(".yaml"); });
    const bool has_common = std::any_of(files.begin(), files.end(), [](const InputFile& file) {
        return file.name.ends_with(format("/{}", kCommonFile));
    });
    if (!has_common)
        for (const ShippedFile& file : shipped_files())
            if (file.name == kCommonFile) files.push_back(shipped(file));
    CORDON_TRY(Library library, library_of(files));
    if (library.heists.empty())
        return fail(ErrorCode::kNotFound, format("{}: no facts of a heist (*.yaml)", directory));
    return library;
}

}  // namespace cordon::heists
