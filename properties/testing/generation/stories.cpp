#include "properties/testing/generation/stories.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "properties/testing/generation/fault_generator.hpp"
#include "properties/testing/generation/moment_stories.hpp"
#include "properties/testing/generation/workload.hpp"
#include "sim/operation_words.hpp"
#include "sim/scenario_client.hpp"

namespace trackside::testing {
namespace {

using sim::FaultKind;
using sim::Instant;
using sim::millisecond;

constexpr const char* story_hash = "h-story";
constexpr const char* awaited_list = "l-awaited";

/// Connections that the server gives up while nothing passes: it forgets what it tracked by them, and nobody is told.
void add_unnoticed_loss(Choices& choices, sim::Scenario& scenario) {
  sim::Fault silence{.kind = FaultKind::half_open};
  silence.at = static_cast<Instant>(choices.below("unnoticed.at", static_cast<std::uint64_t>(scenario.faults_end)));
  const auto longest = static_cast<std::uint64_t>(scenario.faults_end - silence.at);
  silence.duration = static_cast<Instant>(choices.scaled("unnoticed.for", longest));
  silence.target = any_client(choices, scenario, "unnoticed.target");
  silence.scope = scope_of(choices, scenario, silence, "unnoticed.scope");
  sim::Fault loss = silence;
  loss.kind = FaultKind::kill_client;
  loss.at += static_cast<Instant>(choices.scaled("unnoticed.after", static_cast<std::uint64_t>(silence.duration)));
  loss.duration = 0;
  add_fault(scenario, silence);
  add_fault(scenario, loss);
}

/// A key that is read, written by somebody, and read again and again when what was kept is about to be too old.
struct LateStory {
  std::uint32_t client = 0;
  Instant asked_at = 0;
  Instant written_at = 0;
  Instant old_from = 0;
  Instant old_until = 0;
};

void tell(const LateStory& story, sim::Scenario& scenario) {
  add_operation(scenario, story.asked_at, client_at(story.client), {"GET", story_key});
  add_operation(scenario, story.written_at, story_writer, {"SET", story_key, next_value(scenario)});
  keep_asking(scenario, story.client, {"GET", story_key}, story.old_from, story.old_until);
}

/// Answers that take long, and then none: whatever counts from when an answer came is good for too long by then.
void add_loss_behind_late_answers(Choices& choices, sim::Scenario& scenario) {
  const std::uint32_t client = any_client(choices, scenario, "late_loss.target");
  const Instant max_idle = scenario.clients[client].max_idle;
  if (scenario.faults_end < 4 * max_idle) {
    return;
  }
  const auto flight =
      static_cast<Instant>(1 + choices.below("late_loss.delay", static_cast<std::uint64_t>(max_idle / 3)));
  const auto span = static_cast<std::uint64_t>(scenario.faults_end - 4 * max_idle);
  sim::Fault delay{.kind = FaultKind::delay, .target = client, .argument = static_cast<std::uint64_t>(flight)};
  delay.at = static_cast<Instant>(choices.below("late_loss.at", span + 1));
  delay.duration = scenario.faults_end - delay.at;
  sim::Fault loss{.kind = FaultKind::half_open, .at = delay.at + max_idle, .target = client};
  loss.at += static_cast<Instant>(choices.below("late_loss.after", static_cast<std::uint64_t>(max_idle)));
  loss.duration = scenario.faults_end - loss.at;
  const auto under_way = static_cast<Instant>(choices.below("late_loss.written", static_cast<std::uint64_t>(flight)));
  add_fault(scenario, delay);
  add_fault(scenario, loss);
  tell({.client = client,
        .asked_at = delay.at,
        .written_at = loss.at - under_way,
        .old_from = loss.at - under_way + max_idle,
        .old_until = loss.at + max_idle},
       scenario);
}

/// Invalidations vanish, and nothing but its age ends what is kept; perhaps of somebody who gets his answers late.
void add_lost_pushes(Choices& choices, sim::Scenario& scenario, const CacheFeatures& features) {
  sim::Fault drop{.kind = FaultKind::push_drop};
  drop.at = static_cast<Instant>(choices.below("fault.drop_at", static_cast<std::uint64_t>(scenario.faults_end)));
  drop.duration = scenario.faults_end - drop.at;
  drop.target = any_client(choices, scenario, "fault.drop_target");
  add_fault(scenario, drop);
  sim::ClientSetup& client = scenario.clients[drop.target];
  const bool may_age = features.max_ttl && !sim::has_habit(client, "same_cache");  // which is another's
  if (!may_age || choices.below("fault.drop_aged", 2) != 0) {
    return;
  }
  client.max_ttl = client.max_idle * static_cast<Instant>(1 + choices.below("fault.drop_age", 2));
  const auto flight =
      static_cast<Instant>(1 + choices.below("fault.drop_delay", static_cast<std::uint64_t>(client.max_idle / 3)));
  sim::Fault delay = drop;
  delay.kind = FaultKind::delay;
  delay.argument = static_cast<std::uint64_t>(flight);
  add_fault(scenario, delay);
  tell({.client = drop.target,
        .asked_at = drop.at,
        .written_at = drop.at + flight + flight / 4,
        .old_from = drop.at + flight + client.max_ttl,
        .old_until = drop.at + 2 * flight + client.max_ttl},
       scenario);
}

std::uint32_t store_of(const sim::Scenario& scenario, std::uint32_t client) {
  return scenario.clients[client].shares.value_or(client);
}

struct Pair {
  std::uint32_t told;
  std::uint32_t reader;
};

/// Who may read from whose memory what that one was not yet told to forget: others that share it, and he himself if
/// what he is told comes by another way than his answers; where the world is long enough for a story of them.
std::vector<Pair> readers_ahead(const sim::Scenario& scenario) {
  std::vector<Pair> pairs;
  for (std::uint32_t told = 0; told < scenario.clients.size(); ++told) {
    const bool is_long_enough = scenario.faults_end >= 4 * scenario.clients[told].max_idle;
    for (std::uint32_t reader = 0; reader < scenario.clients.size() && is_long_enough; ++reader) {
      const bool is_ahead = reader != told || scenario.clients[told].delivery == sim::Delivery::redirect;
      if (is_ahead && store_of(scenario, reader) == store_of(scenario, told)) {
        pairs.push_back({told, reader});
      }
    }
  }
  return pairs;
}

/// How the reader of such a story comes to know of a change.
enum class Knows : std::uint8_t { by_own_script, by_transaction, by_an_absent_field, by_what_it_waited_for };

/// One hears of changes late, and another one, or he himself, knows of a change by what he did or what he was answered
/// since, and reads what is kept.
void add_late_invalidations(Choices& choices, sim::Scenario& scenario, const CacheFeatures& features) {
  const bool may_share = features.sharing && scenario.clients.size() > 1 && may_set(scenario);
  if (may_share && choices.below("late_news.share", 2) == 0) {
    scenario.clients.back().shares = 0;
  }
  const std::vector<Pair> pairs = readers_ahead(scenario);
  if (pairs.empty()) {
    return;
  }
  const auto [target, reader] = pairs[choices.below("late_news.pair", pairs.size())];
  const Instant max_idle = scenario.clients[target].max_idle;
  const Instant late = some_of(choices, "late_news.delay", max_idle / 3);
  const sim::Fault delay = late_news(scenario, target, early(choices, scenario, "late_news.at"), late);
  add_fault(scenario, delay);
  const Instant changed_at =
      delay.at + 2 * late +
      static_cast<Instant>(choices.below("late_news.changed", static_cast<std::uint64_t>(max_idle)));
  constexpr std::array ways{Knows::by_own_script, Knows::by_transaction, Knows::by_an_absent_field,
                            Knows::by_what_it_waited_for};
  const Knows way = scenario.cluster ? Knows::by_an_absent_field : ways[choices.below("late_news.way", ways.size())];
  const bool of_hash = way == Knows::by_an_absent_field;
  std::vector<std::string> question{of_hash ? "HGETALL" : "GET", of_hash ? story_hash : story_key};
  const auto add_write = [&](Instant at, std::vector<std::string> words) {
    add_operation(scenario, at, story_writer, std::move(words));
  };
  // What is answered by the server lets nothing older be read any more: so he asks once, mostly.
  const bool once = choices.below("late_news.once", 4) != 0 && !of_hash;
  const Instant later = static_cast<Instant>(choices.below("late_news.asked", static_cast<std::uint64_t>(late)));
  switch (way) {
    case Knows::by_own_script:
      add_write(0, {"SET", story_key, next_value(scenario)});
      add_operation(scenario, changed_at, client_at(reader), script_of(story_key, next_value(scenario)));
      break;
    case Knows::by_transaction:
      add_write(0, {"SET", story_key, next_value(scenario)});
      add_write(changed_at, {"SET", story_key, next_value(scenario)});
      add_operation(scenario, changed_at + later / 2, client_at(reader), {"GET", story_key, ";", "EXISTS", story_key});
      break;
    case Knows::by_an_absent_field:
      if (may_set(scenario)) {
        scenario.clients[reader].cache_nil = false;
      }
      add_write(0, {"HSET", story_hash, "f0", next_value(scenario)});
      add_write(changed_at, {"DEL", story_hash});
      keep_asking(scenario, reader, {"HGET", story_hash, "f0"}, changed_at, changed_at + late);
      break;
    case Knows::by_what_it_waited_for:
      question = {"LRANGE", story_list, "0", "-1"};
      add_write(0, {"RPUSH", story_list, next_value(scenario)});
      add_operation(scenario, changed_at - late, client_at(reader), {"BRPOPLPUSH", awaited_list, story_list, "3"});
      add_operation(scenario, changed_at - late / 2, client_at(target), question);  // while it waits
      add_write(changed_at, {"RPUSH", awaited_list, next_value(scenario)});
      break;
  }
  add_operation(scenario, delay.at, client_at(target), question);
  if (once) {
    add_operation(scenario, changed_at + later, client_at(reader), question);
  } else {
    keep_asking(scenario, reader, question, changed_at, changed_at + late + late / 8);
  }
}

/// Invalidations come by one connection and all else by another, which vouches too, and sees more.
void let_two_vouch(sim::ClientSetup& client) {
  client.delivery = sim::Delivery::redirect;
  client.selection = sim::Selection::broadcast;
  client.protocol = sim::Dialect::resp2;
  client.prefixes.clear();
}

Instant shortest_idle(const sim::Scenario& scenario) {
  Instant shortest = scenario.clients.front().max_idle;
  for (const sim::ClientSetup& client : scenario.clients) {
    shortest = std::min(shortest, client.max_idle);
  }
  return shortest;
}

/// Databases change places, of which nobody is told; and before a reader asks the next time whether they have, he asks
/// something else, or what he asks comes to nothing, or he may not ask it any more, or his connections are new.
void add_unheard_swap(Choices& choices, sim::Scenario& scenario, const CacheFeatures& features) {
  const std::uint32_t client = any_client(choices, scenario, "swap.client");
  const Instant max_idle = scenario.clients[client].max_idle;
  const Instant asked_at = early(choices, scenario, "swap.asked");
  const auto upto = [&](std::string_view choice, Instant longest) {
    return static_cast<Instant>(choices.below(choice, static_cast<std::uint64_t>(longest) + 1));
  };
  const Instant swapped_at = asked_at + upto("swap.after", max_idle);
  const bool is_answered_oddly =
      std::any_of(scenario.faults.begin(), scenario.faults.end(),
                  [](const sim::Fault& fault) { return fault.kind == FaultKind::odd_answers; });
  Instant old_for = 2 * max_idle;
  switch (choices.below("swap.beside", 4)) {
    case 0:
      add_operation(scenario, swapped_at + upto("swap.script", max_idle / 4), client_at(client),
                    script_of("s-other", next_value(scenario)));
      break;
    case 1:
      if (const std::uint64_t forbidden = choices.below("swap.forbidden", 3); forbidden != 0) {  // TIME or PING
        add_fault(scenario, {.kind = FaultKind::forbid_question,
                             .at = swapped_at,
                             .duration = max_idle / 2,
                             .argument = forbidden});
        break;
      }
      add_fault(scenario, {.kind = FaultKind::odd_answers,
                           .at = swapped_at - std::min(swapped_at, upto("swap.odd_before", max_idle / 4)),
                           .duration = max_idle / 2,
                           .argument = choices.below("swap.odd", 1 << 20)});
      break;
    case 2: {
      const bool was_told = choices.below("swap.was_told", 2) == 0 || sim::swaps_databases(scenario);
      const Instant begin = was_told ? swapped_at : 0;
      const Instant shortest = shortest_idle(scenario);  // nobody hears nothing for longer than he may be behind
      const Instant end = swapped_at + shortest / 8 + upto("swap.told_nothing", shortest / 4);
      add_fault(scenario, {.kind = FaultKind::forbid_question, .at = begin, .duration = end - begin});
      if (was_told && !is_answered_oddly) {  // who was never told believes in no swap, and may
        add_fault(scenario, {.kind = FaultKind::half_open,
                             .at = end,
                             .duration = scenario.faults_end,
                             .target = client});
        old_for = end - swapped_at;
      }
      break;
    }
    default:
      if (features.redirect && may_set(scenario) && !scenario.clients[client].shares) {
        let_two_vouch(scenario.clients[client]);
      }
      add_fault(scenario,
                {.kind = FaultKind::reset,
                 .at = swapped_at - std::min(swapped_at, millisecond),
                 .target = client,
                 .scope = scenario.clients[client].delivery == sim::Delivery::redirect ? sim::FaultScope::data
                                                                                       : sim::FaultScope::all});
      break;
  }
  add_operation(scenario, 0, story_writer, {"SET", story_key, next_value(scenario)});
  add_operation(scenario, asked_at, client_at(client), {"GET", story_key});
  add_operation(scenario, swapped_at, story_writer, {"SWAPDB", "0", "1"});
  keep_asking(scenario, client, {"GET", story_key}, swapped_at + max_idle, swapped_at + max_idle + old_for);
}

/// A program has the figures of its cache folded, or begins it anew, or fills it up, between hits on two keys, perhaps
/// with doubts.
void tell_own_use(Choices& choices, sim::Scenario& scenario) {
  const std::array<std::vector<std::string>, 7> uses{{{"COMPACT"}, {"RESET"}, {"CLEAR"}, {"FLUSH"},
                                                      {"OFTEN", story_key}, {"EVICT", "GET"}, {"EVICT", "MGET"}}};
  const std::uint32_t client = any_client(choices, scenario, "own_use.client");
  if (may_set(scenario) && choices.below("own_use.doubts", 2) == 0) {
    scenario.clients[client].confidence_thousandths = 50'000;
    scenario.clients[client].dynamic_confidence = true;
  }
  const Instant begin = early(choices, scenario, "own_use.at");
  const Instant middle = begin + std::min(scenario.clients[client].max_idle, scenario.faults_end - begin) / 2;
  for (const char* key : {story_key, "s-other"}) {
    add_operation(scenario, 0, story_writer, {"SET", key, next_value(scenario)});
    keep_asking(scenario, client, {"GET", key}, begin, middle);
    keep_asking(scenario, client, {"GET", key}, middle, 2 * middle - begin);
  }
  std::vector<std::string> use = uses[choices.below("own_use.verb", uses.size())];
  if (use.front() == "EVICT" && may_set(scenario)) {
    constexpr std::array<std::int64_t, 4> rooms{2, 3, 8, 20};  // with 16 and more several are chosen to go at a time
    scenario.clients[client].max_keys = rooms[choices.below("own_use.max_keys", rooms.size())];
  }
  use.insert(use.begin(), "CACHE");
  add_operation(scenario, middle, client_at(client), use);
}

/// Somebody waits for what nobody gives, and what he waits at dies without a word, or says nothing for a while.
void add_endless_wait(Choices& choices, sim::Scenario& scenario) {
  const std::uint32_t client = any_client(choices, scenario, "endless.client");
  const Instant asked_at = early(choices, scenario, "endless.asked");
  const auto left = static_cast<std::uint64_t>(scenario.faults_end - asked_at);
  const bool has_end = choices.below("endless.not", 2) == 0;
  add_operation(scenario, asked_at, client_at(client), {"BLPOP", "b0", has_end ? "0.5" : "0"});
  const bool froze = choices.below("endless.froze", 3) == 0;
  sim::Fault loss{.kind = froze ? FaultKind::freeze_server : FaultKind::half_open};
  loss.at = asked_at + (has_end ? millisecond * static_cast<Instant>(choices.below("endless.soon", 500))
                                : static_cast<Instant>(choices.below("endless.lost", left)));
  // With an end, so short that the link survives it.
  loss.duration = has_end ? scenario.clients[client].max_idle / 10 * 9 : scenario.faults_end - loss.at;
  loss.target = froze ? 0 : client;
  add_fault(scenario, loss);
}

}  // namespace

bool may_set(const sim::Scenario& scenario) {
  return std::all_of(scenario.clients.begin(), scenario.clients.end(),
                     [](const sim::ClientSetup& client) { return client.habits.empty(); });
}

Instant some_of(Choices& choices, std::string_view choice, Instant longest) {
  return 1 + (longest >> choices.below(choice, 4));
}

std::uint32_t any_client(Choices& choices, const sim::Scenario& scenario, std::string_view choice) {
  return static_cast<std::uint32_t>(choices.below(choice, scenario.clients.size()));
}

std::string next_value(const sim::Scenario& scenario) { return "v" + std::to_string(scenario.operations.size() + 1); }

void add_fault(sim::Scenario& scenario, sim::Fault fault) {
  fault.at = std::min(fault.at, scenario.faults_end - 1);
  fault.duration = std::clamp<Instant>(fault.duration, 0, scenario.faults_end - fault.at);
  scenario.faults.push_back(std::move(fault));
}

void keep_asking(sim::Scenario& scenario, std::uint32_t client, const std::vector<std::string>& question,
                 Instant from, Instant until) {
  constexpr Instant times = 8;
  for (Instant time = 1; time <= times; ++time) {
    add_operation(scenario, from + (until - from) / times * time, client_at(client), question);
  }
}

sim::Fault late_news(const sim::Scenario& scenario, std::uint32_t client, Instant at, Instant late) {
  const bool apart = scenario.clients[client].delivery == sim::Delivery::redirect;
  return {.kind = FaultKind::delay,
          .at = at,
          .duration = scenario.faults_end - at,
          .target = client,
          .argument = static_cast<std::uint64_t>(late),
          .scope = apart ? sim::FaultScope::invalidations : sim::FaultScope::all};
}

void add_next(sim::Scenario& scenario, std::vector<std::string> words) {
  const sim::Operation last = scenario.operations.back();
  add_operation(scenario, last.at, last.actor, std::move(words));
  scenario.operations.back().after = last.id;
}

Instant early(Choices& choices, const sim::Scenario& scenario, std::string_view choice) {
  return static_cast<Instant>(choices.below(choice, static_cast<std::uint64_t>(scenario.faults_end / 2 + 1)));
}

void add_own_use(Choices& choices, sim::Scenario& scenario) {
  if (choices.below("story.own_use", 16) == 0) {
    tell_own_use(choices, scenario);
    sort_operations(scenario);
  }
}

void add_stories(Choices& choices, sim::Scenario& scenario, const CacheFeatures& features) {
  if (choices.below("fault.unnoticed", 8) == 0) {
    add_unnoticed_loss(choices, scenario);
  }
  if (choices.below("fault.push_drop", 16) == 0) {
    add_lost_pushes(choices, scenario, features);
  }
  if (choices.below("fault.late_loss", 12) == 0) {
    add_loss_behind_late_answers(choices, scenario);
  }
  if (choices.below("story.late_news", 6) == 0) {
    add_late_invalidations(choices, scenario, features);
  }
  if (!scenario.cluster && choices.below("story.swap", 9) == 0) {
    add_unheard_swap(choices, scenario, features);
  }
  if (choices.below("story.endless", 32) == 0) {
    add_endless_wait(choices, scenario);
  }
  add_moment_stories(choices, scenario, features);
  sort_operations(scenario);
}

}  // namespace trackside::testing
