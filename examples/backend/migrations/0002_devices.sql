-- What a member's claim is: 0 it rings, 1 engaged, 2 held.
ALTER TABLE claims RENAME COLUMN engaged TO claim;

-- What members' devices registered.
CREATE TABLE devices (
    church         TEXT NOT NULL,
    member         TEXT NOT NULL,
    device_id      TEXT NOT NULL,
    registered_ms  INTEGER NOT NULL,
    -- Null where no push reaches it. One device has it: the last that registered it.
    push_token     TEXT,
    -- The registration, JSON.
    record         TEXT NOT NULL,
    PRIMARY KEY (church, member, device_id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX devices_by_push_token ON devices (push_token) WHERE push_token IS NOT NULL;
