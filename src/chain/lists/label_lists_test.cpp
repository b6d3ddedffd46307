// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "../label_lists.hpp"

#include <gtest/gtest.h>

#include "../csv_test_file.hpp"
#include "../text.hpp"
#include "label_words.hpp"

namespace cordon::chain {
namespace {

constexpr std::string_view kEvm = "0x00000000219ab540356cbb839cbe05303d7705fa";
constexpr std::string_view kEvmBadCase = "0x00000000219aB540356cbb839cbe05303d7705fa";
constexpr std::string_view kBtc = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4";
constexpr std::string_view kBtcLegacy = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa";
constexpr std::string_view kTronText = "TJRabPrwbZy45sbavfcjinPJC18kjpRTv8";

using Reader = Result<PublishedList> (*)(const InputFile&, const ListOptions&);

Result<PublishedList> ofac(const InputFile& file, const ListOptions& options) {
    return read_ofac(file, std::nullopt, options);
}

void expect_refused(Reader reader, std::string_view text, ErrorCode code, std::string_view part,
                    ListOptions options = {.chain = kEthereum}) {
    const auto list = reader(text_file(text, "list.x"), options);
    ASSERT_FALSE(list) << text;
    EXPECT_EQ(list.error().code, code) << list.error().message;
    EXPECT_NE(list.error().message.find(part), std::string::npos) << list.error().message;
}

TEST(LabelWords, as_shipped_can_be_read_and_rank_what_was_done_before_what_it_is) {
    const LabelWords& words = LabelWords::shipped();
    const auto of = [&](std::vector<std::string_view> list) { return words.category_of(list); };
    EXPECT_EQ(of({"binance", "phish-hack"}), Category::kScam);
    EXPECT_EQ(of({"user", "sanction"}), Category::kSanctioned);
    EXPECT_EQ(of({"Exchange"}), Category::kExchange);
    EXPECT_EQ(of({"user"}), Category::kUser);
    EXPECT_EQ(of({"a word nobody knows"}), Category::kOther);
    EXPECT_EQ(of({}), Category::kOther);
    EXPECT_EQ(words.confidence_of("ownership"), 1.0);
    EXPECT_EQ(words.confidence_of("gossip"), std::nullopt);
}

TEST(LabelWords, refuse_a_word_with_two_meanings_and_a_category_that_is_none) {
    const auto refused = [](std::string_view text, std::string_view part) {
        const auto words = LabelWords::parse(text_file(text));
        ASSERT_FALSE(words);
        EXPECT_NE(words.error().message.find(part), std::string::npos) << words.error().message;
    };
    refused("version: 1\ncategories:\n  mixer: [a]\n  scam: [A]\n", "test.csv:4: the word");
    refused("version: 1\ncategories:\n  mixture: [a]\n", "mixture");
    refused("version: 2\n", "version: 1");
    refused("version: 1\nconfidence:\n  a: 1.5\n", "test.csv:3: expected a number");
    refused("version: 1\nrules: []\n", "unknown section");
}

TEST(ExplorerLabels, keep_name_words_chain_and_the_dump_they_came_in) {
    const std::string text = "address,name,labels\n" + std::string{kEvm} +
                             ",\"Bridge, old\",bridge|old-contract\n" + std::string{kEvm} +
                             ",,airdrop-hunter\n";
    const auto list = read_explorer_labels(text_file(text, "dumps/bscscan.csv.zst"),
                                           {.chain = parse_chain("bsc").value()});
    ASSERT_TRUE(list) << list.error().message;
    ASSERT_EQ(list->labels.size(), 2u);
    EXPECT_EQ(list->rows, 2u);
    const Label& first = list->labels[0];
    EXPECT_EQ(first.text, "Bridge, old");
    EXPECT_EQ(first.detail, "bridge|old-contract");
    EXPECT_EQ(first.category, Category::kBridge);
    EXPECT_EQ(first.source, "bscscan");
    EXPECT_EQ(to_string(*first.chain), "bsc");
    EXPECT_GT(first.confidence, 0);
    EXPECT_EQ(list->labels[1].text, "airdrop-hunter");
}

TEST(ExplorerLabels, need_their_chain) {
    expect_refused(read_explorer_labels, "address,name,labels\n", ErrorCode::kInvalidParam,
                   "explorer-labels:eth=", {});
}

TEST(ExplorerLabels, refuse_a_bad_row_or_leave_it_out_and_say_where) {
    const std::string text = "address,name,labels\n,Sum of 4 Accounts,aave\n" + std::string{kEvm} +
                             ",Good,aave\ngenesis,x,y\n" + std::string{kEvm} + ",,\n" +
                             std::string{kEvmBadCase} + ",z,z\n";
    expect_refused(read_explorer_labels, text, ErrorCode::kMalformed, "list.x:2: field address");
    const auto list =
        read_explorer_labels(text_file(text, "list.x"), {.chain = kEthereum, .skip_bad = true});
    ASSERT_TRUE(list);
    EXPECT_EQ(list->taken, 1u);
    EXPECT_EQ(list->bad, 4u);
    EXPECT_EQ(list->rows, 5u);
    ASSERT_EQ(list->bad_rows.size(), 4u);
    EXPECT_TRUE(list->bad_rows[1].starts_with("list.x:4: ")) << list->bad_rows[1];
    EXPECT_NE(list->bad_rows[3].find("EIP-55"), std::string::npos);
}

TEST(ExplorerLabels, do_not_go_on_where_the_table_itself_is_broken) {
    expect_refused(read_explorer_labels, "address,name,labels\na,b\n", ErrorCode::kMalformed,
                   "expected 3 fields", {.chain = kEthereum, .skip_bad = true});
    expect_refused(read_explorer_labels, "", ErrorCode::kTruncated, "empty");
    expect_refused(read_explorer_labels, "address,name\n", ErrorCode::kMalformed, "labels");
}

const std::string kPack =
    "title: Some pack\ncreator: us\nlabel: Inherited\ncurrency: BTC\nlastmod: 2022-04-15\n"
    "abuse: sanction\ncategory: user\nconfidence: authority_data\nactor: lazarus\n"
    "source: https://example.org/list\n";

TEST(TagPack, tags_inherit_from_the_head_and_may_say_otherwise) {
    // The head may also stand behind the tags: YAML has no order.
    const std::string text = "tags:\n- address: " + std::string{kBtc} + "\n- address: '" +
                             std::string{kEvm} +
                             "'\n  currency: USDT\n  network: ETH\n  label: Own\n  abuse: null\n"
                             "  category: exchange\n  lastmod: 2023-08-16 12:18:52.619444\n" +
                             kPack;
    const auto list = read_tagpack(text_file(text), {});
    ASSERT_TRUE(list) << list.error().message;
    ASSERT_EQ(list->labels.size(), 2u);
    const Label& first = list->labels[0];
    EXPECT_EQ(first.text, "Inherited");
    EXPECT_EQ(first.category, Category::kSanctioned);
    EXPECT_EQ(first.source, "Some pack");
    EXPECT_EQ(first.entity, "lazarus");
    EXPECT_EQ(first.confidence, 0.6);
    EXPECT_EQ(first.chain, kBitcoin);
    EXPECT_EQ(format_rfc3339(*first.as_of), "2022-04-15T00:00:00Z");
    EXPECT_NE(first.detail.find("https://example.org/list"), std::string::npos);
    const Label& second = list->labels[1];
    EXPECT_EQ(second.text, "Own");
    EXPECT_EQ(second.category, Category::kExchange);
    EXPECT_EQ(second.chain, kEthereum);
    EXPECT_EQ(format_rfc3339(*second.as_of), "2023-08-16T00:00:00Z");
    EXPECT_EQ(list->as_of, first.as_of);
}

TEST(TagPack, counts_what_lives_on_chains_that_are_not_ours_and_names_fields_it_does_not_read) {
    const std::string text = kPack +
                             "tags:\n- address: LaizKtS5DUhPuP1nTQcc83MS7HwK6vk85z\n"
                             "  currency: LTC\n- tx_hash: aa\n- address: " +
                             std::string{kTronText} + "\n  currency: USDT\n  retracted: yes\n";
    const auto list = read_tagpack(text_file(text), {});
    ASSERT_TRUE(list) << list.error().message;
    EXPECT_EQ(list->rows, 3u);
    EXPECT_EQ(list->taken, 1u);
    EXPECT_EQ(list->unsupported.at("LTC"), 1u);
    EXPECT_EQ(list->unsupported.at("tag of a txn"), 1u);
    EXPECT_EQ(list->labels[0].chain, kTronMainnet);
    ASSERT_EQ(list->notes.size(), 1u);
    EXPECT_NE(list->notes[0].find("retracted"), std::string::npos);
}

TEST(TagPack, names_the_line_of_a_bad_tag) {
    const std::string text = kPack + "tags:\n- address: " + std::string{kBtc} +
                             "\n- address: 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb\n"
                             "- address: " +
                             std::string{kBtc} + "\n  confidence: gossip\n- nothing\n- {}\n";
    expect_refused(read_tagpack, text, ErrorCode::kChecksum, "list.x:13: field address");
    const auto list = read_tagpack(text_file(text), {.skip_bad = true});
    ASSERT_TRUE(list);
    EXPECT_EQ(list->taken, 1u);
    EXPECT_EQ(list->bad, 4u);
}

TEST(TagPack, refuses_what_is_none) {
    expect_refused(read_tagpack, "", ErrorCode::kMalformed, "YAML");
    expect_refused(read_tagpack, "title: x\nactors:\n- id: a\n", ErrorCode::kUnsupported,
                   "list.x:3: an actor pack");
    expect_refused(read_tagpack, "tags: []\n", ErrorCode::kMalformed, "title");
    expect_refused(read_tagpack, "title: x\ntags: {a: b}\n", ErrorCode::kMalformed, "list of tags");
    expect_refused(read_tagpack, "title: x\nlastmod: soon\ntags: []\n", ErrorCode::kMalformed,
                   "list.x:2: field lastmod");
    expect_refused(read_tagpack, "title: [x\n", ErrorCode::kMalformed, "list.x:2: no YAML");
}

TEST(Yaml, refuses_aliases_depth_doubles_and_several_documents) {
    expect_refused(read_tagpack, "title: &a x\nlabel: *a\ntags: []\n", ErrorCode::kUnsupported,
                   "list.x:1: anchors");
    expect_refused(read_tagpack, "a: 1\na: 2\n", ErrorCode::kDuplicate, "list.x:2: the key");
    expect_refused(read_tagpack, "title: x\n---\ntags: []\n", ErrorCode::kMalformed, "");
    expect_refused(read_tagpack, "title: x\ncontext: " + std::string(40, '[') + "\n",
                   ErrorCode::kLimit, "16 levels");
    expect_refused(read_tagpack, "? [a, b]\n: c\n", ErrorCode::kMalformed, "key");
    expect_refused(read_tagpack, "title: \xff\n", ErrorCode::kMalformed,
                   "list.x:1: expected UTF-8");
    std::string many;
    for (int i = 0; i < 1025; ++i) many += "k" + std::to_string(i) + ": v\n";
    expect_refused(read_tagpack, many, ErrorCode::kLimit, "1024 keys");
}

const std::string kTable = "address\tlabel\tcategory\tabuse\tactor\tconfidence\tlastmod\tpack\n";

TEST(TagTable, reads_a_tag_a_line) {
    const std::string text = kTable + std::string{kBtc} +
                             "\tBitMEX \"1\"\texchange\t\tbitmex\tservice_data\t2022-11-16\tmex\n" +
                             std::string{kBtcLegacy} + "\tX\t\tsextortion\t\t\t\t\n";
    const auto list = read_tag_table(text_file(text, "tags.tsv.xz"), {});
    ASSERT_TRUE(list) << list.error().message;
    ASSERT_EQ(list->labels.size(), 2u);
    EXPECT_EQ(list->labels[0].text, "BitMEX \"1\"");
    EXPECT_EQ(list->labels[0].source, "mex");
    EXPECT_EQ(list->labels[0].entity, "bitmex");
    EXPECT_EQ(list->labels[1].source, "tags");
    EXPECT_EQ(list->labels[1].category, Category::kScam);
    EXPECT_EQ(list->labels[1].confidence, 0.05);
    EXPECT_EQ(list->labels[1].as_of, std::nullopt);
}

TEST(TagTable, refuses_bad_rows_and_bad_tables) {
    expect_refused(read_tag_table, kTable + "x\ty\t\t\t\t\t\t\n", ErrorCode::kTruncated,
                   "list.x:2: field address");
    expect_refused(read_tag_table, kTable + std::string{kBtc} + "\ty\n", ErrorCode::kMalformed,
                   "list.x:2: expected 8 fields, found 2");
    expect_refused(read_tag_table, "address\tlabel\n", ErrorCode::kMalformed, "missing");
    expect_refused(read_tag_table, "address\taddress\n", ErrorCode::kDuplicate, "twice");
    expect_refused(read_tag_table, "address\tcolour\n", ErrorCode::kMalformed, "colour");
    expect_refused(read_tag_table, "", ErrorCode::kTruncated, "empty");
    expect_refused(read_tag_table, kTable + "\xff\n", ErrorCode::kMalformed, "UTF-8");
    expect_refused(read_tag_table, kTable + std::string{kBtc} + "\t\t\t\t\t\t2022-13-01\t\n",
                   ErrorCode::kMalformed, "label");
    expect_refused(read_tag_table, kTable + std::string{kBtc} + "\tx\t\t\t\t\t2022-13-01\t\n",
                   ErrorCode::kMalformed, "lastmod");
}

TEST(Ofac, table_takes_the_chain_from_the_address_and_says_where_the_currency_disagrees) {
    const std::string text = "asset\taddress\nXBT\t" + std::string{kTronText} + "\nETH\t" +
                             std::string{kEvm} + "\nUSDT\t" + std::string{kEvm} + "\nUSDT\t" +
                             std::string{kBtcLegacy} +
                             "\nXMR\t49HqitRzdnhYjgTEAhgGpCfsjdTeMbUTU6cyR4JV1R7k2Eej9rGT8JpF\n";
    const auto list =
        ofac(text_file(text, "ofac.tsv"), {.as_of = from_unix_seconds(1'727'395'200)});
    ASSERT_TRUE(list) << list.error().message;
    EXPECT_EQ(list->rows, 5u);
    EXPECT_EQ(list->taken, 4u);
    EXPECT_EQ(list->unsupported.at("XMR"), 1u);
    ASSERT_EQ(list->labels.size(), 3u);
    EXPECT_EQ(list->labels[0].chain, kTronMainnet);
    EXPECT_NE(list->labels[0].detail.find("of another chain"), std::string::npos);
    ASSERT_EQ(list->notes.size(), 1u);
    EXPECT_TRUE(list->notes[0].starts_with("ofac.tsv:2: listed as XBT")) << list->notes[0];
    EXPECT_EQ(list->labels[1].chain, std::nullopt);
    EXPECT_EQ(list->labels[1].detail, "listed as ETH, USDT");
    EXPECT_EQ(list->labels[2].chain, kBitcoin);
    for (const Label& label : list->labels) {
        EXPECT_EQ(label.category, Category::kSanctioned);
        EXPECT_EQ(label.confidence, 1.0);
        EXPECT_EQ(format_rfc3339(*label.as_of), "2024-09-27T00:00:00Z");
    }
}

TEST(Ofac, a_wrong_digit_in_an_address_of_ours_is_never_passed_over) {
    expect_refused(ofac, "asset\taddress\nXBT\t1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb\n",
                   ErrorCode::kChecksum, "list.x:2: address");
    expect_refused(ofac, "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb\n", ErrorCode::kChecksum, "list.x:1");
    const auto list = ofac(text_file(std::string{kBtc} + "\r\n" + std::string{kBtcLegacy}), {});
    ASSERT_TRUE(list);
    EXPECT_EQ(list->labels.size(), 2u);
}

const std::string kParty =
    "12300,\"SUEX OTC, S.R.O.\",-0- ,\"CYBER2] [DPRK3\",-0- ,-0- ,-0- ,"
    "-0- ,-0- ,-0- ,-0- ,\"";

TEST(Ofac, legacy_csv_reads_the_remarks_and_their_continuation) {
    std::string remark = "Website suex.io; Digital Currency Address - XBT " +
                         std::string{kBtcLegacy} + "; alt. Digital Currency Address - ETH 0x0000";
    remark.insert(0, std::string(1000 - remark.size(), 'x'));
    const std::string text = kParty + remark +
                             "\"\r\n12301,\"B\",-0- ,\"X\",-0- ,-0- ,-0- ,-0- ,"
                             "-0- ,-0- ,-0- ,-0- \r\n\x1a";
    const std::string rest = "12300,\"" + std::string{kEvm.substr(6)} +
                             "; a.k.a. 'S'; Digital Currency Address - LTC LaizKtS5.\"\r\n\x1a";
    const auto list =
        read_ofac(text_file(text, "sdn.csv"), text_file(rest, "sdn_comments.csv"), {});
    ASSERT_TRUE(list) << list.error().message;
    ASSERT_EQ(list->labels.size(), 2u);
    const Label& label = list->labels[1];
    EXPECT_EQ(format_address(kEthereum, label.address), kEvm);
    EXPECT_EQ(label.text, "SUEX OTC, S.R.O.");
    EXPECT_EQ(label.source, "OFAC SDN list");
    EXPECT_EQ(label.detail, "programme CYBER2, DPRK3; uid 12300; listed as ETH");
    EXPECT_EQ(list->unsupported.at("LTC"), 1u);
    // Without the continuation, addresses would be missed: that is no detail.
    const auto cut = read_ofac(text_file(text, "sdn.csv"), std::nullopt, {});
    ASSERT_FALSE(cut);
    EXPECT_EQ(cut.error().code, ErrorCode::kTruncated);
    EXPECT_NE(cut.error().message.find("sdn_comments.csv"), std::string::npos);
}

TEST(Ofac, legacy_csv_of_older_days_is_latin_1_and_the_other_list_has_another_name) {
    const std::string text =
        "1,\"PE\xd1"
        "A\",-0- ,\"X\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,"
        "\"Digital Currency Address - XBT " +
        std::string{kBtc} + "; Digital Currency Address - XBT.\"\n";
    const auto list = ofac(text_file(text, "cons_prim.csv"), {.skip_bad = true});
    ASSERT_TRUE(list) << list.error().message;
    ASSERT_EQ(list->labels.size(), 1u);
    EXPECT_EQ(list->labels[0].text,
              "PE\xc3\x91"
              "A");
    EXPECT_EQ(list->labels[0].source, "OFAC consolidated non-SDN list");
    EXPECT_EQ(list->bad, 1u);
}

const std::string kSdnXml =
    "<?xml version=\"1.0\"?><sdnList xmlns=\"urn:any\"><publshInformation>"
    "<Publish_Date>02/27/2025</Publish_Date></publshInformation><sdnEntry><uid>7</uid>"
    "<firstName>Ann</firstName><lastName>LEE</lastName><programList><program>A</program>"
    "<program>B</program></programList><idList><id><uid>8</uid><idType>Passport</idType>"
    "<idNumber>X1</idNumber></id><id><uid>9</uid><idType>Digital Currency Address - XBT</idType>"
    "<idNumber>" +
    std::string{kBtc} + "</idNumber></id></idList></sdnEntry></sdnList>";

TEST(Ofac, sdn_xml_gives_name_programmes_and_date) {
    const auto list = ofac(text_file(kSdnXml), {});
    ASSERT_TRUE(list) << list.error().message;
    ASSERT_EQ(list->labels.size(), 1u);
    EXPECT_EQ(list->labels[0].text, "LEE, Ann");
    EXPECT_EQ(list->labels[0].detail, "programme A, B; uid 7; listed as XBT");
    EXPECT_EQ(format_rfc3339(*list->as_of), "2025-02-27T00:00:00Z");
    EXPECT_EQ(list->labels[0].as_of, list->as_of);
}

TEST(Ofac, advanced_xml_reads_the_feature_types_from_the_file) {
    const std::string text =
        "<Sanctions xmlns=\"urn:any\"><DateOfIssue><Year>2025</Year><Month>2</Month><Day>7</Day>"
        "</DateOfIssue><ReferenceValueSets><FeatureTypeValues><FeatureType ID=\"9\">Digital "
        "Currency Address - TRX</FeatureType><FeatureType ID=\"8\">Location</FeatureType>"
        "</FeatureTypeValues></ReferenceValueSets><DistinctParties><DistinctParty FixedRef=\"7\">"
        "<Profile ID=\"70\"><Identity Primary=\"true\"><Alias Primary=\"false\"><DocumentedName>"
        "<DocumentedNamePart><NamePartValue>Other</NamePartValue></DocumentedNamePart>"
        "</DocumentedName></Alias><Alias Primary=\"true\"><DocumentedName><DocumentedNamePart>"
        "<NamePartValue>LEE</NamePartValue></DocumentedNamePart><DocumentedNamePart>"
        "<NamePartValue>Ann</NamePartValue></DocumentedNamePart></DocumentedName></Alias>"
        "</Identity><Feature FeatureTypeID=\"8\"><FeatureVersion><VersionDetail>here"
        "</VersionDetail></FeatureVersion></Feature><Feature FeatureTypeID=\"9\"><FeatureVersion>"
        "<VersionDetail>" +
        std::string{kTronText} +
        "</VersionDetail></FeatureVersion></Feature></Profile></DistinctParty></DistinctParties>"
        "<SanctionsEntries><SanctionsEntry ProfileID=\"70\"><SanctionsMeasure><Comment>CYBER2"
        "</Comment></SanctionsMeasure></SanctionsEntry></SanctionsEntries></Sanctions>";
    const auto list = ofac(text_file(text), {});
    ASSERT_TRUE(list) << list.error().message;
    ASSERT_EQ(list->labels.size(), 1u);
    EXPECT_EQ(list->labels[0].text, "LEE Ann");
    EXPECT_EQ(list->labels[0].detail, "programme CYBER2; uid 70; listed as TRX");
    EXPECT_EQ(format_rfc3339(*list->as_of), "2025-02-07T00:00:00Z");
}

TEST(Ofac, xml_with_entities_of_other_kinds_or_cut_short_is_refused) {
    expect_refused(ofac,
                   "<!DOCTYPE l [<!ENTITY a \"b\"><!ENTITY c \"&a;&a;\">]><sdnList>&c;</sdnList>",
                   ErrorCode::kUnsupported, "DOCTYPE");
    expect_refused(ofac, kSdnXml.substr(0, kSdnXml.size() - 9), ErrorCode::kMalformed, "no XML");
    expect_refused(ofac, "<html></html>", ErrorCode::kMalformed, "sdnList");
    std::string deep = "<sdnList>";
    for (int i = 0; i < 100; ++i) deep += "<a>";
    expect_refused(ofac, deep, ErrorCode::kLimit, "levels");
    expect_refused(ofac, "<sdnList><Publish_Date>2/3/25</Publish_Date></sdnList>",
                   ErrorCode::kMalformed, "date");
    expect_refused(ofac,
                   "<sdnList><sdnEntry><idList><id>\n<idType>Digital Currency Address - XBT"
                   "</idType><idNumber>nothing</idNumber></id></idList></sdnEntry></sdnList>",
                   ErrorCode::kChecksum, "list.x:2: address \"nothing\"");
}

TEST(Ofac, refuses_what_is_no_list) {
    expect_refused(ofac, "", ErrorCode::kMalformed, "empty");
    expect_refused(ofac, "asset\taddress\nXBT\n", ErrorCode::kMalformed, "list.x:2: this is no");
    expect_refused(ofac, "a,b\n1\t2\n", ErrorCode::kMalformed, "list.x:1");
    expect_refused(ofac, "1,2,3\n", ErrorCode::kMalformed, "12 fields");
    EXPECT_TRUE(ofac(text_file("asset\taddress\n"), {}));
}

TEST(Lists, keep_no_more_than_a_thousand_messages_of_a_file_of_rubbish) {
    std::string text = "address,name,labels\n";
    for (int i = 0; i < 3000; ++i) text += "x,y,z\n";
    const auto list = read_explorer_labels(text_file(text), {.chain = kEthereum, .skip_bad = true});
    ASSERT_TRUE(list);
    EXPECT_EQ(list->bad, 3000u);
    EXPECT_EQ(list->bad_rows.size(), kMaxBadRows);
}

TEST(Lists, name_a_file_by_its_stem) {
    EXPECT_EQ(stem_of("a/b/etherscan.csv.zst"), "etherscan");
    EXPECT_EQ(stem_of("pack.v2.yaml"), "pack.v2");
    EXPECT_EQ(stem_of("plain"), "plain");
    EXPECT_EQ(stem_of(".hidden"), ".hidden");
}

}  // namespace
}  // namespace cordon::chain
