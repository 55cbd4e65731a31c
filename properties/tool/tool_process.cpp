#include "properties/tool/tool_process.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <system_error>
#include <thread>

namespace trackside::testing {
namespace {

constexpr const char* out_name = ".stdout";
constexpr const char* err_name = ".stderr";

void redirect(const char* name, int descriptor) {
  const int file = ::open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (file < 0 || ::dup2(file, descriptor) < 0) {
    ::_exit(127);
  }
}

}  // namespace

std::string read_whole(const std::filesystem::path& path) {
  std::ifstream file{path, std::ios::binary};
  std::ostringstream content;
  content << file.rdbuf();
  return std::move(content).str();
}

ToolProcess::ToolProcess(const std::filesystem::path& folder, const std::vector<std::string>& arguments)
    : ToolProcess(folder, arguments, TRACKSIDE_TOOL) {}

ToolProcess::ToolProcess(const std::filesystem::path& folder, const std::vector<std::string>& arguments,
                         const std::string& program)
    : folder_(folder) {
  std::vector<char*> words{const_cast<char*>(program.c_str())};
  for (const std::string& argument : arguments) {
    words.push_back(const_cast<char*>(argument.c_str()));
  }
  words.push_back(nullptr);
  pid_ = ::fork();
  if (pid_ < 0) {
    throw std::system_error(errno, std::generic_category(), "fork");
  }
  if (pid_ == 0) {
    if (::chdir(folder_.c_str()) != 0) {
      ::_exit(127);
    }
    redirect(out_name, STDOUT_FILENO);
    redirect(err_name, STDERR_FILENO);
    ::execvp(program.c_str(), words.data());
    ::_exit(127);
  }
}

ToolProcess::~ToolProcess() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
}

void ToolProcess::interrupt() const { ::kill(pid_, SIGINT); }

ToolResult ToolProcess::wait(std::chrono::seconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  ToolResult result;
  int status = 0;
  pid_t ended = 0;
  while ((ended = ::waitpid(pid_, &status, WNOHANG)) == 0 && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
  }
  if (ended == pid_) {
    result.status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    pid_ = -1;
  }
  result.out = read_whole(folder_ / out_name);
  result.err = read_whole(folder_ / err_name);
  return result;
}

TemporaryFolder::TemporaryFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "trackside-tool-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) {
    throw std::system_error(errno, std::generic_category(), pattern);
  }
  path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void TemporaryFolder::write(const std::string& name, const std::string& content) const {
  std::ofstream{path_ / name, std::ios::binary} << content;
}

std::string TemporaryFolder::read(const std::string& name) const { return read_whole(path_ / name); }

}  // namespace trackside::testing
