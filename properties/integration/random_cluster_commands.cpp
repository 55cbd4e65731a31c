// Commands as templates, as in random_commands.cpp, with words of the cluster.
//
// Left out is what depends on time alone: a client that is blocked on a slot that leaves, answered by the real server
// within a tenth of a second. So nobody blocks on a slot that any command here moves. Nor does any command take the
// second node's slots while it claims them.
#include "properties/integration/random_cluster_commands.hpp"

#include <array>
#include <map>
#include <sstream>
#include <string>

#include "properties/integration/random_commands.hpp"

namespace trackside::testing {
namespace {

using Templates = std::vector<std::string>;
using Choices = std::map<std::string, std::vector<std::string>>;

/// KEY: of any slot; OWN, MOV: of these; MAS, SAM: two of one slot each.
const Templates& key_templates() {
  static const Templates templates{"GET KEY",
                                   "GET KEY",
                                   "GET KEY",
                                   "SET KEY VAL",
                                   "SET KEY VAL",
                                   "SET KEY VAL",
                                   "SET KEY VAL PX 1000000",
                                   "MGET MOV MOV",
                                   "MGET OWN OWN",
                                   "MGET KEY KEY",
                                   "MSET MOV VAL MOV VAL",
                                   "MSET KEY VAL KEY",
                                   "MSET KEY VAL KEY VAL",
                                   "DEL KEY",
                                   "DEL MOV MOV",
                                   "EXISTS KEY KEY",
                                   "UNLINK OWN MOV",
                                   "RENAME MOV MOV",
                                   "RENAME KEY KEY",
                                   "COPY MOV MOV",
                                   "COPY OWN OWN REPLACE",
                                   "COPY OWN OWN DB 1",
                                   "COPY KEY KEY DB 99",
                                   "RPUSH KEY VAL",
                                   "LPOP KEY",
                                   "RPOPLPUSH KEY KEY",
                                   "BLPOP OWN 0",
                                   "BLPOP OWN KEY 0",
                                   "BRPOP FAR 0",
                                   "HSET KEY f VAL",
                                   "HGETALL KEY",
                                   "SINTER KEY KEY",
                                   "TOUCH KEY",
                                   "TTL KEY",
                                   "WATCH KEY",
                                   "WATCH MOV MOV",
                                   "UNWATCH",
                                   "EVAL UNDECLARED 0 KEY VAL",
                                   "EVAL DECLARED 1 KEY VAL",
                                   "EVAL DECLARED 2 OWN FAR",
                                   "EVAL DECLARED 9 KEY VAL",
                                   "EVAL DECLARED x KEY VAL",
                                   "GET",
                                   "MGET",
                                   "NOSUCH KEY"};
  return templates;
}

const Templates& session_templates() {
  static const Templates templates{"ASKING",
                                   "ASKING",
                                   "ASKING",
                                   "READONLY",
                                   "READWRITE",
                                   "MULTI",
                                   "MULTI",
                                   "EXEC",
                                   "EXEC",
                                   "EXEC",
                                   "DISCARD",
                                   "PING",
                                   "SELECT 0",
                                   "SELECT 1",
                                   "SELECT x",
                                   "SWAPDB 0 1",
                                   "SWAPDB x",
                                   "FLUSHALL",
                                   "DBSIZE",
                                   "KEYS KEY",
                                   "SCAN 0 MATCH KEY COUNT 1000",
                                   "RESET",
                                   "HELLO",
                                   "HELLO 2",
                                   "HELLO 3",
                                   "ROLE",
                                   "WAIT 0 0",
                                   "WAIT 1 0",
                                   "WAIT x 0",
                                   "WAIT 0 x",
                                   "WAIT 0 -1",
                                   "CLIENT INFO",
                                   "CLIENT LIST",
                                   "CLIENT TRACKING ON",
                                   "CLIENT TRACKING ON OPTIN",
                                   "CLIENT TRACKING ON NOLOOP",
                                   "CLIENT TRACKING ON BCAST",
                                   "CLIENT TRACKING OFF",
                                   "CLIENT CACHING YES",
                                   "CLIENT CACHING YES",
                                   "QUIT",
                                   "ASKING x",
                                   "CLIENT REPLY SKIP",
                                   "CLIENT TRACKINGINFO"};
  return templates;
}

const Templates& slot_templates() {
  static const Templates templates{"CLUSTER SETSLOT SMOV MIGRATING SECOND",
                                   "CLUSTER SETSLOT SMOV STABLE",
                                   "CLUSTER SETSLOT SMOV NODE SECOND",
                                   "CLUSTER SETSLOT SMOV NODE FIRST",
                                   "CLUSTER SETSLOT SMOV IMPORTING SECOND",
                                   "CLUSTER DELSLOTS SMOV",
                                   "CLUSTER ADDSLOTS SMOV",
                                   "CLUSTER SETSLOT SIMP IMPORTING SECOND",
                                   "CLUSTER SETSLOT SIMP STABLE",
                                   "CLUSTER SETSLOT SIMP NODE FIRST",
                                   "CLUSTER SETSLOT SIMP NODE SECOND",
                                   "CLUSTER SETSLOT SIMP MIGRATING SECOND",
                                   "CLUSTER ADDSLOTS SGAP",
                                   "CLUSTER DELSLOTS SGAP",
                                   "CLUSTER ADDSLOTS SGAP SMOV SGAP",
                                   "CLUSTER ADDSLOTSRANGE SGAP SGAP",
                                   "CLUSTER DELSLOTSRANGE SGAP SGAP SMOV SMOV",
                                   "CLUSTER ADDSLOTSRANGE 9 8",
                                   "CLUSTER ADDSLOTSRANGE 1 2 x 4",
                                   "CLUSTER ADDSLOTSRANGE SGAP SGAP 9",
                                   "CLUSTER SETSLOT SGAP NODE SECOND",
                                   "CLUSTER SETSLOT SGAP IMPORTING SECOND",
                                   "CLUSTER SETSLOT SGAP NODE FIRST",
                                   "CLUSTER SETSLOT SMOV NODE nobody",
                                   "CLUSTER SETSLOT SMOV MIGRATING nobody",
                                   "CLUSTER SETSLOT SGAP IMPORTING nobody",
                                   "CLUSTER SETSLOT SMOV",
                                   "CLUSTER SETSLOT 99999 STABLE",
                                   "CLUSTER SETSLOT SMOV FOO",
                                   "CLUSTER COUNTKEYSINSLOT SMOV",
                                   "CLUSTER COUNTKEYSINSLOT x",
                                   "CLUSTER GETKEYSINSLOT SMOV 10",
                                   "CLUSTER GETKEYSINSLOT SIMP 1",
                                   "CLUSTER GETKEYSINSLOT SOWN 10",
                                   "CLUSTER GETKEYSINSLOT SMOV -1",
                                   "CLUSTER KEYSLOT KEY",
                                   "CLUSTER MYID",
                                   "CLUSTER SLOTS",
                                   "CLUSTER NODES",
                                   "CLUSTER BUMPEPOCH",
                                   "CLUSTER FLUSHSLOTS x",
                                   "CLUSTER REPLICATE FIRST",
                                   "CLUSTER REPLICATE SECOND",
                                   "CLUSTER REPLICATE nobody",
                                   "CLUSTER FORGET FIRST",
                                   "CLUSTER FORGET nobody",
                                   "CLUSTER FAILOVER",
                                   "CLUSTER FAILOVER FOO",
                                   "CLUSTER RESET FOO",
                                   "CLUSTER RESET SOFT x",
                                   "CLUSTER REPLICAS FIRST",
                                   "CLUSTER SLAVES nobody",
                                   "CLUSTER COUNT-FAILURE-REPORTS SECOND",
                                   "CLUSTER SET-CONFIG-EPOCH 3",
                                   "CLUSTER SET-CONFIG-EPOCH -3",
                                   "CLUSTER MEET x 1",
                                   "CLUSTER MEET 1.2.3.4 x",
                                   "CLUSTER FOO",
                                   "CLUSTER",
                                   "CLUSTER SAVECONFIG"};
  return templates;
}

const Templates& moving_templates() {
  static const Templates templates{"MIGRATE 127.0.0.1 PORT MOV 0 5000",
                                   "MIGRATE 127.0.0.1 PORT MOV 0 5000 REPLACE",
                                   "MIGRATE 127.0.0.1 PORT MOV 0 5000 COPY",
                                   "MIGRATE 127.0.0.1 PORT  0 5000 REPLACE KEYS MOV MOV",
                                   "MIGRATE 127.0.0.1 PORT  0 5000 COPY KEYS MOV MOV",
                                   "MIGRATE 127.0.0.1 PORT OWN 0 5000",
                                   "MIGRATE 127.0.0.1 PORT FAR 0 5000",
                                   "MIGRATE 127.0.0.1 PORT MOV 0 5000 KEYS MOV",
                                   "MIGRATE 127.0.0.1 PORT MOV 0 5000 FOO",
                                   "MIGRATE 127.0.0.1 PORT MOV x 5000",
                                   "MIGRATE 127.0.0.1 PORT MOV 0 x",
                                   "MIGRATE 127.0.0.1 1 OWN 0 5000",
                                   "MIGRATE 127.0.0.1 PORT  0 5000 KEYS MOV OWN",
                                   "MIGRATE 127.0.0.1 PORT"};
  return templates;
}

/// CHN: a shard channel of any slot.
const Templates& channel_templates() {
  static const Templates templates{"SSUBSCRIBE CHN",
                                   "SSUBSCRIBE CHN",
                                   "SSUBSCRIBE CHN CHN",
                                   "SSUBSCRIBE MOV MOV",
                                   "SSUBSCRIBE",
                                   "SUNSUBSCRIBE CHN",
                                   "SUNSUBSCRIBE CHN CHN",
                                   "SUNSUBSCRIBE",
                                   "SPUBLISH CHN VAL",
                                   "SPUBLISH CHN VAL",
                                   "SPUBLISH CHN",
                                   "SUBSCRIBE CHN",
                                   "UNSUBSCRIBE CHN",
                                   "PUBLISH CHN VAL",
                                   "PUBSUB SHARDNUMSUB CHN CHN",
                                   "PUBSUB NUMSUB CHN",
                                   "PUBSUB NUMPAT",
                                   "PUBSUB SHARDCHANNELS nosuch",
                                   "PUBSUB CHANNELS nosuch",
                                   "PUBSUB CHANNELS a b",
                                   "PUBSUB FOO",
                                   "PUBSUB"};
  return templates;
}

std::vector<std::string> keys_of(std::string_view tag) {
  return {std::string{tag} + "a", std::string{tag} + "b", std::string{tag} + "c"};
}

Choices choices_for(const ClusterPair& pair) {
  const auto slot = [](std::string_view tag) { return std::vector{std::to_string(SlotPlan::slot(tag))}; };
  Choices choices{{"OWN", keys_of(SlotPlan::own)},
                  {"MOV", keys_of(SlotPlan::moving)},
                  {"FAR", {std::string{SlotPlan::far} + "a"}},
                  {"VAL", {"x", "y", "1", ""}},
                  {"SOWN", slot(SlotPlan::own)},
                  {"SMOV", slot(SlotPlan::moving)},
                  {"SIMP", slot(SlotPlan::coming)},
                  {"SGAP", slot(SlotPlan::gap)},
                  {"FIRST", {pair.first_id()}},
                  {"SECOND", {pair.second_id()}},
                  {"PORT", {std::to_string(pair.second_port())}},
                  {"UNDECLARED", {"return redis.call('SET', ARGV[1], ARGV[2])"}},
                  {"DECLARED", {"return redis.call('SET', KEYS[1], ARGV[1])"}}};
  for (const std::string_view tag : {SlotPlan::own, SlotPlan::moving, SlotPlan::moving, SlotPlan::coming})
    for (const std::string& key : keys_of(tag)) choices["KEY"].push_back(key);
  choices["CHN"] = choices["KEY"];
  for (const std::string_view tag : {SlotPlan::far, SlotPlan::gap}) {
    choices["KEY"].push_back(std::string{tag} + "a");
    choices["CHN"].push_back(std::string{tag} + "a");
  }
  return choices;
}

/// Two blanks in a row hold an empty word between them.
rc::Gen<Words> filled(const std::string& text, const Choices& choices) {
  return rc::gen::exec([text, choices] {
    Words words;
    std::istringstream stream{text};
    for (std::string word; std::getline(stream, word, ' ');) {
      const auto choice = choices.find(word);
      words.push_back(choice == choices.end() ? word : *rc::gen::elementOf(choice->second));
    }
    return words;
  });
}

rc::Gen<Words> any_command(const Choices& choices) {
  const auto from = [&choices](const Templates& templates) {
    return rc::gen::mapcat(rc::gen::elementOf(templates),
                           [choices](const std::string& text) { return filled(text, choices); });
  };
  return rc::gen::weightedOneOf<Words>({{8, from(key_templates())},
                                        {5, from(session_templates())},
                                        {5, from(slot_templates())},
                                        {2, from(moving_templates())},
                                        {4, from(channel_templates())}});
}

/// The simulated server has no MIGRATE inside MULTI, and says so.
void migrate_outside_of_transactions(std::vector<Step>& steps) {
  std::array<bool, twin_connections> is_inside{};
  for (Step& step : steps) {
    bool& inside = is_inside[step.connection];
    std::erase_if(step.commands, [&](const Words& command) {
      const std::string& name = command.front();
      const bool ends = command.size() == 1 && (name == "EXEC" || name == "DISCARD" || name == "RESET");
      inside = name == "MULTI" || (inside && !ends);
      return inside && name == "MIGRATE";
    });
  }
  std::erase_if(steps, [](const Step& step) { return step.commands.empty(); });
}

}  // namespace

rc::Gen<std::vector<Step>> any_cluster_steps(const ClusterPair& pair) {
  const Choices choices = choices_for(pair);
  const rc::Gen<Step> any_step = rc::gen::exec([choices] {
    Step step;
    step.connection = *rc::gen::inRange<std::size_t>(0, twin_connections);
    const std::size_t count = *rc::gen::weightedElement<std::size_t>({{8, 1}, {2, 2}, {1, 4}});
    for (std::size_t index = 0; index < count; ++index) step.commands.push_back(*any_command(choices));
    return step;
  });
  return rc::gen::exec([any_step] {
    std::vector<Step> steps;
    for (std::size_t connection = 0; connection < twin_connections; ++connection) {
      if (*rc::gen::weightedElement<bool>({{3, true}, {1, false}})) steps.push_back({connection, {{"HELLO", "3"}}});
      if (*rc::gen::arbitrary<bool>()) steps.push_back({connection, {{"CLIENT", "TRACKING", "ON"}}});
    }
    const std::vector<Step> rest = *rc::gen::container<std::vector<Step>>(any_step);
    steps.insert(steps.end(), rest.begin(), rest.end());
    migrate_outside_of_transactions(steps);
    return steps;
  });
}

}  // namespace trackside::testing
