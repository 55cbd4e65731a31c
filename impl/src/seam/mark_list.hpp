// Every mark, each with the situation that it names. What a mark is: mark.hpp. That each is reached:
// properties/harness/marks_test.cpp, which names those that are not.
#pragma once

// The store: why what is there is not served, and what is not kept.
#define TRACKSIDE_MARKS_OF_STORE(X)                                                                                    \
  X(entry_hidden_by_bypass, "what is kept is not served while an own write of unknown keys is under way")              \
  X(lease_expired_at_read,                                                                                             \
    "an entry is not served, since the link that vouches for it has proved nothing for max_idle")                      \
  X(older_than_max_ttl_at_read, "an entry is not served, since it was asked for longer ago than its reader allows")    \
  X(good_entry_of_unhealthy_reader, "another client's link vouches for an entry, and the reader's own proves nothing") \
  X(other_link_not_trusted_yet,                                                                                        \
    "another client's link vouches for an entry, but has not proved to have heard of an own write")                    \
  X(key_expired_at_read, "an entry is not served, since its key may have expired by the clock of the server")          \
  X(fill_begun_in_vain, "a question is asked whose reply cannot be kept: a bypass, or no link that vouches")           \
  X(revoked_fill_not_kept, "the reply to a fill that was revoked meanwhile is not kept")                               \
  X(reply_outlived_its_lease, "a reply comes so late that its link has proved nothing since it was asked for")         \
  X(reply_beyond_the_bounds, "a reply is not kept, since its key alone would exceed the bounds")                       \
  X(absent_reply_kept_in_cluster, "in a cluster it is kept that a key does not exist")                                 \
  X(evicted_by_capacity, "a key is evicted")                                                                           \
  X(part_gone_before_the_rest_came, "what an MGET found in the cache is not good any more when the rest arrives")      \
  X(fill_revoked_by_invalidation, "a fill is revoked by an invalidation, or by the sending of an own write")           \
  X(fill_revoked_by_own_write, "a fill is revoked by the end of an own write")                                         \
  X(fill_revoked_by_flush, "a fill is revoked since everything is flushed")                                            \
  X(fill_revoked_by_bypass, "a fill is revoked at an end of an own write of unknown keys")                             \
  X(fill_lost_with_its_link, "a fill is revoked since its link or data connection is lost")                            \
  X(fill_lost_with_its_slot, "a fill is revoked since its slot has left the node")                                     \
  X(fill_overtaken_by_other_stream, "a fill is revoked since a reply about its key came by another stream")            \
  X(entry_overtaken_by_other_stream, "an entry is dropped since a reply about its key came by another stream")         \
  X(entry_lost_with_its_slot, "an entry is dropped since its slot has left the node")                                  \
  X(link_began_anew, "a link is up again, and nobody said that it was lost")                                           \
  X(fill_by_unregistered_connection, "a reply cannot be kept, since its data connection does not redirect here")

// Links: what handshakes, probes, guards and registrations found.
#define TRACKSIDE_MARKS_OF_LINK(X)                                                                                    \
  X(handshake_took_too_long, "a connection is given up since its handshake is not over in time")                      \
  X(tracking_refused, "CLIENT TRACKING is refused in the handshake")                                                  \
  X(connected_to_a_replica, "whoever answers is a replica, where a primary was expected")                             \
  X(link_was_silent, "a link is given up since nothing is heard for max_idle")                                        \
  X(ping_answered_by_error, "a probe is answered by an error")                                                        \
  X(probe_proved_nothing, "a probe is answered, and proves nothing")                                                  \
  X(primary_found_demoted, "a probe finds that the primary is none any more")                                         \
  X(node_found_in_other_role, "a probe finds a cluster's node in another role than expected")                         \
  X(cluster_found_down, "a probe finds a node that takes the cluster for down")                                       \
  X(replica_found_out_of_step, "a probe finds a replica that is not in step with a primary")                          \
  X(swap_found, "databases were swapped, as a probe or a barrier finds")                                              \
  X(count_of_swaps_withheld, "a server that told how often databases were swapped does not any more")                 \
  X(guard_lost, "a node tells that a guarded slot has left it")                                                       \
  X(guard_lost_while_fills_open, "a guard is lost while replies are under way")                                       \
  X(guard_refused_by_former_owner, "the guard of a slot is refused since the slot is elsewhere")                      \
  X(guards_denied, "guards are refused for good: the slot is asked for instead")                                      \
  X(slot_found_open_for_migration, "without guards: an answer says ASK, so only keys that are there are vouched for") \
  X(slot_found_lost_by_question, "without guards: an answer says that a slot has left the node")                      \
  X(epoch_changed_without_guards, "without guards: the node's config epoch changed, so all of its slots are dropped") \
  X(barrier_passed_by_probe, "a bypass ends by a probe that was sent later than its barrier")                         \
  X(barrier_lost_with_its_link, "a bypass ends since the link is lost")                                               \
  X(bypass_ended_without_link, "a write of unknown keys ends while there is no link")                                 \
  X(redirect_target_gone, "the server tells that a redirection leads nowhere")                                        \
  X(registered_to_former_link, "a registration is confirmed for an invalidation connection that is gone")             \
  X(invalidations_given_up_for_redirection, "the invalidation connection is given up since the server has lost it")   \
  X(broadcast_lost_its_second_voucher, "over RESP2 a data connection goes that vouched for what is broadcast")

