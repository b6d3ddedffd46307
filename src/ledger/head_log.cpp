// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "head_log.hpp"

#include <algorithm>
#include <span>

#include <cordon/base/format.hpp>

#include "block_codec.hpp"

namespace cordon::ledger {
namespace {

constexpr unsigned kMaxAmountSize = 32;

template <typename T>
void put_array(Bytes& out, std::span<const T> values) {
    put_bytes(out, {reinterpret_cast<const uint8_t*>(values.data()), values.size_bytes()});
}
template <typename T>
void put_tail(Bytes& out, const std::vector<T>& values, uint64_t first) {
    put_array(out, std::span{values}.subspan(std::min<uint64_t>(first, values.size())));
}

/// The same for columns that are often nothing but zeros.
template <typename T>
void put_sparse_tail(Bytes& out, const std::vector<T>& values, uint64_t first) {
    const auto begin = values.begin() + static_cast<std::ptrdiff_t>(first);
    const bool any = std::any_of(begin, values.end(), [](T value) { return value != 0; });
    out.push_back(any ? 1 : 0);
    if (any) put_tail(out, values, first);
}

/// Appends `count` values; fails when there are not so many bytes left.
template <typename T>
void take_array(Decoder& in, uint64_t count, std::vector<T>& values) {
    if (count > in.left() / sizeof(T)) return in.fail();
    const ByteView bytes = in.bytes(static_cast<std::size_t>(count) * sizeof(T));
    const std::size_t at = values.size();
    values.resize(at + static_cast<std::size_t>(count));
    if (!bytes.empty()) std::memcpy(values.data() + at, bytes.data(), bytes.size());
}

template <typename T>
void take_sparse_array(Decoder& in, uint64_t count, std::vector<T>& values) {
    if (in.u8() != 0)
        take_array(in, count, values);
    else
        values.resize(values.size() + (in.ok() ? static_cast<std::size_t>(count) : 0), 0);
}

void put_totals(Bytes& out, const Totals& totals) {
    for (const uint64_t value :
         {totals.blocks, totals.txns, totals.rows, totals.inputs, totals.addresses, totals.assets})
        put_varint(out, value);
}
Totals take_totals(Decoder& in) {
    Totals totals;
    for (uint64_t* value : {&totals.blocks, &totals.txns, &totals.rows, &totals.inputs,
                            &totals.addresses, &totals.assets})
        *value = in.varint();
    return totals;
}

/// Takes one batch into a head and checks all that reading it relies on.
class Batch {
public:
    Batch(Decoder& in, Head& head) : in_{in}, head_{head}, before_{head.end() - head.begin} {}

    bool take() {
        if (take_totals(in_) != head_.end()) return false;
        own_ = take_totals(in_);
        amounts_ = in_.varint();
        foreign_ = in_.varint();
        // Nothing is that large; the sums below cannot overflow.
        for (const uint64_t count : {own_.blocks, own_.txns, own_.rows, own_.inputs, own_.addresses,
                                     own_.assets, amounts_, foreign_})
            if (count > in_.left()) return false;
        if (!is_utxo(head_.chain) && own_.inputs != 0) return false;
        take_columns();
        if (!in_.ok() || in_.left() != 0) return false;
        return blocks_fit() && rows_fit() && inputs_fit();
    }

private:
    void take_columns() {
        take_blocks();
        take_array(in_, own_.txns, head_.hash);
        take_sparse_array(in_, own_.txns, head_.time);
        take_begins(head_.row_begin, before_.rows);
        take_begins(head_.input_begin, before_.inputs);
        take_array(in_, own_.rows, head_.to);
        if (is_utxo(head_.chain)) {
            take_array(in_, own_.txns, head_.version);
            take_array(in_, own_.txns, head_.locktime);
            take_array(in_, own_.txns, head_.coinbase);
            take_array(in_, own_.rows, head_.value);
        } else {
            take_array(in_, own_.rows, head_.from);
            take_array(in_, own_.rows, head_.asset);
            take_sparse_array(in_, own_.rows, head_.gap);
            take_array(in_, own_.rows, head_.kind);
            take_array(in_, own_.rows, head_.amount_size);
            take_array(in_, amounts_, head_.amount);
        }
        take_array(in_, own_.inputs, head_.spent);
        take_array(in_, own_.inputs, head_.sender);
        for (uint64_t i = 0; i < foreign_ && in_.ok(); ++i) {
            Head::Foreign& entry = head_.foreign.emplace_back();
            entry.input = in_.u64();
            entry.point.txid = in_.hash();
            entry.point.index = in_.u32();
            entry.address = in_.u32();
            entry.value = in_.u64();
        }
        for (uint64_t i = 0; i < own_.addresses && in_.ok(); ++i)
            head_.addresses.push_back(take_address(in_));
        for (uint64_t i = 0; i < own_.assets && in_.ok(); ++i) {
            const ByteView text = in_.bytes(in_.u8());
            const std::string_view view{reinterpret_cast<const char*>(text.data()), text.size()};
            const Result<Asset> asset = Asset::parse(view);
            if (!asset || asset->text() != view) return in_.fail();
            head_.assets.push_back(*asset);
        }
    }

