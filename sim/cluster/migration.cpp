#include "sim/cluster/migration.hpp"

#include <fmt/format.h>

#include <utility>

#include "seam/mark.hpp"

namespace trackside::sim::cluster {
namespace {

constexpr std::string_view migrate_timeout_milliseconds = "5000";  // as with redis-cli --cluster-timeout 5000

}  // namespace

SlotMigration::SlotMigration(MigrationPlan plan, const Directory& directory)
    : plan_(std::move(plan)), directory_(directory) {}

std::optional<AdminCommand> SlotMigration::next() {
  const std::string slot = fmt::format("{}", plan_.slot);
  switch (phase_) {
    case Phase::importing: return set_slot(plan_.target, {"IMPORTING", digits_of(plan_.source)});
    case Phase::migrating: return set_slot(plan_.source, {"MIGRATING", digits_of(plan_.target)});
    case Phase::list:
      return AdminCommand{server_of(plan_.source),
                          {"CLUSTER", "GETKEYSINSLOT", slot, fmt::format("{}", plan_.batch_keys)}};
    case Phase::move: return move_keys();
    case Phase::stable_target: return set_slot(plan_.target, {"STABLE"});
    case Phase::stable_source: return set_slot(plan_.source, {"STABLE"});
    case Phase::assign_target: return set_slot(plan_.target, {"NODE", digits_of(plan_.target)});
    case Phase::assign_source: return set_slot(plan_.source, {"NODE", digits_of(plan_.target)});
    case Phase::assign_others: return set_slot(plan_.others[told_], {"NODE", digits_of(plan_.target)});
    case Phase::done: return std::nullopt;
  }
  return std::nullopt;
}

void SlotMigration::answered(AnswerKind kind, std::span<const std::string> keys) {
  if (kind == AnswerKind::error) {
    TRACKSIDE_MARK(migration_refused);
    failed_ = true;
    phase_ = Phase::done;
    return;
  }
  switch (phase_) {
    case Phase::importing: phase_ = is_stolen() ? Phase::assign_target : Phase::migrating; break;
    case Phase::migrating: phase_ = Phase::list; break;
    case Phase::list:
      keys_.assign(keys.begin(), keys.end());
      phase_ = behind_list();
      break;
    case Phase::move:
      ++batches_;
      phase_ = Phase::list;
      break;
    case Phase::stable_target: phase_ = Phase::stable_source; break;
    case Phase::stable_source: phase_ = Phase::done; break;
    case Phase::assign_target: phase_ = is_stolen() ? Phase::done : Phase::assign_source; break;
    case Phase::assign_source:
      phase_ = Phase::assign_others;
      finish();
      break;
    case Phase::assign_others:
      ++told_;
      finish();
      break;
    case Phase::done: break;
  }
}

SlotMigration::Phase SlotMigration::behind_list() const {
  if (ends_half_way() && (keys_.empty() || batches_ >= plan_.batches_before_end)) {
    return plan_.ending == MigrationEnding::abandoned ? Phase::done : Phase::stable_target;
  }
  return keys_.empty() ? Phase::assign_target : Phase::move;
}

/// All are told, or one more is.
void SlotMigration::finish() {
  if (told_ < plan_.others.size()) {
    return;
  }
  if (plan_.ending == MigrationEnding::given_back && !on_the_way_back_) {
    on_the_way_back_ = true;
    std::swap(plan_.source, plan_.target);
    told_ = 0;
    phase_ = Phase::importing;
  } else {
    phase_ = Phase::done;
  }
}

AdminCommand SlotMigration::set_slot(NodeId node, std::vector<std::string> how) const {
  AdminCommand command{server_of(node), {"CLUSTER", "SETSLOT", fmt::format("{}", plan_.slot)}};
  command.arguments.insert(command.arguments.end(), std::make_move_iterator(how.begin()),
                           std::make_move_iterator(how.end()));
  return command;
}

AdminCommand SlotMigration::move_keys() const {
  const ServerIndex target = server_of(plan_.target);
  AdminCommand command{server_of(plan_.source),
                       {"MIGRATE", std::string(directory_.host(target)), fmt::format("{}", directory_.port(target)), "",
                        "0", std::string(migrate_timeout_milliseconds)}};
  if (plan_.replace) {
    command.arguments.emplace_back("REPLACE");
  }
  command.arguments.emplace_back("KEYS");
  command.arguments.insert(command.arguments.end(), keys_.begin(), keys_.end());
  return command;
}

}  // namespace trackside::sim::cluster
