#include "properties/serving/door.hpp"

#include <utility>

namespace trackside::serving {

using boost::asio::ip::tcp;
using boost::system::error_code;
using sim::FaultKind;
using sim::redis::SessionId;

Door::Door(Parts parts, tcp::endpoint endpoint) : parts_(parts), endpoint_(std::move(endpoint)), acceptor_(parts.io) {
  parts_.port.carry_outside(*this);
}

/// The world may outlive the sockets: everybody leaves while the node is still there.
Door::~Door() {
  error_code ignored;
  acceptor_.close(ignored);
  for (const auto& guest : everybody()) {
    guest->leave();
  }
}

void Door::open() {
  tcp::acceptor acceptor(parts_.io);
  acceptor.open(endpoint_.protocol());
  acceptor.set_option(tcp::acceptor::reuse_address(true));
  acceptor.bind(endpoint_);
  acceptor.listen(511);  // as a real server's tcp-backlog
  acceptor_ = std::move(acceptor);
  accept();
}

void Door::accept() {
  accepting_ = true;
  acceptor_.async_accept([this](error_code error, tcp::socket socket) {
    accepting_ = false;
    if (error == boost::asio::error::operation_aborted) {
      return;  // nobody may be there any more
    }
    if (!error) {
      ++figures_.connections;
      catch_up();
      std::make_shared<Guest>(*this, std::move(socket))->attend();
    }
    if (!error && acceptor_.is_open()) {
      accept();
    }  // else, such as out of descriptors, `attend` tries again
  });
}

void Door::attend() {
  const bool wanted = !parts_.port.down() && conditions_.refuses == 0;
  error_code ignored;
  if (!wanted && acceptor_.is_open()) {
    acceptor_.close(ignored);
  } else if (wanted && !acceptor_.is_open()) {
    try {
      open();
    } catch (const boost::system::system_error&) {
      // Somebody else has the port for the moment; the next turn tries again.
    }
  } else if (wanted && !accepting_) {
    accept();
  }
  scratch_.swap(queue_);
  for (const auto& guest : scratch_) {
    guest->attend();
  }
  scratch_.clear();
}

void Door::admit(Guest& guest) { guests_.emplace(guest.session(), guest.shared_from_this()); }

void Door::dismiss(Guest& guest) { guests_.erase(guest.session()); }

std::vector<std::shared_ptr<Guest>> Door::everybody() const {
  std::vector<std::shared_ptr<Guest>> all;
  for (const auto& [session, guest] : guests_) {
    all.push_back(guest);
  }
  return all;
}

Figures Door::figures() const {
  Figures figures = figures_;
  figures.commands += parts_.port.server().commands_processed();
  return figures;
}

void Door::on_output(SessionId session) {
  if (const auto found = guests_.find(session); found != guests_.end()) {
    const std::shared_ptr<Guest> guest = found->second;
    guest->flush();
  }
}

void Door::on_crash() {
  figures_.commands += parts_.port.server().commands_processed();
  const auto all = everybody();
  guests_.clear();
  for (const auto& guest : all) {
    guest->reset_without_session();
  }
}

void Door::change(FaultKind kind, int by) {
  const bool half_open = kind == FaultKind::half_open;
  conditions_.refuses += kind == FaultKind::refuse ? by : 0;
  conditions_.holds_to_client += half_open || kind == FaultKind::hold_to_client ? by : 0;
  conditions_.holds_to_server += half_open || kind == FaultKind::hold_to_server ? by : 0;
  conditions_.drops_pushes += kind == FaultKind::push_drop ? by : 0;
}

void Door::strike(FaultKind kind) {
  const auto all = everybody();
  if (kind == FaultKind::kill_client) {
    std::vector<SessionId> sessions;
    for (const auto& guest : all) {
      sessions.push_back(guest->session());
    }
    parts_.port.kill(sessions);
    return;
  }
  for (const auto& guest : all) {
    if (kind == FaultKind::reset) {
      guest->reset();
    } else {
      guest->leave();
    }
  }
}

}  // namespace trackside::serving
