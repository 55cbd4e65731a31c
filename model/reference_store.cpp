// The specification of what is kept, spelt out; the rules are stated in the header.
#include "model/reference_store.hpp"

#include <algorithm>

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

Voucher ReferenceStore::new_voucher(Voucher under) {
  vouchers_[++last_voucher_].under = under;
  return last_voucher_;
}

void ReferenceStore::set_server_clock(Voucher voucher, Instant sent, ServerInstant server_time) {
  Vouching& vouching = vouchers_[voucher];
  if (vouching.server_offset && sent < vouching.clock_asked) return;
  vouching.clock_asked = sent;
  vouching.server_offset = saturating_sum(server_time, -sent);
}

void ReferenceStore::prove(Voucher voucher, Instant anchor) {
  std::optional<Instant>& present = vouchers_[voucher].anchor;
  present = present ? std::max(*present, anchor) : anchor;
}

void ReferenceStore::end(Voucher voucher) {
  vouchers_[voucher].anchor.reset();
  vouchers_[voucher].server_offset.reset();
  for (auto& [name, replies] : entries_) {
    std::erase_if(replies, [&](const auto& reply) { return depends_on(reply.second.voucher, voucher); });
  }
  recency_.remove_if([&](const KeyName& name) { return entries_[name].empty(); });
  std::erase_if(entries_, [](const auto& key) { return key.second.empty(); });
  for (auto& [id, fill] : fills_) fill.revoked = fill.revoked || depends_on(fill.voucher, voucher);
}

bool ReferenceStore::depends_on(Voucher voucher, Voucher link) const {
  return voucher == link || vouchers_.at(voucher).under == link;
}

std::optional<Instant> ReferenceStore::proved(Voucher voucher) const {
  const Vouching& vouching = vouchers_.at(voucher);
  if (vouching.under == no_voucher || !vouching.anchor) return vouching.anchor;
  const auto other = proved(vouching.under);
  return other ? std::optional{std::min(*other, *vouching.anchor)} : std::nullopt;
}

bool ReferenceStore::vouches(Voucher voucher, Instant now, Instant max_idle) const {
  const auto anchor = proved(voucher);
  return anchor && now - *anchor < max_idle;
}

std::optional<ServerInstant> ReferenceStore::server_clock(Voucher voucher, Instant now) const {
  const auto offset = vouchers_.at(voucher).server_offset;
  return offset ? std::optional{saturating_sum(now, *offset)} : std::nullopt;
}

const KeptReply* ReferenceStore::find(const KeyName& name, const Question& question) const {
  const auto key = entries_.find(name);
  if (key == entries_.end()) return nullptr;
  const auto entry = key->second.find(question);
  return entry == key->second.end() ? nullptr : &entry->second;
}

void ReferenceStore::expire(const KeyName& name, const Question& question) {
  entries_[name].erase(question);
  remove_if_empty(name);
}

bool ReferenceStore::fits(const KeyName& name, const Question& question, const KeptReply& reply) const {
  if (bounds_.max_keys == 0 || bounds_.max_size_bytes == 0) return false;
  const auto found = entries_.find(name);
  auto replies = found == entries_.end() ? Replies{} : found->second;
  replies[question] = reply;
  return bounds_.max_size_bytes < 0 || bytes_of(name, replies) <= bounds_.max_size_bytes;
}

void ReferenceStore::keep(const KeyName& name, const Question& question, KeptReply reply) {
  reply.kept = ++kept_;
  entries_[name][question] = std::move(reply);
  remove_oldest_of_too_many(entries_[name]);
  make_most_recent(name);
  while (!within_bounds()) {
    entries_.erase(recency_.back());
    recency_.pop_back();
  }
}

void ReferenceStore::make_most_recent(const KeyName& name) {
  recency_.remove(name);
  recency_.push_front(name);
}

void ReferenceStore::remove(const KeyName& name) { overtake(name, no_voucher); }

void ReferenceStore::overtake(const KeyName& name, Voucher stream) {
  for (auto& [id, fill] : fills_) fill.revoked = fill.revoked || (fill.name == name && fill.voucher != stream);
  const auto key = entries_.find(name);
  if (key == entries_.end()) return;
  std::erase_if(key->second, [=](const auto& reply) { return reply.second.voucher != stream; });
  remove_if_empty(name);
}

void ReferenceStore::clear() {
  entries_.clear();
  recency_.clear();
  revoke_all();
}

void ReferenceStore::revoke_all() {
  for (auto& [id, fill] : fills_) fill.revoked = true;
}

FillId ReferenceStore::begin_fill(const ReferenceFill& fill) {
  fills_[++last_fill_] = fill;
  fills_[last_fill_].revoked = bypassed();
  return last_fill_;
}

std::optional<ReferenceFill> ReferenceStore::take_fill(FillId fill) {
  const auto found = fills_.find(fill);
  if (found == fills_.end()) return std::nullopt;
  const ReferenceFill taken = found->second;
  fills_.erase(found);
  return taken;
}

bool ReferenceStore::is_open(FillId fill) const {
  const auto found = fills_.find(fill);
  return found != fills_.end() && !found->second.revoked;
}

void ReferenceStore::begin_bypass() {
  ++bypasses_;
  revoke_all();
}

void ReferenceStore::end_bypass() {
  require(bypasses_ > 0, "a bypass ends only after it began");
  --bypasses_;
  revoke_all();
}

std::int64_t ReferenceStore::size_bytes() const {
  std::int64_t total = 0;
  for (const auto& [name, replies] : entries_) total += bytes_of(name, replies);
  return total;
}

std::vector<std::string> ReferenceStore::keys_by_recency() const {
  std::vector<std::string> keys;
  for (const KeyName& name : recency_) keys.push_back(name.key);
  return keys;
}

void ReferenceStore::remove_if_empty(const KeyName& name) {
  if (entries_[name].empty()) {
    entries_.erase(name);
    recency_.remove(name);
  }
}

bool ReferenceStore::within_bounds() const {
  const bool keys = bounds_.max_keys < 0 || static_cast<std::int64_t>(entries_.size()) <= bounds_.max_keys;
  return keys && (bounds_.max_size_bytes < 0 || size_bytes() <= bounds_.max_size_bytes);
}

std::int64_t ReferenceStore::block(std::int64_t size) const {
  const std::int64_t step = bounds_.block_step;
  return std::max((size + bounds_.block_header + step - 1) / step * step, bounds_.block_min);
}

std::int64_t ReferenceStore::bytes_of(const KeyName& name, const Replies& replies) const {
  auto total = bounds_.key_overhead + block(bounds_.key_header + static_cast<std::int64_t>(name.key.size()));
  for (const auto& [question, reply] : replies) {
    auto size = bounds_.reply_overhead + 4 + static_cast<std::int64_t>(question.command.size() + reply.frame.size());
    for (const auto& argument : question.arguments) size += 4 + static_cast<std::int64_t>(argument.size());
    total += block(size);
  }
  return total;
}

void ReferenceStore::remove_oldest_of_too_many(Replies& replies) const {
  if (replies.size() > bounds_.replies_per_key_max) {
    replies.erase(std::min_element(replies.begin(), replies.end(), [](const auto& left, const auto& right) {
      return left.second.kept < right.second.kept;
    }));
  }
}

}  // namespace trackside::model
