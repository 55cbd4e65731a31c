#include "properties/testing/generation/workload.hpp"

#include <algorithm>
#include <array>

#include "sim/kernel/strategy.hpp"

namespace trackside::testing {
namespace {

using sim::Instant;
using Words = std::vector<std::string>;

/// What is chosen once for a run.
struct Mix {
  std::uint64_t keys;
  std::uint64_t types;         // how many of the five types occur
  std::uint64_t write_weight;  // of 16
  bool rare_commands;
  bool odd_commands;
  ProgramsOwn programs_own;
  bool often_own;  // whether programs do a lot with the cache by themselves
  std::uint64_t chain_weight;  // of 16: how often a client goes on as soon as its last command ended
  std::uint64_t ttl_weight;    // of 16: how many writes give a time to live
};

constexpr std::uint64_t numbers_of_keys = 10;  // of one digit

enum class Type : std::uint8_t { string, hash, set, list, sorted_set };

std::string key_of(Type type, std::uint64_t number) {
  static constexpr std::array<char, 5> letters{'s', 'h', 'e', 'l', 'z'};
  return letters[static_cast<std::size_t>(type)] + std::to_string(number);
}

std::string field_of(Choices& choices) { return "f" + std::to_string(choices.below("field", 3)); }

/// Of two to four keys, now and then one twice, or one of another type.
Words read_of_several(Choices& choices, const Mix& mix, const std::string& key) {
  Words words{"MGET", key};
  for (std::uint64_t more = 1 + choices.below("read.more", 3); more > 0; --more) {
    const Type type = choices.below("read.other_type", 8) == 0 ? Type::hash : Type::string;
    words.push_back(key_of(type, choices.below("read.other", mix.keys)));
  }
  return words;
}

/// As text put together, the last two are one.
Words substring_of(Choices& choices, const std::string& key) {
  switch (choices.below("read.range", 4)) {
    case 0: return {"GETRANGE", key, "1", "10"};
    case 1: return {"GETRANGE", key, "11", "0"};
    default: return {"GETRANGE", key, "0", "1"};
  }
}

Words read_of(Choices& choices, const Mix& mix, Type type, const std::string& key) {
  if (choices.below("read.wrong_type", 32) == 0) {
    return {"GET", key};
  }
  const std::uint64_t form = choices.below("read.form", 8);
  switch (type) {
    case Type::string:
      switch (form) {
        case 0: return {"STRLEN", key};
        case 1: return {"EXISTS", key};
        case 2: return substring_of(choices, key);
        case 3: return read_of_several(choices, mix, key);
        default: return {"GET", key};
      }
    case Type::hash:
      switch (form) {
        case 0: return {"HLEN", key};
        case 1: return {"HMGET", key, "f0", "f1"};
        case 2: return {"HGETALL", key};
        default: return {"HGET", key, field_of(choices)};
      }
    case Type::set:
      switch (form) {
        case 0: return {"SCARD", key};
        case 1: return {"SISMEMBER", key, field_of(choices)};
        default: return {"SMEMBERS", key};
      }
    case Type::list:
      switch (form) {
        case 0: return {"LLEN", key};
        case 1: return {"LINDEX", key, "0"};
        default: return {"LRANGE", key, "0", "-1"};
      }
    case Type::sorted_set: break;
  }
  switch (form) {
    case 0: return {"ZCARD", key};
    case 1: return {"ZSCORE", key, field_of(choices)};
    default: return {"ZRANGE", key, "0", "-1", "WITHSCORES"};
  }
}

Words write_of(Choices& choices, Type type, const std::string& key, const std::string& value) {
  const std::uint64_t form = choices.below("write.form", 8);
  if (form == 0) {
    return choices.below("write.delete", 2) == 0 ? Words{"DEL", key}
                                                 : Words{"PERSIST", key};
  }
  switch (type) {
    case Type::string:
      switch (form) {
        case 1: return {"APPEND", key, value};
        case 2: return {"GETDEL", key};
        default: return {"SET", key, value};
      }
    case Type::hash:
      if (form == 2) {
        return {"HSET", key, "f0", value, "f1", value + "b", "f2", value + "c"};
      }
      return form == 1 ? Words{"HDEL", key, field_of(choices)} : Words{"HSET", key, field_of(choices), value};
    case Type::set: return form == 1 ? Words{"SREM", key, field_of(choices)}
                                     : Words{"SADD", key, form == 2 ? field_of(choices) : value};
    case Type::list: return form == 1 ? Words{"LPOP", key} : Words{"RPUSH", key, value};
    case Type::sorted_set: break;
  }
  return form == 1
             ? Words{"ZREM", key, field_of(choices)}
             : Words{"ZADD", key, std::to_string(choices.below("score", 100)), form == 2 ? field_of(choices) : value};
}

Words rare_of(Choices& choices, const Mix& mix, const std::string& key, const std::string& value) {
  const std::string other = key_of(Type::string, choices.below("rare.other", mix.keys));
  switch (choices.below("rare.form", 9)) {
    case 0: return {"FLUSHALL"};
    case 1: return script_of(key, value);
    case 2: return {"MSET", key, value, other, value};
    case 3: return {"RENAME", key, other};
    case 4: return {"SET", key, value, ";", "GET", other, ";", "DEL", other};
    case 5: return {"GETSET", key, value};
    case 6: return {"MGET", key, other};
    case 7: return {"GET", key, ";", "GET", other, ";", "STRLEN", key};
    default: return {"FLUSHDB"};
  }
}

/// What a client refuses, since it would change what its link depends on, and what it never keeps. Whoever else writes
/// swaps databases.
Words odd_of(Choices& choices, const sim::Operation& operation, const std::string& key, const std::string& value) {
  if (operation.actor.kind == sim::ActorKind::writer) {
    return {"SWAPDB", "0", "1"};
  }
  switch (choices.below("odd.form", 5)) {
    case 0: return {"CLIENT", "TRACKING", "OFF"};
    case 1: return {"RESET"};
    case 2: return {"SELECT", "1"};
    case 3: return {"SET", key, value, ";", "SELECT", "1"};
    default: return {"TTL", key};
  }
}

/// What an operation is about.
struct Topic {
  Type type = Type::string;
  std::uint64_t number = 0;

