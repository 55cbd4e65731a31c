// A key's content as others hold it: an immutable snapshot, which a later write leaves alone.
#pragma once

#include <memory>

namespace trackside::sim::redis {

struct Value;  // string, hash, set, list or sorted set: value.hpp
using ValuePointer = std::shared_ptr<const Value>;

}  // namespace trackside::sim::redis