    void take_blocks() {
        Totals at = head_.end();
        uint64_t amount = head_.amount.size();
        uint64_t foreign = head_.foreign.size();
        for (uint64_t i = 0; i < own_.blocks && in_.ok(); ++i) {
            head_.blocks.push_back({take_header(in_), at, amount, foreign});
            Totals own = take_totals(in_);
            own.blocks = 1;
            const uint64_t own_amount = in_.varint();
            const uint64_t own_foreign = in_.varint();
            for (const uint64_t count : {own.txns, own.rows, own.inputs, own.addresses, own.assets,
                                         own_amount, own_foreign})
                if (count > UINT32_MAX) in_.fail();
            at = at + own;
            amount += own_amount;
            foreign += own_foreign;
        }
        // The columns come later; what the blocks say about them must add up.
        sum_ = at;
        sum_amount_ = amount;
        sum_foreign_ = foreign;
    }

    void take_begins(std::vector<uint32_t>& begins, uint64_t before) {
        const std::size_t first = begins.size();
        take_array(in_, own_.txns, begins);
        for (std::size_t i = first; i < begins.size(); ++i)
            begins[i] += static_cast<uint32_t>(before);
    }

    bool blocks_fit() const {
        for (std::size_t i = 1; i < head_.blocks.size(); ++i)
            if (head_.blocks[i].header.number <= head_.blocks[i - 1].header.number) return false;
        return sum_ == head_.end() && sum_amount_ == head_.amount.size() &&
               sum_foreign_ == head_.foreign.size() && begins_fit(head_.row_begin, &Totals::rows) &&
               begins_fit(head_.input_begin, &Totals::inputs) && amounts_fit();
    }

    /// Begins rise, and blocks begin where their first txn does.
    bool begins_fit(const std::vector<uint32_t>& begins, uint64_t Totals::* what) const {
        const uint64_t end = (head_.end() - head_.begin).*what;
        for (std::size_t i = head_.blocks.size() - own_.blocks; i < head_.blocks.size(); ++i) {
            const Totals from = head_.blocks[i].begin - head_.begin;
            const Totals to = head_.at(i + 1) - head_.begin;
            uint64_t at = from.*what;
            for (uint64_t txn = from.txns; txn < to.txns; ++txn) {
                if (begins[txn] < at || (txn == from.txns && begins[txn] != at)) return false;
                at = begins[txn];
            }
            if (at > to.*what || (from.txns == to.txns && from.*what != to.*what)) return false;
        }
        return end <= UINT32_MAX;
    }

    bool amounts_fit() const {
        for (std::size_t i = head_.blocks.size() - own_.blocks; i < head_.blocks.size(); ++i) {
            const Totals from = head_.blocks[i].begin - head_.begin;
            const Totals to = head_.at(i + 1) - head_.begin;
            uint64_t size = 0;
            if (!is_utxo(head_.chain))
                for (uint64_t row = from.rows; row < to.rows; ++row) {
                    if (head_.amount_size[row] > kMaxAmountSize) return false;
                    size += head_.amount_size[row];
                }
            if (size != head_.amount_at(i + 1) - head_.amount_at(i)) return false;
        }
        return true;
    }

    bool rows_fit() const {
        const Totals end = head_.end();
        if (end.addresses >= kNoId || end.assets >= kNoId) return false;
        const auto below = [](const std::vector<uint32_t>& values, uint64_t first, uint64_t limit) {
            return std::all_of(values.begin() + static_cast<std::ptrdiff_t>(first), values.end(),
                               [limit](uint32_t value) { return value < limit; });
        };
        if (!below(head_.to, before_.rows, end.addresses)) return false;
        if (is_utxo(head_.chain)) return true;
        return below(head_.from, before_.rows, end.addresses) &&
               below(head_.asset, before_.rows, end.assets) &&
               std::all_of(
                   head_.kind.begin() + static_cast<std::ptrdiff_t>(before_.rows), head_.kind.end(),
                   [](uint8_t kind) { return kind <= static_cast<uint8_t>(TransferKind::kFee); });
    }

