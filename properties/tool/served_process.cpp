#include "properties/tool/served_process.hpp"

#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <stdexcept>
#include <thread>

namespace trackside::testing {

namespace {

/// Below those that the system gives to clients, whose closed connections would keep some of a row of ports. Another
/// process may have one of them nevertheless, so several are tried.
std::uint16_t some_port() {
  static std::atomic<unsigned> count{0};
  constexpr unsigned rows = 1'000;
  constexpr unsigned row = 12;
  return static_cast<std::uint16_t>(20'000 + (static_cast<unsigned>(::getpid()) * 7 + count++) % rows * row);
}

}  // namespace

ServedProcess::ServedProcess(const std::vector<std::string>& extra) {
  for (int attempt = 0; attempt < 20; ++attempt) {
    process_.reset();
    folder_ = std::make_unique<TemporaryFolder>();
    port_ = some_port();
    std::vector<std::string> arguments{"serve", "--port", std::to_string(port_)};
    arguments.insert(arguments.end(), extra.begin(), extra.end());
    process_ = std::make_unique<ToolProcess>(folder_->path(), arguments);
    if (comes_up()) {
      return;
    }
  }
  throw std::runtime_error("trackside serve does not come up: " + told());
}

bool ServedProcess::comes_up() {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{10};
  while (std::chrono::steady_clock::now() < deadline && told().empty()) {
    if (file(".stdout").starts_with("Ready to accept connections on " + endpoint())) {
      return true;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
  }
  return false;
}

ToolResult ServedProcess::interrupt() {
  process_->interrupt();
  return process_->wait();
}

std::string output_of(const std::string& command_line) {
  std::FILE* const pipe = ::popen(command_line.c_str(), "r");
  if (pipe == nullptr) {
    throw std::runtime_error("cannot start " + command_line);
  }
  std::string output;
  std::array<char, 4096> buffer{};
  while (const std::size_t length = std::fread(buffer.data(), 1, buffer.size(), pipe)) {
    output.append(buffer.data(), length);
  }
  ::pclose(pipe);
  return output;
}

}  // namespace trackside::testing
