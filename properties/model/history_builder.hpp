// Tells small histories in the words of a test: versions of keys, and what clients asked and got. It is the oracle of
// what it tells: query GET answers the value or nil, query STRLEN its length.
//
// Events at the same instant happen in the order in which they are told; otherwise the order of telling is free.
#pragma once

#include <algorithm>
#include <cmath>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "model/history.hpp"
#include "model/rules.hpp"

namespace trackside::testing {

inline model::Instant at(double seconds) { return std::llround(seconds * 1e9); }
inline constexpr model::Instant instant = 1;  // the smallest step of time

inline constexpr model::QueryIndex query_get = 0;
inline constexpr model::QueryIndex query_strlen = 1;
inline constexpr model::QueryIndex query_constant = 2;  // answered alike in every state

constexpr auto from_server = model::Source::server;
constexpr auto from_cache = model::Source::cache;
constexpr auto joined = model::Source::joined;
constexpr auto mixed = model::Source::mixed;

struct Span {
  model::Instant invoked;
  model::Instant completed;
};

/// One key of a read of several, and what it was answered.
struct Part {
  std::string_view key;
  std::string_view value;
};

struct WriteTimes {
  model::Instant invoked;
  model::Instant executed;
  model::Instant completed;
};

inline constexpr std::string_view absent = "";

inline std::string bulk(std::string_view value) {
  if (value == absent) return "_\r\n";
  return "$" + std::to_string(value.size()) + "\r\n" + std::string{value} + "\r\n";
}

class HistoryBuilder final : public model::Oracle {
 public:
  explicit HistoryBuilder(std::size_t clients = 1) {
    history_.clients.assign(clients, {.max_idle = at(5), .staleness_max = at(5), .command_timeout = at(2)});
    history_.healthy_at_end.assign(clients, 1);
    history_.leftovers_at_end.assign(clients, 0);
    history_.ledgers.assign(clients, {});
    history_.claims_at_end.assign(clients, {});
    for (std::size_t client = 0; client < clients; ++client) {
      history_.clients[client].store = static_cast<model::StoreIndex>(client);
    }
    state(absent);
  }

  std::string_view reply(model::QueryIndex query, std::uint32_t state) const override { return replies_[state][query]; }

  class Key {
   public:
    /// A write by nobody in particular, unless `made` says otherwise.
    Key& version(model::Instant from, std::string_view value, model::Instant expires_at = model::end_of_time) {
      return made({.from = from, .expires_at = expires_at}, value);
    }
    Key& made(model::Version version, std::string_view value) {
      auto& versions = history_.history_.keys[key_];
      version.state = history_.state(value);
      history_.tell(model::Event::Kind::version, version.from, key_, static_cast<std::uint32_t>(versions.size()));
      versions.push_back(version);
      return *this;
    }

   private:
    friend HistoryBuilder;
    Key(HistoryBuilder& history, model::KeyIndex key) : history_(history), key_(key) {}
    HistoryBuilder& history_;
    model::KeyIndex key_;
  };

  class Client {
   public:
    model::OperationIndex reads(std::string_view key, model::Source source, std::string_view value, Span span) {
      return reads_frame(key, source, bulk(value), span);
    }
    model::OperationIndex reads(std::string_view key, model::Source source, std::string_view value,
                                model::Instant now) {
      return reads(key, source, value, Span{now, now});
    }
    model::OperationIndex reads_frame(std::string_view key, model::Source source, std::string frame, Span span,
                                      model::QueryIndex query = query_get) {
      model::Operation read{.client = client_, .key = history_.index_of(key), .query = query};
      read.source = source;
      read.reply = std::move(frame);
      return add(std::move(read), span);
    }
    /// One command that asks for several keys. Returns the last of its parts.
    model::OperationIndex reads_together(const std::vector<Part>& parts, model::Source source, Span span) {
      const auto first = static_cast<model::OperationIndex>(history_.history_.operations.size());
      for (const Part& part : parts) {
        history_.operation(reads(part.key, source, part.value, span)).group = first;
      }
      return static_cast<model::OperationIndex>(first + parts.size() - 1);
    }
    /// A write that the owner executes, under a cause of its own.
    model::OperationIndex writes(std::string_view key, std::string_view value, WriteTimes times) {
      const auto write = writes_in_vain(key, {times.invoked, times.completed});
      const auto cause = history_.operation(write).cause;
      history_.key(key).made({.from = times.executed, .by = client_, .cause = cause}, value);
      return write;
    }
    /// A write that makes no version.
    model::OperationIndex writes_in_vain(std::string_view key, Span span) {
      model::Operation write{.client = client_, .kind = model::OperationKind::write};
      write.writes = {history_.index_of(key)};
      write.cause = history_.history_.operations.size() + 1;
      write.unique = true;
      return add(std::move(write), span);
    }
    void puts(model::Instant now, bool kept, bool healthy, std::optional<model::Usage> usage = std::nullopt) {
      auto& puts = history_.history_.puts;
      history_.tell(model::Event::Kind::put, now, static_cast<std::uint32_t>(puts.size()));
      puts.push_back({client_, now, kept, healthy, usage});
    }
    void hits(model::Instant now, bool healthy) {
      auto& hits = history_.history_.hits;
      history_.tell(model::Event::Kind::hit, now, static_cast<std::uint32_t>(hits.size()));
      hits.push_back({client_, now, healthy});
    }
    /// What moves its cache's confidence, and what the cache says of it afterwards.
    void is_told(model::Instant now, model::ConfidenceRecord::Cause cause, double confidence) {
      auto& records = history_.history_.confidences;
      history_.tell(model::Event::Kind::confidence, now, static_cast<std::uint32_t>(records.size()));
      records.push_back({client_, now, cause, confidence});
    }

