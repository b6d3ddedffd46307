// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <string_view>
#include <tuple>

#include "columns.hpp"
#include "sqlite_store.hpp"

namespace cordon::records {
namespace {

auto subject(const Label& label) { return std::tie(label.address, label.chain); }

auto key(const Label& label) {
    return std::tuple_cat(subject(label), std::tie(label.source, label.text, label.category));
}

/// In key order; of equal keys the last one given.
std::vector<Label> in_order(std::vector<Label> labels) {
    std::ranges::stable_sort(labels,
                             [](const Label& a, const Label& b) { return key(a) < key(b); });
    std::size_t kept = 0;
    for (std::size_t i = 0; i < labels.size(); ++i) {
        if (i + 1 < labels.size() && key(labels[i]) == key(labels[i + 1])) continue;
        if (kept != i) labels[kept] = std::move(labels[i]);
        ++kept;
    }
    labels.resize(kept);
    return labels;
}

/// The labels from `first` on that are about the same address and chain.
std::span<const Label> group_at(std::span<const Label> labels, std::size_t first) {
    std::size_t last = first;
    while (last < labels.size() && subject(labels[last]) == subject(labels[first])) ++last;
    return labels.subspan(first, last - first);
}

}  // namespace

Result<int64_t> SqliteStore::list_id(const LabelList& list, std::optional<LabelList>& before) {
    CORDON_TRY(std::vector<LabelList> known, label_lists());
    for (LabelList& each : known)
        if (each.name == list.name) before = std::move(each);
    if (!before) {
        const ResetLater reset_later{add_list_};
        add_list_.bind(1, list.name);
        add_list_.bind(2, list.schema);
        if (list.as_of)
            add_list_.bind(3, int64_t{list.as_of->time_since_epoch().count()});
        else
            add_list_.bind_null(3);
        add_list_.bind(4, list.sha256);
        CORDON_TRY(add_list_.step());
        const int64_t id = add_list_.integer(0);
        CORDON_TRY(add_list_.step());  // RETURNING inserts completely only at its end.
        return id;
    }
    if (before->schema != list.schema || before->as_of != list.as_of ||
        before->sha256 != list.sha256) {
        update_list_.bind(1, list.name);
        update_list_.bind(2, list.schema);
        if (list.as_of)
            update_list_.bind(3, int64_t{list.as_of->time_since_epoch().count()});
        else
            update_list_.bind_null(3);
        update_list_.bind(4, list.sha256);
        CORDON_TRY(update_list_.run());
    }
    const ResetLater reset_later{find_list_};
    find_list_.bind(1, list.name);
    CORDON_TRY(find_list_.step());
    return find_list_.integer(0);
}

/// What the list says now, in key order.
Result<std::vector<Label>> SqliteStore::said_by_list(int64_t list, const std::string& name) {
    const ResetLater reset_later{of_list_};
    of_list_.bind(1, list);
    CORDON_TRY(std::vector<Label> said, read_all(of_list_, label_row));
    for (Label& label : said) label.list = name;
    return in_order(std::move(said));
}

/// Stores what the list says about one address, instead of what it said before.
Status SqliteStore::replace(std::span<const Label> gone, std::span<const Label> said, int64_t list,
                            std::map<std::string_view, int64_t>& sources) {
    if (!gone.empty()) {
        const AddressBlob address{gone.front().address};
        const std::string chain =
            gone.front().chain ? to_string(*gone.front().chain) : std::string{};
        forget_listed_.bind(1, address.view());
        forget_listed_.bind(2, chain);
        forget_listed_.bind(3, list);
        CORDON_TRY(forget_listed_.run());
    }
    for (const Label& label : said) {
        const std::string chain = label.chain ? to_string(*label.chain) : std::string{};
        auto [source, added] = sources.try_emplace(label.source, 0);
        if (added) {
            CORDON_TRY(source->second, source_id(label.source));
        }
        CORDON_TRY(add_label(label, chain, list, source->second));
    }
    return {};
}

Result<ListChange> SqliteStore::put_label_list(const LabelList& list,
                                               std::span<const Label> labels) {
    CORDON_TRY(check(list));
    CORDON_TRY(check_all(labels, "label"));
    std::vector<Label> said{labels.begin(), labels.end()};
    for (Label& label : said) label.list = list.name;
    said = in_order(std::move(said));

    std::unique_ptr<Transaction> db_txn;
    CORDON_TRY(begin(db_txn));
    ListChange change;
    std::map<std::string_view, int64_t> sources;
    CORDON_TRY(const int64_t id, list_id(list, change.before));
    std::vector<Label> before;
    if (change.before) {
        CORDON_TRY(before, said_by_list(id, list.name));
    }
    for (std::size_t old_at = 0, new_at = 0; old_at < before.size() || new_at < said.size();) {
        const bool old_first =
            old_at < before.size() &&
            (new_at == said.size() || subject(before[old_at]) < subject(said[new_at]));
        const bool new_first =
            new_at < said.size() &&
            (old_at == before.size() || subject(said[new_at]) < subject(before[old_at]));
        const auto gone = new_first ? std::span<const Label>{} : group_at(before, old_at);
        const auto come = old_first ? std::span<const Label>{} : group_at(said, new_at);
        old_at += gone.size();
        new_at += come.size();
        if (std::ranges::equal(gone, come)) {
            ++change.same;
            continue;
        }
        ++(gone.empty() ? change.came : come.empty() ? change.went : change.changed);
        CORDON_TRY(replace(gone, come, id, sources));
    }
    CORDON_TRY(db_txn->commit());
    return change;
}

Result<std::vector<LabelList>> SqliteStore::label_lists() const {
    const ResetLater reset_later{lists_};
    return read_all(lists_, list_row);
}

}  // namespace cordon::records
