// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "case_archive.hpp"

#include <boost/json.hpp>

#include <cordon/guard/gate/test_world.hpp>
#include <cordon/report/manifest.hpp>

#include "log_proof.hpp"
#include "print_pdf.hpp"
#include "test_case_desk.hpp"

namespace cordon::engine {
namespace {

namespace fs = std::filesystem;

std::string bytes_at(const std::string& path) {
    const Bytes bytes = read_file(path).value();
    return {bytes.begin(), bytes.end()};
}

/// A sealed case, and its members to be tampered with.
class CaseArchive : public testing::Test {
protected:
    void SetUp() override {
        cases_ = world_.desk();
        id_ = cases_
                  ->create("Theft", {{.kind = records::CaseItem::Kind::kTrace, .ref = "t1"}}, "ana",
                           world_.now)
                  ->id;
        const auto sealed = cases_->seal(id_, "ana", world_.now);
        ASSERT_TRUE(sealed) << sealed.error().message;
        path_ = sealed->path;
        const auto zip = ZipReader::open(path_).value();
        for (std::size_t i = 0; i < zip->entries().size(); ++i) {
            Member member{zip->entries()[i].name, {}};
            ASSERT_TRUE(zip->read(i, [&](ByteView piece) -> Status {
                member.bytes.append(piece.begin(), piece.end());
                return {};
            }));
            members_.push_back(std::move(member));
        }
    }
    std::string& bytes_of(std::string_view name) {
        for (Member& member : members_)
            if (member.name == name) return member.bytes;
        ADD_FAILURE() << name;
        return members_.front().bytes;
    }
    /// What verification says of the members as they are now; empty: all is well.
    std::string verdict(std::span<const tlog::PublicKey> keys = {}) {
        const std::string path = world_.folder + "/other.zip";
        EXPECT_TRUE(write_zip(path, members_));
        const auto packed = verify_archive(path, keys);
        const std::string folder = world_.folder + "/unpacked";
        fs::remove_all(folder);
        for (const Member& member : members_) {
            fs::create_directories((fs::path{folder} / member.name).parent_path());
            std::ofstream{fs::path{folder} / member.name, std::ios::binary} << member.bytes;
        }
        const auto unpacked = verify_archive(folder, keys);
        EXPECT_EQ(packed.has_value(), unpacked.has_value());
        return packed ? "" : packed.error().message;
    }