    bool inputs_fit() const {
        const Totals end = head_.end();
        std::size_t foreign = head_.foreign.size() - foreign_;
        for (uint64_t i = before_.inputs; i < head_.spent.size(); ++i) {
            if (head_.sender[i] != kNoId && head_.sender[i] >= end.addresses) return false;
            if (head_.spent[i] != 0) {
                if (head_.spent[i] > end.rows || head_.sender[i] == kNoId) return false;
                continue;
            }
            if (foreign == head_.foreign.size()) return false;
            const Head::Foreign& entry = head_.foreign[foreign++];
            if (entry.input != head_.begin.inputs + i || entry.address != head_.sender[i])
                return false;
        }
        return foreign == head_.foreign.size();
    }

    Decoder& in_;
    Head& head_;
    Totals before_, own_, sum_;
    uint64_t amounts_ = 0, foreign_ = 0, sum_amount_ = 0, sum_foreign_ = 0;
};

}  // namespace

void put_batch(Bytes& out, const Head& head, std::size_t first) {
    const Totals begin = head.at(first);
    const Totals skip = begin - head.begin;
    out.push_back(static_cast<uint8_t>(RecordType::kAppend));
    put_totals(out, begin);
    put_totals(out, head.end() - begin);
    put_varint(out, head.amount.size() - head.amount_at(first));
    put_varint(out, head.foreign.size() - head.foreign_at(first));
    for (std::size_t i = first; i < head.blocks.size(); ++i) {
        put_header(out, head.blocks[i].header);
        put_totals(out, head.at(i + 1) - head.at(i));
        put_varint(out, head.amount_at(i + 1) - head.amount_at(i));
        put_varint(out, head.foreign_at(i + 1) - head.foreign_at(i));
    }
    put_tail(out, head.hash, skip.txns);
    put_sparse_tail(out, head.time, skip.txns);
    const auto put_begins = [&out](const std::vector<uint32_t>& begins, uint64_t from,
                                   uint64_t base) {
        for (uint64_t i = from; i < begins.size(); ++i)
            put_fixed(out, begins[i] - static_cast<uint32_t>(base));
    };
    put_begins(head.row_begin, skip.txns, skip.rows);
    put_begins(head.input_begin, skip.txns, skip.inputs);
    put_tail(out, head.to, skip.rows);
    if (is_utxo(head.chain)) {
        put_tail(out, head.version, skip.txns);
        put_tail(out, head.locktime, skip.txns);
        put_tail(out, head.coinbase, skip.txns);
        put_tail(out, head.value, skip.rows);
    } else {
        put_tail(out, head.from, skip.rows);
        put_tail(out, head.asset, skip.rows);
        put_sparse_tail(out, head.gap, skip.rows);
        put_tail(out, head.kind, skip.rows);
        put_tail(out, head.amount_size, skip.rows);
        put_tail(out, head.amount, head.amount_at(first));
    }
    put_tail(out, head.spent, skip.inputs);
    put_tail(out, head.sender, skip.inputs);
    for (std::size_t i = head.foreign_at(first); i < head.foreign.size(); ++i) {
        const Head::Foreign& entry = head.foreign[i];
        put_fixed(out, entry.input);
        put_bytes(out, entry.point.txid);
        put_fixed(out, entry.point.index);
        put_fixed(out, entry.address);
        put_fixed(out, entry.value);
    }
    for (std::size_t i = skip.addresses; i < head.addresses.size(); ++i)
        put_address(out, head.addresses[i]);
    for (std::size_t i = skip.assets; i < head.assets.size(); ++i) {
        const std::string_view text = head.assets[i].text();
        out.push_back(static_cast<uint8_t>(text.size()));
        out.insert(out.end(), text.begin(), text.end());
    }
}

void put_rewind(Bytes& out, BlockNum first_bad) {
    out.push_back(static_cast<uint8_t>(RecordType::kRewind));
    put_varint(out, first_bad);
}

Result<HeadLog> read_head(ByteView log, const std::string& name, ChainId chain, const Totals& begin,
                          std::optional<BlockNum> tip) {
    const auto corrupt = [&name](const std::string& what) {
        return fail(
            ErrorCode::kCorrupt,
            format("{}: {}; restore this ledger from a copy or ingest it anew", name, what));
    };
    CORDON_TRY(const LogContent content, read_log(log, name));
    HeadLog out{Head{chain, begin}, content.end};
    for (std::size_t i = 0; i < content.records.size(); ++i) {
        Decoder in{content.records[i]};
        const auto type = static_cast<RecordType>(in.u8());
        bool good = false;
        if (type == RecordType::kRewind) {
            const BlockNum first_bad = in.varint();
            good = in.ok() && in.left() == 0;
            if (good) out.head.truncate(out.head.lower_block(first_bad));
        } else if (type == RecordType::kAppend) {
            good = Batch{in, out.head}.take();
        }
        if (!good) return corrupt(format("record {} does not decode", i));
    }
    if (tip && !out.head.empty() && out.head.blocks.front().header.number <= *tip)
        return corrupt("begins before what is in front of it ends");
    return out;
}

}  // namespace cordon::ledger
