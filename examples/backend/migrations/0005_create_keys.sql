-- Idempotency keys of creates, each with the call that it stands for.
CREATE TABLE create_keys (
    church   TEXT NOT NULL,
    member   TEXT NOT NULL,
    key      TEXT NOT NULL,
    -- The body that it came with, JSON: another one is refused.
    body     TEXT NOT NULL,
    call_id  TEXT NOT NULL,
    at_ms    INTEGER NOT NULL,
    PRIMARY KEY (church, member, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX create_keys_by_age ON create_keys (at_ms);