    TestCaseDesk world_;
    std::unique_ptr<CaseDesk> cases_;
    std::string id_, path_;
    std::vector<Member> members_;
};

TEST_F(CaseArchive, is_whole_packed_and_unpacked) {
    EXPECT_EQ(verdict(), "");
    const ArchiveCheck check = verify_archive(path_, {}).value();
    EXPECT_EQ(check.case_id, id_);
    EXPECT_EQ(check.log_origin, "test");
    EXPECT_EQ(check.files, members_.size() - 3);
    EXPECT_EQ(check.sealed, "by ana at 2026-01-01T00:00:00Z");
    EXPECT_FALSE(check.signature_known);
}

TEST_F(CaseArchive, names_every_changed_missing_and_added_file) {
    for (const Member& member : std::vector<Member>{members_}) {
        if (member.bytes.empty()) continue;
        std::string& bytes = bytes_of(member.name);
        bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
        EXPECT_NE(verdict(), "") << member.name;
        bytes = member.bytes;
    }
    bytes_of("case.html") += " ";
    bytes_of("edges.csv").clear();
    members_.push_back({"letters/extra.html", "x"});
    std::erase_if(members_, [](const Member& member) { return member.name == "flow.svg"; });
    const std::string said = verdict();
    for (const char* part : {"case.html: changed", "edges.csv: changed", "flow.svg: missing",
                             "letters/extra.html: not in the manifest"})
        EXPECT_NE(said.find(part), std::string::npos) << part << "\n" << said;
}

TEST_F(CaseArchive, believes_no_proof_of_another_manifest) {
    const auto proof = parse_proof(bytes_of("log/proof.json")).value();
    const auto other = tlog::SigningKey::generate("test", tlog::PublicKey::Kind::kLog).value();
    EXPECT_NE(verdict(std::vector{other.public_key()}).find("not signed by the key"),
              std::string::npos);
    // The log says something else.
    ASSERT_TRUE(world_.log->append("{\"v\":1,\"kind\":\"case.sealed\"}"));
    ASSERT_TRUE(world_.log->publish());
    const auto elsewhere = prove_entry(world_.folder + "/log", proof.index + 1).value();
    bytes_of("log/proof.json") = proof_text(elsewhere);
    bytes_of("log/checkpoint") = elsewhere.note.format();
    EXPECT_NE(verdict().find("not of this manifest"), std::string::npos) << verdict();
    // Without any log the files still agree; with a key that is not enough.
    std::erase_if(members_, [](const Member& m) { return m.name.starts_with("log/"); });
    EXPECT_EQ(verdict(), "");
    EXPECT_NE(verdict(std::vector{other.public_key()}), "");
}

TEST_F(CaseArchive, believes_no_manifest_and_no_proof_that_says_two_things) {
    std::string& manifest = bytes_of("manifest.json");
    manifest.replace(0, 1, R"({"kind":"other",)");
    std::string said = verdict();
    EXPECT_NE(said.find("twice"), std::string::npos) << said;
    std::string proof = bytes_of("log/proof.json");
    EXPECT_TRUE(parse_proof(proof));
    proof.replace(0, 1, R"({"kind":"log.proof",)");
    said = parse_proof(proof).error().message;
    EXPECT_NE(said.find("twice"), std::string::npos) << said;
}

TEST_F(CaseArchive, refuses_files_cut_short_and_files_that_are_none) {
    const std::string whole = bytes_at(path_);
    const std::string cut = world_.folder + "/cut.zip";
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{100},
                                   whole.size() / 2, whole.size() - 30, whole.size() - 1}) {
        std::ofstream{cut, std::ios::binary} << whole.substr(0, size);
        const auto check = verify_archive(cut, {});
        ASSERT_FALSE(check) << size;
        EXPECT_EQ(check.error().code, ErrorCode::kMalformed);
    }
    EXPECT_EQ(verify_archive(world_.folder + "/none.zip", {}).error().code, ErrorCode::kNotFound);
    fs::create_directories(world_.folder + "/empty");
    EXPECT_FALSE(verify_archive(world_.folder + "/empty", {}));
}

TEST_F(CaseArchive, refuses_links_in_a_folder) {
    verdict();
    const std::string folder = world_.folder + "/unpacked";
    fs::remove(folder + "/case.html");
    fs::create_symlink("/etc/passwd", folder + "/case.html");
    EXPECT_NE(verify_archive(folder, {}).error().message.find("a link"), std::string::npos);
}

TEST_F(CaseArchive, is_the_same_bytes_for_the_same_case) {
    CaseContent content;
    const auto theft = world_.theft();
    content.value.id = "c-0";
    content.value.title = "T";
    content.records = theft->records.get();
    content.context = theft->context.get();
    content.traces.push_back({{}, theft});
    SealRequest request{world_.folder + "/a.zip", "ana", world_.now, "/no/browser"};
    const auto one = seal_case(content, request, nullptr).value();
    request.path = world_.folder + "/b.zip";
    request.now += std::chrono::hours{24};
    const auto two = seal_case(content, request, nullptr).value();
    EXPECT_EQ(one.sha256, two.sha256);
    EXPECT_EQ(one.manifest_sha256, two.manifest_sha256);
    ASSERT_EQ(one.warnings.size(), 2U);  // No browser, no log.
}

