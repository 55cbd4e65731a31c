// An administrator moves a slot: which commands go where, in which order, and how it can end.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "sim/cluster/migration.hpp"

namespace trackside::testing {
namespace {

using namespace sim::cluster;

struct Loopback final : Directory {
  std::string_view host(ServerIndex) const override { return "127.0.0.1"; }
  std::uint16_t port(ServerIndex server) const override {
    return static_cast<std::uint16_t>(7000 + static_cast<std::uint16_t>(server));
  }
};

const NodeId source = node_id(ServerIndex{0});
const NodeId target = node_id(ServerIndex{1});
const NodeId third = node_id(ServerIndex{2});

/// Commands as "server: words", nodes as "source" and the like.
std::string told(const AdminCommand& command) {
  std::string text = std::to_string(static_cast<int>(command.to)) + ":";
  for (const std::string& argument : command.arguments) {
    text += argument == digits_of(source) ? " source" : argument == digits_of(target) ? " target" : " " + argument;
  }
  return text;
}

/// Runs it against nodes whose source owns these keys, and tells everything it said.
std::vector<std::string> run(SlotMigration& migration, std::vector<std::string> keys) {
  std::vector<std::string> said;
  while (const std::optional<AdminCommand> command = migration.next()) {
    said.push_back(told(*command));
    std::vector<std::string> listed;
    if (command->arguments[1] == "GETKEYSINSLOT") {
      const std::size_t count = std::min<std::size_t>(keys.size(), std::stoul(command->arguments[3]));
      listed.assign(keys.begin(), keys.begin() + static_cast<std::ptrdiff_t>(count));
    } else if (command->arguments[0] == "MIGRATE") {
      keys.erase(keys.begin(), keys.begin() + static_cast<std::ptrdiff_t>(command->arguments.size() - 7));
    }
    migration.answered(AnswerKind::fine, listed);
  }
  return said;
}

TEST(ClusterMigration, KeysMoveInBatchesThenTheTargetIsToldFirst) {
  const Loopback loopback;
  SlotMigration migration({.slot = 5, .source = source, .target = target, .others = {third}, .batch_keys = 2},
                          loopback);
  EXPECT_EQ(run(migration, {"a", "b", "c"}), (std::vector<std::string>{
                                                 "1: CLUSTER SETSLOT 5 IMPORTING source",
                                                 "0: CLUSTER SETSLOT 5 MIGRATING target",
                                                 "0: CLUSTER GETKEYSINSLOT 5 2",
                                                 "0: MIGRATE 127.0.0.1 7001  0 5000 KEYS a b",
                                                 "0: CLUSTER GETKEYSINSLOT 5 2",
                                                 "0: MIGRATE 127.0.0.1 7001  0 5000 KEYS c",
                                                 "0: CLUSTER GETKEYSINSLOT 5 2",
                                                 "1: CLUSTER SETSLOT 5 NODE target",
                                                 "0: CLUSTER SETSLOT 5 NODE target",
                                                 "2: CLUSTER SETSLOT 5 NODE target",
                                             }));
  EXPECT_TRUE(migration.done());
  EXPECT_FALSE(migration.failed());
}

TEST(ClusterMigration, AnAbandonedOneLeavesTheSlotOpen) {
  const Loopback loopback;
  SlotMigration migration({.slot = 5,
                           .source = source,
                           .target = target,
                           .others = {},
                           .ending = MigrationEnding::abandoned,
                           .batch_keys = 1,
                           .batches_before_end = 1},
                          loopback);
  const std::vector<std::string> said = run(migration, {"a", "b"});
  EXPECT_EQ(said.size(), 5U);
  EXPECT_EQ(said[3], "0: MIGRATE 127.0.0.1 7001  0 5000 KEYS a");
  EXPECT_EQ(said.back(), "0: CLUSTER GETKEYSINSLOT 5 1");
}

TEST(ClusterMigration, OneThatIsCalledOffEndsStable) {
  const Loopback loopback;
  SlotMigration migration(
      {.slot = 5, .source = source, .target = target, .others = {}, .ending = MigrationEnding::called_off}, loopback);
  const std::vector<std::string> said = run(migration, {});
  ASSERT_GE(said.size(), 2U);
  EXPECT_EQ(said[said.size() - 2], "1: CLUSTER SETSLOT 5 STABLE");
  EXPECT_EQ(said.back(), "0: CLUSTER SETSLOT 5 STABLE");
}

TEST(ClusterMigration, OneThatIsGivenBackGoesAllTheWayTwice) {
  const Loopback loopback;
  SlotMigration migration(
      {.slot = 5, .source = source, .target = target, .others = {third}, .ending = MigrationEnding::given_back},
      loopback);
  EXPECT_EQ(run(migration, {}), (std::vector<std::string>{
                                    "1: CLUSTER SETSLOT 5 IMPORTING source",
                                    "0: CLUSTER SETSLOT 5 MIGRATING target",
                                    "0: CLUSTER GETKEYSINSLOT 5 10",
                                    "1: CLUSTER SETSLOT 5 NODE target",
                                    "0: CLUSTER SETSLOT 5 NODE target",
                                    "2: CLUSTER SETSLOT 5 NODE target",
                                    "0: CLUSTER SETSLOT 5 IMPORTING target",
                                    "1: CLUSTER SETSLOT 5 MIGRATING source",
                                    "1: CLUSTER GETKEYSINSLOT 5 10",
                                    "0: CLUSTER SETSLOT 5 NODE source",
                                    "1: CLUSTER SETSLOT 5 NODE source",
                                    "2: CLUSTER SETSLOT 5 NODE source",
                                }));
}

TEST(ClusterMigration, AnErrorEndsItWhereItIs) {
  const Loopback loopback;
  SlotMigration migration({.slot = 5, .source = source, .target = target}, loopback);
  migration.next();
  migration.answered(AnswerKind::fine, {});
  migration.next();
  migration.answered(AnswerKind::error, {});
  EXPECT_TRUE(migration.done());
  EXPECT_TRUE(migration.failed());
  EXPECT_FALSE(migration.next().has_value());
}

}  // namespace
}  // namespace trackside::testing
