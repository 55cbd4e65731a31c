// Between replies of the server and values of Lua.
#pragma once

#include <string>
#include <string_view>

#include <lua.hpp>

#include "resp/writer.hpp"

namespace trackside::sim::script {

/// Pushes a table with the error's text, which begins with its code.
void push_error(lua_State* lua, std::string_view text);

/// Pushes the value of the RESP2 reply at the beginning of `bytes`, which moves behind it. Whether it is an error.
bool push_reply(lua_State* lua, std::string_view& bytes);

/// Writes the value on top of the stack as a reply, and pops it.
void pop_reply(lua_State* lua, std::string& reply, resp::Protocol protocol);

}  // namespace trackside::sim::script