TEST(MemberName, stays_inside) {
    for (const char* good : {"a", "letters/a-b_c.html", "..a", "a..b/c", ".hidden"})
        EXPECT_TRUE(is_member_name(good)) << good;
    for (const char* bad : {"", "/", "/a", "a/", "a//b", ".", "..", "../a", "a/../b", "a/.", "a\\b",
                            "C:a", "a b", "\xC3\xA4", "a\nb"})
        EXPECT_FALSE(is_member_name(bad)) << bad;
    EXPECT_FALSE(is_member_name(std::string(1'000, 'a')));
}

class ZipFile : public testing::Test {
protected:
    /// A ZIP whose one name, of equal length, is put in place of "aaaaaaaa".
    std::string renamed(const std::string& name) {
        std::string zip = packed({{"aaaaaaaa", "text"}, {"bbbbbbbb", "more"}});
        for (std::size_t at; (at = zip.find("aaaaaaaa")) != std::string::npos;)
            zip.replace(at, name.size(), name);
        return zip;
    }
    std::string packed(const std::vector<Member>& members) {
        const std::string path = folder_ / "packed.zip";
        EXPECT_TRUE(write_zip(path, members));
        return bytes_at(path);
    }
    static std::string refusal(const std::string& zip) {
        const auto reader =
            ZipReader::of({reinterpret_cast<const uint8_t*>(zip.data()), zip.size()});
        return reader ? "" : reader.error().message;
    }
    guard::TestFolder folder_;
};

TEST_F(ZipFile, refuses_names_that_lead_out_or_stand_twice) {
    EXPECT_EQ(refusal(renamed("cccccccc")), "");
    for (const char* name : {"../aaaaa", "/aaaaaaa", "a/../../", "aaaa\\aaa", "aaaa aaa"})
        EXPECT_NE(refusal(renamed(name)).find("may lead elsewhere"), std::string::npos) << name;
    EXPECT_NE(refusal(renamed("bbbbbbbb")), "");
    EXPECT_NE(refusal(renamed("BBBBBBBB")).find("twice"), std::string::npos);
    EXPECT_EQ(write_zip(folder_ / "x.zip", {{"../x", ""}}).error().code, ErrorCode::kInvalidParam);
    EXPECT_EQ(write_zip(folder_ / "x.zip", {{"x", ""}, {"X", ""}}).error().code,
              ErrorCode::kConflict);
}

TEST_F(ZipFile, refuses_links_and_what_unpacks_to_more_than_it_says) {
    std::string zip = packed({{"aaaaaaaa", std::string(100'000, 'x')}});
    const std::size_t central = zip.find("PK\x01\x02");
    ASSERT_NE(central, std::string::npos);
    std::string link = zip;
    // External attributes: bytes 38 to 41 of the central header; a symbolic link is 0120000.
    link[central + 41] = static_cast<char>(0xA1);
    EXPECT_NE(refusal(link).find("a link"), std::string::npos) << refusal(link);
    // Sizes that the two headers agree on and the data does not: local 22, central 24.
    const auto sized = [&](uint32_t size) {
        std::string out = zip;
        for (std::size_t i = 0; i < 4; ++i)
            out[22 + i] = out[central + 24 + i] = static_cast<char>(size >> (8 * i));
        return out;
    };
    for (const uint32_t size : {10U, 99'999U, 100'001U}) {
        const std::string lying = sized(size);
        const auto reader =
            ZipReader::of({reinterpret_cast<const uint8_t*>(lying.data()), lying.size()});
        if (!reader) continue;
        EXPECT_FALSE((*reader)->read(0, [](ByteView) -> Status { return {}; })) << size;
    }
}

TEST(Chromium, is_looked_for_and_not_made_up) {
    EXPECT_EQ(find_chromium("/no/browser").error().code, ErrorCode::kNotFound);
    EXPECT_EQ(find_chromium("/tmp").error().code, ErrorCode::kNotFound);
    // A program that prints nothing is no browser.
    EXPECT_EQ(print_pdf("/bin/true", "<p>x</p>").error().code, ErrorCode::kUnavailable);
    EXPECT_EQ(print_pdf("/bin/false", "<p>x</p>").error().code, ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace cordon::engine
