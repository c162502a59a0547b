-- Calls whose audit row could not be queued and is in an instance's log only, until it is read back in: docs/decisions/0020.
CREATE TABLE audit_unqueued (
  request_id uuid PRIMARY KEY,
  recovered  boolean NOT NULL
);
