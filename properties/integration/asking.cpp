#include "properties/integration/asking.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <utility>

#include <gtest/gtest.h>

#include "properties/integration/redis_process.hpp"

namespace trackside::testing {

Asking::Asking(std::uint16_t port) : socket_(connect_loopback(port)) {}

Asking::Asking(const std::string& host, std::uint16_t port) : socket_(connect_to(host, port)) {}

Asking::~Asking() { ::close(socket_); }

Reply Asking::ask(const Command& command) {
  std::string bytes;
  command.encode(bytes);
  EXPECT_EQ(::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
  for (;;) {
    const auto found = frames_.next();
    if (found.status == resp::FrameBuffer::Status::frame) {
      if (found.frame.type() != ReplyType::push) {
        return Reply{found.frame};
      }
      keep(found.frame);
      continue;
    }
    char buffer[65536];
    const ssize_t count = ::recv(socket_, buffer, sizeof buffer, 0);
    if (count <= 0 || found.status == resp::FrameBuffer::Status::error) {
      ADD_FAILURE() << "the server went away after " << command[0];
      return {};
    }
    frames_.feed({buffer, static_cast<std::size_t>(count)});
  }
}

void Asking::keep(ReplyView push) {
  for (const ReplyView key : push[1]) {
    invalidated_.emplace(key.as_string().value());
  }
}

std::set<std::string> Asking::take_invalidated() {
  (void)ask(Command{"PING"});
  return std::exchange(invalidated_, {});
}

}  // namespace trackside::testing
