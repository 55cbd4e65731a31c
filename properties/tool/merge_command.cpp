// `trackside merge`: the results of the shards of one sweep as one result, as if one machine had done all.
#include <charconv>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "properties/tool/commands.hpp"
#include "properties/tool/files.hpp"

namespace trackside::tool {
namespace {

/// What all shards of one sweep have in common.
constexpr const char* same[] = {"subject", "seed"};

std::uint64_t hash_of(const nlohmann::json& result) {
  const std::string text = result.value("hash", "");
  std::uint64_t hash = 0;
  std::from_chars(text.data(), text.data() + text.size(), hash, 16);
  return hash;
}

/// Numbers are summed, lists put one behind the other, what is inside of objects likewise.
void add(nlohmann::json& into, const nlohmann::json& from) {
  for (const auto& [name, value] : from.items()) {
    nlohmann::json& sum = into[name];
    if (sum.is_null()) {
      sum = value;
    } else if (value.is_object()) {
      add(sum, value);
    } else if (value.is_array()) {
      sum.insert(sum.end(), value.begin(), value.end());
    } else if (value.is_number_float() || sum.is_number_float()) {
      sum = sum.get<double>() + value.get<double>();
    } else if (value.is_number()) {
      sum = sum.get<std::uint64_t>() + value.get<std::uint64_t>();
    }
  }
}

bool read_result(const std::string& path, nlohmann::json& result) {
  std::string text;
  if (!read_file(path, text)) {
    return false;
  }
  result = nlohmann::json::parse(text, nullptr, false);
  if (!result.is_object() || !result.contains("runs") || !result.contains("hash")) {
    fmt::print(stderr, "trackside: {}: is not a result of `trackside run --json`\n", path);
    return false;
  }
  return true;
}

}  // namespace

int merge(const MergeRequest& request) {
  nlohmann::json all;
  std::uint64_t hash = 0;
  for (const std::string& file : request.files) {
    nlohmann::json result;
    if (!read_result(file, result)) {
      return bad_input;
    }
    for (const char* const name : same) {
      if (!all.is_null() && all[name] != result[name]) {
        fmt::print(stderr, "trackside: {}: has another {} than {}\n", file, name, request.files.front());
        return bad_input;
      }
    }
    hash += hash_of(result);  // each run enters by a sum, so the order of shards does not matter
    nlohmann::json fixed;
    for (const char* const name : same) {
      fixed[name] = result[name];
      result.erase(name);
    }
    add(all, result);
    all.update(fixed);
  }
  all["hash"] = fmt::format("{:016x}", hash);
  all["shards"] = request.files.size();
  fmt::print("{}: {} runs in {} shards, {} of them broke a promise; hash {:016x}\n", all["subject"].get<std::string>(),
             all["runs"].get<std::uint64_t>(), request.files.size(), all["violations"].get<std::uint64_t>(), hash);
  for (const nlohmann::json& failure : all["failures"]) {
    fmt::print("  {}: {}\n", failure["promise"].get<std::string>(), failure["scenario"].get<std::string>());
  }
  if (!request.json.empty() && !write_json(request.json, all)) {
    return bad_input;
  }
  return all["violations"].get<std::uint64_t>() == 0 ? held : broken;
}

}  // namespace trackside::tool
