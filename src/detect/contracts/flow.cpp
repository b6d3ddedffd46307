// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "flow.hpp"

#include <algorithm>
#include <map>

#include "moves.hpp"

namespace cordon::detect {
namespace {

/// Rebasing tokens and rounding give or take a few units: less than a thousandth is no profit.
constexpr uint64_t kProfitPart = 1'000;
/// Numbers below it are indices, counts and dust: their jumps say nothing.
constexpr Amount kSmallAnswer{uint64_t{1'000'000}};
/// What changes by less is an ordinary trade or an ordinary harvest; detectors ask for more.
constexpr double kLeastJump = 0.01;

bool is_call(const Call& call) noexcept {
    return call.kind == CallKind::kCall || call.kind == CallKind::kCallCode;
}

void add_to(Amount& sum, const Amount& amount) noexcept {
    sum = checked_add(sum, amount).value_or(Amount::max());
}

/// One reading of one txn.
class Reading {
public:
    explicit Reading(const TxnView& txn) : calls_{txn.activity->calls}, trace_{moves_of(txn)} {}

    TxnFlow read() {
        find_own();
        find_conduits();
        find_acts();
        deal();
        find_loans();
        find_bystanders();
        find_reentries();
        find_swings();
        find_jumps();
        finish_dealings();
        return std::move(out_);
    }

private:
    bool is_own(uint32_t party) const noexcept { return own_[party]; }
    /// Of our side, or on the way: whoever keeps nothing is nobody to deal with.
    bool is_side(uint32_t party) const noexcept { return own_[party] || conduit_[party]; }
    const Address& address(uint32_t party) const noexcept { return trace_.parties[party]; }

    void find_own() {
        own_.resize(trace_.parties.size());
        called_.resize(trace_.parties.size());
        const auto add = [&](uint32_t party) {
            if (party == kNone || own_[party]) return;
            own_[party] = true;
            out_.own.push_back(address(party));
        };
        add(trace_.frames[0].from);
        add(trace_.frames[0].to);
        out_.sender = calls_[0].from;
        out_.entry = calls_[0].to;
        for (std::size_t i = 0; i < calls_.size(); ++i) {
            const Frame& frame = trace_.frames[i];
            if (frame.to == kNone) continue;
            const bool creates =
                calls_[i].kind == CallKind::kCreate || calls_[i].kind == CallKind::kCreate2;
            if (creates || !calls_[i].input.empty()) called_[frame.to] = true;
            if (creates && !frame.failed) born_.push_back(frame.to);
            if (frame.failed || !creates || !is_own(frame.from)) continue;
            if (i != 0) ++out_.created;
            if (i == 0) root_creates_ = true;
            made_.push_back(frame.to);
            add(frame.to);
        }
        // Whoever borrows by a flash loan at our side's call is our side's: its code spends it.
        for (std::size_t i = 1; i < calls_.size(); ++i) {
            const Frame& frame = trace_.frames[i];
            if (frame.failed || frame.to == kNone || own_[frame.to] || !is_call(calls_[i]))
                continue;
            if (flash_callbacks().has(calls_[i].input) && is_ours_to_call(i)) add(frame.to);
        }
        std::sort(made_.begin(), made_.end());
        std::sort(born_.begin(), born_.end());
    }

    /// Whether a called back contract had been called by our side, around the callback.
    bool is_ours_to_call(std::size_t callback) const noexcept {
        for (uint32_t at = trace_.frames[callback].parent; at != 0; at = trace_.frames[at].parent)
            if (trace_.frames[at].to == trace_.frames[callback].to)
                return is_own(trace_.frames[at].from);
        return false;
    }

