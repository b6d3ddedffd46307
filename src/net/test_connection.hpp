// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>

namespace cordon::net {

/// A connection on which a test may say anything.
class Raw {
public:
    /// `room`: of what the other side may send before this one hears it; 0: as usual.
    explicit Raw(uint16_t port, int room = 0)
        : fd_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
        if (room > 0) ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        EXPECT_EQ(::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    }
    ~Raw() { ::close(fd_); }
    Raw(const Raw&) = delete;
    Raw& operator=(const Raw&) = delete;

    Raw& say(std::string_view text) {
        while (!text.empty()) {
            const ssize_t sent = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
            if (sent <= 0) break;
            text.remove_prefix(static_cast<std::size_t>(sent));
        }
        return *this;
    }
    /// Until the text has come, the other side closed, or the time is over.
    std::string hear(std::string_view until = "\x01",
                     std::chrono::milliseconds time = std::chrono::seconds{3}) {
        const auto end = std::chrono::steady_clock::now() + time;
        std::string heard;
        std::size_t seen = 0;  // Up to here it has not come.
        while (heard.find(until, seen) == std::string::npos) {
            seen = heard.size() - std::min(heard.size(), until.size());
            const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
                end - std::chrono::steady_clock::now());
            pollfd poll{fd_, POLLIN, 0};
            if (left.count() <= 0 || ::poll(&poll, 1, static_cast<int>(left.count())) <= 0) break;
            char bytes[4096];
            const ssize_t got = ::recv(fd_, bytes, sizeof bytes, 0);
            if (got <= 0) {
                closed = true;
                break;
            }
            heard.append(bytes, static_cast<std::size_t>(got));
        }
        return heard;
    }
    int fd() const { return fd_; }
    bool closed = false;

private:
    int fd_;
};

inline std::string status_of(const std::string& answer) { return answer.substr(0, 12); }

}  // namespace cordon::net
