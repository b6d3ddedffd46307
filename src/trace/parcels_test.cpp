// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "parcels.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace cordon::trace {
namespace {

constexpr std::array kPolicies{Policy::kFifo, Policy::kLifo, Policy::kTiho, Policy::kHaircut,
                               Policy::kPoison};

/// Cuts that sum to `total`.
std::vector<Amount> cuts(const Amount& total, const std::vector<uint32_t>& wishes) {
    std::vector<Amount> out;
    Amount left = total;
    for (const uint32_t wish : wishes) {
        out.push_back(std::min(left, Amount{uint64_t{wish}}));
        left -= out.back();
    }
    out.push_back(left);
    return out;
}

/// Neighbours of one origin as one parcel: where one was cut is no matter.
Parcels joined(const Parcels& parts) {
    Parcels out;
    for (const Parcel& part : parts) {
        if (!out.empty() && out.back().origin == part.origin) {
            out.back().amount += part.amount;
        } else {
            out.push_back(part);
        }
    }
    return out;
}

std::vector<Amount> taints(const std::vector<Parcels>& parts) {
    std::vector<Amount> out;
    for (const Parcels& part : parts) out.push_back(tainted_of(part));
    return out;
}

const Parcels kMixed{{Amount{30U}, kTainted}, {Amount{50U}, kClean}, {Amount{20U}, kTainted}};
const std::vector<Amount> kOutputs{Amount{40U}, Amount{55U}, Amount{5U}};

TEST(Fifo, fills_outputs_from_the_oldest_parcel_on) {
    EXPECT_EQ(taints(distribute(Policy::kFifo, kMixed, kOutputs)),
              (std::vector<Amount>{30U, 15U, 5U}));
}

TEST(Lifo, fills_outputs_from_the_newest_parcel_on) {
    EXPECT_EQ(taints(distribute(Policy::kLifo, kMixed, kOutputs)),
              (std::vector<Amount>{20U, 25U, 5U}));
}

TEST(Tiho, gives_taint_to_the_largest_output) {
    EXPECT_EQ(taints(distribute(Policy::kTiho, kMixed, kOutputs)),
              (std::vector<Amount>{0U, 50U, 0U}));
}

TEST(Haircut, splits_taint_in_proportion_to_amounts) {
    EXPECT_EQ(taints(distribute(Policy::kHaircut, kMixed, kOutputs)),
              (std::vector<Amount>{20U, 27U, 3U}));
}

TEST(Haircut, splits_near_2_to_the_192_without_overflow) {
    const Amount huge = Amount::from_limbs({0, 0, ~0ULL, 0});
    const Parcels parcels{{huge, kTainted}, {huge, kClean}};
    const auto parts = distribute(Policy::kHaircut, parcels, std::vector<Amount>{huge, huge});
    EXPECT_EQ(tainted_of(parts[0]) + tainted_of(parts[1]), huge);
}

TEST(Poison, taints_every_output_when_one_unit_is_tainted) {
    const Parcels parcels{{Amount{1U}, kTainted}, {Amount{99U}, kClean}};
    EXPECT_EQ(taints(distribute(Policy::kPoison, parcels, kOutputs)), kOutputs);
    const Parcels clean{{Amount{100U}, kClean}};
    EXPECT_EQ(taints(distribute(Policy::kPoison, clean, kOutputs)),
              (std::vector<Amount>{0U, 0U, 0U}));
}

TEST(Distribute, of_nothing_gives_empty_outputs) {
    for (const Policy policy : kPolicies)
        EXPECT_EQ(distribute(policy, {}, std::vector<Amount>{Amount{}, Amount{}}).size(), 2U);
}

TEST(Distribute, fills_every_output_exactly_and_conserves_taint) {
    EXPECT_TRUE(rc::check([](const std::vector<std::pair<uint32_t, bool>>& given,
                             const std::vector<uint32_t>& wishes) {
        Parcels parcels;
        for (const auto& [amount, tainted] : given)
            append(parcels, {Amount{uint64_t{amount}}, tainted ? kTainted : kClean});
        const std::vector<Amount> outputs = cuts(total_of(parcels), wishes);
        for (const Policy policy : kPolicies) {
            const auto parts = distribute(policy, parcels, outputs);
            RC_ASSERT(parts.size() == outputs.size());
            Amount tainted;
            for (std::size_t i = 0; i < parts.size(); ++i) {
                RC_ASSERT(total_of(parts[i]) == outputs[i]);
                tainted += tainted_of(parts[i]);
            }
            if (policy != Policy::kPoison) RC_ASSERT(tainted == tainted_of(parcels));
            if (policy == Policy::kPoison)
                RC_ASSERT(tainted ==
                          (tainted_of(parcels).is_zero() ? Amount{} : total_of(parcels)));
        }
    }));
}

/// Every unit of the inputs is a colour of its own: number of the input, and the place inside it
/// follows from order.
TEST(Fifo, forward_then_backward_is_the_identity) {
    EXPECT_TRUE(rc::check([](const std::vector<uint16_t>& inputs,
                             const std::vector<uint32_t>& wishes) {
        Parcels parcels;
        std::vector<Amount> sizes;
        for (std::size_t i = 0; i < inputs.size(); ++i) {
            parcels.push_back({Amount{uint64_t{inputs[i]} + 1}, static_cast<Origin>(i + 1)});
            sizes.push_back(parcels.back().amount);
        }
        const std::vector<Amount> outputs = cuts(total_of(parcels), wishes);
        for (const Policy policy : {Policy::kFifo, Policy::kLifo}) {
            const auto forward = distribute(policy, parcels, outputs);
            Parcels back;
            for (Parcels part : forward) {
                // The last in of an output is the first out of it when a LIFO is read from its
                // end.
                for (const Parcel& parcel : part) back.push_back(parcel);
            }
            if (policy == Policy::kLifo) std::reverse(back.begin(), back.end());
            const auto again = distribute(Policy::kFifo, back, sizes);
            for (std::size_t i = 0; i < again.size(); ++i)
                RC_ASSERT(joined(again[i]) == (Parcels{{sizes[i], static_cast<Origin>(i + 1)}}));
        }
    }));
}

TEST(Purse, gives_the_order_of_its_policy) {
    const auto first_taken = [](Policy policy) {
        Purse purse{policy};
        purse.put({Amount{60U}, kClean});
        purse.put({Amount{40U}, kTainted});
        return tainted_of(purse.take(Amount{50U}));
    };
    EXPECT_EQ(first_taken(Policy::kFifo), Amount{0U});
    EXPECT_EQ(first_taken(Policy::kLifo), Amount{40U});
    EXPECT_EQ(first_taken(Policy::kTiho), Amount{40U});
    EXPECT_EQ(first_taken(Policy::kHaircut), Amount{20U});
    EXPECT_EQ(first_taken(Policy::kPoison), Amount{50U});
}

TEST(Purse, gives_in_shares_what_came_together) {
    const auto taken = [](Policy policy, const Amount& amount) {
        Purse purse{policy};
        purse.put({Amount{10U}, kClean});
        purse.put({Amount{30U}, kTainted});
        purse.put({Amount{60U}, kClean}, true);
        purse.put({Amount{10U}, kClean});
        return tainted_of(purse.take(amount));
    };
    EXPECT_EQ(taken(Policy::kLifo, Amount{10U}), Amount{0U});
    EXPECT_EQ(taken(Policy::kLifo, Amount{40U}), Amount{10U});
    EXPECT_EQ(taken(Policy::kLifo, Amount{100U}), Amount{30U});
    EXPECT_EQ(taken(Policy::kFifo, Amount{13U}), Amount{1U});
    EXPECT_EQ(taken(Policy::kFifo, Amount{100U}), Amount{30U});
}

TEST(Purse, gives_all_at_once_in_the_order_of_its_policy_and_is_as_new) {
    const auto all_of = [](Policy policy) {
        Purse purse{policy};
        purse.put({Amount{7U}, kClean});
        EXPECT_EQ(total_of(purse.take(Amount{7U})), Amount{7U});
        purse.put({Amount{60U}, kClean});
        purse.put({Amount{30U}, kTainted});
        purse.put({Amount{10U}, kClean}, true);
        const Parcels all = purse.take(Amount{100U});
        EXPECT_TRUE(purse.total().is_zero() && purse.tainted().is_zero());
        purse.put({Amount{5U}, kTainted});
        EXPECT_EQ(purse.take(Amount{5U}), (Parcels{{Amount{5U}, kTainted}}));
        return all;
    };
    EXPECT_EQ(all_of(Policy::kFifo),
              (Parcels{{Amount{60U}, kClean}, {Amount{30U}, kTainted}, {Amount{10U}, kClean}}));
    EXPECT_EQ(all_of(Policy::kLifo), (Parcels{{Amount{30U}, kTainted}, {Amount{70U}, kClean}}));
}

TEST(Purse, gives_no_more_than_it_holds) {
    for (const Policy policy : kPolicies) {
        Purse purse{policy};
        EXPECT_TRUE(purse.take(Amount{5U}).empty());
        purse.put({Amount{3U}, kTainted});
        EXPECT_EQ(total_of(purse.take(Amount::max())), Amount{3U});
        EXPECT_TRUE(purse.total().is_zero());
        EXPECT_TRUE(purse.take(Amount{1U}).empty());
    }
}

TEST(Purse, pays_gas_from_clean_money_first) {
    for (const Policy policy : {Policy::kFifo, Policy::kLifo, Policy::kTiho}) {
        Purse purse{policy};
        purse.put({Amount{10U}, kTainted});
        purse.put({Amount{5U}, kClean});
        purse.put({Amount{10U}, kTainted});
        EXPECT_EQ(tainted_of(purse.take_clean_first(Amount{7U})), Amount{2U});
        EXPECT_EQ(purse.tainted(), Amount{18U});
        EXPECT_EQ(purse.total(), Amount{18U});
    }
}

/// One container, any events: what went in comes out or is still there, unit for unit.
TEST(Purse, conserves_value_and_taint_over_any_events) {
    EXPECT_TRUE(rc::check([](const std::vector<std::tuple<uint8_t, uint32_t>>& events) {
        for (const Policy policy : kPolicies) {
            Purse purse{policy}, summed{policy};  // The same, but what is taken is told in sums.
            Amount in, in_tainted, out, out_tainted;
            for (const auto& [what, size] : events) {
                const Amount amount{uint64_t{size}};
                Parcels parcels;
                switch (what % 6) {
                    case 0:
                    case 1:
                        purse.put({amount, what % 6 == 0 ? kClean : kTainted});
                        summed.put({amount, what % 6 == 0 ? kClean : kTainted});
                        in += amount;
                        if (what % 6 == 1) in_tainted += amount;
                        break;
                    case 5: {
                        Parcels arrival;
                        append(arrival, {Amount{uint64_t{what}}, kTainted});
                        append(arrival, {amount, kClean});
                        for (std::size_t at = 0; at < arrival.size(); ++at) {
                            purse.put(arrival[at], at > 0);
                            summed.put(arrival[at], at > 0);
                        }
                        in += total_of(arrival);
                        in_tainted += Amount{uint64_t{what}};
                        break;
                    }
                    case 2: parcels = purse.take(amount); break;
                    case 3: parcels = purse.take_clean_first(amount); break;
                    default: parcels = purse.take_tainted(amount); break;
                }
                const Sums sums = what % 6 == 2 || what % 6 == 3
                                      ? summed.take_sums(amount, what % 6 == 3)
                                  : what % 6 == 4 ? sums_of(summed.take_tainted(amount))
                                                  : Sums{};
                RC_ASSERT(sums.clean == sums_of(parcels).clean);
                RC_ASSERT(sums.tainted == tainted_of(parcels));
                RC_ASSERT(summed.total() == purse.total());
                RC_ASSERT(summed.tainted() == purse.tainted());
                out += total_of(parcels);
                out_tainted += tainted_of(parcels);
                RC_ASSERT(purse.tainted() <= purse.total());
                RC_ASSERT(out + purse.total() == in);
                if (policy != Policy::kPoison)
                    RC_ASSERT(out_tainted + purse.tainted() == in_tainted);
            }
        }
    }));
}

/// The units of a balance in FIFO are a queue: read backward, the last unit sent is the first to be
/// claimed, and each finds the receipt it came from.
TEST(Purse, fifo_of_an_account_read_backward_pairs_the_same_units) {
    EXPECT_TRUE(rc::check([](const std::vector<std::pair<uint8_t, bool>>& events) {
        // (payer, receiver) pairs unit for unit, forward.
        std::vector<std::pair<std::size_t, std::size_t>> forward, backward;
        const auto run = [](std::vector<std::pair<uint8_t, bool>> list,
                            std::vector<std::size_t> ids, auto pair) {
            Purse purse{Policy::kFifo};
            for (std::size_t i = 0; i < list.size(); ++i) {
                const Amount amount{uint64_t{list[i].first} % 8};
                if (list[i].second)
                    purse.put({amount, static_cast<Origin>(ids[i] + 1)});
                else
                    for (const Parcel& parcel : purse.take(amount))
                        for (uint64_t u = 0; u < parcel.amount.low_u64(); ++u)
                            pair(parcel.origin - 1, ids[i]);
            }
            return purse.total();
        };
        // Only what can be paid is sent, and all is sent in the end: nothing enters or stays
        // outside the events.
        std::vector<std::pair<uint8_t, bool>> list;
        unsigned held = 0;
        for (auto [size, receipt] : events) {
            size = static_cast<uint8_t>(size % 8);
            if (!receipt) size = static_cast<uint8_t>(std::min<unsigned>(size, held));
            held = receipt ? held + size : held - size;
            list.emplace_back(size, receipt);
        }
        while (held > 0) {
            const auto part = static_cast<uint8_t>(std::min(held, 7U));
            list.emplace_back(part, false);
            held -= part;
        }
        std::vector<std::size_t> ids(list.size());
        for (std::size_t i = 0; i < ids.size(); ++i) ids[i] = i;
        const Amount left =
            run(list, ids, [&](std::size_t in, std::size_t out) { forward.emplace_back(in, out); });
        RC_ASSERT(left.is_zero());
        std::reverse(list.begin(), list.end());
        std::reverse(ids.begin(), ids.end());
        for (auto& event : list) event.second = !event.second;
        run(list, ids, [&](std::size_t out, std::size_t in) { backward.emplace_back(in, out); });
        std::reverse(backward.begin(), backward.end());
        RC_ASSERT(forward == backward);
    }));
}

}  // namespace
}  // namespace cordon::trace