    /// Routers and helpers: called by our side, everything that comes in goes out again, in before
    /// out. (A lender pays out before it is paid, and a vault is paid in one asset for another.)
    void find_conduits() {
        conduit_.resize(trace_.parties.size());
        std::map<std::pair<uint32_t, uint32_t>, Net> nets;  // Party, asset.
        std::vector<bool> keeps(trace_.parties.size());
        for (const Move& move : trace_.moves) {
            Net& payer = nets[{move.from, move.asset}];
            add_to(payer.out, move.amount);
            if (payer.out > payer.in || move.shares) keeps[move.from] = true;
            add_to(nets[{move.to, move.asset}].in, move.amount);
            if (move.shares) keeps[move.to] = true;
        }
        std::vector<bool> passes(trace_.parties.size());
        for (const auto& [key, net] : nets) {
            if (net.gain() > mul_div(net.in, Amount{1U}, Amount{kProfitPart}))
                keeps[key.first] = true;
            passes[key.first] = true;
        }
        for (uint32_t i = 1; i < calls_.size(); ++i) {
            const Frame& frame = trace_.frames[i];
            if (frame.to == kNone || !is_call(calls_[i]) || !is_side(frame.from)) continue;
            conduit_[frame.to] = !own_[frame.to] && passes[frame.to] && !keeps[frame.to];
        }
    }

    /// An act: the innermost call of our side to somebody else around a frame.
    void find_acts() {
        act_.assign(calls_.size(), kNone);
        std::map<std::pair<uint32_t, Selector>, std::size_t> repeats;
        for (uint32_t i = 1; i < calls_.size(); ++i) {
            const Call& call = calls_[i];
            const Frame& frame = trace_.frames[i];
            if (frame.to == kNone) continue;
            const bool from_side = is_side(frame.from);
            if (is_own(frame.to) && !is_own(frame.from) && !frame.failed) find_abuse(call, frame);
            if (!from_side) {
                act_[i] = act_[frame.parent];
                if (!frame.failed) find_allowance(call, frame);
                continue;
            }
            if (is_own(frame.to) || call.kind == CallKind::kDelegateCall) continue;
            if (call.kind == CallKind::kCreate || call.kind == CallKind::kCreate2) continue;
            const std::optional<Selector> selector = selector_of(call.input);
            const bool acts = !frame.failed && call.kind != CallKind::kStaticCall &&
                              is_own(frame.from) && selector;
            // Also of who passes on what others pay out: it may hold the right to.
            if (acts && privileged_calls().has(*selector)) privileged_.push_back({i, *selector});
            if (is_side(frame.to)) continue;
            act_[i] = i;
            if (!acts) continue;
            if (book_calls().has(*selector)) out_.book_calls = true;
            if (!token_calls().has(*selector))
                out_.repeats = std::max(out_.repeats, ++repeats[{frame.to, *selector}]);
        }
    }
    void find_allowance(const Call& call, const Frame& frame) {
        static const Selector kApprove = selector_named("approve(address,uint256)");
        if (selector_of(call.input) != kApprove || amount_in(word_of(call.input, 1)).is_zero())
            return;
        const auto spender = address_in(word_of(call.input, 0));
        if (spender && *spender != out_.sender &&
            std::find(out_.own.begin(), out_.own.end(), *spender) != out_.own.end())
            allowing_.push_back(frame.from);
    }
    /// Somebody else calls our side's contract as if it were a token, or runs what it made.
    void find_abuse(const Call& call, const Frame& frame) {
        if (conduit_[frame.from]) return;
        // An entry that is called as a token by its sender is one.
        const bool is_token = trace_.frames[0].to == frame.to && token_calls().has(calls_[0].input);
        if (frame.to != trace_.frames[0].from && !is_token && call.kind == CallKind::kCall &&
            token_calls().has(call.input))
            out_.poses_as_token = true;
        if (!is_made(frame.to)) return;
        if (token_calls().has(call.input)) out_.poses_as_token = true;
        // A proxy that is made in the same txn runs the code that it is made for.
        if (call.kind == CallKind::kDelegateCall && !is_born(frame.from)) out_.runs_in = call.from;
    }
    bool is_born(uint32_t party) const noexcept {
        return std::binary_search(born_.begin(), born_.end(), party);
    }
    bool is_made(uint32_t party) const noexcept {
        return std::binary_search(made_.begin(), made_.end(), party);
    }

    struct Side {  // What one act gave and took.
        bool gave = false, took = false;
    };
    struct Step {  // Of one dealing, in order.
        uint32_t act;
        uint32_t asset;
        bool gave;
        Amount amount;
    };

