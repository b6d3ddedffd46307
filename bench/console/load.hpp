// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// Load on a server of HTTP, from one thread of one process.
namespace cordon::bench {

using Clock = std::chrono::steady_clock;

struct Target {
    std::string address;  ///< IPv4.
    uint16_t port = 0;
    std::vector<std::string> headers = {};  ///< "Cookie: ...", sent with each request.
    int pid = 0;  ///< Of the server, whose CPU time and memory are told; 0: unknown.

    /// A GET, or a POST of a body. `more`: headers of this one, each with its line end.
    std::string request(std::string_view path, std::string_view more = {},
                        std::string_view body = {}) const;
    /// A connection under way, not blocking; below 0: refused. On loopback from several addresses,
    /// since one has fewer ports than there are clients.
    int connect(std::size_t client) const;
};

/// CPU seconds of a process so far, 0 when there is none.
double cpu_seconds(int pid);
double resident_mib(int pid);

/// What waited for how long; milliseconds.
class Latencies {
public:
    void add(Clock::duration time) {
        values_.push_back(std::chrono::duration<double, std::milli>{time}.count());
    }
    std::size_t count() const noexcept { return values_.size(); }
    double at(double share);
    void clear() { values_.clear(); }

private:
    std::vector<double> values_;
};

struct StreamLoad {
    std::string path = "/api/events";
    std::size_t clients = 10'000;
    unsigned seconds = 20;
};
/// One JSON object. Delivery is from "sent_ns" in the data, else from the first client that has the
/// event.
std::string run_streams(const Target& target, const StreamLoad& load);

struct ApiLoad {
    std::vector<std::string> paths;
    /// Requests a second, at times of a Poisson process; 0: a closed loop, each connection asks
    /// again as soon as it is answered.
    double rate = 2'000;
    /// A JSON body to POST. Ten @ in a row are the number of the request, so that no two are alike.
    std::string body = {};
    std::size_t connections = 64;
    unsigned seconds = 20;
    bool revalidate = false;  ///< With the ETag of the answer before, as browsers ask again.
};
/// One JSON object. A request's time begins when it was due, whether or not a connection was free:
/// a server that stands still is charged for all that would have come (coordinated omission).
std::string run_api(const Target& target, const ApiLoad& load);

}  // namespace cordon::bench
