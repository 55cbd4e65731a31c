// Counts TCP segments. In a file of its own: <linux/tcp.h>, which alone knows the counter, and <netinet/tcp.h>, which
// Boost.Asio includes, define the same names.
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>

namespace trackside::testing {

std::uint32_t data_segments_received(int native_handle);

std::uint32_t data_segments_received(int native_handle) {
  tcp_info info{};
  socklen_t size = sizeof info;
  return ::getsockopt(native_handle, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 ? info.tcpi_data_segs_in : 0;
}

}  // namespace trackside::testing
