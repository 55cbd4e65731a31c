// How to try a cache of your own on the simulated Redis.
//
// OwnCache is a map, as one writes it in an afternoon: a time to live for each key, pushes that remove, nothing served
// without a link that proved itself within max_idle. Its first version, with the hole that most caches have, puts down
// every reply that comes. A reply can be overtaken by an invalidation: the key is written while the reply travels, the
// invalidation finds nothing to remove, and the old value moves in for good. No unit test of the map shows that; the
// simulator finds it and tells it step by step. The second version keeps a reply only if nothing overtook it.
//
// Ends with 0 if the first version is caught and the second one is not.
#include <cstdio>
#include <map>
#include <memory>
#include <string>

#include "trackside/abstract_cache.hpp"
#include "trackside/testing/try_cache.hpp"

namespace {

using namespace trackside;

enum class Keeps { every_reply, what_nothing_overtook };

class OwnCache final : public AbstractCache {
 public:
  OwnCache(const CacheOptions& options, Keeps keeps) : max_idle_(options.max_idle), keeps_(keeps) {}

  std::shared_ptr<AbstractCache> initialize(const Clock& clock, const CacheScope&) override {
    clock_ = &clock;
    return nullptr;  // the client is to use this very object
  }
  bool healthy() const override { return client_id_ && !bypassed_ && clock_->now() - max_idle_ < vouched_at_; }
  double confidence() const override { return 100; }
  std::shared_ptr<CacheStats> stats() const override { return stats_; }
  std::optional<std::int64_t> get_client_id() const override { return client_id_; }
  Duration max_idle() const override { return max_idle_; }

  bool get(const Query& query, Reply& out) override {
    const auto entry = entries_.find(name_of(query));
    if (!healthy() || entry == entries_.end() || may_have_expired(entry->second)) {
      stats_->count_miss(query.key);
      return false;
    }
    stats_->count_hits(query.key, 1);
    out.assign(entry->second.frame);
    return true;
  }

  // A miss goes out as a fill, and comes back by `put`. What removes a key meanwhile revokes its fills.
  Fill begin_fill(const Query& query, DataConnection) override {
    open_fills_.emplace(++fills_, query.key);
    return Fill{fills_};
  }
  bool is_open(Fill fill) const override {
    return keeps_ == Keeps::every_reply || open_fills_.contains(static_cast<std::uint64_t>(fill));
  }
  void abandon_fill(Fill fill) override { open_fills_.erase(static_cast<std::uint64_t>(fill)); }
  PutResult put(Fill fill, const Query& query, ReplyView value, ServerTime expires_at) override {
    const bool open = is_open(fill);
    abandon_fill(fill);
    if (!open)
      return PutResult::refused_revoked;
    if (!healthy())
      return PutResult::refused_unhealthy;
    entries_.insert_or_assign(name_of(query), Entry{std::string{value.frame()}, expires_at});
    return PutResult::kept;
  }

  void invalidate(std::span<const std::string_view> keys) override {
    for (const std::string_view key : keys) {
      stats_->count_invalidation(key);
    }
    fence(keys);
  }
  void fence(std::span<const std::string_view> keys) override {
    for (const std::string_view key : keys) {
      std::erase_if(entries_, [key](const auto& entry) { return entry.first.front() == key; });
      std::erase_if(open_fills_, [key](const auto& fill) { return fill.second == key; });
    }
  }
  void reset() override {
    entries_.clear();
    open_fills_.clear();
  }
  void shutdown() override { link_down(); }
  void feedback(const Query& query, Match match) override {
    if (match == Match::no)
      fence({&query.key, 1});
  }

  // While a write is under way whose keys nobody knows, nothing is served.
  void begin_bypass() override { ++bypassed_; }
  void end_bypass() override { --bypassed_; }

  void link_up(std::int64_t client_id) override { client_id_ = client_id; }
  void link_vouched(Time anchor, std::optional<ServerTime> server_time) override {
    vouched_at_ = anchor;
    server_time_ = server_time;
  }
  void link_down() override {
    client_id_.reset();
    vouched_at_ = long_ago;
    reset();
  }

 private:
  using Name = std::vector<std::string>;  // the key, the command, its arguments
  struct Entry {
    std::string frame;
    ServerTime expires_at = no_expiry;
  };

  static Name name_of(const Query& query) {
    Name name{std::string{query.key}, std::string{query.command}};
    name.insert(name.end(), query.arguments.begin(), query.arguments.end());
    return name;
  }
  // The last probe was sent at vouched_at_ and read the server's clock later, so that shows at most this much more now.
  bool may_have_expired(const Entry& entry) const {
    return entry.expires_at != no_expiry &&
           (!server_time_ || entry.expires_at - *server_time_ <= (clock_->now() - vouched_at_).count());
  }

  const Duration max_idle_;
  const Keeps keeps_;
  const std::shared_ptr<CacheStats> stats_ = std::make_shared<CacheStats>();
  const Clock* clock_ = nullptr;
  std::optional<std::int64_t> client_id_;
  Time vouched_at_ = long_ago;
  std::optional<ServerTime> server_time_;
  int bypassed_ = 0;
  std::uint64_t fills_ = 0;
  std::map<Name, Entry> entries_;
  std::map<std::uint64_t, std::string> open_fills_;  // and their keys
};

testing::Findings try_it(std::string name, Keeps keeps) {
  const auto make = [keeps](const CacheOptions& options) { return std::make_shared<OwnCache>(options, keeps); };
  testing::Findings findings = testing::try_cache(make, {.name = std::move(name), .runs = 1000, .jobs = 0});
  std::printf("%s\n", testing::to_text(findings).c_str());
  return findings;
}

}  // namespace

int main() {
  const testing::Findings first = try_it("keeps-every-reply", Keeps::every_reply);
  const testing::Findings second = try_it("keeps-what-nothing-overtook", Keeps::what_nothing_overtook);
  return !first.held() && second.held() && second.hits > 0 ? 0 : 1;
}
