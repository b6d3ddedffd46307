// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <poll.h>
#include <termios.h>
#include <unistd.h>
#include <boost/json.hpp>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include <cordon/base/disk.hpp>
#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/crypto/hash.hpp>
#include <cordon/engine/picture.hpp>
#include <cordon/engine/qr.hpp>
#include <cordon/wallet/ur/frames.hpp>
#include <cordon/wallet/ur/qr.hpp>

#include "exit_code.hpp"
#include "output.hpp"
#include "progress.hpp"
#include "verbs.hpp"

namespace cordon::cli {
namespace {

namespace json = boost::json;

constexpr std::size_t kPixels = 4;  // A module of a PNG: one more than readers need.
constexpr std::size_t kFrames = 4;  // As many times the number that is enough without loss.
constexpr uint32_t kMaxFrames = 10'000;

Result<uint32_t> number_flag(const Args& args, std::string_view name, uint32_t most) {
    const std::string text = args.get(name);
    uint32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value == 0 || value > most)
        return fail(ErrorCode::kInvalidParam,
                    format("--{} \"{}\": expected 1 to {}", name, text.substr(0, 40), most));
    return value;
}

std::string upper(std::string text) {
    for (char& c : text)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    return text;
}

/// While it lives a key on the terminal is there without Enter, and is not shown.
class KeyWatch {
public:
    KeyWatch() {
        if (::isatty(STDIN_FILENO) == 0 || ::tcgetattr(STDIN_FILENO, &before_) != 0) return;
        termios raw = before_;
        raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
        watched_ = ::tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
    }
    ~KeyWatch() {
        if (watched_) ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
    }
    KeyWatch(const KeyWatch&) = delete;
    KeyWatch& operator=(const KeyWatch&) = delete;

