#!/usr/bin/env bash
# An agent that is a shell script: it blocks in `waitbus wait` and answers with `waitbus emit`. bash 5,
# for its clock. `../swarm.ts` has what the agents agree on, `../journal.ts` the form of the journal.
set -u

waitbus() { "$WAITBUS_SWARM_NODE" "$WAITBUS_SWARM_PROGRAM" "$@"; }
note() { printf '%s\n' "$1" >>"$WAITBUS_SWARM_JOURNAL"; }
# Nanoseconds of the wall's clock: the one that a shell has.
now() { REPLY=${EPOCHREALTIME//[^0-9]/}000; }
# A member of a frame; what is looked for here needs no escapes.
member() { if [[ $1 =~ \"$2\":\"?([^\",}]*) ]]; then REPLY=${BASH_REMATCH[1]}; else REPLY=; fi; }

name=$WAITBUS_SWARM_NAME
cursor=$WAITBUS_SWARM_CURSOR
note "{\"what\":\"started\",\"pid\":$$}"

while :; do
  frame=$(waitbus wait --source agent --since "$cursor" --json --quiet \
    --match 'event_type="agent_finished"' --match 'event_type="agent_failed"' \
    --match "fields.msg_from^=\"$WAITBUS_SWARM_RUN.\"") || exit 1
  now; at=$REPLY
  member "$frame" event_id; cursor=$REPLY
  member "$frame" event_type; type=$REPLY
  member "$frame" msg_from; from=$REPLY
  member "$frame" swarm_phase; phase=$REPLY
  member "$frame" swarm_round; round=${REPLY:-0}
  member "$frame" sent_ns; sent=$REPLY
  member "$frame" sent_wall; sent_wall=$REPLY
  note "{\"what\":\"saw\",\"id\":\"$cursor\",\"type\":\"$type\",\"from\":\"$from\",\"phase\":\"$phase\",\"round\":$round,\"sent\":\"$sent\",\"sent_wall\":\"$sent_wall\",\"at_wall\":\"$at\"}"
  [[ $from == "$WAITBUS_SWARM_RUN.seed" ]] || continue
  case $phase in
  end)
    note '{"what":"ended"}'
    exit 0
    ;;
  seed)
    if [[ $frame =~ \"swarm_hold\":\"([^\"]*)\" && ,${BASH_REMATCH[1]}, == *,$name,* ]]; then
      # In the middle of its turn, for good: stdin ends with the run, and says nothing before.
      read -r _
      exit 1
    fi
    now
    answer=$(waitbus emit --source agent --event-type agent_finished \
      --delivery-id "$name:reaction:$round" --summary "$name: reaction $round" \
      --field "msg_from=$name" --field scope=turn --field status=completed \
      --field conclusion=success --field swarm_phase=reaction \
      --field "swarm_round:=$round" --field "sent_wall=$REPLY")
    member "$answer" event_id
    note "{\"what\":\"reacted\",\"round\":$round,\"id\":\"$REPLY\"}"
    ;;
  claim)
    member "$frame" swarm_to
    [[ $REPLY == "$name" ]] || continue
    member "$frame" path; path=$REPLY
    if said=$(waitbus claim "$path" --as "$name" -- true 2>&1); then
      now
      note "{\"what\":\"claimed\",\"path\":\"$path\",\"at_wall\":\"$REPLY\"}"
    else
      by=unknown
      [[ $said =~ (claimed|waited\ for)\ by\ ([^ ]+) ]] && by=${BASH_REMATCH[2]}
      now
      note "{\"what\":\"backed_off\",\"path\":\"$path\",\"by\":\"$by\",\"at_wall\":\"$REPLY\"}"
    fi
    ;;
  esac
done
