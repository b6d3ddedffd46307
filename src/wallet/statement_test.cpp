// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "statement.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cordon/base/hex.hpp>
#include <cordon/chain/text.hpp>

#include "request_json.hpp"
#include "test_signer.hpp"

namespace cordon::wallet {
namespace {

using Kind = ApproverKey::Kind;

WithdrawalRequest request() {
    WithdrawalRequest out;
    out.id = "wd-1";
    out.chain = kEthereum;
    out.from =
        chain::parse_address(kEthereum, "0x1111111111111111111111111111111111111111").value();
    out.to = chain::parse_address(kEthereum, "0x2222222222222222222222222222222222222222").value();
    out.amount = Amount{250U};
    out.requester = "alice";
    out.time = from_unix_seconds(1'767'225'600);
    out.payload = {"safe", "{}"};
    return out;
}

Statement statement() {
    Statement out;
    out.subject = Subject::kWithdrawal;
    out.policy.bytes.fill(0xab);
    out.by = "bob";
    out.time = from_unix_seconds(1'767'225'700);
    out.expires = from_unix_seconds(1'767'229'300);
    out.about = withdrawal_text(request()).value();
    return out;
}

TEST(WithdrawalText, is_of_who_asks_and_of_programs_of_theirs) {
    WithdrawalRequest request;
    request.requester = "alice";
    EXPECT_TRUE(is_own(request, "alice"));
    request.requester = "alice/bot";
    EXPECT_TRUE(is_own(request, "alice"));
    for (const std::string other : {"al", "bob", "alice/", "alice/bo", ""})
        EXPECT_FALSE(is_own(request, other)) << other;
    request.requester = "";
    EXPECT_FALSE(is_own(request, ""));
}

TEST(WithdrawalText, says_every_field_on_a_line_of_its_own) {
    EXPECT_EQ(withdrawal_text(request()).value(),
              "cordon withdrawal v1\nid: wd-1\nchain: eth\nasset: native\n"
              "from: 0x1111111111111111111111111111111111111111\n"
              "to: 0x2222222222222222222222222222222222222222\namount: 250\nrequester: alice\n"
              "time: 2026-01-01T00:00:00Z\npayload type: safe\npayload sha256: "
              "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a\n");
}

TEST(WithdrawalText, differs_when_any_field_differs) {
    const std::string before = withdrawal_text(request()).value();
    const auto changed = [&](auto change) {
        WithdrawalRequest other = request();
        change(other);
        return withdrawal_text(other).value() != before;
    };
    EXPECT_TRUE(changed([](auto& r) { r.id = "wd-2"; }));
    EXPECT_TRUE(changed([](auto& r) { r.chain = ChainId{ChainFamily::kEvm, 56}; }));
    EXPECT_TRUE(changed([](auto& r) { r.asset = Asset::parse("usdt").value(); }));
    EXPECT_TRUE(changed([](auto& r) { r.from = r.to; }));
    EXPECT_TRUE(changed([](auto& r) { r.to = r.from; }));
    EXPECT_TRUE(changed([](auto& r) { r.amount = Amount{251U}; }));
    EXPECT_TRUE(changed([](auto& r) { r.requester = ""; }));
    EXPECT_TRUE(changed([](auto& r) { r.time += std::chrono::milliseconds{1}; }));
    EXPECT_TRUE(changed([](auto& r) { r.payload.type = "evm"; }));
    EXPECT_TRUE(changed([](auto& r) { r.payload.data = "{ }"; }));
}

TEST(WithdrawalText, refuses_what_does_not_look_like_what_it_is) {
    const auto refused = [](auto change) {
        WithdrawalRequest other = request();
        change(other);
        const auto text = withdrawal_text(other);
        return !text && text.error().code == ErrorCode::kMalformed;
    };
    for (const std::string bad : {"wd\n1", "wd\x1b[2K1", "wd\u202e1", "wd\u200b1", "wd\u00a01",
                                  " wd-1", "wd-1 ", "wd\xff", "wd\u20281", "\u2800"})
        EXPECT_TRUE(refused([&](auto& r) { r.id = bad; })) << bad;
    EXPECT_TRUE(refused([](auto& r) { r.id = ""; }));
    EXPECT_TRUE(refused([](auto& r) { r.id = std::string(129, 'x'); }));
    EXPECT_TRUE(refused([](auto& r) { r.requester = "(none)"; }));
    EXPECT_TRUE(refused([](auto& r) { r.requester = "al\tice"; }));
    EXPECT_TRUE(refused([](auto& r) { r.payload.type = "safe\n"; }));
    EXPECT_TRUE(refused([](auto& r) { r.from = Address{}; }));
    EXPECT_TRUE(refused([](auto& r) { r.to = Address{}; }));
    EXPECT_FALSE(refused([](auto& r) { r.id = "Zo\u00eb 17"; }));
    EXPECT_FALSE(refused([](auto& r) { r.requester = ""; }));
    EXPECT_FALSE(refused([](auto& r) { r.payload = {}; }));
}

TEST(Statement, is_read_from_exactly_the_text_that_it_writes) {
    const Statement one = statement();
    EXPECT_EQ(parse_statement(one.text()).value(), one);
    Statement other = one;
    other.approves = false;
    other.subject = Subject::kPolicy;
    other.about = policy_text(7, one.policy, one.time);
    EXPECT_EQ(parse_statement(other.text()).value(), other);
    other.subject = Subject::kBreaker;
    other.about = breaker_text("wallet eth:0x11", one.time).value();
    EXPECT_EQ(parse_statement(other.text()).value(), other);
    EXPECT_FALSE(breaker_text("global\nreset: all", one.time));
}

TEST(Statement, has_one_form_whatever_is_done_to_it) {
    const std::string text = statement().text();
    const bool holds = rc::check("a changed text is refused or reads back as itself", [&] {
        std::string other = text;
        const auto edits = *rc::gen::inRange(1, 4);
        for (int i = 0; i < edits; ++i) {
            const auto at = *rc::gen::inRange<std::size_t>(0, other.size());
            switch (*rc::gen::inRange(0, 3)) {
                case 0: other[at] = *rc::gen::arbitrary<char>(); break;
                case 1: other.insert(at, 1, *rc::gen::element('\n', ' ', ':', '0', '\r')); break;
                default: other.erase(at, 1);
            }
        }
        const auto read = parse_statement(other);
        if (read) RC_ASSERT(read->text() == other);
    });
    EXPECT_TRUE(holds);
    for (std::size_t size = 0; size < text.size(); ++size) {
        const auto read = parse_statement(text.substr(0, size));
        EXPECT_TRUE(!read || read->text() == text.substr(0, size)) << size;
    }
}

TEST(Statement, names_the_line_that_is_wrong) {
    const auto message = [](std::string text) {
        const auto read = parse_statement(text);
        return read ? std::string{"read"} : read.error().message;
    };
    std::string text = statement().text();
    const auto with = [&](std::string_view from, std::string_view to) {
        std::string out = text;
        return out.replace(out.find(from), from.size(), to);
    };
    EXPECT_THAT(message(""), testing::HasSubstr("line 1"));
    EXPECT_THAT(message(with("approve", "Approve")), testing::HasSubstr("line 2"));
    EXPECT_THAT(message(with("subject: w", "subject:w")), testing::HasSubstr("line 3"));
    EXPECT_THAT(message(with("abab", "ABAB")), testing::HasSubstr("line 4"));
    EXPECT_THAT(message(with("by: bob", "by: ")), testing::HasSubstr("line 5"));
    EXPECT_THAT(message(with("00:01:40Z", "00:01:40.5Z")), testing::HasSubstr("line 6"));
    EXPECT_THAT(message(with("00:01:40Z", "02:01:40+02:00")), testing::HasSubstr("line 6"));
    EXPECT_THAT(message(with("expires: 2026", "expires: 2025")), testing::HasSubstr("line 7"));
    EXPECT_THAT(message(with("\n\n", "\nnote: x\n\n")), testing::HasSubstr("line 8"));
    EXPECT_THAT(message(text.substr(0, text.find("\n\n") + 2)), testing::HasSubstr("missing"));
    EXPECT_THAT(message(text + "amount: 1"), testing::HasSubstr("does not end"));
    EXPECT_EQ(parse_statement(text + std::string(70'000, 'x')).error().code, ErrorCode::kLimit);
}

TEST(ApproverKey, is_read_from_exactly_the_text_that_it_writes) {
    for (const Kind kind : {Kind::kEd25519, Kind::kFidoEs256, Kind::kFidoEd25519}) {
        const ApproverKey key = TestSigner{kind, 3}.key();
        EXPECT_EQ(parse_approver_key(key.text()).value(), key);
    }
    EXPECT_THAT(TestSigner(Kind::kFidoEs256, 3).key().text(),
                testing::StartsWith("fido2-es256:cordon.example:B"));
}

TEST(ApproverKey, refuses_what_is_none) {
    const std::string ed = TestSigner{Kind::kEd25519, 3}.key().text();
    const std::string p256 = TestSigner{Kind::kFidoEs256, 3}.key().text();
    for (const std::string& bad :
         {std::string{}, std::string{"ed25519"}, std::string{"ed25519:"}, ed + " ", ed + "AAAA",
          "rsa:" + ed.substr(8), "fido2-es256" + ed.substr(7),
          "fido2-es256:cordon.example:" + ed.substr(8), "fido2-ed25519::" + ed.substr(8),
          "fido2-ed25519:Cordon.Example:" + ed.substr(8), "fido2-ed25519:a b:" + ed.substr(8),
          "ed25519" + p256.substr(11)})
        EXPECT_FALSE(parse_approver_key(bad)) << bad;
    ApproverKey off = TestSigner{Kind::kFidoEs256, 3}.key();
    off.key[64] ^= 1;
    EXPECT_FALSE(parse_approver_key(off.text())) << "a point that is not on the curve";
}

TEST(SignedStatement, verifies_with_each_kind_of_key_and_with_no_other) {
    for (const Kind kind : {Kind::kEd25519, Kind::kFidoEs256, Kind::kFidoEd25519}) {
        for (const bool browser : {false, true}) {
            TestSigner signer{kind, 3};
            TestSigner stranger{kind, 4};
            FidoTouch touch;
            touch.browser = browser;
            const SignedStatement made = signer.sign(statement(), touch);
            EXPECT_TRUE(verify_signed(made, signer.key()));
            EXPECT_EQ(parse_signed(format_signed(made)).value(), made);
            EXPECT_EQ(verify_signed(made, stranger.key()).error().code, ErrorCode::kChecksum);
            for (const Kind other : {Kind::kEd25519, Kind::kFidoEs256, Kind::kFidoEd25519})
                EXPECT_EQ(verify_signed(made, TestSigner(other, 3).key()).has_value(),
                          other == kind);
        }
    }
}

TEST(SignedStatement, fails_when_any_byte_is_another) {
    for (const Kind kind : {Kind::kEd25519, Kind::kFidoEs256, Kind::kFidoEd25519}) {
        TestSigner signer{kind, 9};
        FidoTouch touch;
        touch.browser = true;
        const SignedStatement made = signer.sign(statement(), touch);
        const auto check_all = [&](auto member) {
            for (std::size_t i = 0; i < (made.*member).size(); ++i) {
                SignedStatement other = made;
                (other.*member)[i] ^= 1;
                EXPECT_FALSE(verify_signed(other, signer.key())) << i;
            }
        };
        check_all(&SignedStatement::text);
        check_all(&SignedStatement::signature);
        check_all(&SignedStatement::authenticator_data);
        check_all(&SignedStatement::client_data);
        SignedStatement longer = made;
        longer.signature.push_back(0);
        EXPECT_FALSE(verify_signed(longer, signer.key()));
        SignedStatement empty = made;
        empty.signature.clear();
        EXPECT_FALSE(verify_signed(empty, signer.key()));
    }
}

TEST(SignedStatement, of_an_authenticator_wants_a_person_present_and_verified) {
    TestSigner signer{Kind::kFidoEs256, 5};
    const auto why = [&](FidoTouch touch) {
        const Status status = verify_signed(signer.sign(statement(), touch), signer.key());
        return status ? std::string{} : status.error().message;
    };
    EXPECT_EQ(why({}), "");
    EXPECT_THAT(why({.flags = 0x04}), testing::HasSubstr("nobody touched"));
    EXPECT_THAT(why({.flags = 0x01}), testing::HasSubstr("did not verify"));
    EXPECT_THAT(why({.flags = 0x45}), testing::HasSubstr("registration"));
    EXPECT_THAT(why({.flags = 0x15}), testing::HasSubstr("contradict"));
    EXPECT_EQ(why({.flags = 0x1d}), "") << "a synced passkey";
    EXPECT_THAT(why({.rp = "evil.example"}), testing::HasSubstr("another relying party"));
    EXPECT_EQ(why({.flags = 0x85, .extensions = {0xa0}}), "");
    EXPECT_THAT(why({.flags = 0x05, .extensions = {0xa0}}), testing::HasSubstr("extensions"));
    EXPECT_THAT(why({.flags = 0x85}), testing::HasSubstr("extensions"));
    EXPECT_THAT(why({.flags = 0x85, .extensions = {0x41, 0}}), testing::HasSubstr("extensions"));
}

TEST(SignedStatement, of_a_browser_is_for_this_text_on_this_site) {
    TestSigner signer{Kind::kFidoEd25519, 5};
    const auto why = [&](std::string origin, std::string client = {}) {
        FidoTouch touch;
        touch.browser = true;
        touch.origin = std::move(origin);
        touch.client = std::move(client);
        const Status status = verify_signed(signer.sign(statement(), touch), signer.key());
        return status ? std::string{} : status.error().message;
    };
    EXPECT_EQ(why("https://cordon.example"), "");
    EXPECT_EQ(why("https://sign.cordon.example:8443"), "");
    for (const std::string bad :
         {"http://cordon.example", "https://evilcordon.example", "https://cordon.example.evil.org",
          "https://cordon.example:", "https://cordon.example:80a", "https://cordon.example/x",
          "https://evil.org#.cordon.example", "https://cordon.example@evil.org", "null", ""})
        EXPECT_THAT(why(bad), testing::HasSubstr("another site")) << bad;
    EXPECT_THAT(why("", R"({"type":"webauthn.create"})"), testing::HasSubstr("ceremony"));
    EXPECT_THAT(why("", R"({"type":"webauthn.get","challenge":"AAAA"})"),
                testing::HasSubstr("another text"));
    EXPECT_THAT(why("", "[]"), testing::HasSubstr("no JSON object"));
    EXPECT_THAT(why("", std::string(5'000, ' ')), testing::HasSubstr("too long"));

    // The right challenge, but twice, or inside another site's page.
    SignedStatement made = signer.sign(statement(), {.browser = true});
    std::string client = made.client_data;
    client.insert(client.size() - 1, R"(,"type":"webauthn.get")");
    EXPECT_THAT(why("", client), testing::HasSubstr("no JSON object"));
    client = made.client_data;
    client.replace(client.find("false"), 5, "true");
    EXPECT_THAT(why("", client), testing::HasSubstr("inside a page"));
}

TEST(SignedStatement, of_a_browser_on_this_machine_may_come_over_http) {
    TestSigner signer{Kind::kFidoEs256, 6};
    ApproverKey key = signer.key();
    key.rp = "localhost";
    const auto counts = [&](std::string origin) {
        FidoTouch touch;
        touch.browser = true;
        touch.rp = "localhost";
        touch.origin = std::move(origin);
        return verify_signed(signer.sign(statement(), touch), key).has_value();
    };
    for (const std::string good : {"https://localhost", "https://localhost:18342",
                                   "http://localhost", "http://localhost:18342"})
        EXPECT_TRUE(counts(good)) << good;
    for (const std::string bad :
         {"http://evil.localhost", "http://localhost.evil.org", "http://localhost:",
          "http://localhost:80/x", "http://localhostevil", "http://127.0.0.1:80",
          "http://evil.org:80#localhost", "HTTP://localhost", "ws://localhost"})
        EXPECT_FALSE(counts(bad)) << bad;
}

TEST(SignedStatement, as_json_is_read_strictly) {
    TestSigner signer{Kind::kEd25519, 3};
    const std::string good = format_signed(signer.sign(statement()));
    EXPECT_TRUE(parse_signed(good));
    EXPECT_FALSE(parse_signed(good.substr(0, good.size() - 1)));
    EXPECT_FALSE(parse_signed(good + "{}"));
    EXPECT_FALSE(parse_signed("{\"text\":\"x\",\"signature\":\"\"}"));
    EXPECT_FALSE(parse_signed("{\"signature\":\"\"," + good.substr(1)));
    EXPECT_FALSE(parse_signed("{\"note\":\"\"," + good.substr(1)));
    EXPECT_EQ(parse_signed(good + std::string(140'000, ' ')).error().code, ErrorCode::kLimit);
}

TEST(RequestJson, is_read_from_what_it_writes) {
    WithdrawalRequest one = request();
    one.payload.data = "line\n\"quoted\" \\ \u00eb \x01";
    EXPECT_EQ(parse_request(format_request(one)).value(), one);
    one.from = {};
    one.requester.clear();
    one.payload = {};
    one.cancelled = true;
    EXPECT_EQ(parse_request(format_request(one)).value(), one);
}

TEST(RequestJson, takes_a_payload_that_is_an_object_in_its_compact_form) {
    const std::string text =
        R"({"id":"1","chain":"eth","asset":"native","to":"0x2222222222222222222222222222222222222222",)"
        R"("amount":"1","time":"2026-01-01T00:00:00Z","payload":{"type":"safe","data":)"
        R"( { "b" : [ 1.50, "x\/\u00eb" , null ], "a" : { } , "t":true} }})";
    EXPECT_EQ(parse_request(text).value().payload.data,
              R"({"b":[1.50,"x/ë",null],"a":{},"t":true})");
}

TEST(RequestJson, refuses_what_could_be_meant_otherwise) {
    const std::string good = format_request(request());
    const auto with = [&](std::string_view from, std::string_view to) {
        std::string out = good;
        return out.replace(out.find(from), from.size(), to);
    };
    EXPECT_TRUE(parse_request(good));
    EXPECT_FALSE(parse_request(with("\"250\"", "250")));
    EXPECT_FALSE(parse_request(with("\"250\"", "\"2.5\"")));
    EXPECT_FALSE(parse_request(with("\"250\"", "\"-1\"")));
    EXPECT_FALSE(parse_request(with("\"amount\"", "\"Amount\"")));
    EXPECT_FALSE(parse_request(with("{\"id\"", "{\"amount\":\"1\",\"id\"")));
    EXPECT_FALSE(parse_request(with("\"eth\"", "\"btc\"")));
    EXPECT_FALSE(parse_request(with("\"type\":\"safe\",", "")));
    EXPECT_FALSE(parse_request(with("\"{}\"", "7")));
    EXPECT_FALSE(parse_request("[]"));
}

}  // namespace
}  // namespace cordon::wallet
