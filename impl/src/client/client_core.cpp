#include "trackside/client_core.hpp"

#include "client/cluster_core.hpp"
#include "client/detecting_core.hpp"
#include "client/node_core.hpp"
#include "client/sentinel_core.hpp"

namespace trackside {

namespace {

std::unique_ptr<ClientCore::Impl> make(Runtime& runtime, ClientOptions options, std::shared_ptr<AbstractCache> cache) {
  switch (options.topology) {
    case Topology::detect: return std::make_unique<DetectingCore>(runtime, std::move(options), std::move(cache));
    case Topology::node: break;
    case Topology::cluster: return std::make_unique<ClusterCore>(runtime, std::move(options), std::move(cache));
    case Topology::sentinel: return std::make_unique<SentinelCore>(runtime, std::move(options), std::move(cache));
  }
  return std::make_unique<NodeCore>(runtime, std::move(options), std::move(cache), NodeCore::Membership{});
}

}  // namespace

ClientCore::ClientCore(Runtime& runtime, ClientOptions options, std::shared_ptr<AbstractCache> cache)
    : impl_(make(runtime, std::move(options), std::move(cache))) {}

ClientCore::~ClientCore() { impl_->stop(); }

void ClientCore::start() { impl_->start(); }
void ClientCore::stop() { impl_->stop(); }
bool ClientCore::cached(const Command& command, Reply& out) { return impl_->cached(command, out); }

OperationId ClientCore::submit(Command command, Completion completion, const Reply* doubted) {
  return impl_->submit(std::move(command), completion, doubted, never);
}

OperationId ClientCore::submit_transaction(std::vector<Command> commands, Completion completion) {
  return impl_->submit_transaction(std::move(commands), completion, never);
}

void ClientCore::cancel(OperationId operation) { impl_->cancel(operation); }
bool ClientCore::healthy() const { return impl_->healthy(); }
Metrics ClientCore::metrics() const { return impl_->metrics(); }
error_code ClientCore::link_error() const { return impl_->link_error(); }

}  // namespace trackside