    /// True when a key came within that time.
    bool pressed(int milliseconds) const {
        pollfd stdin_{STDIN_FILENO, POLLIN, 0};
        return ::poll(&stdin_, watched_ ? 1 : 0, milliseconds) > 0;
    }

private:
    termios before_{};
    bool watched_ = false;
};

Result<wallet::Ur> ur_of(const Args& args) {
    if (args.operands().size() != 2)
        return fail(ErrorCode::kInvalidParam,
                    "qr show: expected one FILE, or - for standard input");
    // As it is: input_file() would unpack what is compressed.
    const std::string& path = args.operands()[1];
    Bytes content;
    if (path == "-") {
        // One byte more than can be sent, so that too much is refused and not held.
        content.resize(wallet::kMaxUrMessage + 1);
        std::cin.read(reinterpret_cast<char*>(content.data()),
                      static_cast<std::streamsize>(content.size()));
        content.resize(static_cast<std::size_t>(std::cin.gcount()));
    } else {
        CORDON_TRY(content, read_file(path));
    }
    return wallet::make_ur(
        args.has("ur") ? args.get("ur") : std::string{wallet::ur_type_of(content)}, content);
}

Status write_frames(const std::string& directory, const wallet::UrEncoder& encoder, uint32_t count,
                    bool svg) {
    std::error_code error;
    std::filesystem::create_directories(directory, error);
    if (error) return fail(ErrorCode::kIo, directory + ": " + error.message());
    for (uint32_t number = 1; number <= count; ++number) {
        CORDON_TRY(const wallet::QrCode code, wallet::make_qr(upper(encoder.part(number))));
        std::string bytes;
        if (svg) {
            bytes = wallet::qr_svg(code);
        } else {
            wallet::QrPicture picture = wallet::qr_picture(code, kPixels);
            CORDON_TRY(const Bytes png,
                       engine::png_of({picture.side, picture.side, std::move(picture.pixels)}));
            bytes.assign(png.begin(), png.end());
        }
        const std::string path =
            format("{}/frame-{:04}.{}", directory, number, svg ? "svg" : "png");
        std::ofstream out{path, std::ios::binary};
        if (!out.write(bytes.data(), static_cast<std::streamsize>(bytes.size())).flush())
            return fail(ErrorCode::kIo, path + ": cannot be written");
    }
    return {};
}

Result<int> show(const Args& args, const Session& session) {
    CORDON_TRY(const wallet::Ur ur, ur_of(args));
    const bool pictures = args.has("svg") || args.has("png");
    const bool drawn = !pictures && !args.has("text");
    std::size_t part = drawn ? wallet::kTerminalFragment : wallet::kUrFragment;
    if (args.has("part")) {
        CORDON_TRY(part, number_flag(args, "part", 1000));
    }
    CORDON_TRY(const wallet::UrEncoder encoder, wallet::UrEncoder::make(ur, part));
    // A reader that loses a third of the frames gets through in one go (docs/formats/ur.md).
    uint32_t frames = encoder.count() == 1 ? 1 : static_cast<uint32_t>(kFrames * encoder.count());
    if (args.has("frames")) {
        CORDON_TRY(frames, number_flag(args, "frames", kMaxFrames));
    }
    if (args.has("text")) {
        for (uint32_t number = 1; number <= frames; ++number)
            CORDON_TRY(print(encoder.part(number) + "\n"));
        return kClean;
    }
    if (pictures) {
        const std::string directory = args.get(args.has("svg") ? "svg" : "png");
        CORDON_TRY(write_frames(directory, encoder, frames, args.has("svg")));
        return session.quiet ? Result<int>{kClean}
                             : print(format("{}: {} frames of {}, {} are enough\n", directory,
                                            frames, ur.type, encoder.count()))
                                   .map([] { return int{kClean}; });
    }
    CORDON_TRY(const uint32_t rate, number_flag(args, "rate", 30));
    CORDON_TRY(const uint32_t seconds, number_flag(args, "seconds", 3600));
    const uint32_t last = args.has("frames") ? frames : rate * seconds;
    const KeyWatch keys;
    CORDON_TRY(wallet::show(std::cout, ur, part, [&](uint32_t number) {
        const bool stop = session.cancel != nullptr && session.cancel->load();
        return number < last && !stop && !keys.pressed(static_cast<int>(1000 / rate));
    }));
    return kClean;
}

Result<wallet::Ur> read(const Args& args, const Session& session, wallet::ReceiveStats& stats) {
    ProgressLine line{session};
    const auto told = [&](const wallet::UrDecoder& decoder) {
        if (line.due()) line.show(format("{} of {} fragments", decoder.rank(), decoder.count()));
    };
    const std::vector<std::string> names{args.operands().begin() + 1, args.operands().end()};
    if (names.empty())
        return fail(ErrorCode::kInvalidParam,
                    "qr read: expected pictures, or - for lines of a scanner");
    if (names == std::vector<std::string>{"-"}) return wallet::receive(std::cin, stats, told);
    std::string lines;
    for (const std::string& name : names) {
        CORDON_TRY(const InputFile image, input_file(name));
        const auto texts = engine::read_qr(image);
        // A picture without a code is a frame that was lost.
        if (!texts && texts.error().code != ErrorCode::kNotFound) return fail(texts.error());
        if (texts)
            for (const std::string& text : *texts) lines += text + "\n";
    }
    std::istringstream in{lines};
    return wallet::receive(in, stats, told);
}

Result<int> read(const Args& args, const Session& session) {
    wallet::ReceiveStats stats;
    CORDON_TRY(const wallet::Ur ur, read(args, session, stats));
    CORDON_TRY(const Bytes content, wallet::content_of(ur));
    if (args.has("ur") && args.get("ur") != ur.type)
        return fail(ErrorCode::kConflict,
                    format("ur:{} came, ur:{} was expected", ur.type, args.get("ur")));
    const std::string_view text{reinterpret_cast<const char*>(content.data()), content.size()};
    const std::string path = args.get("output");
    if (!path.empty()) {
        if (std::filesystem::exists(path))
            return fail(ErrorCode::kDuplicate, path + ": exists and is not overwritten");
        std::ofstream out{path, std::ios::binary};
        if (!out.write(text.data(), static_cast<std::streamsize>(text.size())).flush())
            return fail(ErrorCode::kIo, path + ": cannot be written");
    }
    const std::string hash = to_hex(crypto::sha256(content));
    if (session.format != Format::kTable) {
        json::object data{{"type", ur.type},
                          {"bytes", content.size()},
                          {"sha256", hash},
                          {"lines", stats.lines},
                          {"skipped", stats.skipped}};
        if (path.empty()) data["hex"] = to_hex(content);
        CORDON_TRY(print(envelope("qr.read", data)));
        return kClean;
    }
    if (path.empty()) {
        CORDON_TRY(print(text));
    } else if (!session.quiet) {
        CORDON_TRY(
            print(format("{}: {} bytes of {}, SHA-256 {}\n", path, content.size(), ur.type, hash)));
    }
    return kClean;
}

Result<int> run_qr(const Args& args, const Session& session) {
    const std::string what = args.operands().empty() ? "" : args.operands()[0];
    if (what == "show") return show(args, session);
    if (what == "read") return read(args, session);
    return fail(ErrorCode::kInvalidParam,
                format("qr {}: expected show or read", what.substr(0, 40)));
}

}  // namespace

Command qr_command() {
    return {
        .name = "qr",
        .summary = "carry a file to a machine without a network, and back, by animated QR codes",
        .usage = "show FILE|- | read PICTURE…|-",
        .about =
            "show draws a file as one QR code, or as frames over each other (BC-UR with fountain "
            "codes, docs/formats/ur.md): a camera may lose any of them. It ends by a key or after "
            "--seconds. read puts the frames together again, from pictures or from the lines that "
            "a scanner writes (zbarcam --raw), in any order; a frame of another message or one "
            "that contradicts the others ends it with an error. Frames are not signed: what they "
            "carry proves itself, or does not.",
        .flags =
            {{"ur", "TYPE",
              "show: the type, else by content: crypto-psbt, x-cordon-bundle or bytes; read: "
              "the type that must come"},
             {"part", "BYTES", "Of the message in a frame: 100 in a terminal, else 250"},
             {"rate", "N", "Frames a second in a terminal", "8"},
             {"seconds", "N", "When it stops by itself", "300"},
             {"frames", "N", "How many frames, else four times as many as are enough"},
             {"svg", "DIR", "Frames as SVG pictures into a folder"},
             {"png", "DIR", "Frames as PNG pictures into a folder"},
             {"text", "", "Frames as lines \"ur:…\", for another program"},
             {"output", "FILE", "read: where the content goes, else to standard output", {}, 'o'}},
        .examples = {"cordon qr show bundle.json", "cordon qr show payout.psbt --png frames",
                     "zbarcam --raw | cordon qr read - --output signed.psbt"},
        .takes_operands = true,
        .run = run_qr};
}

}  // namespace cordon::cli
