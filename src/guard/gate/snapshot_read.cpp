// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <cordon/chain/text.hpp>
#include <cordon/crypto/hash.hpp>

#include "../policy/fields.hpp"
#include "json_reader.hpp"
#include "snapshot.hpp"

namespace cordon::guard {

/// Line after line: what a line belongs to stands before it.
class SnapshotReader {
public:
    Result<Snapshot> run(std::string_view text) {
        uint64_t lines = 0;
        std::size_t at = 0;
        const auto next_line = [&]() -> std::optional<std::string_view> {
            const std::size_t end = text.find('\n', at);
            if (end == std::string_view::npos) return std::nullopt;
            const std::string_view line = text.substr(at, end - at);
            at = end + 1;
            ++lines;
            return line;
        };
        const auto wrong = [&](const Error& error) {
            return fail(error.in(format("line {}", lines)));
        };
        while (at < text.size() && (!has_head_ || text[at] == '{')) {
            const auto line = next_line();
            if (!line) return fail(ErrorCode::kMalformed, "its last line has no end");
            const Status taken = take(*line);
            if (!taken) return wrong(taken.error());
        }
        if (!has_head_) return fail(ErrorCode::kMalformed, "it is empty");
        if (const Status ended = end_request(); !ended) return wrong(ended.error());
        if (!state().policy) return fail(ErrorCode::kMalformed, "it has no policy");
        while (at < text.size()) {
            const std::size_t begin = at;
            const auto line = next_line();
            if (!line) return fail(ErrorCode::kMalformed, "its last line has no end");
            const Status taken = take_kept(*line, begin);
            if (!taken) return wrong(taken.error());
        }
        if (out_.kept.places_.size() != kept_)
            return fail(ErrorCode::kMalformed,
                        format("has {} kept entries, not {}", out_.kept.places_.size(), kept_));
        out_.kept.text_ = text;
        return std::move(out_);
    }
    static void keep(Snapshot& snapshot, MappedFile file) { snapshot.kept.file_ = std::move(file); }

private:
    State& state() { return out_.state; }

    Status take(std::string_view line) {
        CORDON_TRY(const JsonValue root, chain::parse_json_tree(line));
        if (!root.is(JsonValue::Kind::kObject)) return bad("line", "an object");
        const Reader in{root};
        CORDON_TRY(const std::string type, in.text("type"));
        if (!has_head_) return head(type, in);
        if (type == "part" || type == "verdict" || type == "statement" || type == "proposal" ||
            type == "policy" || type == "trip") {
            CORDON_TRY(ReadEntry read, parse_entry(line));
            return entry(std::move(read));
        }
        if (type == "agreed") {
            if (!agreed_) return bad("agreed", "a proposal or a breaker before it");
            CORDON_TRY(*agreed_, in.time("time"));
            agreed_ = nullptr;
            return {};
        }
        CORDON_TRY(end_request());
        if (type == "open" || type == "closed") return request(type == "open", in);
        if (type == "alert") {
            CORDON_TRY(BreakerKey key, in.breaker());
            CORDON_TRY(std::string id, in.text("id"));
            state().alerts.emplace(std::move(key), std::move(id));
            return {};
        }
        if (type == "payment") return payment(in);
        if (type == "stray") {
            CORDON_TRY(const uint64_t entry, in.number("entry"));
            if (entry >= state().next ||
                (!state().strays.empty() && entry <= state().strays.back()))
                return bad("entry", "entries in their order");
            state().strays.push_back(entry);
            return {};
        }
        if (type == "account") {
            CORDON_TRY(const std::string word, in.text("scope"));
            const std::optional<Scope> scope = parse_scope(word);
            if (!scope) return bad("scope", "a scope");
            CORDON_TRY(std::string key, in.text("key"));
            CORDON_TRY(const uint64_t overflow, in.number("overflow"));
            account_ = &state().spending.account(*scope, std::move(key));
            account_->overflow = overflow != 0;
            return {};
        }
        if (type == "ever" || type == "spend") return spend(type == "ever", in);
        return bad("type", "a kind of line that this program knows");
    }

    Status head(std::string_view type, const Reader& in) {
        if (type != "snapshot") return bad("type", "snapshot, in the first line");
        CORDON_TRY(const uint64_t version, in.number("v"));
        if (version != 1)
            return fail(ErrorCode::kUnsupported,
                        format("snapshot of version {}: this cordon knows version 1", version));
        CORDON_TRY(state().next, in.number("next"));
        CORDON_TRY(state().last_time, in.time("time"));
        if (in.has("known_since")) {
            CORDON_TRY(state().known_since, in.time("known_since"));
            state().forgotten = state().known_since;
        }
        CORDON_TRY(kept_, in.number("kept"));
        has_head_ = true;
        return {};
    }

