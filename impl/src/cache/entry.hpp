// How a key and its replies lie in memory: one block per key, one per reply, nothing else.
//
// A key's block is its header followed by the key's bytes. A reply's block is its header, the question in length-
// prefixed form (so that "ab","c" and "a","bc" differ), and the RESP frame. The store owns both by hand, because a
// block's size is only known when it is made; everything here is plain data without invariants of its own.
#pragma once

#include <cstdint>
#include <cstring>
#include <new>
#include <string_view>

#include "cache/hash.hpp"
#include "trackside/abstract_cache.hpp"

namespace trackside::cache {

class Lease;

/// As memcmp, for sizes that are known to be equal and mostly short: no call up to 16 bytes.
inline bool same_bytes(const char* left, const char* right, std::size_t size) {
  const auto differ = [&]<class Word>(Word, std::size_t at) {
    Word first;
    Word second;
    std::memcpy(&first, left + at, sizeof first);
    std::memcpy(&second, right + at, sizeof second);
    return first != second;
  };
  if (size > 16) {
    return std::memcmp(left, right, size) == 0;
  }
  if (size >= 8) {
    return !differ(std::uint64_t{}, 0) && !differ(std::uint64_t{}, size - 8);
  }
  if (size >= 4) {
    return !differ(std::uint32_t{}, 0) && !differ(std::uint32_t{}, size - 4);
  }
  for (std::size_t at = 0; at < size; ++at) {
    if (left[at] != right[at]) {
      return false;
    }
  }
  return true;
}

/// When a question was sent, in ticks of 2^24 ns (17 ms), rounded down; comes round again after two years.
class Birth {
 public:
  Birth() = default;
  explicit Birth(Time at) : ticks_(ticks(at)) {}
  /// Rounded up, so that nothing is younger than it seems.
  Duration age(Time now) const {
    return Duration{static_cast<std::int64_t>(std::uint32_t{ticks(now) - ticks_ + 1}) << shift};
  }

 private:
  static constexpr int shift = 24;
  static std::uint32_t ticks(Time at) { return static_cast<std::uint32_t>(at.time_since_epoch().count() >> shift); }
  std::uint32_t ticks_ = 0;
};

struct CachedReply {
  CachedReply* next;
  const Lease* lease;
  ServerTime expires_at;
  std::uint32_t question_size;
  std::uint32_t frame_size;
  std::uint32_t space;  // database, user and protocol
  Birth birth;

  char* bytes() { return reinterpret_cast<char*>(this + 1); }
  const char* bytes() const { return reinterpret_cast<const char*>(this + 1); }
  std::string_view frame() const { return {bytes() + question_size, frame_size}; }
};

/// Does not hold its hash: eight bytes more would cost sixteen of the allocator at common key lengths.
struct CachedKey {
  std::uint64_t stamp;  // when it was last used; larger is more recent
  CachedReply* replies;
  std::uint16_t server;
  std::uint16_t hits;   // not told to the statistics yet
  std::uint32_t key_size;

  char* bytes() { return reinterpret_cast<char*>(this + 1); }
  std::string_view key() const { return {reinterpret_cast<const char*>(this + 1), key_size}; }
  std::uint64_t hash() const { return hash_bytes(key(), server); }
};

inline std::size_t question_size(const Query& query) {
  std::size_t size = sizeof(std::uint32_t) + query.command.size();
  for (const std::string_view argument : query.arguments) {
    size += sizeof(std::uint32_t) + argument.size();
  }
  return size;
}

inline char* write_part(char* at, std::string_view part) {
  const auto size = static_cast<std::uint32_t>(part.size());
  std::memcpy(at, &size, sizeof size);
  if (!part.empty()) {
    std::memcpy(at + sizeof size, part.data(), part.size());
  }
  return at + sizeof size + part.size();
}

inline bool part_equals(const char*& at, const char* end, std::string_view part) {
  std::uint32_t size = 0;
  if (end - at < static_cast<std::ptrdiff_t>(sizeof size)) {
    return false;
  }
  std::memcpy(&size, at, sizeof size);
  if (size != part.size() || !same_bytes(at + sizeof size, part.data(), size)) {
    return false;
  }
  at += sizeof size + size;
  return true;
}

inline bool asks_the_same(const CachedReply& reply, const Query& query) {
  const char* at = reply.bytes();
  const char* const end = at + reply.question_size;
  if (!part_equals(at, end, query.command)) {
    return false;
  }
  for (const std::string_view argument : query.arguments) {
    if (!part_equals(at, end, argument)) {
      return false;
    }
  }
  return at == end;
}

inline CachedReply* make_reply(const Query& query, std::string_view frame) {
  const std::size_t question = question_size(query);
  void* const block = ::operator new(sizeof(CachedReply) + question + frame.size());
  auto* const reply = new (block) CachedReply{};
  reply->question_size = static_cast<std::uint32_t>(question);
  reply->frame_size = static_cast<std::uint32_t>(frame.size());
  char* at = write_part(reply->bytes(), query.command);
  for (const std::string_view argument : query.arguments) {
    at = write_part(at, argument);
  }
  if (!frame.empty()) {
    std::memcpy(at, frame.data(), frame.size());
  }
  return reply;
}

inline CachedKey* make_key(std::string_view key) {
  void* const block = ::operator new(sizeof(CachedKey) + key.size());
  auto* const node = new (block) CachedKey{};
  node->key_size = static_cast<std::uint32_t>(key.size());
  if (!key.empty()) {
    std::memcpy(node->bytes(), key.data(), key.size());
  }
  return node;
}

inline void free_block(void* block) { ::operator delete(block); }

}  // namespace trackside::cache
