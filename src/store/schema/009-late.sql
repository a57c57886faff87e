-- What became late and has no mark yet: every command asks.
CREATE INDEX finding_late ON finding (due) WHERE closed IS NULL AND breached IS NULL AND due IS NOT NULL;
