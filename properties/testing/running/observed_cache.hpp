// A cache that passes everything on to the subject, tells the recorder what was done to the subject and what it said of
// its puts, its health, its size and its confidence, and tells the story what the subject was told. Works for any
// AbstractCache, so the verified cache and the naive ones are watched alike. In a cluster its parts are watched each by
// itself, and all count as the one client's.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "properties/testing/judging/recorder.hpp"
#include "properties/testing/timeline/timeline_recorder.hpp"
#include "sim/world.hpp"
#include "trackside/forwarding_cache.hpp"

namespace trackside::testing {

class ObservedCache final : public ForwardingCache {
 public:
  struct WatchedBy {
    Recorder& recorder;
    sim::World& world;
    TimelineRecorder* timeline;  // null: nobody wants a picture
    std::uint32_t client;
    std::uint32_t store;
    bool by_one_link;  // its client has one connection at a time, and all it asks goes with that
  };
  ObservedCache(std::shared_ptr<AbstractCache> subject, const WatchedBy& by)
      : ObservedCache(std::move(subject), by, std::make_shared<Shared>(), {}) {}

  std::shared_ptr<AbstractCache> part_for(std::string_view node) override {
    std::shared_ptr<AbstractCache> part = within().part_for(node);
    std::shared_ptr<AbstractCache>& watched = parts_[std::string{node}];
    if (watched == nullptr && part != nullptr) {
      watched.reset(
          new ObservedCache(std::move(part), watched_by_, shared_, " (" + std::string{node} + ')'));
    }
    return watched;
  }
  bool get(const Query& query, Reply& out) override {
    shared_->healthy_before_get = within().healthy();
    const bool found = within().get(query, out);
    if (found) {
      served_.emplace(query.key);
    }
    if (within().accepts(query)) {
      ++(found ? shared_->own.hits : shared_->own.misses);
      watched_by_.recorder.record_get(watched_by_.client, watched_by_.world.now(), query.key, found,
                                      shared_->healthy_before_get);
    }
    if (EntryLog* entries = entry_log()) {
      found ? entries->hit(watched_by_.world.now(), holder(), query)
            : entries->missed(watched_by_.world.now(), holder(), query);
    }
    return found;
  }
  /// In a row; ends with a miss, if there is one.
  void get_often(const Query& query, std::uint64_t times) {
    Reply reply;
    if (!get(query, reply)) return;
    std::uint64_t hits = 0;
    while (hits < times && within().get(query, reply)) ++hits;
    shared_->own.hits += hits;
    watched_by_.recorder.record_hits(watched_by_.client, query.key, hits);
    if (hits < times) {
      ++shared_->own.misses;
      watched_by_.recorder.record_get(watched_by_.client, watched_by_.world.now(), query.key, false, false);
    }
  }
  bool get_all(std::span<const Query> queries, std::span<Reply> out) override {
    shared_->healthy_before_get = within().healthy();
    const bool found = within().get_all(queries, out);
    for (const Query& query : found ? queries : std::span<const Query>{}) {
      served_.emplace(query.key);
      ++shared_->own.hits;
      watched_by_.recorder.record_get(watched_by_.client, watched_by_.world.now(), query.key, true,
                                      shared_->healthy_before_get);
    }
    if (EntryLog* entries = found ? entry_log() : nullptr) {
      for (const Query& query : queries) {
        entries->hit(watched_by_.world.now(), holder(), query);
      }
    }
    return found;
  }
  PutResult put(Fill fill, const Query& query, ReplyView value, ServerTime expires_at) override {
    const bool healthy_before = within().healthy();
    const PutResult result = within().put(fill, query, value, expires_at);
    watched_by_.recorder.record_put({.client = watched_by_.client,
                                     .at = watched_by_.world.now(),
                                     .kept = result == PutResult::kept,
                                     .healthy = healthy_before,
                                     .usage = usage_now()});
    if (EntryLog* entries = result == PutResult::kept ? entry_log() : nullptr) {
      entries->kept(watched_by_.world.now(), watched_by_.timeline->next_order(), holder(), fill, query,
                    value.frame());
    }
    tell({&query.key, 1}, [&] {
      return (result == PutResult::kept ? "keeps " : "may not keep ") + to_text(value, 40) + " for " +
             std::string{query.command} + ' ' + std::string{query.key};
    });
    return result;
  }
  Fill begin_fill(const Query& query, DataConnection by) override {
    const Fill fill = within().begin_fill(query, by);
    if (EntryLog* entries = entry_log()) {
      entries->asked(holder(), fill, query);
    }
    return fill;
  }
  void invalidate(std::span<const std::string_view> keys) override {
    tell(keys, [&] { return "is to forget" + names(keys); });
    forgotten(keys, "the cache was told to forget it");
    told_of(keys);
    within().invalidate(keys);
    shared_->own.invalidations += keys.size();
    watched_by_.recorder.record_invalidation(watched_by_.client, keys);
  }
  void feedback(const Query& query, Match match) override {
    within().feedback(query, match);
    if (match == Match::no) {
      if (!served_.contains(query.key) && shared_->unfounded_mismatch.empty()) {
        shared_->unfounded_mismatch = query.key;
      }
      ++shared_->own.dirty;
      ++shared_->own.invalidations;
      watched_by_.recorder.record_mismatch(watched_by_.client, query.key);
      forgotten({&query.key, 1}, "a comparison with the server showed that it was wrong");
    }
    tell({&query.key, 1}, [&] {
      return (match == Match::yes ? "is told that it was right about " : "is told that it was wrong about ") +
             std::string{query.command} + ' ' + std::string{query.key};
    });
    record(match == Match::yes ? Cause::match : Cause::mismatch);
  }
  void reset() override {
    all_forgotten("the cache was reset");
    within().reset();
    watched_by_.recorder.record_compaction(watched_by_.client);
    record(Cause::reset);
  }
  void fence(std::span<const std::string_view> keys) override {
    tell(keys, [&] { return "is fenced against" + names(keys); });
    forgotten(keys, EntryLog::own_write);
    told_of(keys);
    within().fence(keys);
  }
  void begin_bypass() override {
    bypassed(true);
    within().begin_bypass();
  }
  void end_bypass() override {
    bypassed(false);
    within().end_bypass();
  }
  void flush() override {
    tell({}, [] { return std::string{"is to forget everything"}; });
    all_forgotten("the cache was told to forget everything");
    served_.clear();
    within().flush();
    record(Cause::flush);
  }
  void link_up(std::int64_t client_id) override {
    tell({}, [] { return std::string{"has a link"}; });
    is_linked_ = true;
    linked_at_ = watched_by_.world.now();
    within().link_up(client_id);
  }
  void data_up(DataConnection connection) override {
    tell({}, [] { return std::string{"is told by its link of another connection"}; });
    within().data_up(connection);
  }
  void data_down(DataConnection connection, Time as_of) override {
    tell({}, [] { return std::string{"is told of one connection less"}; });
    within().data_down(connection, as_of);
  }
  void link_down() override {
    tell({}, [] { return std::string{"has lost its link"}; });
    all_forgotten("the cache lost its link");
    if (std::exchange(is_linked_, false) && watched_by_.by_one_link) {
      watched_by_.recorder.record_link_lost(watched_by_.client, linked_at_, watched_by_.world.now());
    }
    within().link_down();
  }