    uint32_t partner_of(const Move& move) const noexcept {
        const uint32_t other = is_side(move.from) ? move.to : move.from;
        const uint32_t act = move.frame == kNone ? kNone : act_[move.frame];
        // A token that our side calls itself is a means, not a partner.
        const bool direct = act == kNone || (act == move.frame && move.token &&
                                             token_calls().has(calls_[act].input));
        return direct ? other : trace_.frames[act].to;
    }

    std::size_t dealing_with(uint32_t party) {
        const auto [at, is_new] = dealing_.try_emplace(party, out_.dealings.size());
        if (is_new) {
            out_.dealings.emplace_back().with = address(party);
            out_.dealings.back().called = called_[party];
            steps_.emplace_back();
        }
        return at->second;
    }

    void deal() {
        sides_.resize(calls_.size());
        flows_.resize(trace_.parties.size());
        payee_.resize(trace_.parties.size());
        for (const Move& move : trace_.moves) {
            if (is_side(move.from)) payee_[move.to] = true;
            add_to(flows_[move.from].of(asset(move)).out, move.amount);
            add_to(flows_[move.to].of(asset(move)).in, move.amount);
            const bool gives = is_side(move.from);
            const bool takes = is_side(move.to);
            // A token that our side made itself pays for nothing.
            if (gives == takes || is_made(move.asset)) continue;
            const uint32_t act = move.frame == kNone ? kNone : act_[move.frame];
            if (act != kNone) (gives ? sides_[act].gave : sides_[act].took) = true;
            const std::size_t index = dealing_with(partner_of(move));
            Dealing& dealing = out_.dealings[index];
            if (move.shares) {
                if (gives) dealing.shares_given = true;
                continue;
            }
            Net& net = dealing.nets.of(asset(move));
            add_to(gives ? net.in : net.out, move.amount);
            steps_[index].push_back({act, move.asset, gives, move.amount});
            if (!takes) continue;
            const ByteView input = act == kNone ? ByteView{} : ByteView{calls_[act].input};
            if (borrowings().has(input)) dealing.borrowed = true;
            if (redemptions().has(input) || borrowings().has(input)) continue;
            dealing.only_redeemed = false;
            if (act != kNone && act != move.frame && trace_.frames[act].from == move.to &&
                move.to != trace_.frames[0].from)
                dealing.taken = true;
        }
        for (uint32_t party = 0; party < flows_.size(); ++party)
            if (is_side(party) || is_payee(party)) add_gains(flows_[party]);
        out_.in_constructor = root_creates_ && !out_.dealings.empty();
    }
    Asset asset(const Move& move) const {
        return move.asset == kNative ? Asset{} : Asset::contract(address(move.asset));
    }
    void add_gains(const Nets& nets) {
        for (const auto& [asset, net] : nets.all()) {
            add_to(out_.gains.of(asset).in, net.in);
            add_to(out_.gains.of(asset).out, net.out);
        }
    }
    /// Whom our side pays and who does nothing: where the proceeds go.
    bool is_payee(uint32_t party) const {
        return payee_[party] && !is_side(party) && is_sink(party);
    }

    uint32_t end_of(uint32_t frame) const noexcept {
        uint32_t end = frame + 1;
        while (end < calls_.size() && trace_.frames[end].depth > trace_.frames[frame].depth) ++end;
        return end;
    }

