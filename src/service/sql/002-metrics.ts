/** Metric batches: who sent which, the buckets they add up to, and one row per user, feature, stage and arm. */
export const metricsSql = `
CREATE TABLE metric_senders (
  sender_id text PRIMARY KEY CHECK (length(sender_id) <= 64),
  seqs int8multirange NOT NULL DEFAULT '{}',
  dropped_queue_full bigint NOT NULL DEFAULT 0,
  dropped_expired bigint NOT NULL DEFAULT 0,
  dropped_storage bigint NOT NULL DEFAULT 0,
  last_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX metric_senders_by_age ON metric_senders (last_at);

-- Adds a number to those seen; beyond max_ranges the oldest hole is closed, so that a row stays small.
CREATE FUNCTION switchback_add_seq(seqs int8multirange, seq bigint, max_ranges integer) RETURNS int8multirange
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  added int8multirange := seqs + int8multirange(int8range(seq, seq + 1));
  oldest bigint[];
BEGIN
  IF (SELECT count(*) FROM unnest(added)) > max_ranges THEN
    SELECT array_agg(lower(part) ORDER BY lower(part)) INTO oldest FROM unnest(added) AS part;
    added := added + int8multirange(int8range(oldest[1], oldest[2] + 1));
  END IF;
  RETURN added;
END $$;

-- shard spreads the senders of one bucket over several rows, which readers add up.
CREATE TABLE metric_buckets (
  feature text NOT NULL CHECK (length(feature) <= 64),
  start_ms bigint NOT NULL,
  duration_ms bigint NOT NULL CHECK (duration_ms > 0),
  version text NOT NULL CHECK (version IN ('v1', 'v2')),
  arm text NOT NULL CHECK (arm IN ('v1', 'v2', 'none')),
  reason text NOT NULL CHECK (length(reason) <= 64),
  stage text NOT NULL CHECK (length(stage) <= 64),
  unverified boolean NOT NULL,
  shard smallint NOT NULL,
  exposures bigint NOT NULL DEFAULT 0,
  counts jsonb NOT NULL,
  histograms jsonb NOT NULL,
  PRIMARY KEY (feature, start_ms, duration_ms, version, arm, reason, stage, unverified, shard)
);
CREATE INDEX metric_buckets_by_age ON metric_buckets (start_ms);

-- bits: 1 exposed, 2 error, 4 slow, 8 silent.
CREATE TABLE stage_units (
  feature text NOT NULL CHECK (length(feature) <= 64),
  stage text NOT NULL CHECK (length(stage) <= 64),
  subject text NOT NULL CHECK (length(subject) <= 64),
  arm text NOT NULL CHECK (arm IN ('v1', 'v2')),
  unverified boolean NOT NULL,
  bits smallint NOT NULL CHECK (bits BETWEEN 0 AND 15),
  first_ms bigint NOT NULL,
  last_ms bigint NOT NULL,
  PRIMARY KEY (feature, stage, subject, arm, unverified)
);
CREATE INDEX stage_units_by_age ON stage_units (last_ms);
`;
