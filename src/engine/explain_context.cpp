// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "explain_context.hpp"

#include <algorithm>
#include <charconv>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/chain/lists/yaml.hpp>
#include <cordon/chain/text.hpp>
#include <cordon/explain/simulation.hpp>

#include "explain_history.hpp"
#include "ingest.hpp"

namespace cordon::engine {
namespace {

using chain::YamlNode;
using Kind = YamlNode::Kind;

/// Fields of the file, by name; what is not known is refused: a misspelt name would leave a guard
/// out without a word.
class Reader {
public:
    Reader(const std::string& name) : name_{name} {}

    tl::unexpected<Error> refuse(const YamlNode& node, std::string_view why) const {
        return fail(ErrorCode::kMalformed, format("{}:{}: {}", name_, node.line, why));
    }

    Status known(const YamlNode& map, std::initializer_list<std::string_view> names) const {
        if (map.kind != Kind::kMap) return refuse(map, "expected a map of fields");
        for (const auto& [key, value] : map.pairs)
            if (std::find(names.begin(), names.end(), key) == names.end())
                return refuse(value, format("field {} is not known here", key));
        return {};
    }
    Result<std::string> text(const YamlNode& map, std::string_view field) const {
        const YamlNode* node = map.find(field);
        if (node == nullptr) return refuse(map, format("field {} is missing", field));
        if (node->kind != Kind::kScalar) return refuse(*node, format("field {}: a text", field));
        return node->text;
    }
    template <typename Parse>
    auto field(const YamlNode& map, std::string_view field, const Parse& parse) const
        -> decltype(parse(std::string{})) {
        CORDON_TRY(const std::string text, this->text(map, field));
        auto value = parse(text);
        if (!value)
            return refuse(*map.find(field), format("field {}: {}", field, value.error().message));
        return value;
    }
    Result<ChainId> chain(const YamlNode& map) const {
        if (map.find("chain") == nullptr) return fallback;
        return field(map, "chain", [](const std::string& text) { return parse_chain(text); });
    }
    Result<Address> address(const YamlNode& map, std::string_view name, ChainId chain) const {
        return field(map, name,
                     [&](const std::string& text) { return chain::parse_address(chain, text); });
    }
    Result<Amount> amount(const YamlNode& map, std::string_view name) const {
        return field(map, name, [](const std::string& text) { return Amount::parse(text); });
    }
    Result<Asset> asset(const YamlNode& map) const {
        if (map.find("asset") == nullptr) return Asset{};
        return field(map, "asset", [](const std::string& text) { return Asset::parse(text); });
    }
    template <typename F>
    Status each(const YamlNode& map, std::string_view field, const F& read) const {
        const YamlNode* list = map.find(field);
        if (list == nullptr) return {};
        if (list->kind != Kind::kList) return refuse(*list, format("field {}: a list", field));
        for (const YamlNode& item : list->items) CORDON_TRY(read(item));
        return {};
    }