// Commands: joining, ends, checks, expiry, MGET, transactions.
#define TRACKSIDE_MARKS_OF_CLIENT(X)                                                                               \
  X(joined_fill_too_old, "a reader does not join a fill that was sent longer than max_idle ago")                   \
  X(joined_fill_revoked, "a reader does not join a fill that has been revoked")                                    \
  X(flushed_while_fills_open, "everything is flushed while replies are under way")                                 \
  X(late_reply_after_timeout, "a reply comes for which nobody waits any more")                                     \
  X(timed_out_under_way, "a command that was sent is given up by its caller")                                      \
  X(timed_out_without_link, "a command is given up that was never sent")                                           \
  X(write_left_by_its_caller, "a write is under way whose caller is gone")                                         \
  X(write_lost_under_way, "the connection is lost while a write is under way")                                     \
  X(fetch_lost_under_way, "the connection is lost while a fill is under way")                                      \
  X(abandoned_before_it_was_sent, "nobody waits any more for a command that was not sent yet")                     \
  X(waiting_failed_by_refusal, "who waits for a link is told that the server refuses it")                          \
  X(gone_before_it_was_checked, "a hit that is to be checked has left the cache before the question is sent")      \
  X(overtaken_while_checked, "a checked hit differs, and an invalidation explains why")                            \
  X(hit_found_stale, "a checked hit differs, and nothing explains why")                                            \
  X(expiry_not_told, "the question how long a key lives is answered by an error")                                  \
  X(key_gone_between_two_answers, "a key is there when it is read, and gone when its expiry is asked for")         \
  X(flushed_behind_own_swap, "everything is flushed behind an own command that may have swapped databases")        \
  X(caching_permission_refused, "CLIENT CACHING is refused, so the read behind it is not kept")                    \
  X(transaction_failed_by_its_parts, "a transaction fails by what was refused in its queue")                       \
  X(mget_partly_from_the_cache, "an MGET is answered by the cache and the server together")                        \
  X(mget_asked_again_as_a_whole, "an MGET is asked again, since its parts are of no one moment")                   \
  X(mget_refused, "an MGET is answered by an error")                                                               \
  X(mget_hid_another_type, "an MGET says nil about a key of another type, which is not kept")                      \
  X(blocking_call_answered, "a blocking command is answered, on a connection of its own")                          \
  X(blocking_call_failed_under_way, "a blocking command ends without an answer after it was sent")                 \
  X(cancelled_before_anybody_was_found, "a command is cancelled before there is somebody to send it to")           \
  X(waits_for_another_primary, "a command waits for another primary after a refusal or a loss")                    \
  X(cluster_found_behind_the_endpoint, "an endpoint turns out to lead to a cluster")                               \
  X(sentinel_found_behind_the_endpoint, "an endpoint turns out to lead to a sentinel")

