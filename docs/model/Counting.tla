------------------------------ MODULE Counting ------------------------------
(* How Weir counts waiting events when the queue is SQS: admit, send, confirm, commit, settle, and the look that
   GET /v1/pipeline takes. Each step is one Lua script, one call of SQS or one transaction of PostgreSQL; what the scripts do is in
   the table of docs/decisions/0023. With Redis Streams the first three steps are one. *)
EXTENDS Integers, FiniteSets

CONSTANTS
  Requests,  \* a set of numbers: request 3 is packed into three messages, its parts
  Rewinds,   \* whether Redis may come back with an earlier state, and not only empty
  Mistake    \* "none", or which of the mistakes below the system makes

(* All events of a part have the same outcome, so a part counts as one here. *)
PartsOf(r) == {r} \X (1..r)
AllParts == UNION {PartsOf(r) : r \in Requests}
Count(parts) == Cardinality(parts)

(* A receipt's note. State "s": it is being sent, and `parts` are already settled. "o": `parts` are waiting. *)
NoNote == [state |-> "none", parts |-> {}]
OpenOf(r, note) == CASE note.state = "s" -> PartsOf(r) \ note.parts
                     [] note.state = "o" -> note.parts
                     [] OTHER            -> {}
Open(notes) == UNION {OpenOf(r, notes[r]) : r \in Requests}

EmptyRedis == [notes   |-> [r \in Requests |-> NoNote],
               waiting |-> 0,    \* how much of the notes is open, in a key of its own
               marked  |-> {}]   \* parts whose event ids are in the seen windows

NoLook == [first |-> "none"]

VARIABLES
  redis,     \* as EmptyRedis
  saved,     \* what Redis comes back with when it loses data: nothing, or an earlier state
  lost,      \* whether it has
  found,     \* parts that a recount has received from SQS since
  step,      \* of each request in ingest: "new", "admitted", "sent", "gone"
  taken,     \* parts that SQS holds; it may deliver each of them again and again, also after it was acknowledged
  believed,  \* those of them that ingest knows of: the answer for the others was lost
  answered,  \* those for which a 202 went out
  settled,   \* parts that have a receipt in PostgreSQL
  total,     \* what has been added to pipeline_totals
  look       \* what a look has read from the first of the two servers, or NoLook

vars == <<redis, saved, lost, found, step, taken, believed, answered, settled, total, look>>

Init ==
  /\ redis = EmptyRedis /\ saved = EmptyRedis /\ lost = FALSE /\ found = {}
  /\ step = [r \in Requests |-> "new"]
  /\ taken = {} /\ believed = {} /\ answered = {} /\ settled = {}
  /\ total = 0 /\ look = NoLook

-----------------------------------------------------------------------------
(* INGEST *)

(* Redis with another note and count. A note is removed with the last of the parts that wait. *)
With(r, note, waiting) ==
  [redis EXCEPT !.notes[r] = IF note.state = "o" /\ note.parts = {} THEN NoNote ELSE note,
                !.waiting = waiting]

(* The first script counts all events of the request, before SQS has any. If its reply is lost, ioredis runs it again,
   and it finds its own note. *)
Admit(r) ==
  /\ step[r] = "new"
  /\ redis' = IF redis.notes[r] # NoNote /\ Mistake # "admit without looking for a note" THEN redis
              ELSE LET admitted == With(r, [state |-> "s", parts |-> {}], redis.waiting + r)
                   IN IF Mistake = "mark before enqueue" THEN [admitted EXCEPT !.marked = @ \cup PartsOf(r)]
                      ELSE admitted
  /\ \E replied \in BOOLEAN : step' = IF replied THEN [step EXCEPT ![r] = "admitted"] ELSE step
  /\ UNCHANGED <<saved, lost, found, taken, believed, answered, settled, total, look>>

(* SQS accepts some of the parts, and ingest learns of some of those. *)
Send(r) ==
  /\ step[r] = "admitted"
  /\ \E some \in SUBSET PartsOf(r) : \E known \in SUBSET some :
       taken' = taken \cup some /\ believed' = believed \cup known
  /\ step' = [step EXCEPT ![r] = "sent"]
  /\ UNCHANGED <<redis, saved, lost, found, answered, settled, total, look>>

(* The second script marks the accepted parts. It replaces the count of admission by the accepted parts minus those that the worker has
   settled meanwhile, which the note lists. It may run again if its reply was lost, run late, or never. *)
Confirm(r) ==
  /\ step[r] = "sent"
  /\ LET note == redis.notes[r]
         sure == believed \cap PartsOf(r)
         waits == IF note.state = "s" THEN sure \ note.parts ELSE sure
         corrected == IF note.state = "o" THEN redis
                      ELSE With(r, [state |-> "o", parts |-> waits],
                                redis.waiting - Count(OpenOf(r, note)) + Count(waits))
     IN redis' = [corrected EXCEPT !.marked = @ \cup sure]
  /\ UNCHANGED <<saved, lost, found, step, taken, believed, answered, settled, total, look>>

(* The 202 goes out whether or not Redis has run the second script. *)
Answer(r) ==
  /\ step[r] = "sent"
  /\ answered' = answered \cup (believed \cap PartsOf(r))
  /\ UNCHANGED <<redis, saved, lost, found, step, taken, believed, settled, total, look>>

(* The request has ended, or its instance has, at any step. *)
End(r) ==
  /\ step[r] # "gone"
  /\ step' = [step EXCEPT ![r] = "gone"]
  /\ UNCHANGED <<redis, saved, lost, found, taken, believed, answered, settled, total, look>>

-----------------------------------------------------------------------------
(* THE WORKER *)

(* One transaction writes the receipt and adds to the totals, unless the receipt exists already. *)
Commit(part) ==
  /\ part \in taken
  /\ total' = IF part \in settled /\ Mistake # "count each delivery" THEN total ELSE total + 1
  /\ settled' = settled \cup {part}
  /\ UNCHANGED <<redis, saved, lost, found, step, taken, believed, answered, look>>

(* Removes a settled part from the waiting ones. The worker does it after its commit; if it dies before or Redis is down, any
   look that finds the receipt does it. *)
Settle(r, part) ==
  /\ part \in settled \cap OpenOf(r, redis.notes[r])
  /\ LET note == redis.notes[r]
         after == IF note.state = "o" THEN [note EXCEPT !.parts = @ \ {part}]
                  ELSE IF Mistake = "settle without listing the part" THEN note
                  ELSE [note EXCEPT !.parts = @ \cup {part}]
     IN redis' = With(r, after, redis.waiting - 1)
  /\ UNCHANGED <<saved, lost, found, step, taken, believed, answered, settled, total, look>>

-----------------------------------------------------------------------------
(* A LOOK *)

(* Its result: settled parts are no longer pending, whether or not Redis knows. *)
Pending(waiting, open, receipts) == waiting - Count(open \cap receipts)

(* Redis is read first. `floor` is what has been answered by then: the look may not find less. *)
BeginLook ==
  /\ look = NoLook
  /\ look' = IF Mistake = "look at PostgreSQL first"
             THEN [first |-> "postgres", settled |-> settled, total |-> total, floor |-> Count(answered)]
             ELSE [first |-> "redis", waiting |-> redis.waiting, open |-> Open(redis.notes), floor |-> Count(answered)]
  /\ UNCHANGED <<redis, saved, lost, found, step, taken, believed, answered, settled, total>>

EndLook ==
  /\ look # NoLook
  /\ look' = NoLook
  /\ UNCHANGED <<redis, saved, lost, found, step, taken, believed, answered, settled, total>>

(* After a loss a look receives what is in SQS, and counts what has no note. The part may be settled by then: the next look finds that. *)
Recount(r, part) ==
  /\ lost /\ part \in taken \ found
  /\ found' = found \cup {part}
  /\ LET note == redis.notes[r]
     IN redis' = IF note.state = "s" \/ part \in note.parts THEN redis
                 ELSE With(r, [state |-> "o", parts |-> note.parts \cup {part}], redis.waiting + 1)
  /\ UNCHANGED <<saved, lost, step, taken, believed, answered, settled, total, look>>

(* A note that was never confirmed is dropped when it is 15 minutes old and the queue has moved past it: what SQS took of
   it is settled by then, and nobody will confirm it. *)
Drop(r) ==
  /\ redis.notes[r].state = "s" /\ step[r] = "gone" /\ taken \cap PartsOf(r) \subseteq settled
  /\ redis' = With(r, NoNote, redis.waiting - Count(OpenOf(r, redis.notes[r])))
  /\ UNCHANGED <<saved, lost, found, step, taken, believed, answered, settled, total, look>>

-----------------------------------------------------------------------------
(* REDIS LOSES DATA: it comes back empty, or with an earlier state, all of it as of one moment. *)

Save ==
  /\ Rewinds /\ ~lost /\ saved = EmptyRedis /\ redis # EmptyRedis
  /\ saved' = redis
  /\ UNCHANGED <<redis, lost, found, step, taken, believed, answered, settled, total, look>>

Lose ==
  /\ ~lost
  /\ redis' = saved /\ saved' = EmptyRedis /\ lost' = TRUE
  /\ UNCHANGED <<found, step, taken, believed, answered, settled, total, look>>

-----------------------------------------------------------------------------
Next ==
  \/ \E r \in Requests :
       \/ Admit(r) \/ Send(r) \/ Confirm(r) \/ Answer(r) \/ End(r) \/ Drop(r)
       \/ \E part \in PartsOf(r) : Commit(part) \/ Settle(r, part) \/ Recount(r, part)
  \/ BeginLook \/ EndLook \/ Save \/ Lose

(* Requests end, SQS delivers its messages, and looks happen from time to time. *)
Fairness ==
  \A r \in Requests :
    /\ WF_vars(End(r)) /\ WF_vars(Drop(r))
    /\ \A part \in PartsOf(r) : WF_vars(Commit(part)) /\ WF_vars(Settle(r, part))

Spec == Init /\ [][Next]_vars /\ Fairness

-----------------------------------------------------------------------------
(* WHAT MUST HOLD *)

EachPartCountsOnce == total = Count(settled)

MarkedIsTaken == redis.marked \subseteq taken

(* Also after a loss, since all keys of a shard are of the same moment. *)
CountIsOfTheNotes == redis.waiting = Count(Open(redis.notes))

PendingIsNotNegative == Pending(redis.waiting, Open(redis.notes), settled) >= 0

(* What a 202 has named is in SQS, and stored or open. Where Redis lost its note, that is so again when it has been recounted. *)
NothingIsHidden ==
  /\ answered \subseteq taken
  /\ answered \cap (IF lost THEN found ELSE AllParts) \subseteq settled \cup Open(redis.notes)

(* What a look would say if it read the second server now. *)
LooksAreTrue ==
  LET pending == IF look.first = "redis" THEN Pending(look.waiting, look.open, settled)
                 ELSE Pending(redis.waiting, Open(redis.notes), look.settled)
      sum == IF look.first = "redis" THEN total ELSE look.total
  IN look = NoLook \/ (pending >= 0 /\ (lost \/ sum + pending >= look.floor))

(* Nothing counts forever. *)
CountEnds == <>[](redis.waiting = 0)
=============================================================================