    /// In the form of the log; what they mean depends on what stands before.
    Status entry(ReadEntry read) {
        if (auto* part = std::get_if<Part>(&read.entry.deed)) {
            if (part_of_ != part->of) part_.clear();
            part_of_ = part->of;
            part_ += part->data;
            return {};
        }
        if (read.left_out) {
            std::string* text = long_text(read.entry.deed);
            if (!text || part_of_ != *read.left_out || digest_of_text(part_) != part_of_)
                return bad("data", "the parts of a long text before it");
            *text = std::exchange(part_, {});
        }
        const UnixMillis time = read.entry.time;
        if (time > state().last_time) return bad("time", "none after the snapshot's");
        if (auto* judged = std::get_if<Judged>(&read.entry.deed))
            return verdict(time, std::move(*judged));
        if (auto* stated = std::get_if<Stated>(&read.entry.deed))
            return statement(time, std::move(*stated));
        CORDON_TRY(end_request());
        given_ = nullptr;
        agreed_ = nullptr;
        if (auto* proposed = std::get_if<Proposed>(&read.entry.deed))
            return proposal(std::move(*proposed));
        if (const auto* began = std::get_if<Began>(&read.entry.deed)) {
            if (state().policy || state().proposals.size() != 1 ||
                state().proposals[0].what.digest != began->digest)
                return bad("policy", "one that was proposed right before");
            state().policy = std::move(state().proposals[0].policy);
            state().proposals.clear();
            return {};
        }
        auto& tripped = std::get<Tripped>(read.entry.deed);
        const auto [at, is_new] = state().tripped.try_emplace(tripped.key);
        if (!is_new) return bad("breaker", "each once");
        at->second.breaker = {tripped.key, time, std::move(tripped.by), std::move(tripped.why)};
        belongs_to(at->first.text(), wallet::Subject::kBreaker, at->second.given,
                   &at->second.agreed);
        return {};
    }

    Status proposal(Proposed proposed) {
        if (digest_of_text(proposed.yaml) != proposed.digest)
            return bad("sha256", "the digest of the policy");
        Policy::Compiled compiled = Policy::compile(proposed.yaml, "policy");
        if (!compiled.policy)
            return fail(ErrorCode::kUnsupported,
                        format("this cordon does not understand the policy {}; open it with the "
                               "one that wrote it",
                               to_hex(proposed.digest)));
        state().proposals.push_back({std::move(proposed), std::move(compiled.policy), {}, {}});
        Proposal& made = state().proposals.back();
        belongs_to(to_hex(made.what.digest), wallet::Subject::kPolicy, made.given, &made.agreed);
        return {};
    }

    void belongs_to(std::string about, wallet::Subject subject, std::vector<Given>& given,
                    std::optional<UnixMillis>* agreed) {
        about_ = std::move(about);
        subject_ = subject;
        given_ = &given;
        agreed_ = agreed;
    }

    Status statement(UnixMillis time, Stated deed) {
        if (!given_ || deed.about != about_ || deed.subject != subject_)
            return bad("statement", "what it is about before it");
        CORDON_TRY(const wallet::Statement said, wallet::parse_statement(deed.statement.text));
        given_->push_back(
            {said.by, said.approves, said.policy, time, said.expires, std::move(deed.statement)});
        return {};
    }

    Status request(bool is_open, const Reader& in) {
        KnownRequest known;
        CORDON_TRY(id_, in.text("id"));
        CORDON_TRY(known.digest, in.hash("sha256"));
        CORDON_TRY(known.first, in.number("first"));
        CORDON_TRY(known.last, in.number("last"));
        CORDON_TRY(const std::string decision, in.text("decision"));
        CORDON_TRY(known.decision, parse_decision(decision));
        known.seen = in.has("txn");
        if (known.seen) {
            CORDON_TRY(known.txn, in.hash("txn"));
        }
        const auto& asked = state().asked;
        if (known.first > known.last || known.last >= state().next ||
            (!asked.empty() && known.first <= asked.rbegin()->first) ||
            state().requests.contains(id_) || (is_open && known.seen))
            return bad("request", "each once, in the order of its first entry");
        if (!is_open) {
            state().put(id_, std::move(known));
            return {};
        }
        known.open = std::make_unique<OpenRequest>();
        CORDON_TRY(known.open->since, in.time("since"));
        if (in.has("counted")) {
            known.open->counted.emplace();
            CORDON_TRY(known.open->counted->time, in.time("counted"));
            known.open->counted_until = UnixMillis::max();
        }
        if (in.has("counted_until")) {
            CORDON_TRY(known.open->counted_until, in.time("counted_until"));
        }
        request_ = std::move(known);
        return {};
    }

    Status verdict(UnixMillis time, Judged deed) {
        if (!request_ || given_ || !deed.request || deed.request->id != id_ ||
            deed.verdict.id != id_ || deed.verdict.request != request_->digest ||
            deed.verdict.decision != request_->decision ||
            deed.counted != request_->open->counted.has_value())
            return bad("verdict", "the request that it is about before it");
        OpenRequest& open = *request_->open;
        open.request = *std::move(deed.request);
        open.asked_by = std::move(deed.asked_by);
        open.verdict = std::move(deed.verdict);
        open.verdict.time = time;
        open.verdict.entry = request_->last;
        open.counts = std::move(deed.counts);
        if (open.counted)
            open.counted = Spend{open.counted->time, open.request.chain, open.request.asset,
                                 open.request.amount, deed.usd};
        belongs_to(id_, wallet::Subject::kWithdrawal, open.given, nullptr);
        return {};
    }