// Clusters: redirections, topology, reading from replicas.
#define TRACKSIDE_MARKS_OF_CLUSTER(X)                                                                           \
  X(answered_tryagain, "TRYAGAIN is answered")                                                                  \
  X(answered_clusterdown, "CLUSTERDOWN is answered")                                                            \
  X(answered_loading, "LOADING is answered")                                                                    \
  X(answered_readonly, "READONLY is answered")                                                                  \
  X(moved_ignored_as_late, "a MOVED is passed over, since its slot has moved on")                               \
  X(moved_by_a_bystander, "MOVED comes from a node that is not held for the owner, and is not believed")        \
  X(ask_followed_and_not_kept, "a command goes where ASK says, and its reply is not kept")                      \
  X(refused_and_asked_later, "a refused command is sent again after a pause")                                   \
  X(redirected_in_a_circle, "redirections go round, and are slowed down")                                       \
  X(read_repeated_after_loss, "a read is repeated after its connection was lost")                               \
  X(sent_again_for_want_of_link, "a command that could not be sent tries another way")                          \
  X(cancelled_between_attempts, "a command is cancelled between two attempts")                                  \
  X(no_node_could_be_asked_in_time, "a command ends since its node could not be asked in time")                 \
  X(only_strangers_are_linked, "there is only a link to a replica, or to a node that nobody has named")         \
  X(part_of_split_command_failed, "a part of a split command ends without an answer")                           \
  X(part_of_split_command_refused, "a part of a split command is answered by an error")                         \
  X(older_claim_ignored, "a claim to a slot is not believed, since a later one is known")                       \
  X(claim_contradicted_by_moved, "a claim to a slot is not believed, since a MOVED named another node")         \
  X(topology_not_told, "the question for the topology is not answered")                                         \
  X(topology_of_a_stranger, "a node that was asked for the topology knows of no slots")                         \
  X(unnamed_node_left, "a node that nobody names any more is not connected to")                                 \
  X(node_read_as_replica, "a node is told that it is read as a replica")                                        \
  X(node_read_as_primary_again, "a node is told that it is not read as a replica any more")                     \
  X(replica_followed_another,                                                                                   \
    "a replica's answer does not count, since it follows another primary, or none, or is not in step")          \
  X(replica_lacked_the_key, "a replica's answer does not count, since the key may be missing there alone")      \
  X(replica_could_not_answer, "a read that a replica did not answer for its primary goes to the primary")       \
  X(replica_lost_under_way, "a read whose replica was lost goes to the primary")                                \
  X(replica_suspected, "a replica is suspected by its peers, and is not read any more")                         \
  X(replica_behind_at_handover, "a replica has not what this client knows of its primary, and is asked again")  \
  X(replica_of_another_history, "a replica is passed over, since its history is not that of its primary")       \
  X(handover_took_too_long, "slots stay with their primary, since not all replicas have said how far they are") \
  X(handover_from_no_primary, "slots stay with their node, since it does not say how far it is")                \
  X(slot_touched_during_handover, "a slot stays with its primary, since it was asked there meanwhile")          \
  X(read_held_for_handover, "a read waits for its slot to be handed over")                                      \
  X(slot_moved_while_a_replica_read_it, "a slot moves while it is read at a replica")                           \
  X(nearest_reader_changed, "another node answers faster, and reads from now on")

// Sentinels: who is primary, and when nobody is.
#define TRACKSIDE_MARKS_OF_SENTINEL(X)                                                                               \
  X(sentinel_majority_lost, "nothing is served, since no majority of the sentinels names the primary")               \
  X(primary_changed_by_sentinels, "the sentinels name another primary")                                              \
  X(switch_announced, "a sentinel announces a switch")                                                               \
  X(majority_vetoed_by_announcement, "a majority does not count, since one has announced that the primary was left") \
  X(sentinel_was_silent, "a sentinel is given up since it does not answer")                                          \
  X(sentinel_asked_again_at_once, "a sentinel is asked again as soon as it has answered")

