-- Times are Unix milliseconds by the server's clock.

CREATE TABLE calls (
    id            TEXT PRIMARY KEY NOT NULL,
    church        TEXT NOT NULL,
    caller        TEXT NOT NULL,
    rev           INTEGER NOT NULL,
    -- Raised with every write; rev only with those that are published.
    version       INTEGER NOT NULL DEFAULT 0,
    status        TEXT NOT NULL,
    -- 1 where it rang out or was taken back.
    unanswered    INTEGER NOT NULL,
    initiated_ms  INTEGER NOT NULL,
    -- Null while it is not over.
    ended_ms      INTEGER,
    -- When the ledger wants to look at the call again; null once it is over.
    deadline_ms   INTEGER,
    -- The ledger's whole record, JSON.
    record        TEXT NOT NULL
) STRICT;
CREATE INDEX calls_by_deadline ON calls (deadline_ms) WHERE deadline_ms IS NOT NULL;
CREATE INDEX calls_by_end ON calls (ended_ms);
CREATE INDEX calls_by_caller ON calls (church, caller, initiated_ms);

-- Who is in a call, so that a member's calls are found.
CREATE TABLE call_members (
    church   TEXT NOT NULL,
    member   TEXT NOT NULL,
    call_id  TEXT NOT NULL REFERENCES calls (id) ON DELETE CASCADE,
    PRIMARY KEY (church, member, call_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX call_members_by_call ON call_members (call_id);

-- Which calls claim a member: an index of the calls, changed in the same write.
CREATE TABLE claims (
    church   TEXT NOT NULL,
    member   TEXT NOT NULL,
    call_id  TEXT NOT NULL REFERENCES calls (id) ON DELETE CASCADE,
    -- 1: in the call; 0: it rings.
    engaged  INTEGER NOT NULL,
    PRIMARY KEY (church, member, call_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX claims_by_call ON claims (call_id);

-- Messages that are committed and not taken by the broker yet, in the order of the commits.
CREATE TABLE outbox (
    seq      INTEGER PRIMARY KEY AUTOINCREMENT,
    -- The ledger's message, JSON.
    message  TEXT NOT NULL
) STRICT;

-- Calls whose room at the media server is to be brought to what the call says.
CREATE TABLE room_work (
    seq      INTEGER PRIMARY KEY AUTOINCREMENT,
    call_id  TEXT NOT NULL
) STRICT;

-- Cancels that came before their create.
CREATE TABLE remembered_cancels (
    church   TEXT NOT NULL,
    member   TEXT NOT NULL,
    call_id  TEXT NOT NULL,
    at_ms    INTEGER NOT NULL,
    PRIMARY KEY (church, member, call_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX remembered_cancels_by_time ON remembered_cancels (at_ms);

-- Attempts to call, for the limits.
CREATE TABLE creates (
    church   TEXT NOT NULL,
    caller   TEXT NOT NULL,
    callee   TEXT NOT NULL,
    at_ms    INTEGER NOT NULL
) STRICT;
CREATE INDEX creates_by_caller ON creates (church, caller, at_ms);
CREATE INDEX creates_by_time ON creates (at_ms);
