// CLIENT TRACKING and its relatives: CACHING, GETREDIR, TRACKINGINFO.
//
// Options are parsed first, then checked, in the real server's order: which error wins is part of its behaviour.
#include <algorithm>

#include "sim/redis/commands.hpp"

namespace trackside::sim::redis::commands {
namespace {

struct TrackingOptions {
  TrackingState wanted{};
  std::vector<std::string_view> prefixes{};
};

bool parse_redirect(Context& context, std::size_t index, TrackingState& wanted) {
  if (wanted.redirect != no_client) {
    context.reply.error("ERR A client can only redirect to a single other client");
    return false;
  }
  const std::optional<std::int64_t> id = context.integer(index);
  if (!id) return false;
  if (context.node.find_client(*id) == nullptr) {
    context.reply.error("ERR The client ID you want redirect to does not exist");
    return false;
  }
  wanted.redirect = *id;
  return true;
}

/// False once an error has been answered.
bool parse(Context& context, TrackingOptions& options) {
  for (std::size_t index = 3; index < context.argument_count(); ++index) {
    const bool more = index + 1 < context.argument_count();
    if (context.argument_is(index, "redirect") && more) {
      if (!parse_redirect(context, ++index, options.wanted)) return false;
    } else if (context.argument_is(index, "bcast")) {
      options.wanted.broadcast = true;
    } else if (context.argument_is(index, "optin")) {
      options.wanted.optin = true;
    } else if (context.argument_is(index, "optout")) {
      options.wanted.optout = true;
    } else if (context.argument_is(index, "noloop")) {
      options.wanted.noloop = true;
    } else if (context.argument_is(index, "prefix") && more) {
      options.prefixes.push_back(context.argument(++index));
    } else {
      context.reply.syntax_error();
      return false;
    }
  }
  return true;
}

/// The error for options that do not go together or with what is on already; empty: none.
std::string_view conflict(const TrackingState& present, const TrackingOptions& options) {
  const TrackingState& wanted = options.wanted;
  if (!wanted.broadcast && !options.prefixes.empty()) return "ERR PREFIX option requires BCAST mode to be enabled";
  if (present.on && present.broadcast != wanted.broadcast)
    return "ERR You can't switch BCAST mode on/off before disabling tracking for this client, and then re-enabling it "
           "with a different mode.";
  if (wanted.broadcast && (wanted.optin || wanted.optout))
    return "ERR OPTIN and OPTOUT are not compatible with BCAST";
  if (wanted.optin && wanted.optout) return "ERR You can't specify both OPTIN mode and OPTOUT mode";
  if ((wanted.optin && present.optout) || (wanted.optout && present.optin))
    return "ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then re-enabling it "
           "with a different mode.";
  return {};
}

void turn_on(Context& context, const TrackingOptions& options) {
  Session& session = context.session;
  if (const std::string_view error = conflict(session.tracking, options); !error.empty())
    return context.reply.error(error);
  if (options.wanted.broadcast) {
    const PrefixVerdict verdict = judge_prefixes(session.tracking.prefixes, options.prefixes);
    if (!verdict.error.empty()) context.reply.error(verdict.error);
    if (verdict.refused) return;
  }
  context.node.start_tracking(session, options.wanted, options.prefixes);
  context.reply.ok();
}

}  // namespace

void client_tracking(Context& context) {
  TrackingOptions options;
  if (!parse(context, options)) return;
  if (context.argument_is(2, "on")) return turn_on(context, options);
  if (!context.argument_is(2, "off")) return context.reply.syntax_error();
  context.node.stop_tracking(context.session);
  context.reply.ok();
}

void client_caching(Context& context) {
  TrackingState& tracking = context.session.tracking;
  if (!tracking.on)
    return context.reply.error(
        "ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled");
  if (context.argument_is(2, "yes")) {
    if (!tracking.optin)
      return context.reply.error("ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.");
  } else if (context.argument_is(2, "no")) {
    if (!tracking.optout)
      return context.reply.error("ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.");
  } else {
    return context.reply.syntax_error();
  }
  tracking.caching_given = true;
  context.reply.ok();
}

void client_getredir(Context& context) {
  const TrackingState& tracking = context.session.tracking;
  context.reply.integer(tracking.on ? tracking.redirect : -1);
}

void client_trackinginfo(Context& context) {
  const TrackingState& tracking = context.session.tracking;
  std::vector<std::string_view> flags{tracking.on ? "on" : "off"};
  if (tracking.broadcast) flags.emplace_back("bcast");
  if (tracking.optin) flags.emplace_back("optin");
  if (tracking.optin && tracking.caching_given) flags.emplace_back("caching-yes");
  if (tracking.optout) flags.emplace_back("optout");
  if (tracking.optout && tracking.caching_given) flags.emplace_back("caching-no");
  if (tracking.noloop) flags.emplace_back("noloop");
  if (tracking.redirect_broken) flags.emplace_back("broken_redirect");

  Reply& reply = context.reply;
  reply.map(3);
  reply.bulk("flags");
  reply.set(flags.size());
  for (const std::string_view flag : flags) reply.bulk(flag);
  reply.bulk("redirect");
  reply.integer(tracking.on ? tracking.redirect : -1);
  reply.bulk("prefixes");
  reply.array(tracking.prefixes.size());
  for (const std::string& prefix : tracking.prefixes) reply.bulk(prefix);
}

}  // namespace trackside::sim::redis::commands
