/** Running totals that no roll-up and no retention touches, what is to be exported of them, and baselines. */
export const exportSql = `
-- One row: who adds to the totals or takes points holds it. Totals count since then.
CREATE TABLE metric_ledger (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  since timestamptz NOT NULL DEFAULT clock_timestamp(),
  round bigint NOT NULL DEFAULT 0
);
INSERT INTO metric_ledger DEFAULT VALUES;

CREATE TABLE metric_totals (
  feature text NOT NULL CONSTRAINT total_feature_bounded CHECK (length(feature) <= 64),
  version text NOT NULL CONSTRAINT total_version_known CHECK (version IN ('v1', 'v2')),
  assigned boolean NOT NULL,
  series text NOT NULL CONSTRAINT total_series_bounded CHECK (length(series) BETWEEN 1 AND 80),
  value jsonb NOT NULL CONSTRAINT total_is_value CHECK (jsonb_typeof(value) = 'object'),
  -- When it changed last, so that readers ask for what is new alone.
  round bigint NOT NULL,
  PRIMARY KEY (feature, version, assigned, series)
) WITH (fillfactor = 70);
CREATE INDEX metric_totals_by_round ON metric_totals (round);

-- Where the export stands: one row, by lease with one replica.
CREATE TABLE metric_export (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  holder text CONSTRAINT export_holder_bounded CHECK (length(holder) <= 64),
  leased_until timestamptz,
  -- Somebody wants points: they are collected while this is at most a week old.
  wanted_at timestamptz,
  collected_from timestamptz,
  sending_from timestamptz,
  sending_until timestamptz,
  sent_until timestamptz,
  sent_points bigint NOT NULL DEFAULT 0,
  refused_points bigint NOT NULL DEFAULT 0,
  failures integer NOT NULL DEFAULT 0,
  failed_at timestamptz,
  failure text CONSTRAINT export_failure_bounded CHECK (length(failure) <= 200)
);
INSERT INTO metric_export DEFAULT VALUES;

CREATE TABLE metric_points (
  feature text NOT NULL CONSTRAINT point_feature_bounded CHECK (length(feature) <= 64),
  version text NOT NULL CONSTRAINT point_version_known CHECK (version IN ('v1', 'v2')),
  assigned boolean NOT NULL,
  series text NOT NULL CONSTRAINT point_series_bounded CHECK (length(series) BETWEEN 1 AND 80),
  -- What is being sent stays as it is until it was taken, and is sent again exactly so.
  sending boolean NOT NULL DEFAULT false,
  value jsonb NOT NULL CONSTRAINT point_is_value CHECK (jsonb_typeof(value) = 'object'),
  PRIMARY KEY (feature, version, assigned, series, sending)
) WITH (fillfactor = 70);

CREATE TABLE baselines (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  feature text NOT NULL CONSTRAINT baseline_feature_is_key CHECK (feature ~ '^[A-Za-z][A-Za-z0-9_.-]{0,63}$'),
  from_at timestamptz NOT NULL CONSTRAINT baseline_from_finite CHECK (switchback_is_time(from_at)),
  until_at timestamptz NOT NULL CONSTRAINT baseline_until_finite CHECK (switchback_is_time(until_at)),
  status text NOT NULL DEFAULT 'recording' CONSTRAINT baseline_status_known
    CHECK (status IN ('recording', 'completed', 'spoiled', 'cancelled')),
  created_at timestamptz NOT NULL DEFAULT switchback_clock(),
  created_by text NOT NULL DEFAULT switchback_actor(),
  reason text DEFAULT switchback_reason(),
  ended_at timestamptz,
  -- Why it is no baseline: when and how v2 was on.
  cause text CONSTRAINT baseline_cause_bounded CHECK (length(cause) <= 500),
  v2_exposures bigint CONSTRAINT baseline_v2_counted CHECK (v2_exposures >= 0),
  users_exposed bigint CONSTRAINT baseline_users_counted CHECK (users_exposed >= 0),
  counts jsonb CONSTRAINT baseline_counts_object CHECK (jsonb_typeof(counts) = 'object'),
  histograms jsonb CONSTRAINT baseline_histograms_object CHECK (jsonb_typeof(histograms) = 'object'),
  sums jsonb CONSTRAINT baseline_sums_object CHECK (jsonb_typeof(sums) = 'object'),
  measures jsonb CONSTRAINT baseline_measures_object CHECK (jsonb_typeof(measures) = 'object'),
  delivery_expected bigint CONSTRAINT baseline_expected_counted CHECK (delivery_expected >= 0),
  delivery_received bigint CONSTRAINT baseline_received_counted CHECK (delivery_received >= 0),
  CONSTRAINT baseline_window CHECK (until_at > from_at),
  CONSTRAINT baseline_ends CHECK ((status = 'recording') = (ended_at IS NULL)),
  CONSTRAINT baseline_has_numbers CHECK ((status = 'completed') =
    (counts IS NOT NULL AND histograms IS NOT NULL AND sums IS NOT NULL AND measures IS NOT NULL AND v2_exposures IS NOT NULL)),
  CONSTRAINT baseline_has_cause CHECK ((status = 'spoiled') = (cause IS NOT NULL))
);
CREATE UNIQUE INDEX baselines_one_recording ON baselines (feature) WHERE status = 'recording';
CREATE INDEX baselines_by_feature ON baselines (feature, id);

-- Frozen: what has ended stays as it is, and its window was never another.
CREATE FUNCTION switchback_stamp_baseline() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.status <> 'recording' THEN
    RAISE EXCEPTION 'switchback: baseline % has ended and stays as it is', OLD.id USING ERRCODE = 'restrict_violation';
  END IF;
  IF (NEW.id, NEW.feature, NEW.from_at, NEW.until_at, NEW.created_at, NEW.created_by)
    IS DISTINCT FROM (OLD.id, OLD.feature, OLD.from_at, OLD.until_at, OLD.created_at, OLD.created_by) THEN
    RAISE EXCEPTION 'switchback: a baseline keeps its feature and its window; start another instead' USING ERRCODE = 'restrict_violation';
  END IF;
  IF NEW.status <> 'recording' THEN NEW.ended_at := switchback_clock(); END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER stamp BEFORE UPDATE ON baselines FOR EACH ROW EXECUTE FUNCTION switchback_stamp_baseline();

CREATE FUNCTION switchback_audit_baseline() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO flag_audit (feature, action, after) VALUES (NEW.feature, 'baseline-started', to_jsonb(NEW) - 'histograms');
  ELSIF TG_OP = 'DELETE' THEN
    INSERT INTO flag_audit (feature, action, before) VALUES (OLD.feature, 'baseline-deleted', to_jsonb(OLD));
  ELSIF NEW.status <> OLD.status THEN
    INSERT INTO flag_audit (feature, action, before, after)
      VALUES (NEW.feature, 'baseline-' || NEW.status, to_jsonb(OLD), to_jsonb(NEW) - 'histograms');
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON baselines FOR EACH ROW EXECUTE FUNCTION switchback_audit_baseline();
CREATE TRIGGER audit_truncate AFTER TRUNCATE ON baselines FOR EACH STATEMENT EXECUTE FUNCTION switchback_audit_flag();

-- When v2 of a feature was first possible by the rules within a window, and how; no row: never.
CREATE FUNCTION switchback_first_v2(of_feature text, from_at timestamptz, to_at timestamptz)
RETURNS TABLE (at timestamptz, percentage numeric, listed integer, actor text) LANGUAGE sql STABLE AS $$
  WITH state AS (
    (SELECT id, audit.at, audit.actor, after FROM flag_audit AS audit
      WHERE feature = of_feature AND after ? 'enabled_users' AND audit.at <= from_at ORDER BY id DESC LIMIT 1)
    UNION ALL
    (SELECT id, audit.at, audit.actor, after FROM flag_audit AS audit
      WHERE feature = of_feature AND after ? 'enabled_users' AND audit.at > from_at AND audit.at < to_at ORDER BY id LIMIT 10000)
  ), spell AS (
    SELECT greatest(state.at, from_at, (after->>'valid_from')::timestamptz) AS begins,
      least(lead(state.at) OVER (ORDER BY id), to_at, (after->>'valid_until')::timestamptz) AS ends,
      (after->>'enabled')::boolean AND after->>'retired_at' IS NULL AS is_on,
      (after->>'percentage')::numeric AS share, jsonb_array_length(after->'enabled_users') AS users, state.actor AS by
    FROM state
  )
  SELECT begins, share, users, by FROM spell WHERE is_on AND begins < ends AND (share > 0 OR users > 0) ORDER BY begins LIMIT 1
$$;

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['switchback_stamp_baseline()', 'switchback_audit_baseline()',
    'switchback_first_v2(text, timestamptz, timestamptz)']
  LOOP
    EXECUTE format('ALTER FUNCTION %s SET search_path = %I, pg_temp', name, current_schema());
  END LOOP;
END $$;
`;
