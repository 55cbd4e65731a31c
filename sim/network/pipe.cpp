// See pipe.hpp.
#include "sim/network/pipe.hpp"

#include <algorithm>

#include "sim/kernel/assertion.hpp"
#include "sim/kernel/hash.hpp"

namespace trackside::sim {

void Pipe::push(ChunkKind kind, std::string_view bytes, Instant arrival, std::uint64_t hash) {
  if (empty()) {
    bytes_.clear();
    head_ = 0;
    chunks_.clear();
    first_ = 0;
  } else {
    require(back().kind == ChunkKind::data, "nothing is sent behind the end of a connection");
    arrival = std::max(arrival, back().arrival);
  }
  if (head_ > 4096 && head_ > bytes_.size() / 2) {
    bytes_.erase(0, head_);
    head_ = 0;
  }
  if (first_ > 64 && first_ > chunks_.size() / 2) {
    chunks_.erase(chunks_.begin(), chunks_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
  }
  bytes_.append(bytes);
  chunks_.push_back({arrival, hash, static_cast<std::uint32_t>(bytes.size()), kind});
}

void Pipe::drop_after(Instant instant) {
  while (!empty() && back().arrival > instant) {
    bytes_.resize(bytes_.size() - back().length);
    chunks_.pop_back();
  }
}

void Pipe::cut_after(Instant instant, std::size_t keep, Instant arrival) {
  std::size_t surplus = bytes_after(instant) - keep;
  while (!empty() && back().arrival > instant && (surplus > 0 || back().kind != ChunkKind::data)) {
    Chunk& last = chunks_.back();
    const std::size_t part = std::min<std::size_t>(last.length, surplus);
    surplus -= part;
    bytes_.resize(bytes_.size() - part);
    last.length -= static_cast<std::uint32_t>(part);
    if (last.length == 0) {
      chunks_.pop_back();
    }
  }
  for (std::size_t position = first_; position < chunks_.size(); ++position) {
    if (chunks_[position].arrival > instant) {
      chunks_[position].arrival = std::max(arrival, instant);
    }
  }
}

void Pipe::postpone(Instant since, Instant not_before) {
  for (std::size_t position = first_; position < chunks_.size(); ++position) {
    if (chunks_[position].arrival >= since) {
      chunks_[position].arrival = std::max(chunks_[position].arrival, not_before);
    }
  }
}

void Pipe::clear() {
  first_ = chunks_.size();
  head_ = bytes_.size();
}

std::size_t Pipe::bytes_after(Instant instant) const noexcept {
  std::size_t total = 0;
  for (std::size_t position = chunks_.size(); position > first_ && chunks_[position - 1].arrival > instant;
       --position) {
    total += chunks_[position - 1].length;
  }
  return total;
}

std::string_view Pipe::take(Instant until, std::size_t limit, std::uint64_t& hash) {
  std::size_t length = 0;
  while (!empty() && front().kind == ChunkKind::data && front().arrival <= until && length < limit) {
    Chunk& chunk = chunks_[first_];
    const std::size_t part = std::min<std::size_t>(chunk.length, limit - length);
    hash = fold(hash, chunk.hash + part);
    length += part;
    chunk.length -= static_cast<std::uint32_t>(part);
    first_ += chunk.length == 0 ? 1 : 0;
  }
  const std::string_view taken = std::string_view(bytes_).substr(head_, length);
  head_ += length;
  return taken;
}

ChunkKind Pipe::take_end() {
  require(front().kind != ChunkKind::data, "an end is taken when the data before it was");
  return chunks_[first_++].kind;
}

}  // namespace trackside::sim
