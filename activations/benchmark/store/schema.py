"""The tables of a store, made to be read by people too: every column says what it holds, times are UTC."""

from __future__ import annotations

__all__ = ["APPLICATION_ID", "SCHEMA_VERSION", "STATEMENTS", "TABLES"]

APPLICATION_ID = 0x61637476  # "actv", at byte 68 of the file
SCHEMA_VERSION = 1  # at byte 60

STATEMENTS = (
    # One row: tells this store from every other one. Each transaction changes it, so that every log holds it too.
    "CREATE TABLE store (id TEXT NOT NULL, transactions INTEGER NOT NULL)",
    # What was fitted; without its source where it was a Python function.
    """CREATE TABLE targets (
        digest TEXT NOT NULL, name TEXT NOT NULL, definition TEXT NOT NULL,
        PRIMARY KEY (digest, name)
    )""",
    "CREATE TABLE activations (digest TEXT PRIMARY KEY, label TEXT NOT NULL, definition TEXT NOT NULL)",
    # A trained network: what was asked for, and what became of it. NULL stands for what is not finite.
    """CREATE TABLE runs (
        key TEXT PRIMARY KEY,
        stage TEXT NOT NULL, target TEXT NOT NULL, activation TEXT NOT NULL,
        hidden TEXT NOT NULL, learning_rate REAL NOT NULL, scale REAL NOT NULL, seed INTEGER NOT NULL,
        steps INTEGER NOT NULL, initialisation TEXT NOT NULL, precision TEXT NOT NULL, recipe TEXT NOT NULL,
        own TEXT NOT NULL, target_digest TEXT NOT NULL, activation_digest TEXT NOT NULL,
        status TEXT NOT NULL CHECK (status IN ('ok', 'diverged', 'failed')), reason TEXT NOT NULL,
        metric TEXT NOT NULL CHECK (metric IN ('nrmse', 'rmse')), error REAL, validation REAL,
        rmse REAL, max_error REAL, r2 REAL, accuracy REAL, extrapolation REAL, diverged_at INTEGER,
        steps_to_precision TEXT NOT NULL, seconds REAL NOT NULL,
        device TEXT NOT NULL, machine TEXT NOT NULL, torch TEXT NOT NULL, version TEXT NOT NULL,
        added TEXT NOT NULL
    )""",
    # Of the runs that rank: training losses as [[step, loss], …], and the weights as a safetensors file.
    """CREATE TABLE networks (
        run TEXT PRIMARY KEY REFERENCES runs (key) ON DELETE CASCADE,
        losses TEXT NOT NULL, weights BLOB NOT NULL
    )""",
    # Rankings may mix only what was trained under one protocol.
    "CREATE TABLE protocols (id INTEGER PRIMARY KEY, digest TEXT NOT NULL UNIQUE, settings TEXT NOT NULL)",
    # An activation's tuned settings on a target under a protocol, with the runs that rank it.
    """CREATE TABLE entries (
        id INTEGER PRIMARY KEY,
        protocol INTEGER NOT NULL REFERENCES protocols (id) ON DELETE CASCADE,
        stage TEXT NOT NULL CHECK (stage IN ('screening', 'ranking')),
        target TEXT NOT NULL, target_digest TEXT NOT NULL, activation TEXT NOT NULL, activation_digest TEXT NOT NULL,
        at_edge INTEGER NOT NULL,
        UNIQUE (protocol, stage, target, target_digest, activation, activation_digest)
    )""",
    """CREATE TABLE entry_runs (
        entry INTEGER NOT NULL REFERENCES entries (id) ON DELETE CASCADE,
        position INTEGER NOT NULL,
        run TEXT NOT NULL REFERENCES runs (key) ON DELETE CASCADE,
        PRIMARY KEY (entry, position)
    ) WITHOUT ROWID""",
    "CREATE INDEX runs_by_target ON runs (target, activation)",
    "CREATE INDEX entry_runs_by_run ON entry_runs (run)",
    f"PRAGMA application_id = {APPLICATION_ID}",
    f"PRAGMA user_version = {SCHEMA_VERSION}",
)

TABLES = ("targets", "activations", "runs", "networks", "protocols", "entries", "entry_runs")
