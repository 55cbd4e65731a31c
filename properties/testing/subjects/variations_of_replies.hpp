// Ideas about replies: when one may be kept, for how long, and what takes it away again.
#pragma once

#include <algorithm>
#include <map>

#include "properties/testing/subjects/variation.hpp"

namespace trackside::testing {

/// Forgets a key when its own write is sent, and not once more when that is answered. Of a script whose keys nobody
/// knows it forgets nothing. What it does not forget waits for the server's push, which comes after the answer.
class NoFence final : public Variation<NoFence> {
 public:
  using Variation::Variation;
  void fence(std::span<const std::string_view>) override {}
  void begin_bypass() override {}
  void end_bypass() override {}
};

/// Opens a fill when its reply is there: an invalidation that overtook the reply found nothing to remove, and the reply
/// moves in after it.
class LateFill final : public Variation<LateFill> {
 public:
  using Variation::Variation;

  Fill begin_fill(const Query& query, DataConnection by) override {
    const Fill fill = within().begin_fill(query, by);
    connections_[fill] = by;
    return fill;
  }
  void abandon_fill(Fill fill) override {
    connections_.erase(fill);
    within().abandon_fill(fill);
  }
  PutResult put(Fill asked, const Query& query, ReplyView value, ServerTime expires_at) override {
    const auto by = connections_.find(asked);
    if (by == connections_.end()) {
      return within().put(asked, query, value, expires_at);
    }
    const Fill answered = within().begin_fill(query, by->second);
    abandon_fill(asked);
    return within().put(answered, query, value, expires_at);
  }

 private:
  std::map<Fill, DataConnection> connections_;
};

/// A push without keys names nothing that could be removed.
class IgnoresNullPush final : public Variation<IgnoresNullPush> {
 public:
  using Variation::Variation;
  void flush() override {}
};

/// Leaves expiry to the server, whose push comes when it deletes the key, which is later.
class NoTtl final : public Variation<NoTtl> {
 public:
  using Variation::Variation;
  PutResult put(Fill fill, const Query& query, ReplyView value, ServerTime expires_at) override {
    return within().put(fill, query, value, expires_at == key_absent ? key_absent : no_expiry);
  }
};

/// Counts entries and not bytes.
class BoundedByKeysOnly final : public Variation<BoundedByKeysOnly> {
 public:
  using Variation::Variation;
  static CacheOptions options_within(CacheOptions options) {
    options.max_size_bytes = -1;
    return options;
  }
};

}  // namespace trackside::testing