    /// One that is open is whole when the next thing begins.
    Status end_request() {
        agreed_ = nullptr;
        if (request_) {
            if (!given_) return bad("open", "its verdict after it");
            state().put(id_, *std::exchange(request_, std::nullopt));
        }
        given_ = nullptr;
        return {};
    }

    Status payment(const Reader& in) {
        CORDON_TRY(const std::string chain_text, in.text("chain"));
        CORDON_TRY(const ChainId chain, parse_chain(chain_text));
        CORDON_TRY(const std::string hash, in.text("txn"));
        CORDON_TRY(const Hash256 txn, chain::parse_hash(chain, hash));
        CORDON_TRY(const uint64_t index, in.number("index"));
        CORDON_TRY(std::string id, in.text("id"));
        if (index > UINT32_MAX) return bad("index", "the place of a transfer");
        if (!id.empty() && !state().requests.contains(id)) return bad("id", "a known request");
        state().outflows[{chain, txn, static_cast<uint32_t>(index)}] = std::move(id);
        return {};
    }

    Status spend(bool is_sum, const Reader& in) {
        if (!account_) return bad("account", "it before what it has spent");
        CORDON_TRY(const std::string chain_text, in.text("chain"));
        CORDON_TRY(const ChainId chain, parse_chain(chain_text));
        CORDON_TRY(const std::string asset_text, in.text("asset"));
        CORDON_TRY(const Asset asset, Asset::parse(asset_text));
        CORDON_TRY(const std::string amount_text, in.text("amount"));
        CORDON_TRY(const Amount amount, Amount::parse(amount_text));
        CORDON_TRY(const std::string usd_text, in.text("usd_cents"));
        Cents usd = 0;
        const char* end = usd_text.data() + usd_text.size();
        const auto [at, error] = std::from_chars(usd_text.data(), end, usd);
        if (error != std::errc{} || at != end) return bad("usd_cents", "cents");
        if (is_sum) {
            CORDON_TRY(const uint64_t count, in.number("count"));
            account_->ever[{chain, asset}] = {usd, amount, count};
            return {};
        }
        CORDON_TRY(const UnixMillis time, in.time("time"));
        if (time > state().last_time ||
            (!account_->recent.empty() && time < account_->recent.back().time))
            return bad("time", "times that never fall");
        account_->recent.push_back({time, chain, asset, amount, usd});
        return {};
    }

    /// "INDEX ENTRY": read when somebody asks for it.
    Status take_kept(std::string_view line, std::size_t begin) {
        uint64_t index = 0;
        const auto [at, error] = std::from_chars(line.data(), line.data() + line.size(), index);
        const auto digits = static_cast<std::size_t>(at - line.data());
        auto& places = out_.kept.places_;
        if (error != std::errc{} || digits + 1 >= line.size() || *at != ' ' ||
            index >= state().next || (!places.empty() && index <= places.back().index))
            return bad("kept entry", "its index, a blank and it, in their order");
        places.push_back({index, begin + digits + 1, line.size() - digits - 1});
        return {};
    }

    Snapshot out_;
    bool has_head_ = false;
    uint64_t kept_ = 0;
    std::string part_;
    Hash256 part_of_;
    // What statements and "agreed" belong to.
    std::string about_;
    wallet::Subject subject_{};
    std::vector<Given>* given_ = nullptr;
    std::optional<UnixMillis>* agreed_ = nullptr;
    std::string id_;
    std::optional<KnownRequest> request_;
    SpendBook::Account* account_ = nullptr;
};

std::optional<std::string_view> KeptEntries::find(uint64_t index) const {
    const auto at =
        std::lower_bound(places_.begin(), places_.end(), index,
                         [](const Place& place, uint64_t wanted) { return place.index < wanted; });
    if (at == places_.end() || at->index != index) return std::nullopt;
    return text_.substr(at->at, at->size);
}

Result<Snapshot> parse_snapshot(std::string_view text) { return SnapshotReader{}.run(text); }

Result<Snapshot> read_snapshot(const std::string& gate_directory, const Hash256& digest) {
    const std::string path = snapshot_path(gate_directory, digest);
    Result<MappedFile> file = MappedFile::open(path);
    if (!file && file.error().code == ErrorCode::kNotFound)
        return fail(ErrorCode::kNotFound,
                    format("{}: is missing, and stands for entries that left the log; take it from "
                           "a backup",
                           path));
    if (!file) return fail(file.error());
    if (crypto::sha256(file->bytes()) != digest)
        return fail(ErrorCode::kChecksum,
                    format("{}: is not what the log's anchor says: it was changed; take it from a "
                           "backup",
                           path));
    Result<Snapshot> read =
        parse_snapshot({reinterpret_cast<const char*>(file->bytes().data()), file->bytes().size()});
    if (!read) return fail(read.error().in(path));
    SnapshotReader::keep(*read, *std::move(file));
    return read;
}

}  // namespace cordon::guard
