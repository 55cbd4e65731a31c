#include "properties/tool/files.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "properties/testing/subjects/subjects.hpp"

namespace trackside::tool {
namespace {

bool complain(const std::string& path, const std::string& what) {
  fmt::print(stderr, "trackside: {}: {}\n", path, what);
  return false;
}

constexpr std::uintmax_t scenario_bytes_max = 64 * 1024 * 1024;

bool can_be_made(std::filesystem::path folder, const std::string& on_behalf_of) {
  std::error_code error;
  while (!std::filesystem::exists(folder, error) && folder.has_relative_path()) {
    folder = folder.parent_path();
  }
  if (!std::filesystem::is_directory(folder, error)) {
    return complain(on_behalf_of, folder.string() + " is not a folder");
  }
  return access(folder.c_str(), W_OK | X_OK) == 0 || complain(on_behalf_of, std::strerror(errno));
}

}  // namespace

bool read_file(const std::string& path, std::string& content) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    return complain(path, "is a folder, not a file");
  }
  std::ifstream file{path, std::ios::binary};
  if (!file) {
    return complain(path, std::strerror(errno));
  }
  std::ostringstream buffer;
  buffer << file.rdbuf();
  content = std::move(buffer).str();
  return true;
}

bool write_file(const std::string& path, const std::string& content) {
  const std::filesystem::path folder = std::filesystem::path{path}.parent_path();
  std::error_code error;
  if (!folder.empty()) {
    std::filesystem::create_directories(folder, error);
    if (error) {
      return complain(folder.string(), error.message());
    }
  }
  std::ofstream file{path, std::ios::binary | std::ios::trunc};
  file << content;
  file.flush();
  return file.good() || complain(path, errno != 0 ? std::strerror(errno) : "could not be written");
}

bool check_output_file(const std::string& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    return complain(path, "is a folder, not a file");
  }
  return can_be_made(std::filesystem::absolute(path).parent_path(), path);
}

bool check_output_folder(const std::string& path) { return can_be_made(std::filesystem::absolute(path), path); }

bool write_json(const std::string& path, const nlohmann::json& value) { return write_file(path, value.dump(2) + '\n'); }

bool read_scenario(const std::string& path, sim::Scenario& scenario) {
  std::error_code ignored;
  const std::uintmax_t size = std::filesystem::file_size(path, ignored);
  if (!ignored && size > scenario_bytes_max) {
    return complain(path, "is too large for a scenario");
  }
  std::string text;
  if (!read_file(path, text)) {
    return false;
  }
  sim::ParseError error;
  if (!sim::parse(text, scenario, error)) {
    return complain(fmt::format("{}:{}", path, error.line),
                    fmt::format("expected {}, found {}", error.expected,
                                error.found.empty() ? "nothing" : "\"" + error.found + "\""));
  }
  if (testing::find_subject(scenario.subject) == nullptr) {
    return complain(path,
                    fmt::format("subject \"{}\" does not exist; `trackside subjects` lists them", scenario.subject));
  }
  return true;
}

}  // namespace trackside::tool
