// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>

#include <cordon/base/check.hpp>
#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/chain/text.hpp>
#include <cordon/crypto/hash.hpp>

#include "../policy/fields.hpp"
#include "json_text.hpp"
#include "snapshot.hpp"

namespace cordon::guard {
namespace {

ByteView bytes_of(std::string_view text) noexcept {
    return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

/// A file in large pieces, and its digest.
class Sheet {
public:
    explicit Sheet(OutFile& file) : file_{file} {}
    Status line(std::string_view text) {
        buffer_ += text;
        buffer_ += '\n';
        return buffer_.size() < kPiece ? Status{} : flush();
    }
    Status flush() {
        CORDON_TRY(file_.write(bytes_of(buffer_)));
        digest_.update(bytes_of(buffer_));
        buffer_.clear();
        return {};
    }
    Hash256 digest() { return digest_.finish(); }

private:
    static constexpr std::size_t kPiece = std::size_t{1} << 20;
    OutFile& file_;
    std::string buffer_;
    crypto::Sha256 digest_;
};

/// An object with its "type".
class Line {
public:
    explicit Line(std::string_view type) : out_{256} {
        out_.open('{');
        out_.field("type", type);
    }
    template <typename Value>
    Line& field(std::string_view name, const Value& value) {
        if constexpr (std::is_same_v<Value, UnixMillis>)
            out_.field(name, format_rfc3339(value));
        else if constexpr (std::is_same_v<Value, Hash256>)
            out_.field(name, to_hex(value));
        else
            out_.field(name, value);
        return *this;
    }
    std::string text() {
        out_.close('}');
        return std::move(out_).take();
    }

private:
    JsonText out_;
};

class SnapshotWriter {
public:
    SnapshotWriter(const State& state, Sheet& out) : state_{state}, out_{out} {}

    /// The entries before `until` that are asked for later.
    std::vector<uint64_t> wanted(uint64_t until) const {
        std::vector<uint64_t> all;
        for (const auto& [first, id] : state_.asked) {
            all.push_back(first);
            all.push_back(state_.requests.at(id).last);
        }
        all.insert(all.end(), state_.strays.begin(), state_.strays.end());
        std::sort(all.begin(), all.end());
        all.erase(std::unique(all.begin(), all.end()), all.end());
        all.erase(std::lower_bound(all.begin(), all.end(), until), all.end());
        return all;
    }

    Status run(std::size_t kept) {
        Line head{"snapshot"};
        head.field("v", uint64_t{1}).field("next", state_.next).field("time", state_.last_time);
        // No spend is missing: all that there ever were are in it.
        if (state_.known_since != UnixMillis::min()) head.field("known_since", state_.known_since);
        CORDON_TRY(out_.line(head.field("kept", uint64_t{kept}).text()));
        CORDON_TRY(policies());
        CORDON_TRY(breakers());
        for (const auto& [first, id] : state_.asked) CORDON_TRY(request(id));
        for (const auto& [key, id] : state_.outflows) {
            const auto& [chain, txn, index] = key;
            CORDON_TRY(out_.line(Line{"payment"}
                                     .field("chain", to_string(chain))
                                     .field("txn", chain::format_hash(chain, txn))
                                     .field("index", uint64_t{index})
                                     .field("id", id)
                                     .text()));
        }
        for (const uint64_t entry : state_.strays)
            CORDON_TRY(out_.line(Line{"stray"}.field("entry", entry).text()));
        return accounts();
    }

private:
    Status entry(UnixMillis time, Deed deed) {
        const Entry entry{time, std::move(deed)};
        for (const Entry& part : parts_of(entry)) CORDON_TRY(out_.line(format_entry(part)));
        return out_.line(format_entry(entry));
    }
    Status given(wallet::Subject subject, const std::string& about,
                 const std::vector<Given>& statements) {
        for (const Given& each : statements)
            CORDON_TRY(entry(each.at, Stated{subject, about, each.statement}));
        return {};
    }
    Status agreed(const std::optional<UnixMillis>& time) {
        return time ? out_.line(Line{"agreed"}.field("time", *time).text()) : Status{};
    }

    Status policies() {
        const Policy& policy = *state_.policy;
        CORDON_TRY(
            entry(state_.last_time,
                  Proposed{policy.digest(), policy.version(), std::string{policy.text()}, "", {}}));
        CORDON_TRY(entry(state_.last_time, Began{policy.digest()}));
        for (const Proposal& each : state_.proposals) {
            CORDON_TRY(entry(state_.last_time, each.what));
            CORDON_TRY(given(wallet::Subject::kPolicy, to_hex(each.what.digest), each.given));
            CORDON_TRY(agreed(each.agreed));
        }
        return {};
    }

    Status breakers() {
        for (const auto& [key, id] : state_.alerts)
            CORDON_TRY(
                out_.line(Line{"alert"}.field("breaker", key.text()).field("id", id).text()));
        for (const auto& [key, each] : state_.tripped) {
            CORDON_TRY(entry(each.breaker.since, Tripped{key, each.breaker.by, each.breaker.why}));
            CORDON_TRY(given(wallet::Subject::kBreaker, key.text(), each.given));
            CORDON_TRY(agreed(each.agreed));
        }
        return {};
    }

    Status request(const std::string& id) {
        const KnownRequest& known = state_.requests.at(id);
        Line line{known.open ? "open" : "closed"};
        line.field("id", id).field("sha256", known.digest).field("first", known.first);
        line.field("last", known.last).field("decision", to_string(known.decision));
        if (known.seen) line.field("txn", known.txn);
        if (!known.open) return out_.line(line.text());
        const OpenRequest& open = *known.open;
        line.field("since", open.since);
        if (open.counted) line.field("counted", open.counted->time);
        if (open.counted && open.counted_until != UnixMillis::max())
            line.field("counted_until", open.counted_until);
        CORDON_TRY(out_.line(line.text()));
        Judged deed;
        deed.request = open.request;
        deed.asked_by = open.asked_by;
        deed.verdict = open.verdict;
        deed.counted = open.counted.has_value();
        deed.counts = open.counts;
        if (open.counted) deed.usd = open.counted->usd;
        CORDON_TRY(entry(open.verdict.time, std::move(deed)));
        return given(wallet::Subject::kWithdrawal, id, open.given);
    }

    Status accounts() {
        const auto spend = [](std::string_view type, ChainId chain, const Asset& asset,
                              const Amount& amount, Cents usd) {
            Line line{type};
            line.field("chain", to_string(chain)).field("asset", asset.text());
            line.field("amount", amount.to_string()).field("usd_cents", std::to_string(usd));
            return line;
        };
        for (const auto& [key, account] : state_.spending.accounts()) {
            Line line{"account"};
            line.field("scope", to_string(key.first)).field("key", key.second);
            // Nothing that an account sums up afterwards makes it good again.
            line.field("overflow", uint64_t{account.overflow ? 1U : 0U});
            CORDON_TRY(out_.line(line.text()));
            for (const auto& [what, ever] : account.ever)
                CORDON_TRY(out_.line(spend("ever", what.first, what.second, ever.amount, ever.usd)
                                         .field("count", ever.count)
                                         .text()));
            for (const Spend& each : account.recent)
                CORDON_TRY(out_.line(spend("spend", each.chain, each.asset, each.amount, each.usd)
                                         .field("time", each.time)
                                         .text()));
        }
        return {};
    }

    const State& state_;
    Sheet& out_;
};

}  // namespace

std::string snapshot_path(const std::string& gate_directory, const Hash256& digest) {
    return format("{}/snapshot/{}", gate_directory, to_hex(digest));
}

Result<Hash256> write_snapshot(const std::string& gate_directory, const State& state,
                               uint64_t until,
                               const std::function<Result<std::string>(uint64_t)>& entry,
                               Disk& disk) {
    const std::string folder = gate_directory + "/snapshot";
    CORDON_TRY(disk.make_directory(folder));
    CORDON_TRY(disk.sync_directory(gate_directory));
    Hash256 digest;
    {
        CORDON_TRY(const auto file, disk.create(folder + "/snapshot.new"));
        Sheet sheet{*file};
        SnapshotWriter writer{state, sheet};
        const std::vector<uint64_t> wanted = writer.wanted(until);
        CORDON_TRY(writer.run(wanted.size()));
        for (const uint64_t index : wanted) {
            CORDON_TRY(const std::string text, entry(index));
            if (text.find('\n') != std::string::npos)
                return fail(ErrorCode::kCorrupt,
                            format("entry {} is not one line; nothing left", index));
            CORDON_TRY(sheet.line(format("{} {}", index, text)));
        }
        CORDON_TRY(sheet.flush());
        CORDON_TRY(file->sync());
        digest = sheet.digest();
    }
    CORDON_TRY(disk.rename(folder + "/snapshot.new", snapshot_path(gate_directory, digest)));
    CORDON_TRY(disk.sync_directory(folder));
    return digest;
}

}  // namespace cordon::guard