    /// Loans: our side calls somebody, is paid, is called back, and pays at least as much of the
    /// same asset before that call ends. So a loan is known whatever the lender's functions are
    /// called; the known ones are known by their callback too, where the money moves elsewhere.
    void find_loans() {
        // Callbacks by the act that they lie in: only acts with one are looked at.
        std::map<uint32_t, std::vector<uint32_t>> callbacks;
        for (uint32_t i = 1; i < calls_.size(); ++i) {
            const Frame& frame = trace_.frames[i];
            if (frame.failed || frame.to == kNone || !is_call(calls_[i])) continue;
            if (!is_side(frame.to) || is_side(frame.from) || calls_[i].input.size() < 4) continue;
            if (act_[i] != kNone) callbacks[act_[i]].push_back(i);
        }
        for (const auto& [act, backs] : callbacks) {
            const uint32_t end = end_of(act);
            std::map<uint32_t, Net> nets;     // In: given; out: taken before the first callback.
            std::map<uint32_t, bool> repaid;  // Other than by what else the lender offers.
            for (const Move& move : moves_between(act, end)) {
                if (move.shares || is_side(move.from) == is_side(move.to)) continue;
                if (is_side(move.from)) {
                    add_to(nets[move.asset].in, move.amount);
                    const uint32_t inner = act_[move.frame];
                    if (inner == act || inner == move.frame || inner == kNone ||
                        trace_.frames[inner].to != trace_.frames[act].to)
                        repaid[move.asset] = true;
                } else if (move.frame < backs.front() && act_[move.frame] == act)
                    add_to(nets[move.asset].out, move.amount);
            }
            bool lent = false;
            bool paid_out = false;
            for (const auto& [asset, net] : nets) {
                if (net.out.is_zero()) continue;
                paid_out = true;
                if (net.in < net.out) continue;
                lent = true;
                add_loan(act, asset, net.out);
                if (!repaid.contains(asset)) out_.side_entrance = address(trace_.frames[act].to);
            }
            const bool known = std::any_of(backs.begin(), backs.end(), [&](uint32_t back) {
                return flash_callbacks().has(calls_[back].input);
            });
            if (!lent && known && (paid_out || !nets.empty())) add_loan(act, kNone, Amount{});
            // Called back by whom it called itself, not by a token's hook.
            const bool asked = std::any_of(backs.begin(), backs.end(), [&](uint32_t back) {
                return trace_.frames[back].from == trace_.frames[act].to;
            });
            if (paid_out && asked) kept_.push_back(trace_.frames[act].to);
        }
    }
    void add_loan(uint32_t act, uint32_t asset, const Amount& amount) {
        out_.loans.push_back(
            {address(trace_.frames[act].to),
             asset == kNone || asset == kNative ? Asset{} : Asset::contract(address(asset)),
             amount});
    }
    std::span<const Move> moves_between(uint32_t begin, uint32_t end) const {
        const auto by_frame = [](const Move& move, uint32_t frame) { return move.frame < frame; };
        const auto first =
            std::lower_bound(trace_.moves.begin(), trace_.moves.end(), begin, by_frame);
        const auto last = std::lower_bound(first, trace_.moves.end(), end, by_frame);
        return {first, last};
    }

    void find_bystanders() {
        std::map<uint32_t, const Move*> taken;
        std::vector<bool> spoiled(trace_.parties.size());
        for (const Move& move : trace_.moves) {
            if (is_side(move.from) || called_[move.from] || move.shares || !move.token) continue;
            const uint32_t act = move.frame == kNone ? kNone : act_[move.frame];
            const uint32_t puller = move.frame == kNone ? kNone : trace_.frames[move.frame].from;
            // Pulled by our side's own contract: it was allowed to (D33 asks by whom and how many).
            const bool pulled = puller != kNone && puller != move.from && !is_own(puller) &&
                                (act == kNone || !sides_[act].gave);
            // To our side; or, when its contract is made for this, to whoever does nothing.
            const bool to_thief = is_side(move.to) || is_payee(move.to) ||
                                  (out_.created + (root_creates_ ? 1 : 0) > 0 && is_sink(move.to));
            if (pulled && to_thief)
                taken.try_emplace(move.from, &move);
            else
                spoiled[move.from] = true;
        }
        for (const auto& [party, move] : taken) {
            const auto& all = flows_[party].all();
            const bool paid = std::any_of(all.begin(), all.end(), [](const auto& entry) {
                return !entry.second.in.is_zero();
            });
            if (spoiled[party] || paid) continue;
            out_.bystanders.push_back({address(party), address(trace_.frames[move->frame].from),
                                       asset(*move), move->amount});
        }
    }
    /// Takes no part but to be paid.
    bool is_sink(uint32_t party) const {
        const auto& all = flows_[party].all();
        return !called_[party] && !address(party).is_zero() &&
               std::all_of(all.begin(), all.end(),
                           [](const auto& entry) { return entry.second.out.is_zero(); });
    }

