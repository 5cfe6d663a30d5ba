-- Pushes that are committed and not taken by their service yet, one for each device.
CREATE TABLE pushes (
    seq        INTEGER PRIMARY KEY AUTOINCREMENT,
    church     TEXT NOT NULL,
    member     TEXT NOT NULL,
    device_id  TEXT NOT NULL,
    call_id    TEXT NOT NULL,
    -- The ledger's order, JSON.
    push_order TEXT NOT NULL
) STRICT;
CREATE INDEX pushes_by_call ON pushes (church, member, call_id);
