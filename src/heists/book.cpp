// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "book.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <cordon/base/check.hpp>
#include <cordon/base/format.hpp>
#include <cordon/chain/text.hpp>
#include <cordon/crypto/hash.hpp>

namespace cordon::heists {
namespace {

Hash256 digest(std::string_view text) {
    return crypto::keccak256({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

Address made_address(ChainId chain, const Hash256& hash) {
    const AddressKind kind = chain.family == ChainFamily::kBitcoin ? AddressKind::kP2wpkh
                             : chain.family == ChainFamily::kTron  ? AddressKind::kTron
                                                                   : AddressKind::kEvm;
    constexpr std::size_t kSize = 20;
    return {kind, ByteView{hash.bytes.data() + (hash.bytes.size() - kSize), kSize}};
}

}  // namespace

ChainRules rules_of(ChainId chain) noexcept {
    struct Known {
        ChainId chain;
        ChainRules rules;
    };
    // Of their protocols. NEM and Solana are played without logs and calls: they have none of this
    // form. Tron's nodes give logs, but no traces.
    static constexpr std::array kKnown{
        Known{kBitcoin, {Seconds{600}, false, false}},
        Known{kEthereum, {Seconds{12}, true, true}},
        Known{kTronMainnet, {Seconds{3}, true, false}},
        Known{{ChainFamily::kEvm, 56}, {Seconds{3}, true, true}},
        Known{{ChainFamily::kEvm, 137}, {Seconds{2}, true, true}},
        Known{{ChainFamily::kEvm, 42161}, {Seconds{1}, true, true}},
        Known{{ChainFamily::kEvm, 43114}, {Seconds{2}, true, true}},
        Known{{ChainFamily::kEvm, 9'000'043}, {Seconds{60}, false, false}},
        Known{{ChainFamily::kEvm, 9'000'501}, {Seconds{1}, false, false}}};
    for (const Known& known : kKnown)
        if (known.chain == chain) return known.rules;
    return {Seconds{3}, true, true};
}

// --- Words

Hash256 topic(std::string_view event) { return digest(event); }
Hash256 word(const Amount& number) {
    Hash256 out;
    out.bytes = number.to_big_endian();
    return out;
}
Hash256 word(const Address& address) {
    Hash256 out;
    const ByteView payload = address.payload();
    const std::size_t size = std::min(payload.size(), out.bytes.size());
    std::copy_n(payload.begin(), size,
                out.bytes.begin() + static_cast<std::ptrdiff_t>(out.bytes.size() - size));
    return out;
}

Bytes words(std::initializer_list<Hash256> words) {
    Bytes out;
    for (const Hash256& each : words) out.insert(out.end(), each.bytes.begin(), each.bytes.end());
    return out;
}

Bytes call_data(std::string_view signature, const std::vector<Argument>& arguments) {
    // Heads of one word each, then the tails of byte strings (Solidity ABI, "Formal Specification
    // of the Encoding"): all that the played calls need.
    const Hash256 hash = digest(signature);
    Bytes out{hash.bytes.begin(), hash.bytes.begin() + 4};
    Bytes tail;
    const auto put = [](Bytes& to, const Hash256& each) {
        to.insert(to.end(), each.bytes.begin(), each.bytes.end());
    };
    for (const Argument& argument : arguments) {
        if (const auto* number = std::get_if<Amount>(&argument)) put(out, word(*number));
        if (const auto* address = std::get_if<Address>(&argument)) put(out, word(*address));
        if (const auto* bytes = std::get_if<Bytes>(&argument)) {
            constexpr std::size_t kWord = 32;
            put(out, word(Amount{uint64_t{arguments.size() * kWord + tail.size()}}));
            put(tail, word(Amount{uint64_t{bytes->size()}}));
            tail.insert(tail.end(), bytes->begin(), bytes->end());
            tail.insert(tail.end(), (kWord - bytes->size() % kWord) % kWord, 0);
        }
    }
    out.insert(out.end(), tail.begin(), tail.end());
    return out;
}

Amount scaled(const Amount& amount, uint64_t parts_per_million) {
    return mul_div(amount, Amount{parts_per_million}, Amount{uint64_t{1'000'000}});
}

Amount units(const Coin& coin, std::string_view quantity) {
    const std::size_t point = quantity.find('.');
    if (point != std::string_view::npos)
        quantity = quantity.substr(0, std::min(quantity.size(), point + 1 + coin.decimals));
    if (quantity.ends_with('.')) quantity.remove_suffix(1);
    return parse_units(quantity, coin.decimals).value_or(Amount{});
}

Amount of_usd(const Coin& coin, double usd, double price) {
    if (!(price > 0) || !(usd > 0)) return {};
    // Nine digits are enough for a payment nobody knows beforehand.
    constexpr double kNano = 1e9;
    const double nano = std::min(usd / price * kNano, 9e18);
    const auto parts = static_cast<uint64_t>(nano);
    Amount one{1U};
    for (unsigned i = 0; i < coin.decimals; ++i) one *= Amount{10U};
    return mul_div(one, Amount{parts}, Amount{uint64_t{1'000'000'000}});
}

// --- Names

const Coin& Book::coin(const std::string& chain, const std::string& symbol) {
    const auto [at, is_new] = coins_.try_emplace({chain, symbol});
    Coin& coin = at->second;
    if (!is_new) return coin;
    const auto played = played_chain(chain);
    CORDON_CHECK(played.has_value());  // parse_facts has asked.
    coin.chain = *played;
    coin.symbol = symbol;
    const auto listed = common_.decimals.find(symbol);
    const bool is_stand_in = !rules_of(coin.chain).has_logs;
    constexpr unsigned kUsual = 18;
    coin.decimals = listed == common_.decimals.end() ? kUsual : listed->second;
    if (const auto native = common_.native.find(chain);
        native != common_.native.end() && native->second == symbol) {
        if (is_utxo(coin.chain) || !is_stand_in) coin.decimals = native_decimals(coin.chain);
        return coin;
    }
    if (const auto own = common_.token_decimals.find({chain, symbol});
        own != common_.token_decimals.end())
        coin.decimals = own->second;
    const auto contract = common_.contracts.find({chain, symbol});
    const Result<Address> known = contract == common_.contracts.end()
                                      ? Result<Address>{Address{}}
                                      : chain::parse_address(coin.chain, contract->second);
    coin.token = known && !known->empty()
                     ? *known
                     : made_address(coin.chain, digest(format("token/{}/{}", chain, symbol)));
    coin.asset = coin.chain.family == ChainFamily::kTron
                     ? Asset::parse(chain::format_address(coin.chain, coin.token)).value_or(Asset{})
                     : Asset::contract(coin.token);
    return coin;
}

bool Book::can_have(const std::string& chain, const std::string& symbol) const {
    const auto played = played_chain(chain);
    if (played && !is_utxo(*played)) return true;
    const auto native = common_.native.find(chain);
    return native != common_.native.end() && native->second == symbol;
}

Address Book::address(ChainId chain, const std::string& name) {
    const auto [at, is_new] = names_.try_emplace({chain, name});
    if (is_new)
        at->second = made_address(chain, digest(format("{}/{}/{}", seed_, to_string(chain), name)));
    return at->second;
}

void Book::name(ChainId chain, const std::string& name, const Address& address) {
    names_[{chain, name}] = address;
}

void Book::token(const std::string& chain, const std::string& symbol, const Address& contract) {
    coin(chain, symbol);
    Coin& coin = coins_.at({chain, symbol});
    coin.token = contract;
    coin.asset = Asset::contract(contract);
}

Hash256 Book::fresh_hash(std::string_view what) {
    return digest(format("{}/{}/{}", what, seed_, ++hashes_));
}

// --- Money

void Book::credit(const Coin& coin, const Address& address, const Amount& amount) {
    if (!is_utxo(coin.chain)) {
        Amount& balance = balances_[{coin.chain, address, coin.asset}];
        balance = checked_add(balance, amount).value_or(Amount::max());
        return;
    }
    // In pieces, as a wallet comes to hold what it holds.
    constexpr uint64_t kPieces = 24;
    const uint64_t all = amount.low_u64();
    for (uint64_t i = 0; i < kPieces; ++i) {
        const uint64_t value = all / kPieces + (i == 0 ? all % kPieces : 0);
        if (value > 0) unspent_[{coin.chain, address}].push_back({{fresh_hash("coin"), 0}, value});
    }
}

Amount Book::balance(const Coin& coin, const Address& address) const {
    if (is_utxo(coin.chain)) {
        Amount sum;
        if (const auto found = unspent_.find({coin.chain, address}); found != unspent_.end())
            for (const Unspent& each : found->second) sum += Amount{each.value};
        return sum;
    }
    const auto found = balances_.find({coin.chain, address, coin.asset});
    return found == balances_.end() ? Amount{} : found->second;
}

void Book::apply(ChainId chain, const Transfer& transfer) {
    if (is_kept(chain, transfer.from))
        balances_[{chain, transfer.from, transfer.asset}] -= transfer.amount;
    if (is_kept(chain, transfer.to)) {
        Amount& to = balances_[{chain, transfer.to, transfer.asset}];
        to = checked_add(to, transfer.amount).value_or(Amount::max());
    }
}

bool Book::pay(UnixMillis time, const Coin& coin, const Address& from, const Address& to,
               const Amount& amount, bool attack) {
    if (amount.is_zero()) return false;
    if (is_utxo(coin.chain)) return pay_utxo(time, coin.chain, {from}, {{to, amount}}, attack);
    if (coin.token.empty())
        return Draft{*this, coin.chain, time, from, to}.value(amount).done(attack);
    Draft draft{*this, coin.chain, time,
                from,  coin.token, call_data("transfer(address,uint256)", {to, amount})};
    draft.pay(Draft::kTop, coin, to, amount);
    return draft.done(attack);
}

bool Book::pay_utxo(UnixMillis time, ChainId chain, const std::vector<Address>& from,
                    const std::vector<std::pair<Address, Amount>>& to, bool attack) {
    constexpr uint64_t kFee = 4'000;  // Satoshi: some 10 sat/vB for a small txn.
    uint64_t wanted = kFee;
    for (const auto& [address, amount] : to) wanted += amount.low_u64();
    UtxoTxn txn;
    txn.version = 2;
    uint64_t have = 0;
    std::map<std::pair<ChainId, Address>, std::vector<Unspent>> left;
    for (const Address& address : from) {
        if (!is_kept(chain, address)) {
            if (have >= wanted) break;
            const uint64_t value = wanted - have + 1'000'000;  // A stranger's change.
            txn.inputs.push_back({{fresh_hash("stranger"), 0}, TxOut{value, address}});
            have += value;
            continue;
        }
        std::vector<Unspent> coins = unspent_[{chain, address}];
        // The largest first: fewer inputs, lower fees.
        std::stable_sort(coins.begin(), coins.end(),
                         [](const Unspent& a, const Unspent& b) { return a.value > b.value; });
        auto at = coins.begin();
        for (; at != coins.end() && have < wanted; ++at) {
            txn.inputs.push_back({at->at, TxOut{at->value, address}});
            have += at->value;
        }
        left[{chain, address}] = {at, coins.end()};
    }
    if (have < wanted) return false;
    for (const auto& [address, amount] : to) txn.outputs.push_back({amount.low_u64(), address});
    if (have > wanted) txn.outputs.push_back({have - wanted, txn.inputs.front().spent->address});
    txn.txid = fresh_hash("txn");
    for (auto& [key, coins] : left) unspent_[key] = std::move(coins);
    for (uint32_t i = 0; i < txn.outputs.size(); ++i)
        if (is_kept(chain, txn.outputs[i].address))
            unspent_[{chain, txn.outputs[i].address}].push_back(
                {{txn.txid, i}, txn.outputs[i].value});
    Made made;
    made.chain = chain;
    made.time = time;
    made.attack = attack;
    made.order = made_.size();
    made.utxo = std::move(txn);
    made_.push_back(std::move(made));
    return true;
}

// --- Drafts

Draft::Draft(Book& book, ChainId chain, UnixMillis time, const Address& from, const Address& to,
             Bytes input)
    : book_{book} {
    made_.chain = chain;
    made_.time = time;
    made_.activity.from = from;
    made_.activity.to = to;
    made_.activity.input = input;
    made_.activity.succeeded = true;
    Call top;
    top.kind = to.empty() ? CallKind::kCreate : CallKind::kCall;
    top.from = from;
    top.to = to;
    top.input = std::move(input);
    made_.activity.calls.push_back(std::move(top));
    selves_.push_back(to);
}

Address Draft::self(uint32_t frame) const { return selves_[frame]; }

uint32_t Draft::call(uint32_t parent, CallKind kind, const Address& to, Bytes input) {
    Call frame;
    frame.parent = parent;
    frame.depth = made_.activity.calls[parent].depth + 1;
    frame.kind = kind;
    frame.from = self(parent);
    frame.to = to;
    frame.input = std::move(input);
    made_.activity.calls.push_back(std::move(frame));
    // A delegatecall runs other code on the caller's own storage and money.
    selves_.push_back(kind == CallKind::kDelegateCall ? self(parent) : to);
    return static_cast<uint32_t>(made_.activity.calls.size() - 1);
}

Draft& Draft::value(const Amount& amount) {
    made_.activity.value = amount;
    made_.activity.calls.front().value = amount;
    if (!amount.is_zero())
        move({made_.chain, {}, {}, {}, 0}, made_.activity.from, made_.activity.to, amount,
             TransferKind::kNative);
    return *this;
}

void Draft::move(const Coin& coin, const Address& from, const Address& to, const Amount& amount,
                 TransferKind kind) {
    std::vector<Transfer>& transfers = made_.account.transfers;
    transfers.push_back(
        {static_cast<uint32_t>(transfers.size()), from, to, coin.asset, amount, kind});
    if (coin.token.empty()) return;
    log(coin.token, {topic("Transfer(address,address,uint256)"), word(from), word(to)},
        words({word(amount)}));
}

Draft& Draft::pay(uint32_t frame, const Coin& coin, const Address& to, const Amount& amount) {
    if (coin.token.empty()) {
        const uint32_t paid = call(frame, CallKind::kCall, to);
        made_.activity.calls[paid].value = amount;
        move(coin, self(frame), to, amount, TransferKind::kInternal);
        return *this;
    }
    // At the top, the txn calls the token itself: its sender pays.
    const bool is_direct = frame == kTop && made_.activity.to == coin.token;
    if (!is_direct)
        call(frame, CallKind::kCall, coin.token,
             call_data("transfer(address,uint256)", {to, amount}));
    move(coin, is_direct ? made_.activity.from : self(frame), to, amount, TransferKind::kToken);
    return *this;
}

Draft& Draft::pull(uint32_t frame, const Coin& coin, const Address& from, const Address& to,
                   const Amount& amount) {
    call(frame, CallKind::kCall, coin.token,
         call_data("transferFrom(address,address,uint256)", {from, to, amount}));
    move(coin, from, to, amount, TransferKind::kToken);
    return *this;
}

Draft& Draft::mint(uint32_t frame, const Coin& coin, const Address& to, const Amount& amount) {
    const Address nobody{to.kind(), Bytes(to.payload().size(), 0)};
    if (made_.activity.to != coin.token || frame != kTop)
        call(frame, CallKind::kCall, coin.token, call_data("mint(address,uint256)", {to, amount}));
    move(coin, nobody, to, amount, TransferKind::kMint);
    return *this;
}

Draft& Draft::burn(uint32_t frame, const Coin& coin, const Address& from, const Amount& amount) {
    const Address nobody{from.kind(), Bytes(from.payload().size(), 0)};
    call(frame, CallKind::kCall, coin.token, call_data("burn(address,uint256)", {from, amount}));
    move(coin, from, nobody, amount, TransferKind::kBurn);
    return *this;
}

Draft& Draft::log(const Address& contract, std::vector<Hash256> topics, Bytes data) {
    made_.activity.logs.push_back({logs_++, contract, std::move(topics), std::move(data)});
    return *this;
}

Draft& Draft::change(const Address& contract, const Hash256& slot, const Hash256& before,
                     const Hash256& after) {
    made_.activity.changes.push_back({contract, slot, before, after});
    return *this;
}

Draft& Draft::creates(const Address& contract) {
    made_.activity.created = contract;
    made_.activity.calls.front().to = contract;
    selves_.front() = contract;
    return *this;
}

Draft& Draft::fails() {
    made_.activity.succeeded = false;
    made_.activity.calls.front().failed = true;
    made_.activity.logs.clear();
    made_.activity.changes.clear();
    made_.account.transfers.clear();
    return *this;
}

bool Draft::done(bool attack) {
    // In order: what comes in by an earlier transfer of the txn may go out by a later one.
    std::map<std::pair<Address, Asset>, Amount> left;
    const auto at = [&](const Address& address, const Asset& asset) -> Amount& {
        const auto [found, is_new] = left.try_emplace({address, asset});
        if (is_new) {
            Coin coin;
            coin.chain = made_.chain;
            coin.asset = asset;
            found->second = book_.balance(coin, address);
        }
        return found->second;
    };
    for (const Transfer& transfer : made_.account.transfers) {
        if (book_.is_kept(made_.chain, transfer.from)) {
            Amount& from = at(transfer.from, transfer.asset);
            if (from < transfer.amount) return false;
            from -= transfer.amount;
        }
        if (book_.is_kept(made_.chain, transfer.to)) {
            Amount& to = at(transfer.to, transfer.asset);
            to = checked_add(to, transfer.amount).value_or(Amount::max());
        }
    }
    for (const Transfer& transfer : made_.account.transfers) book_.apply(made_.chain, transfer);
    // Tron does not count the txns of a sender.
    if (made_.chain.family == ChainFamily::kEvm)
        made_.activity.nonce = book_.nonces_[{made_.chain, made_.activity.from}]++;
    made_.activity.hash = book_.fresh_hash("txn");
    made_.account.hash = made_.activity.hash;
    made_.attack = attack;
    made_.order = book_.made_.size();
    book_.made_.push_back(std::move(made_));
    return true;
}

}  // namespace cordon::heists