    void find_reentries() {
        // Depths at which each party is at work now, and those of our side's callbacks.
        std::vector<std::vector<uint32_t>> at_work(trace_.parties.size());
        std::vector<std::pair<uint32_t, bool>> callbacks;  // Depth, designed.
        std::vector<uint32_t> stack;
        for (uint32_t i = 0; i < calls_.size(); ++i) {
            while (!stack.empty() && trace_.frames[stack.back()].depth >= trace_.frames[i].depth) {
                const uint32_t party = trace_.frames[stack.back()].to;
                if (party != kNone && !at_work[party].empty()) at_work[party].pop_back();
                if (!callbacks.empty() &&
                    callbacks.back().first == trace_.frames[stack.back()].depth)
                    callbacks.pop_back();
                stack.pop_back();
            }
            stack.push_back(i);
            const Frame& frame = trace_.frames[i];
            if (frame.to == kNone) continue;
            if (is_call(calls_[i]) && !frame.failed) {
                const std::vector<uint32_t>& before = at_work[frame.to];
                if (!is_own(frame.to) && !before.empty() && !callbacks.empty() &&
                    trace_.frames[before.front()].depth < callbacks.back().first &&
                    calls_[i].input.size() >= 4)
                    out_.reentries.push_back(
                        {address(frame.to), selector_of(calls_[before.front()].input).value_or(0),
                         *selector_of(calls_[i].input), callbacks.back().second});
                if (i != 0 && is_own(frame.to) && !is_own(frame.from))
                    callbacks.push_back(
                        {frame.depth, flash_callbacks().has(calls_[i].input) ||
                                          designed_callbacks().has(calls_[i].input)});
            }
            at_work[frame.to].push_back(i);
        }
    }

    /// A pool where one asset went out before it came in and another came in before it went out: a
    /// trade and its reverse. A router on the way has every asset in before out. What was done with
    /// somebody else in between is what the price was moved for.
    void find_swings() {
        struct Leg {
            bool first_in = false, both = false;
            Net net;
            uint32_t first = kNone, last = kNone;
        };
        std::map<std::pair<uint32_t, uint32_t>, Leg> legs;  // Party, asset.
        const auto see = [&](uint32_t party, const Move& move, bool in) {
            if (is_side(party) || move.frame == kNone) return;
            Leg& leg = legs[{party, move.asset}];
            add_to(in ? leg.net.in : leg.net.out, move.amount);
            if (leg.first == kNone) {
                leg.first = move.frame;
                leg.first_in = in;
            }
            if (in != leg.first_in) {
                leg.both = true;
                leg.last = move.frame;
            }
        };
        for (const Move& move : trace_.moves) {
            if (move.shares) continue;
            see(move.from, move, false);
            see(move.to, move, true);
        }
        for (auto leg = legs.begin(); leg != legs.end();) {
            const uint32_t party = leg->first.first;
            bool in_first = false;
            bool out_first = false;
            bool profit = false;
            uint32_t begin = kNone;
            uint32_t end = 0;
            for (; leg != legs.end() && leg->first.first == party; ++leg) {
                if (!leg->second.both) continue;
                (leg->second.first_in ? in_first : out_first) = true;
                const Net& net = leg->second.net;
                if (leg->second.first_in &&
                    net.loss() > mul_div(net.in, Amount{1U}, Amount{kProfitPart}))
                    profit = true;
                begin = std::min(begin, leg->second.first);
                end = std::max(end, leg->second.last);
            }
            if (!in_first || !out_first || has_many_pools(party)) continue;
            if (profit || deals_elsewhere(party, begin, end))
                out_.swings.push_back({address(party), profit});
        }
    }
    /// Two pools in one contract are no trade and its reverse.
    bool has_many_pools(uint32_t party) const {
        for (std::size_t i = 0; i < calls_.size(); ++i)
            if (trace_.frames[i].to == party && many_pools().has(calls_[i].input)) return true;
        return false;
    }
    bool deals_elsewhere(uint32_t pool, uint32_t begin, uint32_t end) const {
        for (const Move& move : moves_between(begin, end + 1)) {
            if (is_side(move.from) == is_side(move.to)) continue;
            const uint32_t partner = partner_of(move);
            if (partner != pool && move.from != pool && move.to != pool) return true;
        }
        return false;
    }

