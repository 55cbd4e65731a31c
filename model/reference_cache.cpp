// The specification, spelt out; the rules are stated in the header.
#include "model/reference_cache.hpp"

#include <algorithm>
#include <utility>

#include "model/require.hpp"

namespace trackside::model {
namespace {

// Times named by a server are any 64 bits.
std::int64_t saturating_sum(std::int64_t left, std::int64_t right) {
  if (right > 0 && left > INT64_MAX - right) return INT64_MAX;
  if (right < 0 && left < INT64_MIN - right) return INT64_MIN;
  return left + right;
}

}  // namespace

void ReferenceCache::initialize() { initialized_ = true; }

void ReferenceCache::link_up(std::int64_t client_id) {
  if (shut_down_) return;
  link_down();
  link_ = Link{client_id};
}

void ReferenceCache::link_down() {
  if (!link_) return;
  link_.reset();
  flush();
}

void ReferenceCache::link_vouched(Instant anchor, ServerInstant server_time) {
  if (!link_ || (link_->vouched && anchor < link_->anchor)) return;
  link_->vouched = true;
  link_->anchor = anchor;
  link_->server_time = server_time;
}

bool ReferenceCache::healthy(Instant now) const {
  return initialized_ && !shut_down_ && link_ && link_->vouched && now - link_->anchor < options_.max_idle;
}

std::optional<std::int64_t> ReferenceCache::client_id() const {
  if (!link_) return std::nullopt;
  return link_->client_id;
}

std::optional<std::string> ReferenceCache::get(Instant now, const CachedQuery& query) {
  ++totals_.misses;  // taken back by a hit
  if (!healthy(now) || bypasses_ > 0) return std::nullopt;
  const auto key = entries_.find(query.key);
  if (key == entries_.end()) return std::nullopt;
  const auto entry = key->second.find({query.command, query.arguments});
  if (entry == key->second.end()) return std::nullopt;
  if (entry->second.expires_at != never_expires && server_clock(now) >= entry->second.expires_at) {
    key->second.erase(entry);
    if (key->second.empty()) remove(query.key);
    return std::nullopt;
  }
  --totals_.misses;
  ++totals_.hits;
  make_most_recent(query.key);
  return entry->second.reply;
}

FillId ReferenceCache::begin_fill(Instant now, const CachedQuery& query) {
  if (!healthy(now)) return no_fill;
  fills_[++last_fill_] = {query, bypasses_ > 0};
  return last_fill_;
}

PutOutcome ReferenceCache::put(Instant now, FillId fill, const CachedQuery& query, std::string reply,
                               ServerInstant expires_at) {
  const bool valid = is_open(fill) && fills_[fill].query.key == query.key;
  fills_.erase(fill);
  if (!valid) return PutOutcome::refused_revoked;
  if (!healthy(now)) return PutOutcome::refused_unhealthy;
  Entry entry{std::move(reply), expires_at, ++kept_};
  if (!fits_alone(query, entry)) return PutOutcome::refused_bounds;
  entries_[query.key][{query.command, query.arguments}] = std::move(entry);
  remove_oldest_of_too_many(entries_[query.key]);
  make_most_recent(query.key);
  while (!within_bounds()) remove(std::string{recency_.back()});
  return PutOutcome::kept;
}

void ReferenceCache::abandon_fill(FillId fill) { fills_.erase(fill); }

bool ReferenceCache::is_open(FillId fill) const {
  const auto found = fills_.find(fill);
  return found != fills_.end() && !found->second.revoked;
}

void ReferenceCache::invalidate(const std::vector<std::string>& keys) {
  if (shut_down_) return;
  totals_.invalidations += keys.size();
  fence(keys);
}

void ReferenceCache::fence(const std::vector<std::string>& keys) {
  for (const auto& key : keys) {
    remove(key);
    for (auto& [id, fill] : fills_) fill.revoked = fill.revoked || fill.query.key == key;
  }
}

void ReferenceCache::flush() {
  entries_.clear();
  recency_.clear();
  revoke_all();
}

void ReferenceCache::reset() {
  if (shut_down_) return;
  flush();
  confidence_ = options_.confidence;
}

void ReferenceCache::begin_bypass() {
  if (shut_down_) return;
  ++bypasses_;
  revoke_all();
}

void ReferenceCache::end_bypass() {
  if (shut_down_) return;
  require(bypasses_ > 0, "a bypass ends only after it began");
  --bypasses_;
  revoke_all();
}

void ReferenceCache::shutdown() {
  flush();
  link_.reset();
  shut_down_ = true;
}

void ReferenceCache::feedback(const CachedQuery& query, Agreement agreement) {
  if (shut_down_) return;
  if (agreement == Agreement::yes) {
    if (options_.dynamic_confidence) confidence_ = std::min(100.0, confidence_ * 1.0001);
    return;
  }
  ++totals_.dirty;
  invalidate({query.key});
  if (options_.dynamic_confidence) confidence_ *= 0.999;
}

std::int64_t ReferenceCache::size_bytes() const {
  std::int64_t total = 0;
  for (const auto& [key, replies] : entries_) total += bytes_of(key, replies);
  return total;
}

std::vector<std::string> ReferenceCache::keys_by_recency() const { return {recency_.begin(), recency_.end()}; }

bool ReferenceCache::fits_alone(const CachedQuery& query, const Entry& entry) const {
  if (options_.max_keys == 0 || options_.max_size_bytes == 0) return false;
  const auto found = entries_.find(query.key);
  auto replies = found == entries_.end() ? Replies{} : found->second;
  replies[{query.command, query.arguments}] = entry;
  return options_.max_size_bytes < 0 || bytes_of(query.key, replies) <= options_.max_size_bytes;
}

bool ReferenceCache::within_bounds() const {
  const bool keys = options_.max_keys < 0 || static_cast<std::int64_t>(entries_.size()) <= options_.max_keys;
  return keys && (options_.max_size_bytes < 0 || size_bytes() <= options_.max_size_bytes);
}

std::int64_t ReferenceCache::bytes_of(const std::string& key, const Replies& replies) const {
  auto total = options_.key_overhead + static_cast<std::int64_t>(key.size());
  for (const auto& [query, entry] : replies) {
    total += options_.reply_overhead + 4 + static_cast<std::int64_t>(query.first.size() + entry.reply.size());
    for (const auto& argument : query.second) total += 4 + static_cast<std::int64_t>(argument.size());
  }
  return total;
}

ServerInstant ReferenceCache::server_clock(Instant now) const {
  return saturating_sum(now - link_->anchor, link_->server_time);
}

void ReferenceCache::remove_oldest_of_too_many(Replies& replies) const {
  if (replies.size() > options_.replies_per_key_max) {
    replies.erase(std::min_element(replies.begin(), replies.end(), [](const auto& left, const auto& right) {
      return left.second.kept < right.second.kept;
    }));
  }
}

void ReferenceCache::make_most_recent(const std::string& key) {
  recency_.remove(key);
  recency_.push_front(key);
}

void ReferenceCache::remove(const std::string& key) {
  entries_.erase(key);
  recency_.remove(key);
}

void ReferenceCache::revoke_all() {
  for (auto& [id, fill] : fills_) fill.revoked = true;
}

}  // namespace trackside::model
