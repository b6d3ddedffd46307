// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "bytewords.hpp"

#include <zlib.h>
#include <algorithm>
#include <array>

#include <cordon/base/format.hpp>

namespace cordon::wallet {
namespace {

constexpr std::size_t kLetters = 4, kChecksum = 4;

// The alphabet of BCR-2020-012 (its revision of October 2020, in order), 00 to ff: it is the
// encoding itself, as base58's letters are.
constexpr std::string_view kWords =
    "ableacidalsoapexaquaarchatomauntawayaxisbackbaldbarnbeltbetabias"
    "bluebodybragbrewbulbbuzzcalmcashcatschefcityclawcodecolacookcost"
    "cruxcurlcuspcyandarkdatadaysdelidicedietdoordowndrawdropdrumdull"
    "dutyeacheasyechoedgeepicevenexamexiteyesfactfairfernfigsfilmfish"
    "fizzflapflewfluxfoxyfreefrogfuelfundgalagamegeargemsgiftgirlglow"
    "goodgraygrimgurugushgyrohalfhanghardhawkheathelphighhillholyhope"
    "hornhutsicedideaidleinchinkyintoirisironitemjadejazzjoinjoltjowl"
    "judojugsjumpjunkjurykeepkenokeptkeyskickkilnkingkitekiwiknoblamb"
    "lavalazyleaflegsliarlimplionlistlogoloudloveluaulucklungmainmany"
    "mathmazememomenumeowmildmintmissmonknailnavyneednewsnextnoonnote"
    "numbobeyoboeomitonyxopenovalowlspaidpartpeckplaypluspoempoolpose"
    "puffpumapurrquadquizraceramprealredorichroadrockroofrubyruinruns"
    "rustsafesagascarsetssilkskewslotsoapsolosongstubsurfswantacotask"
    "taxitenttiedtimetinytoiltombtoystriptunatwinuglyundouniturgeuser"
    "vastveryvetovialvibeviewvisavoidvowswallwandwarmwaspwavewaxywebs"
    "whatwhenwhizwolfworkyankyawnyellyogayurtzapszerozestzinczonezoom";
static_assert(kWords.size() == 256 * kLetters);

constexpr std::string_view word(std::size_t byte) noexcept {
    return kWords.substr(byte * kLetters, kLetters);
}

constexpr std::size_t kNone = 256, kAlphabet = 26;

/// First and last letter tell a word.
constexpr auto kByPair = [] {
    std::array<uint16_t, kAlphabet * kAlphabet> table{};
    table.fill(kNone);
    for (std::size_t byte = 0; byte < 256; ++byte)
        table[static_cast<std::size_t>(word(byte).front() - 'a') * kAlphabet +
              static_cast<std::size_t>(word(byte).back() - 'a')] = static_cast<uint16_t>(byte);
    return table;
}();

constexpr char lower(char letter) noexcept {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

/// The byte of a word in two or four letters, or kNone.
std::size_t byte_of(std::string_view text) noexcept {
    const auto letter = [](char c) { return static_cast<std::size_t>(lower(c) - 'a'); };
    if (letter(text.front()) >= kAlphabet || letter(text.back()) >= kAlphabet) return kNone;
    const std::size_t byte = kByPair[letter(text.front()) * kAlphabet + letter(text.back())];
    if (byte == kNone || text.size() == 2) return byte;
    const bool same = std::equal(text.begin(), text.end(), word(byte).begin(),
                                 [](char a, char b) { return lower(a) == b; });
    return same ? byte : kNone;
}

std::array<uint8_t, kChecksum> checksum(ByteView bytes) noexcept {
    const uint32_t sum = crc32(bytes);
    return {static_cast<uint8_t>(sum >> 24), static_cast<uint8_t>(sum >> 16),
            static_cast<uint8_t>(sum >> 8), static_cast<uint8_t>(sum)};
}

}  // namespace

uint32_t crc32(ByteView bytes) noexcept {
    return static_cast<uint32_t>(::crc32_z(0, bytes.data(), bytes.size()));
}

std::string to_bytewords(ByteView bytes, WordStyle style) {
    std::string out;
    out.reserve((bytes.size() + kChecksum) * (kLetters + 1));
    const auto append = [&](uint8_t byte) {
        if (style == WordStyle::kMinimal) {
            out += word(byte).front();
            out += word(byte).back();
            return;
        }
        if (!out.empty()) out += style == WordStyle::kUri ? '-' : ' ';
        out += word(byte);
    };
    for (const uint8_t byte : bytes) append(byte);
    for (const uint8_t byte : checksum(bytes)) append(byte);
    return out;
}

Result<Bytes> parse_bytewords(std::string_view text, WordStyle style) {
    const std::size_t size = style == WordStyle::kMinimal ? 2 : kLetters;
    const std::size_t step = style == WordStyle::kMinimal ? size : size + 1;
    const char blank = style == WordStyle::kUri ? '-' : ' ';
    Bytes out;
    out.reserve(text.size() / step + 1);
    for (std::size_t at = 0; at < text.size(); at += step) {
        const bool whole =
            text.size() - at >= size && (step == size || text.size() - at == size ||
                                         (text[at + size] == blank && text.size() - at > step));
        const std::size_t byte = whole ? byte_of(text.substr(at, size)) : kNone;
        if (byte == kNone)
            return fail(ErrorCode::kMalformed,
                        format("word {} is not of bytewords", at / step + 1));
        out.push_back(static_cast<uint8_t>(byte));
    }
    if (out.size() <= kChecksum)
        return fail(ErrorCode::kTruncated, "fewer words than one and a checksum of four");
    const ByteView body = ByteView{out}.first(out.size() - kChecksum);
    if (!std::ranges::equal(checksum(body), ByteView{out}.last(kChecksum)))
        return fail(ErrorCode::kChecksum, "the words do not fit their checksum");
    out.resize(body.size());
    return out;
}

}  // namespace cordon::wallet
