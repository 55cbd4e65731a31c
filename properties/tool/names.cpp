#include "properties/tool/names.hpp"

#include <algorithm>
#include <cstdio>

#include <fmt/format.h>

#include "properties/testing/subjects.hpp"
#include "sim/kernel/strategy.hpp"

namespace trackside::tool {

bool is_subject(const std::string& name) {
  if (testing::find_subject(name) != nullptr) {
    return true;
  }
  fmt::print(stderr, "trackside: subject \"{}\" does not exist; `trackside subjects` lists them\n", name);
  return false;
}

bool is_strategy(const std::string& name) {
  const auto names = sim::strategy_names();
  if (name.empty() || std::find(names.begin(), names.end(), name) != names.end()) {
    return true;
  }
  fmt::print(stderr, "trackside: strategy \"{}\" does not exist; there are {}\n", name, fmt::join(names, ", "));
  return false;
}

std::optional<testing::WorldKind> read_world(const std::string& name) {
  if (name.empty()) {
    return testing::WorldKind::any;
  }
  if (name == "node" || name == "cluster") {
    return name == "node" ? testing::WorldKind::node : testing::WorldKind::cluster;
  }
  if (name == "sentinels") {
    return testing::WorldKind::sentinels;
  }
  fmt::print(stderr, "trackside: world \"{}\" does not exist; there are node, cluster and sentinels\n", name);
  return std::nullopt;
}

}  // namespace trackside::tool
