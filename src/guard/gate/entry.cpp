// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "entry.hpp"

#include <array>
#include <charconv>

#include <cordon/base/base64.hpp>
#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/chain/json_tree.hpp>
#include <cordon/chain/text.hpp>
#include <cordon/crypto/hash.hpp>

#include "../policy/fields.hpp"
#include "json_reader.hpp"
#include "json_text.hpp"

namespace cordon::guard {
namespace {

/// Of the verdict of a short request, in bytes: most entries then take one allocation.
constexpr std::size_t kExpectedSize = 1'280;

ByteView bytes_of(std::string_view text) noexcept {
    return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

// --- Writing

/// The fields of an open object.
void put_money(JsonText& out, ChainId chain, const Address& from, const Address& to,
               const Asset& asset, const Amount& amount) {
    out.field("chain", to_string(chain));
    out.field("asset", asset.text());
    out.field("from", chain::format_address(chain, from));
    out.field("to", chain::format_address(chain, to));
    out.field("amount", amount.to_string());
}

void put_long(JsonText& out, std::string_view name, std::string_view text) {
    out.field("sha256", to_hex(digest_of_text(text)));
    if (text.size() <= kMaxInline) out.field(name, to_base64(bytes_of(text)));
}

void put(JsonText& out, const WithdrawalRequest& request) {
    out.open('{');
    out.field("id", request.id);
    put_money(out, request.chain, request.from, request.to, request.asset, request.amount);
    out.field("requester", request.requester);
    out.field("time", format_rfc3339(request.time));
    if (request.payload != Payload{}) {
        out.name("payload");
        out.open('{');
        out.field("type", request.payload.type);
        put_long(out, "data", request.payload.data);
        out.close('}');
    }
    out.close('}');
}

void put(JsonText& out, const Verdict& verdict) {
    out.open('{');
    out.field("id", verdict.id);
    out.field("decision", to_string(verdict.decision));
    out.name("reasons");
    out.open('[');
    for (const Reason& each : verdict.reasons) {
        out.open('{');
        out.field("decision", to_string(each.decision));
        out.field("rule", each.rule);
        out.field("text", each.text);
        out.field("source", each.source);
        out.close('}');
    }
    out.close(']');
    out.name("needs");
    out.open('[');
    for (const ApprovalNeed& each : verdict.needs) {
        out.open('{');
        out.field("group", each.group);
        out.field("needed", each.needed);
        out.field("given", each.given);
        out.close('}');
    }
    out.close(']');
    if (verdict.earliest) out.field("earliest", format_rfc3339(*verdict.earliest));
    if (verdict.expires) out.field("expires", format_rfc3339(*verdict.expires));
    out.field("request", to_hex(verdict.request));
    out.field("policy", to_hex(verdict.policy));
    out.close('}');
}

/// Of the entry's object what depends on its kind, after "type" and "time".
struct Writer {
    JsonText& out;

    void operator()(const Judged& deed) const {
        out.name("verdict");
        put(out, deed.verdict);
        if (deed.request) {
            out.name("request");
            put(out, *deed.request);
        }
        if (!deed.asked_by.empty()) out.field("asked_by", deed.asked_by);
        if (!deed.counted) return;
        out.name("counts");
        out.open('[');
        for (const Count& each : deed.counts) {
            out.open('[');
            out.text(to_string(each.scope));
            out.text(each.key);
            out.close(']');
        }
        out.close(']');
        out.field("usd_cents", std::to_string(deed.usd));
    }
    void operator()(const Stated& deed) const {
        out.field("subject", wallet::to_string(deed.subject));
        out.field("about", deed.about);
        out.field("statement", wallet::format_signed(deed.statement));
    }
    void operator()(const Cancelled& deed) const {
        out.field("id", deed.id);
        out.field("by", deed.by);
        if (!deed.why.empty()) out.field("why", deed.why);
    }
    void operator()(const Tripped& deed) const {
        out.field("breaker", deed.key.text());
        out.field("by", deed.by);
        out.field("why", deed.why);
    }
    void operator()(const WasReset& deed) const { out.field("breaker", deed.key.text()); }
    void operator()(const Proposed& deed) const {
        out.field("version", deed.version);
        out.field("by", deed.by);
        out.field("begins", format_rfc3339(deed.begins));
        put_long(out, "yaml", deed.yaml);
    }
    void operator()(const Began& deed) const { out.field("sha256", to_hex(deed.digest)); }
    void operator()(const Dropped& deed) const {
        out.field("sha256", to_hex(deed.digest));
        out.field("by", deed.by);
    }
    void operator()(const Outflow& deed) const {
        const Transfer& transfer = deed.transfer;
        out.field("txn", chain::format_hash(deed.chain, deed.txn));
        out.field("index", transfer.index);
        out.field("kind", to_string(transfer.kind));
        out.name("transfer");
        out.open('{');
        put_money(out, deed.chain, transfer.from, transfer.to, transfer.asset, transfer.amount);
        out.close('}');
        out.field("id", deed.id);
        out.field("text", deed.text);
    }
    void operator()(const Bundled& deed) const { out.field("id", deed.id); }
    void operator()(const Part& deed) const {
        out.field("sha256", to_hex(deed.of));
        out.field("data", to_base64(bytes_of(deed.data)));
    }
    void operator()(const Anchored&) const {}  // The log writes it.
};

std::string_view type_of(const Deed& deed) {
    // In the order of the variant.
    constexpr std::array<std::string_view, std::variant_size_v<Deed>> kTypes{
        "verdict", "statement", "cancel",  "trip",   "reset", "proposal",
        "policy",  "drop",      "outflow", "bundle", "part",  "anchor"};
    return kTypes[deed.index()];
}

// --- Reading

struct Money {
    ChainId chain;
    Address from, to;
    Asset asset;
    Amount amount;
};
Result<Money> read_money(const Reader& in) {
    Money money;
    CORDON_TRY(const std::string chain, in.text("chain"));
    CORDON_TRY(money.chain, parse_chain(chain));
    CORDON_TRY(const std::string asset, in.text("asset"));
    CORDON_TRY(money.asset, Asset::parse(asset));
    for (const auto& [name, place] : {std::pair{"from", &money.from}, {"to", &money.to}}) {
        CORDON_TRY(const std::string address, in.text(name));
        if (address.empty()) continue;
        CORDON_TRY(*place, chain::parse_address(money.chain, address));
    }
    CORDON_TRY(const std::string amount, in.text("amount"));
    CORDON_TRY(money.amount, Amount::parse(amount));
    return money;
}

Result<WithdrawalRequest> read_request(const Reader& in, std::optional<Hash256>& left_out) {
    WithdrawalRequest request;
    CORDON_TRY(request.id, in.text("id"));
    CORDON_TRY(Money money, read_money(in));
    request.chain = money.chain;
    request.from = money.from;
    request.to = money.to;
    request.asset = money.asset;
    request.amount = money.amount;
    CORDON_TRY(request.requester, in.text("requester"));
    CORDON_TRY(request.time, in.time("time"));
    if (in.has("payload")) {
        CORDON_TRY(const Reader payload, in.object("payload"));
        CORDON_TRY(request.payload.type, payload.text("type"));
        CORDON_TRY(request.payload.data, payload.long_text("data", left_out));
    }
    return request;
}

Result<Verdict> read_verdict(const Reader& in) {
    Verdict verdict;
    CORDON_TRY(verdict.id, in.text("id"));
    CORDON_TRY(const std::string decision, in.text("decision"));
    CORDON_TRY(verdict.decision, parse_decision(decision));
    CORDON_TRY(const auto reasons, in.array("reasons"));
    for (const JsonValue& each : reasons) {
        const Reader reason{each};
        Reason& out = verdict.reasons.emplace_back();
        CORDON_TRY(const std::string word, reason.text("decision"));
        CORDON_TRY(out.decision, parse_decision(word));
        CORDON_TRY(out.rule, reason.text("rule"));
        CORDON_TRY(out.text, reason.text("text"));
        CORDON_TRY(out.source, reason.text("source"));
    }
    CORDON_TRY(const auto needs, in.array("needs"));
    for (const JsonValue& each : needs) {
        const Reader need{each};
        ApprovalNeed& out = verdict.needs.emplace_back();
        CORDON_TRY(out.group, need.text("group"));
        CORDON_TRY(const uint64_t needed, need.number("needed"));
        CORDON_TRY(const uint64_t given, need.number("given"));
        out.needed = static_cast<unsigned>(needed);
        out.given = static_cast<unsigned>(given);
    }
    if (in.has("earliest")) {
        CORDON_TRY(verdict.earliest, in.time("earliest"));
    }
    if (in.has("expires")) {
        CORDON_TRY(verdict.expires, in.time("expires"));
    }
    CORDON_TRY(verdict.request, in.hash("request"));
    CORDON_TRY(verdict.policy, in.hash("policy"));
    return verdict;
}

Result<Judged> read_judged(const Reader& in, std::optional<Hash256>& left_out) {
    Judged deed;
    CORDON_TRY(const Reader verdict, in.object("verdict"));
    CORDON_TRY(deed.verdict, read_verdict(verdict));
    if (in.has("request")) {
        CORDON_TRY(const Reader request, in.object("request"));
        CORDON_TRY(deed.request, read_request(request, left_out));
    }
    CORDON_TRY(deed.asked_by, in.text_or_empty("asked_by"));
    deed.counted = in.has("counts");
    if (!deed.counted) return deed;
    CORDON_TRY(const auto counts, in.array("counts"));
    for (const JsonValue& each : counts) {
        if (!each.is(JsonValue::Kind::kArray) || each.items.size() != 2)
            return bad("counts", "[scope, key]");
        const std::optional<Scope> scope = parse_scope(each.items[0].text);
        if (!scope) return bad("counts", "a scope");
        deed.counts.push_back({*scope, each.items[1].text});
    }
    CORDON_TRY(const std::string usd, in.text("usd_cents"));
    const auto [end, error] = std::from_chars(usd.data(), usd.data() + usd.size(), deed.usd);
    if (error != std::errc{} || end != usd.data() + usd.size()) return bad("usd_cents", "cents");
    return deed;
}

Result<Stated> read_stated(const Reader& in) {
    Stated deed;
    CORDON_TRY(const std::string subject, in.text("subject"));
    constexpr std::array kSubjects{wallet::Subject::kWithdrawal, wallet::Subject::kPolicy,
                                   wallet::Subject::kBreaker};
    const auto found = std::find_if(kSubjects.begin(), kSubjects.end(), [&](wallet::Subject each) {
        return wallet::to_string(each) == subject;
    });
    if (found == kSubjects.end()) return bad("subject", "a subject of statements");
    deed.subject = *found;
    CORDON_TRY(deed.about, in.text("about"));
    CORDON_TRY(const std::string statement, in.text("statement"));
    CORDON_TRY(deed.statement, wallet::parse_signed(statement));
    return deed;
}

Result<Outflow> read_outflow(const Reader& in) {
    Outflow deed;
    CORDON_TRY(const Reader transfer, in.object("transfer"));
    CORDON_TRY(const Money money, read_money(transfer));
    deed.chain = money.chain;
    CORDON_TRY(const std::string txn, in.text("txn"));
    CORDON_TRY(deed.txn, chain::parse_hash(money.chain, txn));
    CORDON_TRY(const uint64_t index, in.number("index"));
    CORDON_TRY(const std::string kind_text, in.text("kind"));
    CORDON_TRY(const TransferKind kind, parse_transfer_kind(kind_text));
    deed.transfer = {
        static_cast<uint32_t>(index), money.from, money.to, money.asset, money.amount, kind};
    CORDON_TRY(deed.id, in.text("id"));
    CORDON_TRY(deed.text, in.text("text"));
    return deed;
}

Result<Deed> read_deed(std::string_view type, const Reader& in, std::optional<Hash256>& left_out) {
    if (type == "verdict") return read_judged(in, left_out);
    if (type == "statement") return read_stated(in);
    if (type == "outflow") return read_outflow(in);
    if (type == "cancel") {
        Cancelled deed;
        CORDON_TRY(deed.id, in.text("id"));
        CORDON_TRY(deed.by, in.text("by"));
        CORDON_TRY(deed.why, in.text_or_empty("why"));
        return deed;
    }
    if (type == "trip") {
        Tripped deed;
        CORDON_TRY(deed.key, in.breaker());
        CORDON_TRY(deed.by, in.text("by"));
        CORDON_TRY(deed.why, in.text("why"));
        return deed;
    }
    if (type == "reset") {
        WasReset deed;
        CORDON_TRY(deed.key, in.breaker());
        return deed;
    }
    if (type == "proposal") {
        Proposed deed;
        CORDON_TRY(deed.digest, in.hash("sha256"));
        CORDON_TRY(deed.version, in.number("version"));
        CORDON_TRY(deed.by, in.text("by"));
        CORDON_TRY(deed.begins, in.time("begins"));
        CORDON_TRY(deed.yaml, in.long_text("yaml", left_out));
        return deed;
    }
    if (type == "policy") {
        Began deed;
        CORDON_TRY(deed.digest, in.hash("sha256"));
        return deed;
    }
    if (type == "drop") {
        Dropped deed;
        CORDON_TRY(deed.digest, in.hash("sha256"));
        CORDON_TRY(deed.by, in.text("by"));
        return deed;
    }
    if (type == "bundle") {
        Bundled deed;
        CORDON_TRY(deed.id, in.text("id"));
        return deed;
    }
    if (type == "part") {
        Part deed;
        CORDON_TRY(deed.of, in.hash("sha256"));
        CORDON_TRY(deed.data, in.base64("data"));
        return deed;
    }
    return bad("type", "a kind of entry that this program knows");
}

}  // namespace

Hash256 digest_of_text(std::string_view text) noexcept { return crypto::sha256(bytes_of(text)); }

std::string BreakerKey::text() const {
    switch (kind) {
        case Kind::kWallet: return format("wallet {}:{}", to_string(chain), what);
        case Kind::kAsset: return format("asset {}:{}", to_string(chain), what);
        case Kind::kGlobal: break;
    }
    return "global";
}

Result<BreakerKey> parse_breaker_key(std::string_view text) {
    if (text == "global") return BreakerKey{};
    BreakerKey key;
    const std::size_t blank = text.find(' ');
    const std::string_view kind = text.substr(0, blank);
    const std::string_view rest =
        blank == std::string_view::npos ? std::string_view{} : text.substr(blank + 1);
    const std::size_t colon = rest.rfind(':');
    if ((kind != "wallet" && kind != "asset") || colon == std::string_view::npos)
        return fail(ErrorCode::kMalformed,
                    format("breaker \"{}\": expected global, wallet CHAIN:ADDRESS or asset "
                           "CHAIN:ASSET",
                           text.substr(0, 120)));
    CORDON_TRY(key.chain, parse_chain(rest.substr(0, colon)));
    if (kind == "wallet") {
        key.kind = BreakerKey::Kind::kWallet;
        CORDON_TRY(const Address address, chain::parse_address(key.chain, rest.substr(colon + 1)));
        key.what = chain::format_address(key.chain, address);
    } else {
        key.kind = BreakerKey::Kind::kAsset;
        CORDON_TRY(const Asset asset, Asset::parse(rest.substr(colon + 1)));
        key.what = std::string{asset.text()};
    }
    return key;
}

bool operator==(const Anchored& a, const Anchored& b) {
    return tlog::format_anchor(a.anchor) == tlog::format_anchor(b.anchor);
}

std::string format_entry(const Entry& entry) {
    if (const auto* anchored = std::get_if<Anchored>(&entry.deed))
        return tlog::format_anchor(anchored->anchor);
    JsonText out{kExpectedSize};
    out.open('{');
    out.field("v", kEntryVersion);
    out.field("type", type_of(entry.deed));
    out.field("time", format_rfc3339(entry.time));
    std::visit(Writer{out}, entry.deed);
    out.close('}');
    return std::move(out).take();
}

Result<ReadEntry> parse_entry(std::string_view text) {
    CORDON_TRY(const JsonValue root, chain::parse_json_tree(text));
    if (!root.is(JsonValue::Kind::kObject)) return bad("entry", "an object");
    const Reader in{root};
    CORDON_TRY(const uint64_t version, in.number("v"));
    if (version > kEntryVersion)
        return fail(ErrorCode::kUnsupported,
                    format("log entry of version {}: a newer cordon wrote it; this one knows "
                           "versions up to {}",
                           version, kEntryVersion));
    if (version == 0) return bad("v", "1");
    ReadEntry read;
    CORDON_TRY(read.entry.time, in.time("time"));
    CORDON_TRY(const std::string type, in.text("type"));
    if (type == "anchor") {
        CORDON_TRY(auto anchor, tlog::parse_anchor(text));
        if (!anchor) return bad("type", "an anchor of the log");
        read.entry.deed = Anchored{*std::move(anchor)};
        return read;
    }
    CORDON_TRY(read.entry.deed, read_deed(type, in, read.left_out));
    return read;
}

std::string* long_text(Deed& deed) {
    if (auto* judged = std::get_if<Judged>(&deed))
        return judged->request ? &judged->request->payload.data : nullptr;
    if (auto* proposed = std::get_if<Proposed>(&deed)) return &proposed->yaml;
    return nullptr;
}

std::vector<Entry> parts_of(const Entry& entry) {
    std::vector<Entry> parts;
    const std::string* text = long_text(const_cast<Deed&>(entry.deed));
    if (!text || text->size() <= kMaxInline) return parts;
    const Hash256 digest = digest_of_text(*text);
    for (std::size_t at = 0; at < text->size(); at += kMaxInline)
        parts.push_back({entry.time, Part{digest, text->substr(at, kMaxInline)}});
    return parts;
}

}  // namespace cordon::guard
