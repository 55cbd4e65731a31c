#include "cluster/progress.hpp"

#include <charconv>

namespace trackside::cluster {
namespace {

/// The value of the line "name:value"; nothing if there is none.
std::optional<std::string_view> field(std::string_view info, std::string_view name) {
  while (!info.empty()) {
    const std::string_view line = info.substr(0, info.find('\n'));
    info.remove_prefix(line.size() == info.size() ? info.size() : line.size() + 1);
    if (line.starts_with(name) && line.substr(name.size()).starts_with(':')) {
      std::string_view value = line.substr(name.size() + 1);
      value.remove_suffix(value.ends_with('\r') ? 1 : 0);
      return value;
    }
  }
  return std::nullopt;
}

std::optional<std::int64_t> number(std::optional<std::string_view> text) {
  std::int64_t value = 0;
  if (!text || std::from_chars(text->data(), text->data() + text->size(), value).ec != std::errc{}) {
    return std::nullopt;
  }
  return value;
}

}  // namespace

std::optional<Progress> read_progress(std::string_view info) {
  const auto role = field(info, "role");
  const auto history = field(info, "master_replid");
  const bool is_primary = role && *role == "master";
  const auto offset = number(field(info, is_primary ? "master_repl_offset" : "slave_repl_offset"));
  if (!role || !history || history->empty() || !offset) {
    return std::nullopt;
  }
  Progress progress{.is_primary = is_primary, .history = std::string{*history}, .offset = *offset};
  const auto host = field(info, "master_host");
  const auto port = field(info, "master_port");
  const auto status = field(info, "master_link_status");
  if (!is_primary && host && port && status && *status == "up") {
    progress.primary = std::string{*host} + ":" + std::string{*port};
  }
  return progress;
}

}  // namespace trackside::cluster
