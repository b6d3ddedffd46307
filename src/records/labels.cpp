// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <string_view>

#include "columns.hpp"
#include "sqlite_store.hpp"

namespace cordon::records {
namespace {

constexpr int64_t kNoList = 0;  // Of label_list: the statements of labels: files.

}  // namespace

Result<int64_t> SqliteStore::source_id(const std::string& name) {
    {
        const ResetLater reset_later{find_source_};
        find_source_.bind(1, name);
        CORDON_TRY(const bool known, find_source_.step());
        if (known) return find_source_.integer(0);
    }
    const ResetLater reset_later{add_source_};
    add_source_.bind(1, name);
    CORDON_TRY(add_source_.step());
    const int64_t id = add_source_.integer(0);
    CORDON_TRY(
        add_source_.step());  // RETURNING inserts completely only when it is stepped to its end.
    return id;
}

/// Whether the file holds exactly this group; `any` whether it holds anything of its subject.
Result<bool> SqliteStore::already_said(std::span<const Said> group, bool& any) {
    const AddressBlob address{group.front().label->address};
    const ResetLater reset_later{said_by_};
    said_by_.bind(1, address.view());
    said_by_.bind(2, group.front().chain);
    said_by_.bind(3, group.front().source);
    any = false;
    for (std::size_t i = 0;; ++i) {
        CORDON_TRY(const bool row, said_by_.step());
        if (!row) return i == group.size();
        any = true;
        if (i == group.size()) return false;
        const Label& label = *group[i].label;
        if (said_by_.text(0) != label.text || said_by_.text(1) != to_string(label.category) ||
            said_by_.real(2) != label.confidence || said_by_.text(3) != label.entity ||
            said_by_.text(4) != label.detail || said_by_.is_null(5) != !label.as_of ||
            (label.as_of && said_by_.integer(5) != label.as_of->time_since_epoch().count()))
            return false;
    }
}

/// Stores all that one source says about one address on one chain, instead of what it said before.
Status SqliteStore::put_group(std::span<const Said> group, bool look_first) {
    if (look_first) {
        bool any = false;
        CORDON_TRY(const bool same, already_said(group, any));
        if (same) return {};
        if (any) {
            const AddressBlob address{group.front().label->address};
            forget_said_.bind(1, address.view());
            forget_said_.bind(2, group.front().chain);
            forget_said_.bind(3, group.front().source);
            CORDON_TRY(forget_said_.run());
        }
    }
    for (const Said& said : group)
        CORDON_TRY(add_label(*said.label, said.chain, kNoList, said.source));
    return {};
}

Status SqliteStore::add_label(const Label& label, std::string_view chain, int64_t list,
                              int64_t source) {
    const AddressBlob address{label.address};
    add_label_.bind(1, address.view());
    add_label_.bind(2, chain);
    add_label_.bind(3, list);
    add_label_.bind(4, source);
    add_label_.bind(5, label.text);
    add_label_.bind(6, to_string(label.category));
    add_label_.bind(7, label.confidence);
    add_label_.bind(8, label.entity);
    add_label_.bind(9, label.detail);
    if (label.as_of)
        add_label_.bind(10, int64_t{label.as_of->time_since_epoch().count()});
    else
        add_label_.bind_null(10);
    return add_label_.run();
}

Status SqliteStore::put_labels(std::span<const Label> labels) {
    CORDON_TRY(check_all(labels, "label"));
    std::unique_ptr<Transaction> db_txn;
    CORDON_TRY(begin(db_txn));

    ChainTexts chains;
    std::map<std::string_view, int64_t> sources;
    std::vector<Said> all;
    all.reserve(labels.size());
    for (const Label& label : labels) {
        auto [source, added] = sources.try_emplace(label.source, 0);
        if (added) {
            CORDON_TRY(source->second, source_id(label.source));
        }
        all.push_back({&label, label.chain ? chains.of(*label.chain) : std::string_view{},
                       source->second, all.size()});
    }

    // In key order: neighbours fall on one page, and a first load only appends. Alphabetical order
    // of the categories is their order in the enumeration, so that a group compares with what ORDER
    // BY gives.
    std::ranges::sort(all, [](const Said& a, const Said& b) {
        return std::tuple_cat(a.key(), std::tie(a.place)) <
               std::tuple_cat(b.key(), std::tie(b.place));
    });
    std::size_t kept = 0;
    for (std::size_t i = 0; i < all.size(); ++i)
        if (i + 1 == all.size() || all[i].key() != all[i + 1].key()) all[kept++] = all[i];
    all.resize(kept);

    bool look_first = false;
    {
        const ResetLater reset_later{any_label_};
        CORDON_TRY(any_label_.step());
        look_first = any_label_.integer(0) != 0;
    }
    for (std::size_t first = 0; first < all.size();) {
        std::size_t last = first + 1;
        while (last < all.size() && all[last].subject() == all[first].subject()) ++last;
        CORDON_TRY(put_group(std::span{all}.subspan(first, last - first), look_first));
        first = last;
    }
    return db_txn->commit();
}

Result<std::vector<Label>> SqliteStore::labels(ChainId chain, const Address& address) const {
    const AddressBlob blob{address};
    const std::string chain_text = to_string(chain);
    const ResetLater reset_later{labels_};
    labels_.bind(1, blob.view());
    labels_.bind(2, chain_text);
    return read_all(labels_, label_row);
}

Result<std::vector<Label>> SqliteStore::labels_anywhere(const Address& address) const {
    const AddressBlob blob{address};
    const ResetLater reset_later{anywhere_};
    anywhere_.bind(1, blob.view());
    return read_all(anywhere_, label_row);
}

Status SqliteStore::each_label(const std::function<bool(const Label&)>& visit) const {
    const ResetLater reset_later{every_label_};
    for (;;) {
        CORDON_TRY(const bool more, every_label_.step());
        if (!more) return {};
        Result<Label> label = label_row(every_label_);
        if (!label) return fail(label.error().in(database_->path()));
        if (!visit(*label)) return {};
    }
}

Result<std::vector<Address>> SqliteStore::labelled(ChainId chain, Category category) const {
    const std::string chain_text = to_string(chain);
    const ResetLater reset_later{labelled_};
    labelled_.bind(1, to_string(category));
    labelled_.bind(2, chain_text);
    CORDON_TRY(std::vector<Address> found,
               read_all(
                   labelled_, +[](const Statement& row) -> Result<Address> {
                       return decode_address(row.blob(0));
                   }));
    std::ranges::sort(found);
    return found;
}

}  // namespace cordon::records