    void find_jumps() {
        struct Answer {
            Amount first;
            Jump jump;
        };
        std::map<std::pair<uint32_t, std::string>, Answer> answers;
        for (uint32_t i = 1; i < calls_.size(); ++i) {
            const Call& call = calls_[i];
            const Frame& frame = trace_.frames[i];
            if (frame.failed || frame.to == kNone || call.output.size() < 32) continue;
            if (call.kind == CallKind::kDelegateCall || is_made(frame.to)) continue;
            const std::optional<Selector> selector = selector_of(call.input);
            if (!selector) continue;
            const bool rate = rate_views().has(*selector);
            if (!rate && !price_views().has(*selector)) continue;
            const Amount value = amount_in(ByteView{call.output}.first(32));
            if (value < kSmallAnswer) continue;
            const auto [at, is_new] = answers.try_emplace(
                {frame.to, std::string{call.input.begin(), call.input.end()}}, Answer{value, {}});
            Answer& answer = at->second;
            if (is_new) continue;
            const Amount& low = std::min(answer.first, value);
            const Amount& high = std::max(answer.first, value);
            const double change = ratio(high, low) - 1;
            if (change < kLeastJump || change <= answer.jump.change) continue;
            answer.jump = {address(frame.to), *selector, answer.first, value, change, rate};
        }
        for (const auto& [key, answer] : answers)
            if (answer.jump.change > 0) out_.jumps.push_back(answer.jump);
    }

    void finish_dealings() {
        for (std::size_t i = 0; i < out_.dealings.size(); ++i) {
            Dealing& dealing = out_.dealings[i];
            std::map<uint32_t, Net> sums;
            std::map<uint32_t, bool> gave_first;
            for (const Step& step : steps_[i]) {
                if (step.act != kNone && sides_[step.act].gave && sides_[step.act].took) continue;
                gave_first.try_emplace(step.asset, step.gave);
                add_to(step.gave ? sums[step.asset].in : sums[step.asset].out, step.amount);
            }
            for (const auto& [asset, net] : sums) {
                if (!gave_first[asset] || !net.is_loss() || net.in.is_zero()) continue;
                if (net.loss() < mul_div(net.in, Amount{1U}, Amount{kProfitPart})) continue;
                const Asset which = asset == kNative ? Asset{} : Asset::contract(address(asset));
                const Net* all = dealing.nets.find(which);
                if (all && all->is_loss() && !dealing.nets.any_gain()) dealing.round_trip = which;
            }
            dealing.allowed_here =
                std::any_of(allowing_.begin(), allowing_.end(),
                            [&](uint32_t party) { return address(party) == dealing.with; });
            dealing.kept_loan =
                dealing.unpaid() && std::any_of(kept_.begin(), kept_.end(), [&](uint32_t party) {
                    return address(party) == dealing.with;
                });
        }
        for (const auto& [frame, selector] : privileged_)
            if (!is_born(trace_.frames[frame].to))
                out_.privileged.push_back({calls_[frame].to, selector});
    }

    const std::vector<Call>& calls_;
    const Trace& trace_;
    TxnFlow out_;
    std::vector<bool> own_, conduit_, called_, payee_;
    std::vector<uint32_t> made_, born_;  // By our side; by anybody.
    bool root_creates_ = false;
    std::vector<uint32_t> act_;
    std::vector<Side> sides_;
    std::vector<Nets> flows_;
    std::map<uint32_t, std::size_t> dealing_;
    std::vector<std::vector<Step>> steps_;
    std::vector<uint32_t> kept_, allowing_;
    std::vector<std::pair<uint32_t, Selector>> privileged_;
};

}  // namespace

const TxnFlow& flow_of(const TxnView& txn) {
    static const TxnFlow kNothing;
    const TxnActivity* activity = txn.activity;
    if (!activity || activity->calls.empty() || activity->calls[0].failed ||
        activity->succeeded == false)
        return kNothing;
    // A pure function of the txn: remembering the last answer cannot be seen from outside.
    static thread_local uint64_t last_digest = 0;
    static thread_local TxnFlow last;
    if (const uint64_t digest = digest_of(txn); digest != last_digest) {
        last = Reading{txn}.read();
        last_digest = digest;
    }
    return last;
}

}  // namespace cordon::detect