  /// Of the part that was asked last.
  bool healthy_before_get() const { return shared_->healthy_before_get; }
  /// What was done to this client's cache, also where others count in the same statistics.
  const model::Counters& own() const { return shared_->own; }

  /// A key whose reply counted as a mismatch although the cache had been told to forget what it had served of it, so
  /// that nothing was wrong with it; empty: none.
  const std::string& unfounded_mismatch() const { return shared_->unfounded_mismatch; }
  /// The program compares by itself.
  void compared_by_program(std::string_view key) { served_.emplace(key); }

  /// What the subject says to have counted so far.
  model::Counters claims() const {
    const CacheSummary summary = within().stats()->summary();
    return {.hits = summary.hits,
            .misses = summary.misses,
            .dirty = summary.dirty_hits,
            .invalidations = summary.invalidations};
  }

 private:
  using Cause = model::ConfidenceRecord::Cause;

  struct Shared {
    bool healthy_before_get = false;
    model::Counters own{};
    std::string unfounded_mismatch{};
  };

  ObservedCache(std::shared_ptr<AbstractCache> subject, const WatchedBy& by, std::shared_ptr<Shared> shared,
                std::string name)
      : ForwardingCache(std::move(subject)),
        watched_by_(by),
        shared_(std::move(shared)),
        name_(std::move(name)) {}

  void record(Cause cause) {
    watched_by_.recorder.record_confidence({.client = watched_by_.client,
                                            .at = watched_by_.world.now(),
                                            .cause = cause,
                                            .confidence = within().confidence()});
  }

  std::optional<model::Usage> usage_now() const {
    const auto usage = within().usage();
    return usage ? std::optional{model::Usage{.keys = usage->keys, .bytes = usage->bytes}} : std::nullopt;
  }

  template <class Text>
  void tell(std::span<const std::string_view> keys, const Text& text) {
    if (watched_by_.world.trace().on()) {
      watched_by_.world.trace().add(watched_by_.world.now(), "client" + std::to_string(watched_by_.client),
                                    "cache " + text() + name_);
    }
    if (watched_by_.timeline != nullptr) {
      watched_by_.timeline->note(watched_by_.world.now(), watched_by_.client, "cache " + text() + name_, keys);
    }
  }

  EntryLog* entry_log() const {
    return watched_by_.timeline != nullptr ? &watched_by_.timeline->entries() : nullptr;
  }
  EntryLog::Holder holder() const { return {watched_by_.client, watched_by_.store, &within()}; }
  void forgotten(std::span<const std::string_view> keys, std::string_view why) const {
    if (EntryLog* entries = entry_log()) {
      entries->forgotten(watched_by_.world.now(), holder(), keys, why);
    }
  }
  void bypassed(bool begins) const {
    if (EntryLog* entries = entry_log()) {
      entries->bypassed(holder(), begins);
    }
  }
  void all_forgotten(std::string_view why) const {
    if (EntryLog* entries = entry_log()) {
      entries->all_forgotten(watched_by_.world.now(), holder(), why);
    }
  }

  void told_of(std::span<const std::string_view> keys) {
    for (const std::string_view key : keys) {
      if (const auto at = served_.find(key); at != served_.end()) served_.erase(at);
    }
  }

  static std::string names(std::span<const std::string_view> keys) {
    std::string text;
    for (const std::string_view key : keys) {
      text += ' ';
      text += key;
    }
    return text;
  }

  const WatchedBy watched_by_;
  const std::shared_ptr<Shared> shared_;  // by all parts
  const std::string name_;                // of a part: " (10.1.0.1:6379)"
  bool is_linked_ = false;
  sim::Instant linked_at_ = 0;
  std::set<std::string, std::less<>> served_;  // keys, since it was told to forget them
  std::map<std::string, std::shared_ptr<AbstractCache>, std::less<>> parts_;
};

}  // namespace trackside::testing
