// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "message.hpp"

#include <gtest/gtest.h>

#include <cordon/base/hex.hpp>
#include <cordon/chain/text.hpp>

namespace cordon::chain {
namespace {

ByteView view(std::string_view text) {
    return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

constexpr std::string_view kFull =
    "https://example.com:8443 wants you to sign in with your Ethereum account:\n"
    "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2\n"
    "\n"
    "I accept the Terms of Service: https://example.com/tos\n"
    "\n"
    "URI: https://example.com/login\n"
    "Version: 1\n"
    "Chain ID: 1\n"
    "Nonce: 32891756abcDEF\n"
    "Issued At: 2021-09-30T16:25:24Z\n"
    "Expiration Time: 2021-10-30T16:25:24.000Z\n"
    "Not Before: 2021-09-30T16:25:24+02:00\n"
    "Request ID: some-id\n"
    "Resources:\n"
    "- ipfs://bafybeiemxf5abjwjbikoz4mc3a3dla6ual3jsgpdr4cjr3oz3evfyavhwq/\n"
    "- https://example.com/my-web2-claim.json";

constexpr std::string_view kShort =
    "example.com wants you to sign in with your Ethereum account:\n"
    "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2\n"
    "\n"
    "\n"
    "URI: https://example.com/login\n"
    "Version: 1\n"
    "Chain ID: 1\n"
    "Nonce: 12345678\n"
    "Issued At: 2021-09-30T16:25:24Z";

std::string replaced(std::string_view text, std::string_view from, std::string_view to) {
    std::string out{text};
    const auto at = out.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return out.replace(at, from.size(), to);
}

TEST(PersonalMessage, hashes_as_wallets_do) {
    // web3.eth.accounts.hashMessage("Hello World"), in the documentation of web3.js.
    EXPECT_EQ(to_hex(personal_message_hash(view("Hello World"))),
              "a1de988600a42c4b4ab089b619297c17d53cffae5d5120d82d8a92d0bb3b78f2");
    EXPECT_NE(personal_message_hash({}), personal_message_hash(view("0")));
    const Address validator = parse_address(kEthereum, "0x" + std::string(40, '1')).value();
    EXPECT_NE(validator_message_hash(validator, view("a")),
              validator_message_hash(validator, view("b")));
}

TEST(Siwe, every_field_is_read) {
    const auto message = parse_siwe(kFull);
    ASSERT_TRUE(message) << message.error().message;
    EXPECT_EQ(message->scheme, "https");
    EXPECT_EQ(message->domain, "example.com:8443");
    EXPECT_EQ(message->statement, "I accept the Terms of Service: https://example.com/tos");
    EXPECT_EQ(message->chain_id, 1U);
    EXPECT_EQ(message->nonce, "32891756abcDEF");
    EXPECT_EQ(message->issued_at, parse_time("2021-09-30T16:25:24Z").value());
    EXPECT_EQ(message->not_before, parse_time("2021-09-30T14:25:24Z").value());
    EXPECT_EQ(message->request_id, "some-id");
    EXPECT_EQ(message->resources.size(), 2U);
}

TEST(Siwe, optional_fields_may_be_left_out) {
    const auto message = parse_siwe(kShort);
    ASSERT_TRUE(message) << message.error().message;
    EXPECT_FALSE(message->scheme || message->statement || message->expires_at ||
                 message->request_id);
    EXPECT_TRUE(message->resources.empty());
    EXPECT_TRUE(looks_like_siwe(kShort));
    EXPECT_FALSE(looks_like_siwe("hello"));
}

TEST(Siwe, what_differs_from_the_form_is_refused) {
    for (const auto& [from, to] : std::vector<std::pair<std::string_view, std::string_view>>{
             {"0xC02a", "0xc02a"},
             {"wants you", "wantsyou"},
             {"example.com:8443", "exa mple.com"},
             {"example.com:8443", "example.com/x"},
             {"example.com:8443", "example.com@thief.example"},
             {"I accept", "I \xe2\x80\xae accept"},
             {"example.com:8443", "ex\xc3\xa4mple.com"},
             {"https://example.com:8443", "://example.com"},
             {"Version: 1", "Version: 2"},
             {"Chain ID: 1", "Chain ID: 0x1"},
             {"32891756abcDEF", "1234567"},
             {"32891756abcDEF", "12345678-"},
             {"Issued At: 2021-09-30T16:25:24Z", "Issued At: 2021-09-30"},
             {"Issued At: 2021-09-30T16:25:24Z", "Issued At: 1633019124"},
             {"Issued At: 2021-09-30T16:25:24Z", "Issued At: 2021-09-30T16:25:24"},
             {"URI: https://example.com/login", "URI: example"},
             {"Resources:", "Resources: "},
             {"- ipfs", "* ipfs"},
             {"Request ID: some-id", "Request ID: some id"},
             {"Request ID: some-id", "Request ID: some/id"},
             {"\n\nURI", "\nURI"},
             {"claim.json", "claim.json\n"},
             {"Not Before", "Not-Before"}})
        EXPECT_FALSE(parse_siwe(replaced(kFull, from, to))) << from << " -> " << to;
    for (std::size_t size = 0; size < kShort.size(); ++size)
        EXPECT_FALSE(parse_siwe(kShort.substr(0, size))) << size;
    EXPECT_FALSE(parse_siwe(std::string(1'000'000, '\n')));
}

TEST(EnsName, hashes_label_by_label) {
    EXPECT_EQ(ens_namehash(""), Hash256{});
    // ERC-137.
    EXPECT_EQ(to_hex(ens_namehash("eth").value()),
              "93cdeb708b7545dc668eb9280176169d1c33cfd8ed6f04690a0bcc88a93fc4ae");
    EXPECT_EQ(to_hex(ens_namehash("foo.eth").value()),
              "de9b09fd7c5f901e23a3f19fecc54828e9c848539801e86591bd9801b019f84f");
    EXPECT_EQ(ens_namehash("FOO.eth").value(), ens_namehash("foo.eth").value());
    for (const std::string_view bad : {".", ".eth", "eth.", "a..eth", "a b.eth", "\xc3\xa4.eth"})
        EXPECT_FALSE(ens_namehash(bad)) << bad;
}

}  // namespace
}  // namespace cordon::chain
