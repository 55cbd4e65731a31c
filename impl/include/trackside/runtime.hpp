// The seam: everything the library needs of the outside world, and the only way it reaches it.
//
// There are two implementations: `AsioRuntime` (sockets, timers and the clock of the machine) and `sim::Host`
// (a process in the simulated world). The same object code runs on both. It carries bytes, not messages, so that
// framing, pipelining and partial reads happen on this side of it.
//
// Contract, checked by one property on both implementations:
//  * on_open comes before on_bytes; bytes arrive in order, in any chunks, never twice;
//  * on_close comes exactly once and last, unless the owner destroyed the connection first;
//  * no event and no task is delivered from inside a call into the runtime or the connection;
//  * nothing is delivered after the `Connection` was destroyed, or after a task was cancelled.
//
// Thread rule: everything except `Clock::now` belongs to one executor, and events arrive on it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <boost/system/error_code.hpp>

#include "trackside/time.hpp"

namespace trackside {

using Bytes = std::string_view;
using boost::system::error_code;

/// Where a server listens: a host and port, or a Unix domain socket when `unix_path` is not empty.
struct Endpoint {
  std::string host = "127.0.0.1";
  std::uint16_t port = 6379;
  std::string unix_path{};

  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

/// Work to do later: a plain function with its context, so that timers allocate nothing.
struct Task {
  void (*function)(void* context, std::uint64_t argument) = nullptr;
  void* context = nullptr;
  std::uint64_t argument = 0;

  void operator()() const { function(context, argument); }
};

/// Names one pending task. Zero names none.
enum class TimerId : std::uint64_t { none = 0 };

/// How a connection ends when its owner ends it.
enum class CloseMode : std::uint8_t {
  orderly,   // what was written is still delivered
  abortive,  // at once (RST): nothing written and still under way may take effect later
};

class Connection {
 public:
  /// Closes abortively if still open. No event comes afterwards. Allowed inside an event of this very connection.
  virtual ~Connection() = default;

  /// Queues bytes behind those written before. They are copied. Ignored before on_open and after the end.
  virtual void write(Bytes bytes) = 0;

  /// Ends the connection. on_close still comes, once, with a success code.
  virtual void close(CloseMode mode) = 0;
};

class ConnectionEvents {
 public:
  virtual void on_open() = 0;
  /// The view lives until the call returns.
  virtual void on_bytes(Bytes bytes) = 0;
  /// Success: an orderly end, by either side. Otherwise what went wrong (refused, reset, unreachable, not found ...).
  virtual void on_close(error_code reason) = 0;

 protected:
  ~ConnectionEvents() = default;
};

class Runtime : public Clock {
 public:
  virtual ~Runtime() = default;

  /// Shows the same. For caches, which other threads may ask while their client and its runtime go: one that can be
  /// asked in this way returns a clock here that never goes.
  virtual const Clock& clock() const { return *this; }

  /// Runs the task at or after `when`; a `when` that has passed means soon, but never from inside this call.
  virtual TimerId call_at(Time when, Task task) = 0;
  /// Forgets a pending task. Cancelling one that ran, or `TimerId::none`, does nothing.
  virtual void cancel(TimerId timer) = 0;

  /// Unpredictable bits: for back-off jitter, probe nonces and confidence sampling; not for secrets.
  virtual std::uint64_t entropy() = 0;

  /// Starts connecting. `events` must outlive the returned connection.
  virtual std::unique_ptr<Connection> connect(const Endpoint& endpoint, ConnectionEvents& events) = 0;
};

}  // namespace trackside
