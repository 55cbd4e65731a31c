// Which states of a key explain a reply; see the header.
#include "model/reading.hpp"

namespace trackside::model {

bool is_answered_read(const Operation& operation) {
  return operation.kind == OperationKind::read && operation.ending == Ending::reply;
}

bool is_cached(const Operation& read) { return read.source == Source::cache || read.source == Source::mixed; }

bool is_continuation(const History& history, OperationIndex operation) {
  const auto group = history.operations[operation].group;
  return group != nobody && group != operation;
}

const ClientTerms& terms_of(const History& history, const Operation& operation) {
  require(operation.client < history.clients.size(), "an operation's client is one of the history's");
  return history.clients[operation.client];
}

Timeline timeline_of(const History& history, KeyIndex key) {
  require(key < history.keys.size(), "an operation's keys are keys of the history");
  return history.tenures.empty() ? Timeline{history.keys[key]} : Timeline{history.keys[key], history.tenures[key]};
}

Timeline::Readers readers_of(const History& history, const Operation& operation) {
  return terms_of(history, operation).reads_replicas ? Timeline::Readers::replicas : Timeline::Readers::owners;
}

bool may_be_left_over(const History& history, const Operation& read) {
  return read.key < history.left_at_replicas.size() && history.left_at_replicas[read.key] &&
         terms_of(history, read).reads_replicas;
}

Timeline timeline_of(const History& history, const Operation& read) {
  if (history.tenures.empty()) return timeline_of(history, read.key);
  require(read.key < history.keys.size(), "an operation's keys are keys of the history");
  return Timeline{history.keys[read.key], history.tenures[read.key], readers_of(history, read)};
}

Window allowed_window(const History& history, const Operation& read) {
  const auto& terms = terms_of(history, read);
  switch (read.source) {
    case Source::server: return {read.invoked, read.completed};
    case Source::joined: return {read.invoked - terms.max_idle, read.completed};
    case Source::cache:
    case Source::mixed:
      if (terms.staleness_max == end_of_time) return {beginning_of_time, read.completed};
      if (read.source == Source::mixed && read.place != 0) return {read.invoked - terms.staleness_max, read.completed};
      return {read.completed - terms.staleness_max, read.completed};
  }
  return {};
}

std::optional<Position> earliest_explanation(const History& history, const Oracle& oracle, const Operation& read,
                                             Window window, Position floor) {
  return timeline_of(history, read).earliest(window, floor, [&](std::uint32_t state) {
    return oracle.reply(read.query, state) == read.reply;
  });
}

std::optional<Position> latest_explanation(const History& history, const Oracle& oracle, const Operation& read,
                                           Window window) {
  return timeline_of(history, read).latest(window, [&](std::uint32_t state) {
    return oracle.reply(read.query, state) == read.reply;
  });
}

std::vector<Window> explaining_moments(const History& history, const Oracle& oracle, const Operation& read,
                                       Window window) {
  return timeline_of(history, read).moments(window, [&](std::uint32_t state) {
    return oracle.reply(read.query, state) == read.reply;
  });
}

}  // namespace trackside::model
