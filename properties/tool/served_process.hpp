// A `trackside serve` of one's own for tests: free loopback ports, up when the constructor returns, gone with it.
//
// Neighbours: ../integration/redis_process.hpp is the same for a real server.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "properties/tool/tool_process.hpp"

namespace trackside::testing {

class ServedProcess {
 public:
  /// `extra` are further arguments ("--cluster", "3"). Throws std::runtime_error if it does not come up.
  explicit ServedProcess(const std::vector<std::string>& extra = {});

  /// Of node 0; the others follow.
  std::uint16_t port() const noexcept { return port_; }
  std::string endpoint() const { return "127.0.0.1:" + std::to_string(port_); }
  /// What it has said on standard error by now.
  std::string told() const { return folder_->read(".stderr"); }
  std::string file(const std::string& name) const { return folder_->read(name); }
  /// Ctrl-C, and what it says then.
  ToolResult interrupt();

 private:
  bool comes_up();

  std::unique_ptr<TemporaryFolder> folder_;
  std::uint16_t port_ = 0;
  std::unique_ptr<ToolProcess> process_;
};

/// What a program prints on standard output, such as redis-cli; its line goes through a shell.
std::string output_of(const std::string& command_line);

}  // namespace trackside::testing
