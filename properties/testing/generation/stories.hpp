// Faults and operations that belong together: each tells what a mistake of a certain kind would show in, which single
// faults and a workload of chance meet too seldom.
//
// Their keys are their own, so that nothing hides what happens to them. Neighbours: fault_generator.cpp, which tells
// them; cluster_stories.hpp for those of nodes, moment_stories.hpp for those of narrow moments,
// own_writes.hpp for the writes of clients.
#pragma once

#include "properties/testing/generation/choices.hpp"
#include "sim/scenario.hpp"
#include "trackside/testing/cache_factory.hpp"

namespace trackside::testing {

/// A string and a list; nobody else's keys.
inline constexpr const char* story_key = "s-story";
inline constexpr const char* story_list = "l-story";
/// Whether a story may have a word on how clients are set: not where one may use another's cache, with its settings.
bool may_set(const sim::Scenario& scenario);
/// Who writes in them; any client; and that one as who acts.
inline constexpr sim::Actor story_writer{sim::ActorKind::writer, 0};
std::uint32_t any_client(Choices& choices, const sim::Scenario& scenario, std::string_view choice);
constexpr sim::Actor client_at(std::uint32_t index) { return {sim::ActorKind::client, index}; }
/// A value of its own for the next operation.
std::string next_value(const sim::Scenario& scenario);
/// Has a client ask eight times, evenly within (from, until].
void keep_asking(sim::Scenario& scenario, std::uint32_t client, const std::vector<std::string>& question,
                 sim::Instant from, sim::Instant until);
/// As soon as the client's last operation here, which is the last of all, has ended.
void add_next(sim::Scenario& scenario, std::vector<std::string> words);
/// One more, which ends with the others at the latest.
void add_fault(sim::Scenario& scenario, sim::Fault fault);
/// Until the faults end the client hears of invalidations so much later: by its own connection for them, if it has one.
sim::Fault late_news(const sim::Scenario& scenario, std::uint32_t client, sim::Instant at, sim::Instant late);
/// Some time between an eighth and the whole of `longest`.
sim::Instant some_of(Choices& choices, std::string_view choice, sim::Instant longest);
/// In the first half, so that something can come of it.
sim::Instant early(Choices& choices, const sim::Scenario& scenario, std::string_view choice);

/// Adds some, or none. Leaves the order and the numbers of faults to the caller; operations are in order. Clients may
/// come to be set otherwise. Requires clients and writers.
void add_stories(Choices& choices, sim::Scenario& scenario, const CacheFeatures& features);

/// Likewise one of what a program does with its cache by itself, or none.
void add_own_use(Choices& choices, sim::Scenario& scenario);

}  // namespace trackside::testing
