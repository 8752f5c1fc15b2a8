-- What tool components store for themselves.
CREATE TABLE palisade_tool_values (
    workspace   TEXT NOT NULL,
    component   TEXT NOT NULL,
    key         TEXT NOT NULL,
    value       BLOB NOT NULL,
    updated_at  INTEGER NOT NULL,
    PRIMARY KEY (workspace, component, key)
);
