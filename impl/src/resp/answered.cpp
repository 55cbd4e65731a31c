// The exception that a server's error becomes where a program asks for a value and nothing else.
#include "trackside/answered.hpp"

#include <boost/system/system_error.hpp>

namespace trackside {

void throw_exception_from_error(const ServerError& error, const boost::source_location&) {
  throw boost::system::system_error(make_error_code(Errc::error_reply), error.text());
}

}  // namespace trackside
