// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "byte_source.hpp"

#include <bzlib.h>
#include <gtest/gtest.h>
#include <lzma.h>
#include <rapidcheck.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "byte_source_codec.hpp"
#include "bytes.hpp"

namespace cordon {
namespace {

namespace fs = std::filesystem;

Bytes gzip(ByteView data) {
    z_stream stream{};
    deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
    Bytes out(deflateBound(&stream, data.size()) + 64);
    stream.next_in = const_cast<Bytef*>(data.data());
    stream.avail_in = static_cast<uInt>(data.size());
    stream.next_out = out.data();
    stream.avail_out = static_cast<uInt>(out.size());
    deflate(&stream, Z_FINISH);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    return out;
}
Bytes zstd(ByteView data) {
    Bytes out(ZSTD_compressBound(data.size()));
    out.resize(ZSTD_compress(out.data(), out.size(), data.data(), data.size(), 1));
    return out;
}
Bytes xz(ByteView data) {
    Bytes out(lzma_stream_buffer_bound(data.size()));
    std::size_t size = 0;
    lzma_easy_buffer_encode(0, LZMA_CHECK_CRC32, nullptr, data.data(), data.size(), out.data(),
                            &size, out.size());
    out.resize(size);
    return out;
}
Bytes bzip2(ByteView data) {
    Bytes out(data.size() + data.size() / 50 + 1024);
    auto size = static_cast<unsigned>(out.size());
    char none = 0;  // The library refuses a null pointer, even for no bytes.
    char* const in =
        data.empty() ? &none : const_cast<char*>(reinterpret_cast<const char*>(data.data()));
    BZ2_bzBuffToBuffCompress(reinterpret_cast<char*>(out.data()), &size, in,
                             static_cast<unsigned>(data.size()), 1, 0, 0);
    out.resize(size);
    return out;
}

struct Format {
    const char* name;
    Bytes (*pack)(ByteView);
};
constexpr Format kFormats[] = {{"gzip", gzip}, {"zstd", zstd}, {"xz", xz}, {"bzip2", bzip2}};

Bytes operator+(Bytes a, const Bytes& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

Bytes bytes_of(std::string_view text) { return {text.begin(), text.end()}; }

Result<Bytes> unpack_all(const Bytes& packed, std::size_t limit = 100'000'000) {
    CORDON_TRY(auto raw, memory_file("mem", packed).open());
    CORDON_TRY(auto source, unpack(std::move(raw), "mem"));
    return read_all(*source, limit);
}

/// A directory of its own that goes with the test.
class TempDir {
public:
    TempDir() {
        std::string pattern = (fs::temp_directory_path() / "cordon-XXXXXX").string();
        path_ = ::mkdtemp(pattern.data());
    }
    ~TempDir() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    std::string path(const std::string& name) const { return (path_ / name).string(); }
    std::string write(const std::string& name, const Bytes& bytes) const {
        std::ofstream{path(name), std::ios::binary}.write(
            reinterpret_cast<const char*>(bytes.data()),
            static_cast<std::streamsize>(bytes.size()));
        return path(name);
    }

private:
    fs::path path_;
};

TEST(ByteSource, unpacks_every_format_to_the_same_bytes) {
    EXPECT_TRUE(rc::check([](const Bytes& data) {
        for (const Format& format : kFormats)
            RC_ASSERT(unpack_all(format.pack(data)).value() == data);
    }));
}

TEST(ByteSource, reads_several_frames_as_one_stream) {
    const Bytes a = bytes_of("first,");
    const Bytes b = bytes_of("second");
    for (const Format& format : kFormats)
        EXPECT_EQ(unpack_all(format.pack(a) + format.pack({}) + format.pack(b)).value(), a + b)
            << format.name;
}

TEST(ByteSource, takes_the_padding_that_xz_allows_between_streams) {
    const Bytes padding(8, 0);
    EXPECT_EQ(unpack_all(xz(bytes_of("a")) + padding + xz(bytes_of("b")) + padding).value(),
              bytes_of("ab"));
}

TEST(ByteSource, says_that_a_frame_is_cut_wherever_it_is_cut) {
    Bytes data(5000);
    for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<uint8_t>(i * i >> 3);
    for (const Format& format : kFormats) {
        const Bytes packed = format.pack(data);
        for (std::size_t size = 4; size < packed.size(); ++size) {
            const auto result = unpack_all(
                Bytes(packed.begin(), packed.begin() + static_cast<std::ptrdiff_t>(size)));
            ASSERT_FALSE(result) << format.name << " cut to " << size;
            ASSERT_EQ(result.error().code, ErrorCode::kTruncated)
                << format.name << " " << result.error().message;
        }
    }
}

TEST(ByteSource, never_gives_other_bytes_for_a_damaged_frame_without_saying_so) {
    Bytes data(3000);
    for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<uint8_t>(i * 7 >> 2);
    for (const Format& format : kFormats) {
        // zstd's one-call form writes no checksum: damage may pass there, but must not crash.
        const bool has_checksum = std::string_view{format.name} != "zstd";
        const Bytes packed = format.pack(data);
        for (std::size_t i = 10; i < packed.size(); ++i) {
            Bytes damaged = packed;
            damaged[i] ^= 0x10;
            const auto result = unpack_all(damaged);
            if (!has_checksum || !result) continue;
            ASSERT_EQ(*result, data) << format.name << " byte " << i;
        }
    }
}

TEST(ByteSource, refuses_what_follows_a_frame_and_is_none) {
    for (const Format& format : kFormats) {
        const auto result = unpack_all(format.pack(bytes_of("data")) + bytes_of("more text"));
        ASSERT_FALSE(result) << format.name;
        EXPECT_EQ(result.error().code, ErrorCode::kTrailing) << result.error().message;
    }
    const auto mixed = unpack_all(gzip(bytes_of("a")) + zstd(bytes_of("b")));
    EXPECT_EQ(mixed.error().code, ErrorCode::kTrailing);
}

TEST(ByteSource, takes_short_and_empty_input_as_it_is) {
    for (const std::string text : {"", "a", "BZ", "BZh", "BZh9 is a word", "\x1f", "PK", "(\xb5"})
        EXPECT_EQ(unpack_all(bytes_of(text)).value(), bytes_of(text)) << text;
}

TEST(ByteSource, names_archives_that_are_no_streams) {
    const auto zip = unpack_all(bytes_of("PK\x03\x04 and so on"));
    ASSERT_FALSE(zip);
    EXPECT_EQ(zip.error().code, ErrorCode::kUnsupported);
    EXPECT_NE(zip.error().message.find("zip"), std::string::npos);
}

TEST(ByteSource, stops_a_bomb_at_the_callers_limit) {
    const Bytes zeros(50'000'000);
    for (const Format& format : kFormats) {
        const Bytes packed = format.pack(zeros);
        ASSERT_LT(packed.size(), 1'000'000u);
        EXPECT_EQ(unpack_all(packed, 1000).error().code, ErrorCode::kLimit) << format.name;
    }
}

TEST(ByteSource, refuses_a_window_that_would_eat_the_memory) {
    // A zstd frame header (RFC 8878 §3.1.1) that asks for a window of 2^31 bytes and then holds one
    // raw block.
    const Bytes frame{0x28, 0xb5, 0x2f, 0xfd, 0x00, (31 - 10) << 3, 0x09, 0x00, 0x00, 'x'};
    const auto result = unpack_all(frame);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::kLimit) << result.error().message;
}

TEST(ByteSource, keeps_its_error) {
    const Bytes packed = gzip(bytes_of("some data")) + bytes_of("x");
    auto source = unpack(memory_file("mem", packed).open().value(), "mem").value();
    Bytes out(100);
    EXPECT_FALSE(source->read(out));
    EXPECT_EQ(source->read(out).error().code, ErrorCode::kTrailing);
}

TEST(ByteSource, fills_small_reads_as_it_fills_large_ones) {
    EXPECT_TRUE(rc::check([](const Bytes& data) {
        const Bytes packed = gzip(data);
        auto source = unpack(memory_file("mem", packed).open().value(), "mem").value();
        Bytes all;
        while (true) {
            Bytes piece(*rc::gen::inRange<std::size_t>(1, 20));
            const std::size_t got = source->read(piece).value();
            all.insert(all.end(), piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(got));
            if (got < piece.size()) break;
        }
        RC_ASSERT(all == data);
        RC_ASSERT(source->consumed() == packed.size());
    }));
}

TEST(ByteSource, skips_what_it_would_have_read) {
    const TempDir dir;
    Bytes data(300'000);
    for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<uint8_t>(i * 31 >> 4);
    std::vector<InputFile> files{input_file(dir.write("plain", data)).value()};
    for (const Format& format : kFormats)
        files.push_back(input_file(dir.write(format.name, format.pack(data))).value());
    files.push_back(memory_file("mem", data));
    for (const InputFile& file : files) {
        const auto source = file.open().value();
        uint64_t at = 0;
        for (const uint64_t step : {0U, 3U, 5U, 100U, 70'000U, 1U, 65'536U, 130'000U}) {
            EXPECT_EQ(source->skip(step).value(), step) << file.name;
            at += step;
            Bytes piece(7);
            ASSERT_EQ(source->read(piece).value(), 7u) << file.name;
            ASSERT_TRUE(std::equal(piece.begin(), piece.end(),
                                   data.begin() + static_cast<std::ptrdiff_t>(at)))
                << file.name;
            at += 7;
        }
        EXPECT_EQ(source->skip(1'000'000).value(), data.size() - at) << file.name;
        Bytes none(1);
        EXPECT_EQ(source->read(none).value(), 0u) << file.name;
        EXPECT_EQ(source->skip(1).value(), 0u) << file.name;
        EXPECT_EQ(source->consumed(), file.size) << file.name;
    }
}

TEST(InputFile, opens_a_file_any_number_of_times) {
    const TempDir dir;
    for (const Format& format : kFormats) {
        const auto file = input_file(dir.write(format.name, format.pack(bytes_of("text")))).value();
        for (int i = 0; i < 2; ++i)
            EXPECT_EQ(read_all(*file.open().value(), 100).value(), bytes_of("text"));
    }
    EXPECT_EQ(input_file(dir.write("plain", bytes_of("12345"))).value().size, 5u);
}

TEST(InputFile, says_what_it_found_instead_of_a_file) {
    const TempDir dir;
    EXPECT_EQ(input_file(dir.path("none")).error().code, ErrorCode::kNotFound);
    EXPECT_EQ(input_file("").error().code, ErrorCode::kNotFound);
    EXPECT_EQ(input_file(std::string("a\0b", 3)).error().code, ErrorCode::kNotFound);
    EXPECT_EQ(input_file("/dev/null").error().code, ErrorCode::kIo);

    fs::create_directory(dir.path("folder"));
    const auto folder = input_file(dir.path("folder"));
    ASSERT_FALSE(folder);
    EXPECT_EQ(folder.error().code, ErrorCode::kIo);
    EXPECT_NE(folder.error().message.find("a directory"), std::string::npos)
        << folder.error().message;

    const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = dir.path("s");
    ASSERT_LT(path.size(), sizeof address.sun_path);
    path.copy(address.sun_path, path.size());
    ASSERT_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_NE(input_file(path).error().message.find("a socket"), std::string::npos);
    ::close(fd);
}

TEST(InputFile, tells_that_it_may_not_read) {
    if (::geteuid() == 0) GTEST_SKIP() << "root may read everything";
    const TempDir dir;
    const std::string path = dir.write("secret", bytes_of("x"));
    ::chmod(path.c_str(), 0);
    EXPECT_EQ(input_file(path).error().code, ErrorCode::kPermission);
}

TEST(InputFile, tells_that_a_file_went_away) {
    const TempDir dir;
    const auto file = input_file(dir.write("brief", bytes_of("x"))).value();
    fs::remove(dir.path("brief"));
    EXPECT_EQ(file.open().error().code, ErrorCode::kNotFound);
    fs::create_directory(dir.path("brief"));
    EXPECT_EQ(file.open().error().code, ErrorCode::kIo);
}

TEST(InputFile, reads_a_pipe) {
    const TempDir dir;
    const std::string path = dir.path("pipe");
    ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
    const Bytes packed = gzip(bytes_of("piped"));
    std::jthread writer{[&] {
        std::ofstream{path}.write(reinterpret_cast<const char*>(packed.data()),
                                  static_cast<std::streamsize>(packed.size()));
    }};
    auto source = input_file(path).value().open();
    ASSERT_TRUE(source);
    EXPECT_EQ(read_all(**source, 100).value(), bytes_of("piped"));
}

TEST(InputFiles, lists_regular_files_below_in_bytewise_order) {
    const TempDir dir;
    fs::create_directory(dir.path("b"));
    dir.write("b/2", {});
    dir.write("c", {});
    dir.write("B", {});
    fs::create_symlink(dir.path("c"), dir.path("a"));
    fs::create_directory_symlink(dir.path(""), dir.path("b/circle"));
    std::vector<std::string> names;
    const auto files = input_files(dir.path("")).value();
    for (const InputFile& file : files)
        names.push_back(fs::path{file.name}.lexically_relative(dir.path("")).string());
    EXPECT_EQ(names, (std::vector<std::string>{"B", "a", "b/2", "c"}));
}

TEST(InputFiles, refuses_what_is_no_directory) {
    const TempDir dir;
    EXPECT_EQ(input_files(dir.write("file", {})).error().code, ErrorCode::kIo);
    EXPECT_EQ(input_files(dir.path("none")).error().code, ErrorCode::kNotFound);
    EXPECT_TRUE(input_files(dir.path("")).value().size() == 1);
}

TEST(ReadAll, gives_exactly_the_limit_and_no_more) {
    const Bytes data(1000, 7);
    const auto read = [&](std::size_t limit) {
        return read_all(*memory_file("mem", data).open().value(), limit);
    };
    EXPECT_EQ(read(1000).value(), data);
    EXPECT_EQ(read(SIZE_MAX).value(), data);
    EXPECT_EQ(read(999).error().code, ErrorCode::kLimit);
    EXPECT_EQ(read(0).error().code, ErrorCode::kLimit);
}

}  // namespace
}  // namespace cordon