  std::string key() const { return key_of(type, number); }
};

Words draw_command(Choices& choices, const Mix& mix, const sim::Operation& operation, Topic topic) {
  const std::string value = "v" + std::to_string(operation.id);
  if (mix.odd_commands && choices.below("odd", 16) == 0) {
    return odd_of(choices, operation, key_of(Type::string, topic.number), value);
  }
  if (mix.often_own && operation.actor.kind == sim::ActorKind::client && choices.below("own.now", 4) == 0) {
    return programs_own_command(choices, mix.keys);
  }
  if (mix.rare_commands && choices.below("rare.further", 24) == 0) {
    return rare_command(choices, operation, mix.keys, mix.programs_own);
  }
  if (mix.rare_commands && choices.below("rare", 16) == 0) {
    return rare_of(choices, mix, key_of(Type::string, topic.number), value);
  }
  const bool writes =
      operation.actor.kind == sim::ActorKind::writer || choices.below("writes", 16) < mix.write_weight;
  if (!writes) {
    return read_of(choices, mix, topic.type, topic.key());
  }
  if (choices.below("write.ttl", 16) < mix.ttl_weight) {
    const std::string milliseconds = std::to_string(1 + choices.scaled("ttl", 8000));
    return topic.type == Type::string ? Words{"SET", topic.key(), value, "PX", milliseconds}
                                        : Words{"PEXPIRE", topic.key(), milliseconds};
  }
  return write_of(choices, topic.type, topic.key(), value);
}

/// Lets clients go on as soon as their last command has ended, mostly with the same key: who reads what it has just
/// written, or reads again, meets the narrowest races.
void chain(Choices& choices, const Mix& mix, std::vector<sim::Operation>& operations, std::vector<Topic>& topics) {
  std::vector<std::size_t> last;  // per client, index + 1
  for (std::size_t index = 0; index < operations.size(); ++index) {
    sim::Operation& operation = operations[index];
    if (operation.actor.kind != sim::ActorKind::client) {
      continue;
    }
    last.resize(std::max<std::size_t>(last.size(), operation.actor.index + 1));
    std::size_t& before = last[operation.actor.index];
    if (before != 0 && choices.below("chain", 16) < mix.chain_weight) {
      operation.after = operations[before - 1].id;
      operation.at = operations[before - 1].at;
      if (choices.below("chain.key", 4) != 0) {
        topics[index] = topics[before - 1];
      }
    }
    before = index + 1;
  }
}

/// A service that asks the same again and again, of a key that is seldom written and by nobody else: what is kept for
/// too long shows here, and nothing that happens to other keys hides it.
void add_poll(Choices& choices, const Mix& mix, sim::Scenario& scenario) {
  constexpr std::uint64_t times_max = 24;
  const bool expires = choices.below("poll.expires", 3) == 0;
  const Topic topic{expires ? Type::string : static_cast<Type>(choices.below("poll.type", 5)), mix.keys};
  const auto client = static_cast<std::uint32_t>(choices.below("poll.client", scenario.clients.size()));
  const auto end = static_cast<std::uint64_t>(scenario.faults_end);
  const std::array<std::uint64_t, 4> periods{end / times_max, end / 8,
                                             static_cast<std::uint64_t>(scenario.clients[client].max_idle / 4),
                                             static_cast<std::uint64_t>(scenario.clients[client].max_idle / 2)};
  const std::uint64_t period = std::max<std::uint64_t>(periods[choices.below("poll.period", periods.size())], 1);
  const std::uint64_t from = choices.below("poll.from", end / 2 + 1);
  const auto add = [&](std::uint64_t at, sim::Actor actor, Words words) {
    add_operation(scenario, static_cast<Instant>(at), actor, std::move(words));
  };
  const std::array<Words, 2> questions{read_of(choices, mix, topic.type, topic.key()),
                                       read_of(choices, mix, topic.type, topic.key())};
  const std::uint64_t forms = 1 + choices.below("poll.forms", 2);
  for (std::uint64_t time = 0; time < times_max && from + time * period < end; ++time) {
    add(from + time * period, {sim::ActorKind::client, client}, questions[time % forms]);
  }
  for (std::uint64_t writes = 1 + choices.below("poll.writes", 3); writes > 0; --writes) {
    const sim::Actor writer{sim::ActorKind::writer,
                            static_cast<std::uint32_t>(choices.below("poll.writer", scenario.writers))};
    const std::string value = "v" + std::to_string(scenario.operations.size() + 1);
    const std::uint64_t milliseconds = 1 + choices.below("poll.ttl", 4 * period) / sim::millisecond;
    add(choices.below("poll.write_at", end), writer,
        expires ? Words{"SET", topic.key(), value, "PX", std::to_string(milliseconds)}
                : write_of(choices, topic.type, topic.key(), value));
  }
}

/// Applications that lose patience before the client does.
void add_cancellations(Choices& choices, sim::Scenario& scenario) {
  const std::size_t count = scenario.operations.size();
  for (std::size_t index = 0; index < count; ++index) {
    const sim::Operation& call = scenario.operations[index];
    if (call.actor.kind == sim::ActorKind::client && choices.below("cancel.call", 4) == 0) {
      const auto wait = static_cast<Instant>(choices.scaled("cancel.after", 2 * sim::second));
      add_operation(scenario, call.at + wait, call.actor, {"CANCEL", std::to_string(call.id)});
    }
  }
}

/// What ends the bypass behind own writes of keys that nobody knows; perhaps with swaps beside them.
void write_by_scripts(Choices& choices, sim::Scenario& scenario) {
  const bool swaps = choices.below("scripts.swaps", 2) == 0;
  for (sim::Operation& operation : scenario.operations) {
    const Words& words = operation.words;
    const bool is_plain = words.size() == 3 && words.front() == "SET";
    if (is_plain && operation.actor.kind == sim::ActorKind::client) {
      operation.words = script_of(words[1], words[2]);
    } else if (is_plain && swaps && choices.below("scripts.swap", 4) == 0) {
      operation.words = {"SWAPDB", "0", "1"};
    }
  }
}

/// Eviction chooses an eighth of its keys at once: with few, one at a time.
void bound_many_keys(Choices& choices, sim::Scenario& scenario) {
  for (sim::ClientSetup& client : scenario.clients) {
    if (choices.below("wide.bounded", 2) == 0) {
      client.max_keys = static_cast<std::int64_t>(4 + choices.below("wide.max_keys", 20));
    }
  }
}

/// Names of fields that are longer and differ in one place, not always the last: all "f0", "f1" and "f2" alike.
void lengthen_fields(Choices& choices, sim::Scenario& scenario) {
  constexpr std::array<std::size_t, 8> sizes{3, 4, 5, 7, 8, 12, 16, 21};
  std::string name(sizes[choices.below("fields.size", sizes.size())], 'f');
  const std::size_t place = choices.below("fields.place", 2) == 0 ? name.size() - 1
                                                                  : choices.below("fields.at", name.size());
  for (sim::Operation& operation : scenario.operations) {
    for (std::string& word : operation.words) {
      if (word == "f0" || word == "f1" || word == "f2") {
        name[place] = word[1];
        word = name;
      }
    }
  }
}

}  // namespace

bool is_by_the_harness(const sim::Operation& operation) {
  const std::string& first = operation.words.front();
  return first == "CANCEL" || first == "CACHE" || first == "RAW";
}

const std::string* waits_without_end(const sim::Operation& operation) {
  const Words& words = operation.words;
  const bool waits = words.size() == 3 && (words[0] == "BLPOP" || words[0] == "BRPOP") && words[2] == "0";
  return waits && operation.actor.kind == sim::ActorKind::client ? &words[1] : nullptr;
}

std::vector<std::string> script_of(const std::string& key, const std::string& value) {
  return {"EVAL", "return redis.call('SET', ARGV[1], ARGV[2])", "0", key, value};
}

void add_operation(sim::Scenario& scenario, sim::Instant at, sim::Actor actor, std::vector<std::string> words) {
  scenario.operations.push_back({.id = static_cast<std::uint32_t>(scenario.operations.size() + 1),
                                 .at = std::min(at, scenario.faults_end - 1),
                                 .actor = actor,
                                 .words = std::move(words)});
}

void sort_operations(sim::Scenario& scenario) {
  std::stable_sort(scenario.operations.begin(), scenario.operations.end(),
                   [](const sim::Operation& left, const sim::Operation& right) { return left.at < right.at; });
}

void add_workload(Choices& choices, sim::Scenario& scenario, std::uint32_t wanted, ProgramsOwn own) {
  const std::uint32_t count =
      wanted != 0 ? wanted : static_cast<std::uint32_t>(2 + choices.scaled("operations", 256));
  constexpr std::array<std::uint64_t, 4> chain_weights{0, 4, 12, 15};
  constexpr std::array<std::uint64_t, 4> ttl_weights{0, 0, 2, 12};
  // Mostly reads, in some runs: whatever touches a key hides what is wrong with an entry that is old.
  const bool quiet = choices.below("quiet", 8) == 0;
  const std::uint64_t crowded =
      sim::make_strategy(scenario.strategy, scenario.seed, scenario.faults_end)->burst_span();
  const bool is_wide = choices.below("wide", 16) == 0;
  if (is_wide) {
    bound_many_keys(choices, scenario);
  }
  const Mix mix{.keys = is_wide ? numbers_of_keys : 1 + choices.below("keys", crowded != 0 ? 2 : 3),
                .types = choices.below("one_type", 2) == 0 && !is_wide ? 1 : 1 + choices.below("types", 5),
                .write_weight = choices.below("write.weight", 10) * (quiet ? 0 : 1),
                .rare_commands = choices.below("rare.enabled", 2) == 0,
                .odd_commands = choices.below("odd.enabled", 8) == 0,
                .programs_own = own,
                .often_own = own == ProgramsOwn::included && choices.below("own.often", 32) == 0,
                .chain_weight = chain_weights[choices.below("chain.weight", chain_weights.size())],
                .ttl_weight = ttl_weights[choices.below("ttl.weight", ttl_weights.size())]};
  const std::uint64_t bursts = 1 + choices.scaled("bursts", crowded != 0 ? count / 8 : count);
  const auto end = static_cast<std::uint64_t>(scenario.faults_end);
  std::vector<Instant> centres;
  for (std::uint64_t burst = 0; burst < bursts; ++burst) {
    centres.push_back(static_cast<Instant>(choices.below("burst.at", end)));
  }
  const std::uint64_t spread = 1 + choices.scaled("burst.spread", crowded != 0 ? std::min(crowded, end) : end);
  const std::uint64_t writer_weight = quiet ? 1 : 1 + choices.below("writer.weight", 8);

  for (std::uint32_t index = 0; index < count; ++index) {
    sim::Operation operation;
    const Instant centre = centres[choices.below("operation.burst", centres.size())];
    operation.at = std::min<Instant>(centre + static_cast<Instant>(choices.scaled("operation.at", spread)),
                                     scenario.faults_end - 1);
    if (choices.below("actor.kind", 16) < writer_weight) {
      operation.actor = {sim::ActorKind::writer, static_cast<std::uint32_t>(choices.below("actor", scenario.writers))};
    } else {
      operation.actor = {sim::ActorKind::client,
                         static_cast<std::uint32_t>(choices.below("actor", scenario.clients.size()))};
    }
    scenario.operations.push_back(std::move(operation));
  }
  sort_operations(scenario);
  std::vector<Topic> topics;
  for (std::uint32_t index = 0; index < count; ++index) {
    scenario.operations[index].id = index + 1;
    topics.push_back({static_cast<Type>(choices.below("type", mix.types)), choices.below("key", mix.keys)});
  }
  chain(choices, mix, scenario.operations, topics);
  for (std::uint32_t index = 0; index < count; ++index) {
    sim::Operation& operation = scenario.operations[index];
    operation.words = draw_command(choices, mix, operation, topics[index]);
  }
  if (choices.below("scripts", 24) == 0) {
    write_by_scripts(choices, scenario);
  }
  if (wanted == 0 && choices.below("poll", 2) == 0) {
    add_poll(choices, mix, scenario);
  }
  if (choices.below("fields.long", 4) == 0) {
    lengthen_fields(choices, scenario);
  }
  if (choices.below("cancel.enabled", 8) == 0) {
    add_cancellations(choices, scenario);
  }
  sort_operations(scenario);
}

}  // namespace trackside::testing
