// Conversions in the server's ways: nil and false are null, numbers lose their fractions, tables are arrays up to the
// first nil, and tables with a field `err` or `ok` are errors and statuses.
#include "sim/script/values.hpp"

#include <cstdlib>

namespace trackside::sim::script {
namespace {

void push_text(lua_State* lua, std::string_view text) { lua_pushlstring(lua, text.data(), text.size()); }

std::string_view take_line(std::string_view& bytes) {
  const std::size_t end = bytes.find("\r\n");
  const std::string_view line = bytes.substr(0, end);
  bytes.remove_prefix(end == std::string_view::npos ? bytes.size() : end + 2);
  return line;
}

long long number_in(std::string_view text) { return std::strtoll(std::string{text}.c_str(), nullptr, 10); }

/// Pushes the field if it is text; otherwise nothing.
bool push_text_field(lua_State* lua, const char* field) {
  lua_pushstring(lua, field);
  lua_rawget(lua, -2);
  if (lua_type(lua, -1) == LUA_TSTRING) return true;
  lua_pop(lua, 1);
  return false;
}

std::string_view text_at_top(lua_State* lua) {
  std::size_t length = 0;
  const char* text = lua_tolstring(lua, -1, &length);
  return {text, length};
}

void write_array(lua_State* lua, std::string& reply, resp::Protocol protocol) {
  int count = 0;
  for (bool present = true; present; count += present ? 1 : 0) {
    lua_rawgeti(lua, -1, count + 1);
    present = lua_type(lua, -1) != LUA_TNIL;
    lua_pop(lua, 1);
  }
  resp::array_header(reply, static_cast<std::size_t>(count));
  for (int index = 1; index <= count; ++index) {
    lua_rawgeti(lua, -1, index);
    pop_reply(lua, reply, protocol);
  }
}

void write_table(lua_State* lua, std::string& reply, resp::Protocol protocol) {
  if (push_text_field(lua, "err")) {
    resp::error(reply, text_at_top(lua));
  } else if (push_text_field(lua, "ok")) {
    resp::simple(reply, text_at_top(lua));
  } else {
    lua_pushstring(lua, "double");
    lua_rawget(lua, -2);
    if (lua_type(lua, -1) != LUA_TNUMBER) {
      lua_pop(lua, 1);
      return write_array(lua, reply, protocol);
    }
    resp::number(reply, lua_tonumber(lua, -1), protocol);
  }
  lua_pop(lua, 1);
}

}  // namespace

void push_error(lua_State* lua, std::string_view text) {
  lua_newtable(lua);
  lua_pushstring(lua, "err");
  push_text(lua, text);
  lua_settable(lua, -3);
}

bool push_reply(lua_State* lua, std::string_view& bytes) {
  luaL_checkstack(lua, 4, "a reply is nested too deeply");
  const char kind = bytes.empty() ? '_' : bytes.front();
  bytes.remove_prefix(bytes.empty() ? 0 : 1);
  const std::string_view line = take_line(bytes);
  switch (kind) {
    case '+':
      lua_newtable(lua);
      lua_pushstring(lua, "ok");
      push_text(lua, line);
      lua_settable(lua, -3);
      return false;
    case '-': push_error(lua, line); return true;
    case ':': lua_pushnumber(lua, static_cast<lua_Number>(number_in(line))); return false;
    case '$': {
      const long long length = number_in(line);
      if (length < 0) {
        lua_pushboolean(lua, 0);
        return false;
      }
      push_text(lua, bytes.substr(0, static_cast<std::size_t>(length)));
      bytes.remove_prefix(static_cast<std::size_t>(length) + 2);
      return false;
    }
    case '*': {
      const long long count = number_in(line);
      if (count < 0) {
        lua_pushboolean(lua, 0);
        return false;
      }
      lua_newtable(lua);
      for (int index = 1; index <= count; ++index) {
        push_reply(lua, bytes);
        lua_rawseti(lua, -2, index);
      }
      return false;
    }
    default: lua_pushboolean(lua, 0); return false;
  }
}

void pop_reply(lua_State* lua, std::string& reply, resp::Protocol protocol) {
  luaL_checkstack(lua, 4, "a result is nested too deeply");
  switch (lua_type(lua, -1)) {
    case LUA_TSTRING: resp::bulk(reply, text_at_top(lua)); break;
    case LUA_TBOOLEAN:
      if (lua_toboolean(lua, -1) != 0) resp::integer(reply, 1);
      else resp::null(reply, protocol);
      break;
    case LUA_TNUMBER: resp::integer(reply, static_cast<std::int64_t>(lua_tonumber(lua, -1))); break;
    case LUA_TTABLE: write_table(lua, reply, protocol); break;
    default: resp::null(reply, protocol); break;
  }
  lua_pop(lua, 1);
}

}  // namespace trackside::sim::script
