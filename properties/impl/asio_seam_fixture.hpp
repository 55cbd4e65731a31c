// The seam's fixture over real sockets: an AsioRuntime and a plain peer, in one io_context and one thread.
// Neighbours: seam_contract.hpp says what each of these functions means.
#pragma once

#include <memory>
#include <string>

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>

#include "properties/impl/seam_contract.hpp"
#include "trackside/asio_runtime.hpp"

namespace trackside::testing {

class AsioSeamFixture final : public SeamFixture {
 public:
  enum class Transport : std::uint8_t { tcp, unix_domain };

  explicit AsioSeamFixture(Transport transport);
  ~AsioSeamFixture() override;

  Runtime& runtime() override { return runtime_; }
  void turn() override;
  void settle() override;
  void run_for(Duration duration) override;
  Endpoint listening() const override { return listening_; }
  Endpoint refusing() const override { return refusing_; }
  bool peer_send(Bytes bytes) override;
  bool peer_close() override;
  bool peer_reset() override;
  std::string peer_received() const override { return received_; }
  End peer_saw() const override { return saw_; }

  boost::asio::io_context& io() { return io_; }
  /// The peer's socket; not valid before it accepted.
  int peer_native_handle();

 private:
  using Protocol = boost::asio::generic::stream_protocol;
  class Listener;

  void accepted(Protocol::socket socket);
  void read();
  void flush();

  boost::asio::io_context io_;
  AsioRuntime runtime_;
  Transport transport_;
  Endpoint listening_;
  Endpoint refusing_;
  std::unique_ptr<Listener> listener_;
  Protocol::socket peer_;
  std::string received_;
  std::string outgoing_;
  std::string sending_;
  std::string incoming_ = std::string(16 * 1024, '\0');
  bool is_sending_ = false;
  bool is_closing_ = false;
  End saw_ = End::nothing;
};

/// How many TCP segments with data have come in on a socket.
std::uint32_t data_segments_received(int native_handle);

}  // namespace trackside::testing
