// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <atomic>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

/// A server on loopback for tests of clients: plain HTTP, one connection after the other, on a free
/// port. What it answers is up to the test, byte for byte, so that it can be wrong in every way.
namespace cordon::test {

class FakeServer {
public:
    /// Given the body of a request (and how many came before), the bytes to send back. Empty:
    /// closes the connection without a word.
    using Answer = std::function<std::string(const std::string& body, unsigned before)>;

    explicit FakeServer(Answer answer) : answer_{std::move(answer)} {
        listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
            ::listen(listener_, 8) != 0 ||
            ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
            std::abort();
        port_ = ntohs(address.sin_port);
        thread_ = std::thread{[this] { serve(); }};
    }
    ~FakeServer() {
        stop_ = true;
        thread_.join();
        ::close(listener_);
    }
    FakeServer(const FakeServer&) = delete;
    FakeServer& operator=(const FakeServer&) = delete;

    uint16_t port() const { return port_; }
    std::string url(std::string_view target = "/") const {
        return "http://127.0.0.1:" + std::to_string(port_) + std::string{target};
    }
    /// All requests so far, heads and bodies.
    std::vector<std::string> requests() const {
        const std::scoped_lock lock{mutex_};
        return requests_;
    }
    unsigned connections() const { return connections_; }

    static std::string ok(std::string_view body, std::string_view headers = {}) {
        return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
               std::string{headers} + "\r\n" + std::string{body};
    }

private:
    bool readable(int descriptor) const {
        while (!stop_) {
            pollfd wait{descriptor, POLLIN, 0};
            if (::poll(&wait, 1, 10) > 0) return true;
        }
        return false;
    }
    void serve() {
        while (readable(listener_)) {
            const int peer = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
            if (peer < 0) continue;
            ++connections_;
            std::string in;
            while (talk(peer, in)) {}
            ::close(peer);
        }
    }
    /// One request; false at the end of the connection.
    bool talk(int peer, std::string& in) {
        std::size_t head = 0;
        std::size_t length = 0;
        for (;;) {
            head = in.find("\r\n\r\n");
            if (head != in.npos) {
                const std::size_t at = in.find("Content-Length: ");
                length = at < head ? std::strtoull(in.c_str() + at + 16, nullptr, 10) : 0;
                if (in.size() >= head + 4 + length) break;
            }
            if (!readable(peer)) return false;
            char bytes[4096];
            const ssize_t count = ::recv(peer, bytes, sizeof bytes, 0);
            if (count <= 0) return false;
            in.append(bytes, static_cast<std::size_t>(count));
        }
        unsigned before = 0;
        {
            const std::scoped_lock lock{mutex_};
            before = static_cast<unsigned>(requests_.size());
            requests_.push_back(in.substr(0, head + 4 + length));
        }
        const std::string body = in.substr(head + 4, length);
        in.erase(0, head + 4 + length);
        const std::string out = answer_(body, before);
        for (std::size_t sent = 0; sent < out.size();) {
            const ssize_t count = ::send(peer, out.data() + sent, out.size() - sent, MSG_NOSIGNAL);
            if (count <= 0) return false;
            sent += static_cast<std::size_t>(count);
        }
        return !out.empty();
    }

    Answer answer_;
    int listener_ = -1;
    uint16_t port_ = 0;
    std::atomic<bool> stop_ = false;
    std::atomic<unsigned> connections_ = 0;
    mutable std::mutex mutex_;
    std::vector<std::string> requests_;
    std::thread thread_;
};

}  // namespace cordon::test
