-- Calls that are over, a row for each of their members; kept for good.
CREATE TABLE history (
    church            TEXT NOT NULL,
    member            TEXT NOT NULL,
    call_id           TEXT NOT NULL,
    initiated_ms      INTEGER NOT NULL,
    -- In the words of the wire.
    call_type         TEXT NOT NULL,
    duration_seconds  INTEGER NOT NULL,
    is_missed         INTEGER NOT NULL,
    -- 1 where the member was in the call.
    took_part         INTEGER NOT NULL,
    -- What the member is shown, JSON.
    item              TEXT NOT NULL,
    -- What the member says of it, JSON.
    feedback          TEXT,
    PRIMARY KEY (church, member, call_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX history_by_time ON history (church, member, initiated_ms, call_id);