// Of the world: elections, votes, slots.
#define TRACKSIDE_MARKS_OF_BUS(X)                                                                                \
  X(replica_too_old_to_be_elected, "a replica does not ask for votes, since its data is too old")                \
  X(replica_with_older_data_waits, "a replica waits, since another one has newer data")                          \
  X(election_planned_again, "a replica that was not elected tries again")                                        \
  X(election_won, "a replica is elected")                                                                        \
  X(vote_refused_as_epoch_is_used_up, "a vote is refused, since one was given in that epoch, or it is over")     \
  X(vote_refused_as_primary_is_well, "a vote is refused, since the primary is not known to have failed")         \
  X(vote_refused_as_voted_lately, "a vote is refused, since the primary's successor was voted for a moment ago") \
  X(vote_refused_as_slots_are_gone, "a vote is refused, since somebody owns the slots by a greater epoch")       \
  X(failed_node_came_back, "a node that had failed answers again")                                               \
  X(node_sees_no_majority, "a node does not reach a majority of the primaries")                                  \
  X(node_waits_before_it_serves_again, "a primary waits after its return, for it may have been replaced")        \
  X(slot_lost_with_its_keys, "a node loses a slot while it has keys in it")                                      \
  X(node_without_slots_follows, "a node whose last slot was taken becomes a replica")                            \
  X(stale_claim_was_corrected, "a node that claims what it has lost is told so")                                 \
  X(config_epochs_collided, "two primaries have one config epoch")                                               \
  X(bus_link_given_up, "a link between nodes is given up and made anew")                                         \
  X(manual_failover_found_replica_in_step, "in an agreed failover the replica has all of the paused primary")    \
  X(manual_failover_ran_out_of_time, "an agreed failover is over before the replica has all")                    \
  X(sentinels_found_no_successor, "sentinels find no replica that they could promote")                           \
  X(sentinel_demoted_a_former_primary, "a sentinel finds a former primary and makes it a replica")               \
  X(migration_refused, "a step of a migration is refused")                                                       \
  X(open_slot_closed_by_repair, "a slot that was left open is closed")                                           \
  X(unclaimed_slot_given_away, "a slot that nobody claims is given to a node")

// Of the world: servers, replication, connections.
#define TRACKSIDE_MARKS_OF_SERVER(X)                                                                          \
  X(partial_resynchronisation, "a replica goes on where it was")                                              \
  X(partial_resynchronisation_by_former_id, "a replica goes on with the successor of its primary")            \
  X(replica_went_beyond_its_primary, "a replica has what the successor of its primary never had")             \
  X(full_resynchronisation, "a replica gets everything")                                                      \
  X(replica_follows_a_new_history, "a replica hears that a new history begins where its own ends")            \
  X(entry_consumed_without_a_word, "a key changes whose reader is gone or tracks no more: nobody is told")    \
  X(own_push_waits_for_own_reply, "a client changes what it tracks: its push comes behind its reply")         \
  X(push_for_a_broken_redirection, "a push has no receiver, since the redirection leads nowhere")             \
  X(tracking_table_overflowed, "the tracking table is full: somebody hears of a key that did not change")     \
  X(some_keys_of_request_have_moved, "some keys of a request have moved to the importer, and others not")     \
  X(key_of_open_slot_has_moved, "a key of an open slot is not there, or not any more: ASK")                         \
  X(importer_lacks_a_key, "of several keys the importer has not all")                                         \
  X(slot_without_an_owner, "a slot is asked for that nobody owns")                                            \
  X(replica_served_a_read, "a replica answers a read of its own accord")                                      \
  X(write_waits_while_writes_are_paused, "a write waits for the end of a failover")                           \
  X(output_limit_exceeded, "a client is cut off, since it does not read")                                     \
  X(idle_client_closed, "a client is cut off, since it says nothing")                                         \
  X(several_batches_in_one_turn, "a server handles several batches in one turn of its loop")                  \
  X(output_waits_for_its_reader, "output stays in the server, since the window is full")                      \
  X(abort_left_written_data_to_be_read, "a connection is aborted, and what had arrived is read all the same") \
  X(written_to_a_dead_connection, "somebody writes to a connection that is dead by now")

#define TRACKSIDE_MARK_LIST(X) \
  TRACKSIDE_MARKS_OF_STORE(X) \
  TRACKSIDE_MARKS_OF_LINK(X) \
  TRACKSIDE_MARKS_OF_CLIENT(X) \
  TRACKSIDE_MARKS_OF_CLUSTER(X) \
  TRACKSIDE_MARKS_OF_SENTINEL(X) \
  TRACKSIDE_MARKS_OF_BUS(X) \
  TRACKSIDE_MARKS_OF_SERVER(X)