   private:
    friend HistoryBuilder;
    Client(HistoryBuilder& history, model::ClientIndex client) : history_(history), client_(client) {}

    model::OperationIndex add(model::Operation operation, Span span) {
      const auto index = static_cast<model::OperationIndex>(history_.history_.operations.size());
      operation.invoked = span.invoked;
      operation.completed = span.completed;
      operation.ending = model::Ending::reply;
      operation.completions = 1;
      operation.id = index;
      history_.tell(model::Event::Kind::invoke, span.invoked, index);
      history_.tell(model::Event::Kind::complete, span.completed, index);
      history_.history_.operations.push_back(std::move(operation));
      return index;
    }

    HistoryBuilder& history_;
    model::ClientIndex client_;
  };

  Key key(std::string_view name) { return Key{*this, index_of(name)}; }
  Client client(model::ClientIndex index) { return Client{*this, index}; }
  model::Operation& operation(model::OperationIndex index) { return history_.operations[index]; }
  model::History& raw() { return history_; }

  /// One more answer to an operation that has one.
  void answers_again(model::OperationIndex index, model::Instant now) {
    ++history_.operations[index].completions;
    tell(model::Event::Kind::complete, now, index);
  }
  /// The operation ends with the history.
  void never_ends(model::OperationIndex index) {
    auto& operation = history_.operations[index];
    operation.completed = model::end_of_time;
    operation.ending = model::Ending::pending;
    operation.completions = 0;
    std::erase_if(history_.events, [&](const model::Event& event) {
      return event.kind == model::Event::Kind::complete && event.index == index;
    });
  }

  model::Verdict verdict(model::Promise promise) {
    std::stable_sort(history_.events.begin(), history_.events.end(),
                     [](const model::Event& left, const model::Event& right) { return left.at < right.at; });
    model::require_consistent(history_);
    return model::check(promise, history_, *this);
  }

 private:
  std::uint32_t state(std::string_view value) {
    const auto found = std::find(values_.begin(), values_.end(), value);
    if (found != values_.end()) return static_cast<std::uint32_t>(found - values_.begin());
    values_.emplace_back(value);
    replies_.push_back({bulk(value), ":" + std::to_string(value.size()) + "\r\n", ":1\r\n"});
    return static_cast<std::uint32_t>(values_.size() - 1);
  }

  model::KeyIndex index_of(std::string_view name) {
    const auto found = std::find(names_.begin(), names_.end(), name);
    if (found != names_.end()) return static_cast<model::KeyIndex>(found - names_.begin());
    names_.emplace_back(name);
    history_.keys.push_back({model::Version{}});
    return static_cast<model::KeyIndex>(names_.size() - 1);
  }

  void tell(model::Event::Kind kind, model::Instant when, std::uint32_t index, std::uint32_t version = 0) {
    history_.events.push_back({kind, when, index, version});
  }

  model::History history_;
  std::vector<std::string> names_;
  std::vector<std::string> values_;
  std::deque<std::vector<std::string>> replies_;  // per state, per query; their addresses are given out
};

inline ::testing::AssertionResult holds(HistoryBuilder& history, model::Promise promise) {
  const auto verdict = history.verdict(promise);
  if (!verdict.violation) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << model::name_of(promise) << " fires: expected " << verdict.violation->expected
                                       << "; got " << verdict.violation->got;
}

/// The promise is broken, first by this operation, at its completion.
inline ::testing::AssertionResult broken_by(HistoryBuilder& history, model::Promise promise,
                                            model::OperationIndex operation) {
  const auto verdict = history.verdict(promise);
  if (!verdict.violation) return ::testing::AssertionFailure() << model::name_of(promise) << " does not fire";
  const auto& event = history.raw().events[verdict.violation->event];
  const bool right = verdict.violation->promise == promise && verdict.violation->operation == operation &&
                     event.kind == model::Event::Kind::complete && event.index == operation;
  return (right ? ::testing::AssertionSuccess() : ::testing::AssertionFailure())
         << "operation " << verdict.violation->operation << ": expected " << verdict.violation->expected << "; got "
         << verdict.violation->got;
}

}  // namespace trackside::testing