    ChainId fallback = kEthereum;

private:
    const std::string& name_;
};

void write_json(const YamlNode& node, std::string& out) {
    const auto quoted = [&](std::string_view text) {
        out += '"';
        for (const char c : text) {
            if (c == '"' || c == '\\') out += '\\';
            if (static_cast<unsigned char>(c) < 0x20)
                out += format("\\u{:04x}", static_cast<unsigned>(c));
            else
                out += c;
        }
        out += '"';
    };
    if (node.kind == Kind::kScalar) return quoted(node.text);
    const bool map = node.kind == Kind::kMap;
    out += map ? '{' : '[';
    bool first = true;
    for (const auto& [key, value] : node.pairs) {
        if (!std::exchange(first, false)) out += ',';
        quoted(key);
        out += ':';
        write_json(value, out);
    }
    for (const YamlNode& item : node.items) {
        if (!std::exchange(first, false)) out += ',';
        write_json(item, out);
    }
    out += map ? '}' : ']';
}

Result<explain::ApprovedRequest> read_request(const Reader& reader, const YamlNode& node) {
    // A withdrawal request has more fields (DESIGN 5): who asked, when, and the payload itself.
    if (node.kind != Kind::kMap) return reader.refuse(node, "a request is a map of fields");
    explain::ApprovedRequest request;
    CORDON_TRY(request.chain, reader.chain(node));
    CORDON_TRY(request.id, reader.text(node, "id"));
    CORDON_TRY(request.to, reader.address(node, "to", request.chain));
    CORDON_TRY(request.asset, reader.asset(node));
    CORDON_TRY(request.amount, reader.amount(node, "amount"));
    if (node.find("from") != nullptr) {
        CORDON_TRY(request.from, reader.address(node, "from", request.chain));
    }
    return request;
}

Status read_book(const Reader& reader, const YamlNode& node, explain::Context& out) {
    CORDON_TRY(reader.known(node, {"chain", "address", "name", "may", "delay_of"}));
    explain::BookEntry entry;
    CORDON_TRY(entry.chain, reader.chain(node));
    CORDON_TRY(entry.address, reader.address(node, "address", entry.chain));
    if (node.find("name") != nullptr) {
        CORDON_TRY(entry.name, reader.text(node, "name"));
    }
    CORDON_TRY(reader.each(node, "may", [&](const YamlNode& what) -> Status {
        bool* const flag = what.text == "be-paid"             ? &entry.payee
                           : what.text == "be-spender"        ? &entry.spender
                           : what.text == "be-owner"          ? &entry.owner
                           : what.text == "be-code"           ? &entry.code
                           : what.text == "be-delegatecalled" ? &entry.delegatecall
                           : what.text == "be-queuer"         ? &entry.queuer
                                                              : nullptr;
        if (flag == nullptr)
            return reader.refuse(what,
                                 "expected be-paid, be-spender, be-owner, be-code, "
                                 "be-delegatecalled or be-queuer");
        *flag = true;
        return {};
    }));
    if (node.find("delay_of") != nullptr) {
        CORDON_TRY(entry.delay_of, reader.address(node, "delay_of", entry.chain));
    }
    out.book.push_back(std::move(entry));
    return {};
}

Status read_token(const Reader& reader, const YamlNode& node, explain::Context& out) {
    CORDON_TRY(reader.known(node, {"chain", "asset", "symbol", "decimals"}));
    explain::TokenEntry token;
    CORDON_TRY(token.chain, reader.chain(node));
    CORDON_TRY(token.asset, reader.asset(node));
    CORDON_TRY(token.symbol, reader.text(node, "symbol"));
    CORDON_TRY(const Amount decimals, reader.amount(node, "decimals"));
    constexpr uint64_t kMost = 77;  // 10^77 is the last power of ten below 2^256.
    if (decimals > Amount{kMost}) return reader.refuse(node, "field decimals: at most 77");
    token.decimals = static_cast<unsigned>(decimals.low_u64());
    out.tokens.push_back(std::move(token));
    return {};
}

Status read_rows(const Reader& reader, const YamlNode& root, ExplainWorld& out) {
    CORDON_TRY(reader.each(root, "history", [&](const YamlNode& node) -> Status {
        CORDON_TRY(reader.known(node, {"chain", "from", "to", "asset", "amount", "time"}));
        ExplainWorld::Dealing row;
        CORDON_TRY(row.chain, reader.chain(node));
        CORDON_TRY(row.from, reader.address(node, "from", row.chain));
        CORDON_TRY(row.to, reader.address(node, "to", row.chain));
        CORDON_TRY(row.asset, reader.asset(node));
        CORDON_TRY(row.amount, reader.amount(node, "amount"));
        if (node.find("time") != nullptr) {
            CORDON_TRY(row.time, reader.field(node, "time", parse_time));
        }
        out.dealings.push_back(row);
        return {};
    }));
    return reader.each(root, "balances", [&](const YamlNode& node) -> Status {
        CORDON_TRY(reader.known(node, {"chain", "address", "asset", "amount"}));
        ExplainWorld::Held row;
        CORDON_TRY(row.chain, reader.chain(node));
        CORDON_TRY(row.of, reader.address(node, "address", row.chain));
        CORDON_TRY(row.asset, reader.asset(node));
        CORDON_TRY(row.amount, reader.amount(node, "amount"));
        out.balances.push_back(row);
        return {};
    });
}

Status read_account(const Reader& reader, const YamlNode& root, explain::Context& out) {
    if (root.find("account") != nullptr) {
        CORDON_TRY(out.account, reader.address(root, "account", reader.fallback));
    }
    if (root.find("now") != nullptr) {
        CORDON_TRY(out.now, reader.field(root, "now", parse_time));
    }
    if (root.find("threshold") != nullptr) {
        CORDON_TRY(const Amount threshold, reader.amount(root, "threshold"));
        if (!threshold.fits_u64()) return reader.refuse(root, "field threshold: too large");
        out.threshold = threshold.low_u64();
    }
    CORDON_TRY(reader.each(root, "owners", [&](const YamlNode& node) -> Status {
        auto owner = chain::parse_address(reader.fallback, node.text);
        if (!owner) return reader.refuse(node, owner.error().message);
        out.owners.push_back(*owner);
        return {};
    }));
    CORDON_TRY(reader.each(root, "descriptors", [&](const YamlNode& node) -> Status {
        out.descriptors.push_back(node.text);
        return {};
    }));
    for (const auto& [field, list] : {std::pair{"txns", &out.txns}, {"parents", &out.parents}})
        CORDON_TRY(reader.each(root, field, [&](const YamlNode& node) -> Status {
            auto bytes = parse_hex(node.text);
            if (!bytes) return reader.refuse(node, bytes.error().message);
            list->push_back(*std::move(bytes));
            return {};
        }));
    CORDON_TRY(reader.each(root, "proposals", [&](const YamlNode& node) -> Status {
        CORDON_TRY(reader.known(node, {"nonce", "hash"}));
        explain::Proposal proposal;
        CORDON_TRY(proposal.nonce, reader.amount(node, "nonce"));
        CORDON_TRY(proposal.hash, reader.text(node, "hash"));
        for (char& c : proposal.hash)
            if (c >= 'A' && c <= 'F') c += 'a' - 'A';
        out.proposals.push_back(std::move(proposal));
        return {};
    }));
    return reader.each(root, "failed_executions", [&](const YamlNode& node) -> Status {
        const auto time = parse_time(node.text);
        if (!time) return reader.refuse(node, time.error().message);
        out.failed_executions.push_back(*time);
        return {};
    });
}

}  // namespace

struct ExplainWorld::State {
    std::shared_ptr<const ledger::Reader> reader;  // Owner: this and the history.
    std::unique_ptr<records::Store> store;
    mutable std::optional<ExplainHistory> history;
};

ExplainWorld::ExplainWorld() : state_{std::make_unique<State>()} {}
ExplainWorld::~ExplainWorld() = default;
ExplainWorld::ExplainWorld(ExplainWorld&&) noexcept = default;
ExplainWorld& ExplainWorld::operator=(ExplainWorld&&) noexcept = default;

Status ExplainWorld::open_ledger(const std::string& directory) {
    CORDON_TRY(auto reader, ledger::open_reader(directory));
    state_->history.reset();  // Of the reader before.
    state_->reader = std::move(reader);
    auto store = records::Store::open_read_only(records_path(directory));
    if (store) {
        state_->store = std::move(*store);
    } else if (store.error().code != ErrorCode::kNotFound) {
        return fail(store.error());
    }
    return {};
}

explain::Context ExplainWorld::view() const {
    explain::Context view = context;
    if (state_->reader != nullptr || !dealings.empty() || !balances.empty()) {
        if (!state_->history) state_->history.emplace(*this, state_->reader, state_->store.get());
        view.history = &*state_->history;
    }
    return view;
}

Status ExplainWorld::check() const {
    if (state_->history && state_->history->error()) return fail(*state_->history->error());
    return {};
}

Result<ExplainWorld> parse_explain_context(std::string_view text, const std::string& name) {
    const InputFile file =
        memory_file(name, {reinterpret_cast<const uint8_t*>(text.data()), text.size()});
    CORDON_TRY(const YamlNode root, chain::parse_yaml(file));
    Reader reader{name};
    CORDON_TRY(
        reader.known(root, {"version", "chain", "account", "now", "owners", "threshold", "book",
                            "tokens", "request", "proposals", "failed_executions", "history",
                            "balances", "simulation", "descriptors", "txns", "parents"}));
    const YamlNode* version = root.find("version");
    if (version == nullptr || version->text != "1")
        return reader.refuse(root, "field version: expected 1");
    ExplainWorld out;
    if (root.find("chain") != nullptr) {
        CORDON_TRY(reader.fallback, reader.chain(root));
        out.context.chain = reader.fallback;
    }
    CORDON_TRY(read_account(reader, root, out.context));
    CORDON_TRY(reader.each(
        root, "book", [&](const YamlNode& node) { return read_book(reader, node, out.context); }));
    CORDON_TRY(reader.each(root, "tokens", [&](const YamlNode& node) {
        return read_token(reader, node, out.context);
    }));
    CORDON_TRY(read_rows(reader, root, out));
    if (const YamlNode* request = root.find("request")) {
        // "none": there should be one, and there is not.
        out.context.request_required = true;
        if (request->kind != Kind::kScalar || request->text != "none") {
            CORDON_TRY(out.context.request, read_request(reader, *request));
        }
    }
    if (const YamlNode* simulation = root.find("simulation")) {
        std::string json;
        write_json(*simulation, json);
        auto parsed = explain::parse_simulation(json);
        if (!parsed) return reader.refuse(*simulation, parsed.error().message);
        out.context.simulation = *std::move(parsed);
    }
    return out;
}

Result<explain::ApprovedRequest> parse_approved_request(std::string_view json,
                                                        const std::string& name) {
    const InputFile file =
        memory_file(name, {reinterpret_cast<const uint8_t*>(json.data()), json.size()});
    CORDON_TRY(const YamlNode root, chain::parse_yaml(file));
    return read_request(Reader{name}, root);
}

}  // namespace cordon::engine
