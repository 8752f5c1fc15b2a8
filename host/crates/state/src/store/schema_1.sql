-- Times are milliseconds since 1970-01-01T00:00Z. Workspace '' is the installation itself.

CREATE TABLE palisade_sealed (
    workspace   TEXT NOT NULL,
    purpose     TEXT NOT NULL,
    name        TEXT NOT NULL,
    record      TEXT NOT NULL UNIQUE,
    key_id      TEXT NOT NULL,
    salt        BLOB NOT NULL,
    nonce       BLOB NOT NULL,
    ciphertext  BLOB NOT NULL,
    updated_at  INTEGER NOT NULL,
    updated_by  TEXT NOT NULL,
    PRIMARY KEY (workspace, purpose, name)
);

CREATE TABLE palisade_settings (
    workspace   TEXT NOT NULL PRIMARY KEY,
    revision    INTEGER NOT NULL,
    value       TEXT NOT NULL,
    updated_at  INTEGER NOT NULL,
    updated_by  TEXT NOT NULL
);

-- One row per approval that was answered. `call` is a keyed digest of what the approval was for.
CREATE TABLE palisade_approvals (
    nonce       BLOB NOT NULL PRIMARY KEY,
    workspace   TEXT NOT NULL,
    user_id     TEXT NOT NULL,
    call        BLOB NOT NULL,
    answer      TEXT NOT NULL,
    expires_at  INTEGER NOT NULL,
    spent_at    INTEGER NOT NULL
);
CREATE INDEX palisade_approvals_call ON palisade_approvals (workspace, call, spent_at);
CREATE INDEX palisade_approvals_expiry ON palisade_approvals (expires_at);

CREATE TABLE palisade_ledger (
    id               TEXT NOT NULL PRIMARY KEY,
    time             INTEGER NOT NULL,
    workspace        TEXT NOT NULL,
    turn             TEXT,
    user_id          TEXT,
    kind             TEXT NOT NULL,
    tool             TEXT,
    tool_call_id     TEXT,
    provider         TEXT,
    model            TEXT,
    endpoint         TEXT,
    region           TEXT,
    collections      TEXT NOT NULL,
    fields           TEXT NOT NULL,
    items            INTEGER,
    bytes_sent       INTEGER,
    bytes_received   INTEGER,
    input_tokens     INTEGER,
    output_tokens    INTEGER,
    cached_tokens    INTEGER,
    reasoning_tokens INTEGER,
    cost_micros      INTEGER,
    approval_id      TEXT,
    outcome          TEXT NOT NULL,
    reason           TEXT
);
CREATE INDEX palisade_ledger_time ON palisade_ledger (workspace, time, id);
