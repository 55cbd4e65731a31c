// A read command on a snapshot: the same command code, on a node that holds nothing but that one key.
#include <memory>

#include "sim/redis/context.hpp"

namespace trackside::sim::redis {

std::string evaluate(ValuePointer value, std::string_view key, std::span<const std::string_view> arguments,
                     resp::Protocol protocol) {
  Node node{ServerConfig{.databases = 1}, nullptr};
  Session& session = node.accept({});
  session.protocol = protocol;
  // Commands that read never change a value, and one that writes clones it first: the snapshot is shared.
  if (value != nullptr) node.keyspace.put(0, key, std::const_pointer_cast<Value>(std::move(value)));
  std::vector<std::string_view> request{arguments.begin(), arguments.end()};
  node.execute(session, request);
  return std::move(session.output);
}

}  // namespace trackside::sim::redis
