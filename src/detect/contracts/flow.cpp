// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "flow.hpp"

#include <algorithm>
#include <bit>
#include <map>
#include <span>

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

/// Reads one txn after the other, into the same memory.
class Reading {
public:
    TxnFlow read(const TxnView& txn) {
        calls_ = txn.activity->calls;
        trace_ = &moves_of(txn);
        out_ = {};
        clear();
        find_own();
        number_accounts();
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
    struct Party {
        bool own = false, conduit = false;
        bool called = false;
        bool payee = false;  // Paid by our side.
        bool gave = false, got = false;
        uint32_t dealing = kNone;  // Of out_.dealings.
        uint32_t asset = kNone;    // Of assets_.
        uint32_t first_work = kNone, at_work = 0;
    };
    struct Account {  // What somebody has of an asset.
        uint32_t party, asset;
        Net net;
    };
    struct Ends {  // Of a move: accounts.
        uint32_t from, to;
    };
    struct Side {  // What one act gave and took.
        bool gave = false, took = false;
    };
    struct Step {  // Of a dealing, in order.
        std::size_t dealing;
        uint32_t asset, act;
        bool gave;
        Amount amount;
    };

    void clear() {
        parties_.assign(trace_->parties.size(), Party{});
        made_.clear();
        born_.clear();
        root_creates_ = false;
        assets_.clear();
        steps_.clear();
        kept_.clear();
        allowing_.clear();
        privileged_.clear();
    }

    bool is_own(uint32_t party) const noexcept { return parties_[party].own; }
    /// Of our side, or on the way: whoever keeps nothing is nobody to deal with.
    bool is_side(uint32_t party) const noexcept {
        return parties_[party].own || parties_[party].conduit;
    }
    const Address& address(uint32_t party) const noexcept { return trace_->parties[party]; }
    const Asset& asset_of(uint32_t number) {
        static const Asset kCoin;
        if (number == kNative) return kCoin;
        uint32_t& place = parties_[number].asset;
        if (place == kNone) {
            place = static_cast<uint32_t>(assets_.size());
            assets_.push_back(Asset::contract(address(number)));
        }
        return assets_[place];
    }
    bool is_a(std::size_t frame, FunctionKind kind) const noexcept {
        return (trace_->frames[frame].kinds & kind) != 0;
    }

    void find_own() {
        const auto add = [&](uint32_t party) {
            if (party == kNone || is_own(party)) return;
            parties_[party].own = true;
            out_.own.push_back(address(party));
        };
        const std::vector<Frame>& frames = trace_->frames;
        add(frames[0].from);
        add(frames[0].to);
        out_.sender = calls_[0].from;
        out_.entry = calls_[0].to;
        for (std::size_t i = 0; i < calls_.size(); ++i) {
            const Frame& frame = frames[i];
            if (frame.to == kNone) continue;
            const bool creates =
                calls_[i].kind == CallKind::kCreate || calls_[i].kind == CallKind::kCreate2;
            if (creates || !calls_[i].input.empty()) parties_[frame.to].called = true;
            if (creates && !frame.failed) born_.push_back(frame.to);
            if (frame.failed || !creates || !is_own(frame.from)) continue;
            if (i != 0) ++out_.created;
            if (i == 0) root_creates_ = true;
            made_.push_back(frame.to);
            add(frame.to);
        }
        // Whoever borrows by a flash loan at our side's call is our side's: its code spends it.
        for (std::size_t i = 1; i < calls_.size(); ++i) {
            const Frame& frame = frames[i];
            if (!is_a(i, kFlashCallback) || frame.failed || frame.to == kNone || is_own(frame.to) ||
                !is_call(calls_[i]))
                continue;
            if (is_ours_to_call(i)) add(frame.to);
        }
        std::sort(made_.begin(), made_.end());
        std::sort(born_.begin(), born_.end());
    }

    /// Whether a called back contract had been called by our side, around the callback.
    bool is_ours_to_call(std::size_t callback) const noexcept {
        const std::vector<Frame>& frames = trace_->frames;
        for (uint32_t at = frames[callback].parent; at != 0; at = frames[at].parent)
            if (frames[at].to == frames[callback].to) return is_own(frames[at].from);
        return false;
    }

    void number_accounts() {
        const std::vector<Move>& moves = trace_->moves;
        accounts_.clear();
        ends_.clear();
        places_.assign(std::bit_ceil(moves.size() * 4 + 1), kNone);
        const auto account = [&](uint32_t party, uint32_t asset) {
            for (uint64_t at = mixed(party, asset);; ++at) {
                uint32_t& number = places_[at & (places_.size() - 1)];
                if (number == kNone) {
                    number = static_cast<uint32_t>(accounts_.size());
                    accounts_.push_back({party, asset, {}});
                }
                if (accounts_[number].party == party && accounts_[number].asset == asset)
                    return number;
            }
        };
        for (const Move& move : moves)
            ends_.push_back({account(move.from, move.asset), account(move.to, move.asset)});
    }
    static uint64_t mixed(uint32_t party, uint32_t asset) noexcept {
        return (((uint64_t{party} << 32) | asset) * 0x9E3779B97F4A7C15ULL) >> 32;
    }

    /// Routers and helpers: called by our side, everything that comes in goes out again, in before
    /// out. (A lender pays out before it is paid, and a vault is paid in one asset for another.)
    void find_conduits() {
        const std::vector<Move>& moves = trace_->moves;
        if (moves.empty()) return;
        keeps_.assign(parties_.size(), false);
        passes_.assign(parties_.size(), false);
        for (std::size_t i = 0; i < moves.size(); ++i) {
            const Move& move = moves[i];
            Net& payer = accounts_[ends_[i].from].net;
            add_to(payer.out, move.amount);
            if (payer.out > payer.in || move.shares) keeps_[move.from] = true;
            add_to(accounts_[ends_[i].to].net.in, move.amount);
            if (move.shares) keeps_[move.to] = true;
        }
        for (const Account& account : accounts_) {
            const Net& net = account.net;
            if (net.is_gain() && net.gain() > part_of(net.in)) keeps_[account.party] = true;
            passes_[account.party] = true;
        }
        for (uint32_t i = 1; i < calls_.size(); ++i) {
            const Frame& frame = trace_->frames[i];
            if (frame.to == kNone || !is_call(calls_[i]) || !is_side(frame.from)) continue;
            parties_[frame.to].conduit =
                !is_own(frame.to) && passes_[frame.to] && !keeps_[frame.to];
        }
    }
    static Amount part_of(const Amount& amount) {
        return mul_div(amount, Amount{1U}, Amount{kProfitPart});
    }

    /// An act: the innermost call of our side to somebody else around a frame.
    void find_acts() {
        act_.assign(calls_.size(), kNone);
        repeats_.clear();
        for (uint32_t i = 1; i < calls_.size(); ++i) {
            const Call& call = calls_[i];
            const Frame& frame = trace_->frames[i];
            if (frame.to == kNone) continue;
            const bool from_side = is_side(frame.from);
            if (is_own(frame.to) && !is_own(frame.from) && !frame.failed) find_abuse(call, i);
            if (!from_side) {
                act_[i] = act_[frame.parent];
                if (!frame.failed) find_allowance(call, frame);
                continue;
            }
            if (is_own(frame.to) || call.kind == CallKind::kDelegateCall) continue;
            if (call.kind == CallKind::kCreate || call.kind == CallKind::kCreate2) continue;
            const bool acts = !frame.failed && call.kind != CallKind::kStaticCall &&
                              is_own(frame.from) && frame.selector;
            // Also of who passes on what others pay out: it may hold the right to.
            if (acts && is_a(i, kPrivileged)) privileged_.push_back({i, *frame.selector});
            if (is_side(frame.to)) continue;
            act_[i] = i;
            if (!acts) continue;
            if (is_a(i, kBookCall)) out_.book_calls = true;
            if (!is_a(i, kTokenCall)) repeats_.push_back({frame.to, *frame.selector});
        }
        std::sort(repeats_.begin(), repeats_.end());
        for (auto at = repeats_.begin(); at != repeats_.end();) {
            const auto end =
                std::find_if(at, repeats_.end(), [&](const auto& one) { return one != *at; });
            out_.repeats = std::max(out_.repeats, static_cast<std::size_t>(end - at));
            at = end;
        }
    }
    void find_allowance(const Call& call, const Frame& frame) {
        static const Selector kApprove = selector_named("approve(address,uint256)");
        if (frame.selector != kApprove || amount_in(word_of(call.input, 1)).is_zero()) return;
        const auto spender = address_in(word_of(call.input, 0));
        if (spender && *spender != out_.sender &&
            std::find(out_.own.begin(), out_.own.end(), *spender) != out_.own.end())
            allowing_.push_back(frame.from);
    }
    /// Somebody else calls our side's contract as if it were a token, or runs what it made.
    void find_abuse(const Call& call, uint32_t i) {
        const Frame& frame = trace_->frames[i];
        if (parties_[frame.from].conduit) return;
        // An entry that is called as a token by its sender is one.
        const Frame& root = trace_->frames[0];
        const bool is_token = root.to == frame.to && is_a(0, kTokenCall);
        if (frame.to != root.from && !is_token && call.kind == CallKind::kCall &&
            is_a(i, kTokenCall))
            out_.poses_as_token = true;
        if (!is_made(frame.to)) return;
        if (is_a(i, kTokenCall)) out_.poses_as_token = true;
        // A proxy that is made in the same txn runs the code that it is made for.
        if (call.kind == CallKind::kDelegateCall && !is_born(frame.from)) out_.runs_in = call.from;
    }
    bool is_born(uint32_t party) const noexcept {
        return std::binary_search(born_.begin(), born_.end(), party);
    }
    bool is_made(uint32_t party) const noexcept {
        return std::binary_search(made_.begin(), made_.end(), party);
    }

    uint32_t act_of(const Move& move) const noexcept {
        return move.frame == kNone ? kNone : act_[move.frame];
    }
    uint32_t partner_of(const Move& move) const noexcept {
        const uint32_t other = is_side(move.from) ? move.to : move.from;
        const uint32_t act = act_of(move);
        // A token that our side calls itself is a means, not a partner.
        const bool direct =
            act == kNone || (act == move.frame && move.token && is_a(act, kTokenCall));
        return direct ? other : trace_->frames[act].to;
    }

    std::size_t dealing_with(uint32_t party) {
        uint32_t& number = parties_[party].dealing;
        if (number == kNone) {
            number = static_cast<uint32_t>(out_.dealings.size());
            out_.dealings.emplace_back().with = address(party);
            out_.dealings.back().called = parties_[party].called;
        }
        return number;
    }

    void deal() {
        sides_.assign(calls_.size(), Side{});
        for (const Move& move : trace_->moves) {
            const bool gives = is_side(move.from);
            const bool takes = is_side(move.to);
            if (gives) parties_[move.to].payee = true;
            if (!move.amount.is_zero()) parties_[move.from].gave = parties_[move.to].got = true;
            // A token that our side made itself pays for nothing.
            if (gives == takes || is_made(move.asset)) continue;
            const uint32_t act = act_of(move);
            if (act != kNone) (gives ? sides_[act].gave : sides_[act].took) = true;
            const std::size_t index = dealing_with(partner_of(move));
            Dealing& dealing = out_.dealings[index];
            if (move.shares) {
                if (gives) dealing.shares_given = true;
                continue;
            }
            Net& net = dealing.nets.of(asset_of(move.asset));
            add_to(gives ? net.in : net.out, move.amount);
            steps_.push_back({index, move.asset, act, gives, move.amount});
            if (!takes) continue;
            const uint32_t kinds = act == kNone ? 0 : trace_->frames[act].kinds;
            if ((kinds & kBorrowing) != 0) dealing.borrowed = true;
            if ((kinds & (kRedemption | kBorrowing)) != 0) continue;
            dealing.only_redeemed = false;
            if (act != kNone && act != move.frame && trace_->frames[act].from == move.to &&
                move.to != trace_->frames[0].from)
                dealing.taken = true;
        }
        for (const Account& account : accounts_) {
            if (!is_side(account.party) && !is_payee(account.party)) continue;
            Net& net = out_.gains.of(asset_of(account.asset));
            add_to(net.in, account.net.in);
            add_to(net.out, account.net.out);
        }
        out_.in_constructor = root_creates_ && !out_.dealings.empty();
    }
    /// Whom our side pays and who does nothing: where the proceeds go.
    bool is_payee(uint32_t party) const {
        return parties_[party].payee && !is_side(party) && is_sink(party);
    }
    /// Takes no part but to be paid.
    bool is_sink(uint32_t party) const {
        return !parties_[party].called && !parties_[party].gave && !address(party).is_zero();
    }

    uint32_t end_of(uint32_t frame) const noexcept {
        uint32_t end = frame + 1;
        while (end < calls_.size() && trace_->frames[end].depth > trace_->frames[frame].depth)
            ++end;
        return end;
    }

    /// Loans: our side calls somebody, is paid, is called back, and pays at least as much of the
    /// same asset before that call ends. So a loan is known whatever the lender's functions are
    /// called; the known ones are known by their callback too, where the money moves elsewhere.
    void find_loans() {
        // Callbacks by the act that they lie in: only acts with one are looked at.
        std::map<uint32_t, std::vector<uint32_t>> callbacks;
        for (uint32_t i = 1; i < calls_.size(); ++i) {
            const Frame& frame = trace_->frames[i];
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
                        trace_->frames[inner].to != trace_->frames[act].to)
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
                if (!repaid.contains(asset)) out_.side_entrance = address(trace_->frames[act].to);
            }
            const bool known = std::any_of(backs.begin(), backs.end(), [&](uint32_t back) {
                return is_a(back, kFlashCallback);
            });
            if (!lent && known && (paid_out || !nets.empty())) add_loan(act, kNone, Amount{});
            // Called back by whom it called itself, not by a token's hook.
            const bool asked = std::any_of(backs.begin(), backs.end(), [&](uint32_t back) {
                return trace_->frames[back].from == trace_->frames[act].to;
            });
            if (paid_out && asked) kept_.push_back(trace_->frames[act].to);
        }
    }
    void add_loan(uint32_t act, uint32_t asset, const Amount& amount) {
        out_.loans.push_back(
            {address(trace_->frames[act].to), asset == kNone ? Asset{} : asset_of(asset), amount});
    }
    std::span<const Move> moves_between(uint32_t begin, uint32_t end) const {
        const auto by_frame = [](const Move& move, uint32_t frame) { return move.frame < frame; };
        const auto first =
            std::lower_bound(trace_->moves.begin(), trace_->moves.end(), begin, by_frame);
        const auto last = std::lower_bound(first, trace_->moves.end(), end, by_frame);
        return {first, last};
    }

    void find_bystanders() {
        std::map<uint32_t, const Move*> taken;
        spoiled_.clear();
        for (const Move& move : trace_->moves) {
            if (is_side(move.from) || parties_[move.from].called || move.shares || !move.token)
                continue;
            const uint32_t act = act_of(move);
            const uint32_t puller = move.frame == kNone ? kNone : trace_->frames[move.frame].from;
            // Pulled by our side's own contract: it was allowed to (D33 asks by whom and how many).
            const bool pulled = puller != kNone && puller != move.from && !is_own(puller) &&
                                (act == kNone || !sides_[act].gave);
            // To our side; or, when its contract is made for this, to whoever does nothing.
            const bool to_thief = is_side(move.to) || is_payee(move.to) ||
                                  (out_.created + (root_creates_ ? 1 : 0) > 0 && is_sink(move.to));
            if (pulled && to_thief)
                taken.try_emplace(move.from, &move);
            else
                spoiled_.push_back(move.from);
        }
        std::sort(spoiled_.begin(), spoiled_.end());
        for (const auto& [party, move] : taken) {
            if (parties_[party].got || std::binary_search(spoiled_.begin(), spoiled_.end(), party))
                continue;
            out_.bystanders.push_back({address(party), address(trace_->frames[move->frame].from),
                                       asset_of(move->asset), move->amount});
        }
    }
    void find_reentries() {
        stack_.clear();
        callbacks_.clear();  // Of our side, by depth; and whether they are made for it.
        for (uint32_t i = 0; i < calls_.size(); ++i) {
            const Frame& frame = trace_->frames[i];
            while (!stack_.empty() && trace_->frames[stack_.back()].depth >= frame.depth) {
                const Frame& done = trace_->frames[stack_.back()];
                if (done.to != kNone) --parties_[done.to].at_work;
                if (!callbacks_.empty() && callbacks_.back().first == done.depth)
                    callbacks_.pop_back();
                stack_.pop_back();
            }
            stack_.push_back(i);
            if (frame.to == kNone) continue;
            Party& party = parties_[frame.to];
            if (is_call(calls_[i]) && !frame.failed) {
                if (!party.own && party.at_work > 0 && !callbacks_.empty() &&
                    trace_->frames[party.first_work].depth < callbacks_.back().first &&
                    frame.selector)
                    out_.reentries.push_back({address(frame.to),
                                              trace_->frames[party.first_work].selector.value_or(0),
                                              *frame.selector, callbacks_.back().second});
                if (i != 0 && party.own && !is_own(frame.from))
                    callbacks_.emplace_back(
                        frame.depth, (frame.kinds & (kFlashCallback | kDesignedCallback)) != 0);
            }
            if (party.at_work++ == 0) party.first_work = i;
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
        std::vector<Leg> legs(accounts_.size());
        const auto see = [&](uint32_t account, const Move& move, bool in) {
            if (is_side(accounts_[account].party) || move.frame == kNone) return;
            Leg& leg = legs[account];
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
        for (std::size_t i = 0; i < trace_->moves.size(); ++i) {
            const Move& move = trace_->moves[i];
            if (move.shares) continue;
            see(ends_[i].from, move, false);
            see(ends_[i].to, move, true);
        }
        std::vector<uint32_t> both;  // Accounts, by party.
        for (uint32_t i = 0; i < legs.size(); ++i)
            if (legs[i].both) both.push_back(i);
        std::sort(both.begin(), both.end(), [&](uint32_t a, uint32_t b) {
            return std::pair{accounts_[a].party, a} < std::pair{accounts_[b].party, b};
        });
        for (auto at = both.begin(); at != both.end();) {
            const uint32_t party = accounts_[*at].party;
            bool in_first = false;
            bool out_first = false;
            bool profit = false;
            uint32_t begin = kNone;
            uint32_t end = 0;
            for (; at != both.end() && accounts_[*at].party == party; ++at) {
                const Leg& leg = legs[*at];
                (leg.first_in ? in_first : out_first) = true;
                if (leg.first_in && leg.net.loss() > part_of(leg.net.in)) profit = true;
                begin = std::min(begin, leg.first);
                end = std::max(end, leg.last);
            }
            if (!in_first || !out_first || has_many_pools(party)) continue;
            if (profit || deals_elsewhere(party, begin, end))
                out_.swings.push_back({address(party), profit});
        }
    }
    /// Two pools in one contract are no trade and its reverse.
    bool has_many_pools(uint32_t party) const {
        for (std::size_t i = 0; i < calls_.size(); ++i)
            if (trace_->frames[i].to == party && is_a(i, kManyPools)) return true;
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
            const Frame& frame = trace_->frames[i];
            if ((frame.kinds & (kRateView | kPriceView)) == 0) continue;
            if (frame.failed || frame.to == kNone || call.output.size() < 32) continue;
            if (call.kind == CallKind::kDelegateCall || is_made(frame.to)) continue;
            const bool rate = is_a(i, kRateView);
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
            answer.jump = {address(frame.to), *frame.selector, answer.first, value, change, rate};
        }
        for (const auto& [key, answer] : answers)
            if (answer.jump.change > 0) out_.jumps.push_back(answer.jump);
    }

    void finish_dealings() {
        std::erase_if(steps_, [&](const Step& step) {
            return step.act != kNone && sides_[step.act].gave && sides_[step.act].took;
        });
        // In order within a dealing and an asset; where several fit, the last asset is told.
        const auto key = [](const Step& step) { return std::pair{step.dealing, step.asset}; };
        const auto before = [&](const Step& a, const Step& b) { return key(a) < key(b); };
        if (!std::is_sorted(steps_.begin(), steps_.end(), before))
            std::stable_sort(steps_.begin(), steps_.end(), before);
        for (auto at = steps_.begin(); at != steps_.end();) {
            const Step& first = *at;
            Net net;
            for (; at != steps_.end() && key(*at) == key(first); ++at)
                add_to(at->gave ? net.in : net.out, at->amount);
            if (!first.gave || !net.is_loss() || net.in.is_zero()) continue;
            if (net.loss() < part_of(net.in)) continue;
            Dealing& dealing = out_.dealings[first.dealing];
            const Asset& which = asset_of(first.asset);
            const Net* all = dealing.nets.find(which);
            if (all && all->is_loss() && !dealing.nets.any_gain()) dealing.round_trip = which;
        }
        for (Dealing& dealing : out_.dealings) {
            dealing.allowed_here =
                std::any_of(allowing_.begin(), allowing_.end(),
                            [&](uint32_t party) { return address(party) == dealing.with; });
            dealing.kept_loan =
                dealing.unpaid() && std::any_of(kept_.begin(), kept_.end(), [&](uint32_t party) {
                    return address(party) == dealing.with;
                });
        }
        for (const auto& [frame, selector] : privileged_)
            if (!is_born(trace_->frames[frame].to))
                out_.privileged.push_back({calls_[frame].to, selector});
    }

    std::span<const Call> calls_;
    const Trace* trace_ = nullptr;
    TxnFlow out_;
    std::vector<Party> parties_;
    std::vector<uint32_t> made_, born_;  // By our side; by anybody.
    bool root_creates_ = false;
    std::vector<Account> accounts_;
    std::vector<uint32_t> places_;  // Of accounts by hash, the next free place behind it.
    std::vector<Ends> ends_;        // Of each move.
    std::vector<Asset> assets_;
    std::vector<bool> keeps_, passes_;
    std::vector<uint32_t> act_;
    std::vector<Side> sides_;  // Of each act.
    std::vector<Step> steps_;
    std::vector<uint32_t> kept_, allowing_, spoiled_, stack_;
    std::vector<std::pair<uint32_t, bool>> callbacks_;
    std::vector<std::pair<uint32_t, Selector>> privileged_, repeats_;
};

}  // namespace

const TxnFlow& flow_of(const TxnView& txn) {
    static const TxnFlow kNothing;
    const TxnActivity* activity = txn.activity;
    if (!activity || activity->calls.empty() || activity->calls[0].failed ||
        activity->succeeded == false)
        return kNothing;
    // A pure function of the txn: remembering the last answer cannot be seen from outside.
    static thread_local uint64_t last_reading = 0;
    static thread_local Reading reader;
    static thread_local TxnFlow last;
    if (const uint64_t reading = reading_of(txn); reading != last_reading) {
        last = reader.read(txn);
        last_reading = reading;
    }
    return last;
}

}  // namespace cordon::detect
