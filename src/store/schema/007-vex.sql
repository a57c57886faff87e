-- What somebody says of a product and a vulnerability. Append-only: a later statement of a source stands beside the earlier one.
CREATE TABLE vex_document (
    id INTEGER PRIMARY KEY,
    digest BLOB NOT NULL UNIQUE,
    source TEXT NOT NULL,         -- whose word it is
    format TEXT NOT NULL,
    name TEXT NOT NULL,           -- its own id
    taken INTEGER NOT NULL
);
CREATE TABLE vex_statement (
    id INTEGER PRIMARY KEY,
    document INTEGER NOT NULL REFERENCES vex_document,
    line INTEGER NOT NULL,
    vulnerability INTEGER REFERENCES vulnerability, -- null: it names none
    status TEXT NOT NULL,         -- affected, fixed, not_affected, under_investigation, unknown
    said TEXT NOT NULL,           -- as written
    vendor TEXT NOT NULL,
    product TEXT NOT NULL,
    versions TEXT NOT NULL,
    product_id TEXT NOT NULL,
    purl TEXT NOT NULL,
    component TEXT NOT NULL,      -- the part of the product that it is about
    justification TEXT NOT NULL,
    text TEXT NOT NULL,
    action TEXT NOT NULL,
    at INTEGER NOT NULL,          -- when it was said; when it was taken, where it does not say
    asset INTEGER REFERENCES asset, -- a person says that the product is this asset
    refused TEXT NOT NULL,        -- why it counts for nothing; empty: it counts
    purl_key TEXT NOT NULL,       -- package URLs without version: what components are looked up by
    component_key TEXT NOT NULL
);
CREATE INDEX vex_statement_vulnerability ON vex_statement (vulnerability);
CREATE INDEX vex_statement_counts ON vex_statement (vulnerability) WHERE refused = ''; -- of a list of thousands hardly any does
CREATE INDEX vex_statement_purl ON vex_statement (purl_key) WHERE purl_key <> '';
CREATE INDEX vex_statement_component ON vex_statement (component_key) WHERE component_key <> '';
CREATE INDEX vex_statement_asset ON vex_statement (asset) WHERE asset IS NOT NULL;

-- Which components a statement is about (about 1), and which are the product whose part it is about (about 0): derived, once per distinct component.
CREATE TABLE vex_match (
    statement INTEGER NOT NULL REFERENCES vex_statement,
    component INTEGER NOT NULL REFERENCES component,
    about INTEGER NOT NULL,
    exact INTEGER NOT NULL,       -- this very version
    PRIMARY KEY (statement, component, about)
) WITHOUT ROWID;
CREATE INDEX vex_match_component ON vex_match (component, statement) WHERE about = 1;
