#include "properties/testing/subjects/naive_cache.hpp"

#include <algorithm>

namespace trackside::testing {
namespace {

std::string question_of(const Query& query) {
  std::string question{query.command};
  for (const std::string_view argument : query.arguments) {
    question += '\0' + std::to_string(argument.size()) + ':';
    question += argument;
  }
  return question;
}

}  // namespace

bool NaiveCache::get(const Query& query, Reply& out) {
  const auto at = entries_.find(query.key);
  if (at != entries_.end()) {
    const auto reply = at->second.replies.find(question_of(query));
    if (reply != at->second.replies.end()) {
      recency_.splice(recency_.begin(), recency_, at->second.recency);
      out.assign(reply->second);
      stats_->count_hits(query.key, 1);
      return true;
    }
  }
  stats_->count_miss(query.key);
  return false;
}

PutResult NaiveCache::put(Fill, const Query& query, ReplyView value, ServerTime) {
  auto [at, added] = entries_.try_emplace(std::string{query.key});
  if (added) {
    recency_.push_front(at->first);
    at->second.recency = recency_.begin();
  }
  at->second.replies[question_of(query)] = value.frame();
  while (options_.max_keys >= 0 && entries_.size() > static_cast<std::size_t>(options_.max_keys)) {
    entries_.erase(recency_.back());
    recency_.pop_back();
  }
  return PutResult::kept;
}

void NaiveCache::invalidate(std::span<const std::string_view> keys) {
  for (const std::string_view key : keys) {
    stats_->count_invalidation(key);
    const auto at = entries_.find(key);
    if (at != entries_.end()) {
      recency_.erase(at->second.recency);
      entries_.erase(at);
    }
  }
}

void NaiveCache::feedback(const Query& query, Match match) {
  if (match == Match::no) {
    stats_->count_dirty(query.key);
    invalidate({&query.key, 1});
  }
  if (options_.dynamic_confidence) {
    confidence_ = std::clamp(confidence_ * (match == Match::yes ? 1.0001 : 0.999), 0.0, 100.0);
  }
}

void NaiveCache::reset() {
  entries_.clear();
  recency_.clear();
  confidence_ = options_.confidence;
}

void NaiveCache::link_up(std::int64_t client_id) {
  connected_ = true;
  client_id_ = client_id;
  reset();
}

}  // namespace trackside::testing
