// One call of the command-line tool, or of another program, as a shell would make it: what it prints, how it ends, and
// how long it takes.
//
// Each call runs in a folder of its own, so that reports land nowhere else. Neighbours: tool_test.cpp and
// picture_test.cpp.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace trackside::testing {

struct ToolResult {
  int status = -1;  // the exit status; 128 + the signal's number if one ended it; -1 if it did not end in time
  std::string out;
  std::string err;
};

class ToolProcess {
 public:
  /// Starts `trackside arguments...` in `folder`.
  ToolProcess(const std::filesystem::path& folder, const std::vector<std::string>& arguments);
  /// The same for a program that is looked for in PATH.
  ToolProcess(const std::filesystem::path& folder, const std::vector<std::string>& arguments,
              const std::string& program);
  ToolProcess(const ToolProcess&) = delete;
  ToolProcess& operator=(const ToolProcess&) = delete;
  ~ToolProcess();

  void interrupt() const;
  /// Waits for the end; kills what takes longer than `patience`.
  ToolResult wait(std::chrono::seconds patience = std::chrono::seconds{120});

 private:
  std::filesystem::path folder_;
  pid_t pid_ = -1;
};

/// The file's bytes; empty if it cannot be read.
std::string read_whole(const std::filesystem::path& path);

/// A folder that disappears with its owner.
class TemporaryFolder {
 public:
  TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder();

  const std::filesystem::path& path() const noexcept { return path_; }
  std::string operator/(const std::string& name) const { return (path_ / name).string(); }
  void write(const std::string& name, const std::string& content) const;
  std::string read(const std::string& name) const;

 private:
  std::filesystem::path path_;
};

}  // namespace trackside::testing
