// A cache that passes everything on to the subject, tells the recorder what was done to the subject and what it said of
// its puts, its health, its size and its confidence, and tells the story what the subject was told. Works for any
// AbstractCache, so the verified cache and the naive ones are watched alike.
#pragma once

#include <memory>
#include <string>

#include "properties/testing/recorder.hpp"
#include "sim/world.hpp"
#include "trackside/abstract_cache.hpp"

namespace trackside::testing {

class ObservedCache final : public AbstractCache {
 public:
  ObservedCache(std::shared_ptr<AbstractCache> subject, Recorder& recorder, sim::World& world, std::uint32_t client)
      : subject_(std::move(subject)), recorder_(recorder), world_(world), client_(client) {}

  bool healthy() const override { return subject_->healthy(); }
  double confidence() const override { return subject_->confidence(); }
  std::shared_ptr<CacheStats> stats() const override { return subject_->stats(); }
  std::optional<std::int64_t> get_client_id() const override { return subject_->get_client_id(); }
  Duration max_idle() const override { return subject_->max_idle(); }
  bool is_open(Fill fill) const override { return subject_->is_open(fill); }
  bool holds(const Query& query, ReplyView value) const override { return subject_->holds(query, value); }

  const TrackingOptions& tracking() const override { return subject_->tracking(); }
  bool accepts(const Query& query) const override { return subject_->accepts(query); }
  std::optional<CacheUsage> usage() const override { return subject_->usage(); }
  std::shared_ptr<CacheStore> store() const override { return subject_->store(); }
  std::vector<std::int64_t> foreign_connections() const override { return subject_->foreign_connections(); }

  std::shared_ptr<AbstractCache> initialize(const Clock& clock, const CacheScope& scope) override {
    if (std::shared_ptr<AbstractCache> share = subject_->initialize(clock, scope)) {
      subject_ = std::move(share);
    }
    return nullptr;
  }
  bool get(const Query& query, Reply& out) override {
    healthy_before_get_ = subject_->healthy();
    const bool found = subject_->get(query, out);
    if (subject_->accepts(query)) {
      recorder_.record_get(client_, world_.now(), found, healthy_before_get_);
    }
    return found;
  }
  bool get_all(std::span<const Query> queries, std::span<Reply> out) override {
    healthy_before_get_ = subject_->healthy();
    const bool found = subject_->get_all(queries, out);
    for (std::size_t count = found ? queries.size() : 0; count > 0; --count) {
      recorder_.record_get(client_, world_.now(), true, healthy_before_get_);
    }
    return found;
  }
  bool confirm_all(std::span<const Query> queries, std::span<const ReplyView> replies) const override {
    return subject_->confirm_all(queries, replies);
  }
  PutResult put(Fill fill, const Query& query, ReplyView value, ServerTime expires_at) override {
    const bool healthy_before = subject_->healthy();
    const PutResult result = subject_->put(fill, query, value, expires_at);
    recorder_.record_put({.client = client_,
                          .at = world_.now(),
                          .kept = result == PutResult::kept,
                          .healthy = healthy_before,
                          .usage = usage_now()});
    tell([&] {
      return (result == PutResult::kept ? "keeps " : "may not keep ") + to_text(value, 40) + " for " +
             std::string{query.command} + ' ' + std::string{query.key};
    });
    return result;
  }
  void invalidate(std::span<const std::string_view> keys) override {
    tell([&] { return "is to forget" + names(keys); });
    subject_->invalidate(keys);
    recorder_.record_invalidation(client_, keys.size());
  }
  void feedback(const Query& query, Match match) override {
    subject_->feedback(query, match);
    tell([&] {
      return (match == Match::yes ? "is told that it was right about " : "is told that it was wrong about ") +
             std::string{query.command} + ' ' + std::string{query.key};
    });
    record(match == Match::yes ? Cause::match : Cause::mismatch);
  }
  void reset() override {
    subject_->reset();
    record(Cause::reset);
  }
  void shutdown() override { subject_->shutdown(); }
  Fill begin_fill(const Query& query, DataConnection by) override { return subject_->begin_fill(query, by); }
  void seen(std::span<const std::string_view> keys, DataConnection by) override { subject_->seen(keys, by); }
  void abandon_fill(Fill fill) override { subject_->abandon_fill(fill); }
  void fence(std::span<const std::string_view> keys) override {
    tell([&] { return "is fenced against" + names(keys); });
    subject_->fence(keys);
  }
  void begin_bypass() override { subject_->begin_bypass(); }
  void end_bypass() override { subject_->end_bypass(); }
  void flush() override {
    tell([] { return std::string{"is to forget everything"}; });
    subject_->flush();
    record(Cause::flush);
  }
  void link_up(std::int64_t client_id) override {
    tell([] { return std::string{"has a link"}; });
    subject_->link_up(client_id);
  }
  void link_vouched(Time anchor, std::optional<ServerTime> server_time) override {
    subject_->link_vouched(anchor, server_time);
  }
  void data_up(DataConnection connection) override {
    tell([] { return std::string{"is told by its link of another connection"}; });
    subject_->data_up(connection);
  }
  void data_vouched(DataConnection connection, Time anchor, ServerTime server_time) override {
    subject_->data_vouched(connection, anchor, server_time);
  }
  void data_down(DataConnection connection, Time as_of) override {
    tell([] { return std::string{"is told of one connection less"}; });
    subject_->data_down(connection, as_of);
  }
  void link_down() override {
    tell([] { return std::string{"has lost its link"}; });
    subject_->link_down();
  }

  bool healthy_before_get() const { return healthy_before_get_; }

  /// What the subject says to have counted so far.
  model::Counters claims() const {
    const CacheSummary summary = subject_->stats()->summary();
    return {.hits = summary.hits,
            .misses = summary.misses,
            .dirty = summary.dirty_hits,
            .invalidations = summary.invalidations};
  }

 private:
  using Cause = model::ConfidenceRecord::Cause;

  void record(Cause cause) {
    recorder_.record_confidence(
        {.client = client_, .at = world_.now(), .cause = cause, .confidence = subject_->confidence()});
  }

  std::optional<model::Usage> usage_now() const {
    const auto usage = subject_->usage();
    return usage ? std::optional{model::Usage{.keys = usage->keys, .bytes = usage->bytes}} : std::nullopt;
  }

  template <class Text>
  void tell(const Text& text) {
    if (world_.trace().on()) {
      world_.trace().add(world_.now(), "client" + std::to_string(client_), "cache " + text());
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

  std::shared_ptr<AbstractCache> subject_;
  Recorder& recorder_;
  sim::World& world_;
  const std::uint32_t client_;
  bool healthy_before_get_ = false;
};

}  // namespace trackside::testing
