// Reading and writing files with messages that a person can act on.
#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "sim/scenario.hpp"

namespace trackside::tool {

/// False with one line on standard error when the file cannot be read.
bool read_file(const std::string& path, std::string& content);
/// Makes the folders it needs. False with one line on standard error when that or the writing fails.
bool write_file(const std::string& path, const std::string& content);
/// Whether `write_file` has a chance, asked before long work; changes nothing. False with one line on standard error.
bool check_output_file(const std::string& path);
bool check_output_folder(const std::string& path);
bool write_json(const std::string& path, const nlohmann::json& value);

/// Reads and checks a scenario; errors say file, line, what was expected and what was found.
bool read_scenario(const std::string& path, sim::Scenario& scenario);

}  // namespace trackside::tool
