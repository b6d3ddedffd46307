// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "ur.hpp"

#include <gmock/gmock.h>
#include <rapidcheck.h>
#include <random>
#include <sstream>

#include "bytewords.hpp"
#include "cbor.hpp"
#include "frames.hpp"
#include "qr.hpp"

namespace cordon::wallet {
namespace {

/// Bytes that look like no padding and differ by `seed`.
Bytes message(std::size_t size, unsigned seed = 1) {
    Bytes out(size);
    for (std::size_t i = 0; i < size; ++i)
        out[i] = static_cast<uint8_t>((i + 1) * 131 + seed * 17 + (i >> 8) * 7);
    return out;
}

UrEncoder encoder(const Bytes& content, std::size_t fragment = 20,
                  std::string_view type = "bytes") {
    return UrEncoder::make(make_ur(type, content).value(), fragment).value();
}

ErrorCode code_of(const Status& status) {
    EXPECT_FALSE(status);
    return status ? ErrorCode::kUnsupported : status.error().code;
}

TEST(Bytewords, are_read_as_they_are_written) {
    EXPECT_TRUE(rc::check([](const Bytes& bytes) {
        RC_PRE(!bytes.empty());
        for (const WordStyle style : {WordStyle::kWords, WordStyle::kUri, WordStyle::kMinimal}) {
            std::string text = to_bytewords(bytes, style);
            RC_ASSERT(parse_bytewords(text, style).value() == bytes);
            for (char& c : text) c = static_cast<char>(std::toupper(c));
            RC_ASSERT(parse_bytewords(text, style).value() == bytes);
        }
    }));
}

TEST(Bytewords, one_changed_letter_is_noticed) {
    const std::string text = to_bytewords(message(40), WordStyle::kMinimal);
    for (std::size_t at = 0; at < text.size(); ++at) {
        std::string changed = text;
        changed[at] = changed[at] == 'z' ? 'a' : static_cast<char>(changed[at] + 1);
        EXPECT_FALSE(parse_bytewords(changed, WordStyle::kMinimal)) << at;
    }
}

TEST(Bytewords, what_is_no_word_is_refused_without_being_shown) {
    EXPECT_EQ(parse_bytewords("", WordStyle::kWords).error().code, ErrorCode::kTruncated);
    EXPECT_EQ(parse_bytewords("able", WordStyle::kWords).error().code, ErrorCode::kTruncated);
    const std::string text = to_bytewords(Bytes{1, 2}, WordStyle::kWords);
    for (const std::string& bad :
         {text + " ", " " + text, text + " secr", text.substr(0, text.size() - 1), text + "-able",
          std::string(64, '\0'), "\xff\xff" + text}) {
        const auto refused = parse_bytewords(bad, WordStyle::kWords);
        ASSERT_FALSE(refused) << bad;
        EXPECT_EQ(refused.error().message.find("secr"), std::string::npos);
    }
    EXPECT_FALSE(parse_bytewords(text, WordStyle::kUri));
    EXPECT_FALSE(parse_bytewords("aea", WordStyle::kMinimal));
}

TEST(Cbor, has_one_form_for_each_number) {
    EXPECT_TRUE(rc::check([](uint64_t value) {
        value >>= *rc::gen::inRange(0, 64);
        Bytes bytes;
        append_cbor_head(bytes, CborType::kTag, value);
        CborReader reader{bytes};
        RC_ASSERT(reader.head(CborType::kTag).value() == value);
        RC_ASSERT(reader.end().has_value());
    }));
    for (const Bytes& longer :
         {Bytes{0x18, 23}, Bytes{0x19, 0, 255}, Bytes{0x1a, 0, 0, 255, 255},
          Bytes{0x1b, 0, 0, 0, 0, 255, 255, 255, 255}, Bytes{0x1f}, Bytes{0x1c}})
        EXPECT_EQ(CborReader{longer}.head(CborType::kUnsigned).error().code, ErrorCode::kMalformed);
    const Bytes huge{0x5b, 255, 255, 255, 255, 255, 255, 255, 255, 0};
    EXPECT_EQ(CborReader{huge}.byte_string().error().code, ErrorCode::kTruncated);
}

TEST(Ur, a_single_part_is_read_as_it_is_written) {
    const Ur ur = make_ur("bytes", message(50)).value();
    EXPECT_EQ(parse_ur(format_ur(ur)).value(), ur);
    EXPECT_EQ(content_of(ur).value(), message(50));
    EXPECT_FALSE(make_ur("Bytes", message(1)));
    EXPECT_FALSE(make_ur("", message(1)));
    EXPECT_FALSE(parse_ur("ur:bytes"));
    EXPECT_FALSE(parse_ur("ur:by_tes/aeadaolazmjendeoti"));
    EXPECT_FALSE(parse_ur("http://bytes/aeadaolazmjendeoti"));
    EXPECT_FALSE(parse_ur(encoder(message(100)).part(1)));
    UrDecoder decoder;
    ASSERT_TRUE(decoder.receive(format_ur(ur)));
    EXPECT_TRUE(decoder.done());
    EXPECT_EQ(decoder.ur(), ur);
}

TEST(Ur, any_parts_that_are_enough_restore_the_message) {
    EXPECT_TRUE(rc::check([] {
        const auto size = *rc::gen::inRange<std::size_t>(1, 3000);
        const auto fragment = *rc::gen::inRange<std::size_t>(10, 300);
        const auto first = *rc::gen::inRange<uint32_t>(1, 1000);
        const Bytes content = message(size, first);
        const UrEncoder sender = encoder(content, fragment);
        std::mt19937 random{*rc::gen::arbitrary<uint32_t>()};
        UrDecoder decoder;
        std::vector<std::string> seen;
        // A third of the frames is lost; each that comes brings an older one once more.
        for (uint32_t number = first; !decoder.done(); ++number) {
            RC_ASSERT(number - first < 40 * (sender.count() + 10));
            if (random() % 3 == 0) continue;
            seen.push_back(sender.part(number));
            const std::string& text = seen[random() % seen.size()];
            RC_ASSERT(decoder.receive(seen.back()).has_value());
            RC_ASSERT(decoder.receive(text).has_value());
            RC_ASSERT(decoder.rank() <= decoder.count());
        }
        RC_ASSERT(content_of(decoder.ur()).value() == content);
    }));
}

TEST(Ur, a_frame_of_another_message_is_refused_and_changes_nothing) {
    const Bytes content = message(200), other = message(200, 2);
    const UrEncoder mine = encoder(content), theirs = encoder(other);
    const UrEncoder typed = encoder(content, 20, "crypto-psbt");
    const UrEncoder shorter = encoder(content, 15);
    UrDecoder decoder;
    for (uint32_t number = 1; !decoder.done(); ++number) {
        ASSERT_TRUE(decoder.receive(mine.part(number)));
        for (const UrEncoder* foreign : {&theirs, &typed, &shorter})
            EXPECT_EQ(code_of(decoder.receive(foreign->part(number))), ErrorCode::kConflict);
        EXPECT_EQ(code_of(decoder.receive(format_ur(make_ur("bytes", other).value()))),
                  ErrorCode::kConflict);
    }
    EXPECT_EQ(content_of(decoder.ur()).value(), content);
}

/// A frame like `text` that says it is of the same message and holds other bytes, its words' own
/// checksum right: what somebody makes who is between screen and camera.
std::string forged(const std::string& text, uint8_t flip) {
    const std::size_t at = text.rfind('/') + 1;
    FountainPart part =
        parse_part(parse_bytewords(text.substr(at), WordStyle::kMinimal).value()).value();
    part.data[part.data.size() / 2] ^= flip;
    return text.substr(0, at) + to_bytewords(format_part(part), WordStyle::kMinimal);
}

TEST(Ur, forged_frames_never_make_another_message) {
    EXPECT_TRUE(rc::check([] {
        const Bytes content = message(*rc::gen::inRange<std::size_t>(60, 800));
        const UrEncoder sender = encoder(content);
        const auto bad = *rc::gen::inRange<uint32_t>(1, 30);
        UrDecoder decoder;
        Status last;
        for (uint32_t number = 1; number < 400 && last && !decoder.done(); ++number) {
            const std::string text = sender.part(number);
            last = decoder.receive(number == bad ? forged(text, 1) : text);
        }
        if (decoder.done()) {
            RC_ASSERT(content_of(decoder.ur()).value() == content);
        } else {
            RC_ASSERT(decoder.broken());
            RC_ASSERT(!decoder.receive(sender.part(1)).has_value());
        }
    }));
}

TEST(Ur, parts_beyond_all_bounds_are_refused) {
    const auto text = [](const FountainPart& part) {
        return "ur:bytes/" + std::to_string(part.number) + "-" + std::to_string(part.count) + "/" +
               to_bytewords(format_part(part), WordStyle::kMinimal);
    };
    UrDecoder decoder;
    EXPECT_EQ(code_of(decoder.receive(text({1, kMaxFragments + 1, 100000, 1, Bytes(30, 1)}))),
              ErrorCode::kLimit);
    EXPECT_EQ(code_of(decoder.receive(text({1, 4000, kMaxUrMessage + 1, 1, Bytes(300, 1)}))),
              ErrorCode::kLimit);
    EXPECT_FALSE(decoder.receive(text({1, 0, 10, 1, Bytes(10, 1)})));
    EXPECT_FALSE(decoder.receive(text({1, 5, 100, 1, Bytes(5, 1)})));   // Too little.
    EXPECT_FALSE(decoder.receive(text({1, 5, 100, 1, Bytes(90, 1)})));  // Too much.
    EXPECT_FALSE(decoder.receive("ur:bytes/2-9/" + encoder(message(200)).part(1).substr(13)));
    EXPECT_FALSE(decoder.receive(std::string(5000, 'a')));
    EXPECT_FALSE(decoder.receive(""));
    EXPECT_EQ(decoder.count(), 0U);
    ASSERT_TRUE(decoder.receive(encoder(message(200)).part(3)));
    EXPECT_EQ(code_of(UrEncoder::make(Ur{"bytes", Bytes(kMaxUrMessage + 1)}).map([](auto&&) {})),
              ErrorCode::kLimit);
    EXPECT_FALSE(UrEncoder::make(Ur{"bytes", {}}));
    EXPECT_FALSE(UrEncoder::make(Ur{"bytes", Bytes(100000, 1)}, 10));
}

TEST(Ur, padding_that_is_not_zero_is_noticed) {
    const Bytes cbor = make_ur("bytes", message(57)).value().cbor;
    const auto count = FountainEncoder::make(cbor, 20).value();
    FountainPart last = count.part(static_cast<uint32_t>(count.count()));
    ASSERT_LT(cbor.size(), last.data.size() * last.count);
    last.data.back() = 1;
    FountainDecoder decoder;
    for (uint32_t number = 1; number < last.number; ++number)
        ASSERT_TRUE(decoder.receive(count.part(number)));
    EXPECT_EQ(code_of(decoder.receive(last)), ErrorCode::kChecksum);
    EXPECT_FALSE(decoder.done());
}

std::string lines(const UrEncoder& sender, uint32_t first, uint32_t last) {
    std::string out;
    for (uint32_t number = first; number <= last; ++number) out += sender.part(number) + "\n";
    return out;
}

TEST(Frames, what_a_scanner_writes_becomes_the_message) {
    const Bytes content = message(300);
    const UrEncoder sender = encoder(content);
    const auto count = static_cast<uint32_t>(sender.count());
    std::istringstream in{"https://example.org\nQR-Code:" + lines(sender, 4, 9) + "\r\n\n" +
                          std::string(100000, 'x') + "\n" + lines(sender, 1, 4 * count)};
    ReceiveStats stats;
    std::size_t told = 0;
    const auto ur = receive(in, stats, [&](const UrDecoder& decoder) { told = decoder.rank(); });
    ASSERT_TRUE(ur) << ur.error().message;
    EXPECT_EQ(content_of(*ur).value(), content);
    EXPECT_EQ(told, count);
    EXPECT_EQ(stats.skipped, 4U);
}

TEST(Frames, frames_of_two_messages_end_in_an_error) {
    const UrEncoder mine = encoder(message(300)), theirs = encoder(message(300, 2));
    std::istringstream in{lines(mine, 1, 5) + lines(theirs, 6, 40)};
    ReceiveStats stats;
    EXPECT_EQ(receive(in, stats).error().code, ErrorCode::kConflict);
    std::istringstream cut{lines(mine, 1, 5)};
    EXPECT_EQ(receive(cut, stats).error().code, ErrorCode::kTruncated);
    std::istringstream empty;
    EXPECT_EQ(receive(empty, stats).error().code, ErrorCode::kTruncated);
}

TEST(Frames, are_shown_until_somebody_says_stop) {
    std::ostringstream out;
    uint32_t shown = 0;
    ASSERT_TRUE(show(out, make_ur("bytes", message(500)).value(), kTerminalFragment,
                     [&](uint32_t number) { return (shown = number) < 12; }));
    EXPECT_EQ(shown, 12U);
    EXPECT_THAT(out.str(), testing::HasSubstr("frame 12 of 6"));
    std::ostringstream one;
    ASSERT_TRUE(show(one, make_ur("bytes", message(9)).value(), kTerminalFragment, {}));
    EXPECT_TRUE(one.str().starts_with("█████"));
}

TEST(Qr, more_than_a_code_holds_is_refused) {
    EXPECT_TRUE(make_qr(std::string(2331, 'x')));
    EXPECT_EQ(make_qr(std::string(2332, 'x')).error().code, ErrorCode::kLimit);
    EXPECT_TRUE(make_qr(std::string(3391, 'X')));
    EXPECT_EQ(make_qr(std::string(3392, 'X')).error().code, ErrorCode::kLimit);
    EXPECT_FALSE(make_qr(""));
}

TEST(Qr, drawings_have_the_quiet_zone) {
    const auto code = make_qr("a");
    ASSERT_TRUE(code);
    EXPECT_EQ(code->width, 21U);
    EXPECT_TRUE(qr_terminal(*code).starts_with("█████"));
    EXPECT_THAT(qr_svg(*code), testing::HasSubstr("viewBox=\"0 0 29 29\""));
    const QrPicture picture = qr_picture(*code, 3);
    EXPECT_EQ(picture.side, 87U);
    EXPECT_EQ(picture.pixels[12 * 87 + 12], 0);
    EXPECT_EQ(picture.pixels[11 * 87 + 12], 255);
}

}  // namespace
}  // namespace cordon::wallet
