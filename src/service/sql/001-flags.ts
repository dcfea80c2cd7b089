/** Features, rollbacks, their audit, and the revision that is assigned at commit. Runs on PostgreSQL 15 and newer. */
export const flagsSql = `
CREATE FUNCTION switchback_actor() RETURNS text LANGUAGE sql STABLE AS $$
  SELECT left(coalesce(nullif(current_setting('switchback.actor', true), ''), 'sql:' || session_user), 200)
$$;
CREATE FUNCTION switchback_source() RETURNS text LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN current_setting('switchback.source', true) IN ('api', 'cli', 'ui', 'env', 'guard')
    THEN current_setting('switchback.source', true) ELSE 'sql' END
$$;
CREATE FUNCTION switchback_reason() RETURNS text LANGUAGE sql STABLE AS $$
  SELECT left(nullif(current_setting('switchback.reason', true), ''), 2000)
$$;
CREATE FUNCTION switchback_are_users(users jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN jsonb_typeof(users) <> 'array' OR jsonb_array_length(users) > 10000 THEN false ELSE
    NOT EXISTS (SELECT 1 FROM jsonb_array_elements(users) AS entry WHERE jsonb_typeof(entry) <> 'object'
      OR coalesce(entry->>'tag', '') !~ '^[0-9a-f]{16}$'
      OR coalesce(jsonb_typeof(entry->'label'), 'null') NOT IN ('string', 'null')
      OR length(entry->>'label') > 200) END
$$;
CREATE FUNCTION switchback_is_time(at timestamptz) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT at IS NULL OR at BETWEEN '1970-01-01 00:00:00+00'::timestamptz AND '9999-12-31 00:00:00+00'::timestamptz
$$;

CREATE TABLE switchback_state (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  epoch bigint NOT NULL,
  revision bigint NOT NULL,
  last_xid xid8,
  changed_at timestamptz NOT NULL
);
INSERT INTO switchback_state (epoch, revision, changed_at)
  VALUES (floor(extract(epoch FROM clock_timestamp()) * 1000), 0, clock_timestamp());

CREATE TABLE feature_flags (
  feature text PRIMARY KEY CONSTRAINT feature_is_key CHECK (feature ~ '^[A-Za-z][A-Za-z0-9_.-]{0,63}$'),
  enabled boolean NOT NULL DEFAULT false,
  percentage numeric(5,2) NOT NULL DEFAULT 0 CONSTRAINT percentage_in_range CHECK (percentage BETWEEN 0 AND 100),
  enabled_users jsonb NOT NULL DEFAULT '[]' CONSTRAINT enabled_users_are_tags CHECK (switchback_are_users(enabled_users)),
  denied_users jsonb NOT NULL DEFAULT '[]' CONSTRAINT denied_users_are_tags CHECK (switchback_are_users(denied_users)),
  regions text[] CONSTRAINT regions_bounded CHECK (cardinality(regions) <= 500 AND length(array_to_string(regions, '')) <= 20000
    AND array_position(regions, NULL) IS NULL),
  valid_from timestamptz CONSTRAINT valid_from_finite CHECK (switchback_is_time(valid_from)),
  valid_until timestamptz CONSTRAINT valid_until_finite CHECK (switchback_is_time(valid_until)),
  requires text[] NOT NULL DEFAULT '{}' CONSTRAINT requires_bounded CHECK (cardinality(requires) <= 50
    AND array_position(requires, NULL) IS NULL),
  config jsonb NOT NULL DEFAULT '{}' CONSTRAINT config_is_object CHECK (jsonb_typeof(config) = 'object'
    AND octet_length(config::text) <= 65536),
  config_schema jsonb,
  sampling double precision NOT NULL DEFAULT 1 CONSTRAINT sampling_in_range CHECK (sampling BETWEEN 0 AND 1),
  log_only boolean NOT NULL DEFAULT false,
  owner text CONSTRAINT owner_bounded CHECK (length(owner) <= 200),
  description text CONSTRAINT description_bounded CHECK (length(description) <= 2000),
  remove_by date CONSTRAINT remove_by_finite CHECK (remove_by BETWEEN '1970-01-01' AND '9999-12-31'),
  retired_at timestamptz CONSTRAINT retired_at_finite CHECK (switchback_is_time(retired_at)),
  row_revision bigint NOT NULL DEFAULT 1,
  updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT valid_window CHECK (valid_until > valid_from)
);

-- No foreign key to feature_flags: it would make a kill wait for whoever holds the flag's row.
CREATE TABLE rollbacks (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  feature text CHECK (feature ~ '^[A-Za-z][A-Za-z0-9_.-]{0,63}$'),
  started_at timestamptz NOT NULL DEFAULT clock_timestamp() CHECK (switchback_is_time(started_at)),
  actor text NOT NULL DEFAULT switchback_actor(),
  source text NOT NULL DEFAULT switchback_source() CHECK (source IN ('api', 'cli', 'ui', 'env', 'sql', 'guard')),
  reason text DEFAULT switchback_reason(),
  from_enabled boolean,
  from_percentage numeric(5,2),
  revision bigint,
  ended_at timestamptz CHECK (switchback_is_time(ended_at)),
  ended_by text,
  ended_reason text,
  xid xid8 NOT NULL DEFAULT pg_current_xact_id()
);
CREATE UNIQUE INDEX rollbacks_one_active ON rollbacks (feature) WHERE ended_at IS NULL AND feature IS NOT NULL;
CREATE UNIQUE INDEX rollbacks_one_emergency ON rollbacks ((feature IS NULL)) WHERE ended_at IS NULL AND feature IS NULL;
CREATE INDEX rollbacks_without_revision ON rollbacks (xid) WHERE revision IS NULL;
CREATE INDEX rollbacks_by_feature ON rollbacks (feature, id);

CREATE TABLE flag_audit (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  feature text,
  action text NOT NULL,
  actor text NOT NULL DEFAULT switchback_actor(),
  source text NOT NULL DEFAULT switchback_source(),
  reason text DEFAULT switchback_reason(),
  before jsonb,
  after jsonb,
  request_id text DEFAULT left(nullif(current_setting('switchback.request_id', true), ''), 200)
);
CREATE INDEX flag_audit_by_feature ON flag_audit (feature, id);
CREATE INDEX flag_audit_by_xid ON flag_audit (xid);

CREATE FUNCTION switchback_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'switchback: % on % is refused', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON flag_audit FOR EACH STATEMENT EXECUTE FUNCTION switchback_refuse();
CREATE TRIGGER keep_the_row BEFORE DELETE OR TRUNCATE ON switchback_state FOR EACH STATEMENT EXECUTE FUNCTION switchback_refuse();

CREATE FUNCTION switchback_stamp_flag() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.feature <> OLD.feature THEN
    RAISE EXCEPTION 'switchback: a feature keeps its key; insert a new one instead' USING ERRCODE = 'restrict_violation';
  END IF;
  IF NEW IS DISTINCT FROM OLD THEN
    NEW.row_revision := OLD.row_revision + 1;
    NEW.updated_at := clock_timestamp();
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER stamp BEFORE UPDATE ON feature_flags FOR EACH ROW EXECUTE FUNCTION switchback_stamp_flag();

CREATE FUNCTION switchback_stamp_rollback() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.ended_at IS NULL THEN
    NEW.ended_by := NULL;
    NEW.ended_reason := NULL;
  ELSIF OLD.ended_at IS NULL THEN
    NEW.ended_by := coalesce(NEW.ended_by, switchback_actor());
    NEW.ended_reason := coalesce(NEW.ended_reason, switchback_reason());
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER stamp BEFORE UPDATE ON rollbacks FOR EACH ROW EXECUTE FUNCTION switchback_stamp_rollback();

CREATE FUNCTION switchback_audit_flag() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    INSERT INTO flag_audit (action, before) VALUES ('truncate', jsonb_build_object('table', TG_TABLE_NAME));
  ELSIF TG_OP = 'INSERT' THEN
    INSERT INTO flag_audit (feature, action, after) VALUES (NEW.feature, 'create', to_jsonb(NEW));
  ELSIF TG_OP = 'DELETE' THEN
    INSERT INTO flag_audit (feature, action, before) VALUES (OLD.feature, 'delete', to_jsonb(OLD));
  ELSIF NEW IS DISTINCT FROM OLD THEN
    INSERT INTO flag_audit (feature, action, before, after) VALUES (NEW.feature,
      CASE WHEN OLD.enabled AND NOT NEW.enabled THEN 'disable' WHEN NEW.enabled AND NOT OLD.enabled THEN 'enable' ELSE 'change' END,
      to_jsonb(OLD), to_jsonb(NEW));
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON feature_flags FOR EACH ROW EXECUTE FUNCTION switchback_audit_flag();
CREATE TRIGGER audit_truncate AFTER TRUNCATE ON feature_flags FOR EACH STATEMENT EXECUTE FUNCTION switchback_audit_flag();
CREATE TRIGGER audit_truncate AFTER TRUNCATE ON rollbacks FOR EACH STATEMENT EXECUTE FUNCTION switchback_audit_flag();

CREATE FUNCTION switchback_audit_rollback() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
  kind text := CASE WHEN coalesce(NEW.feature, OLD.feature) IS NULL THEN 'emergency' ELSE 'rollback' END;
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO flag_audit (feature, action, after)
      VALUES (NEW.feature, CASE kind WHEN 'emergency' THEN 'emergency-rollback' ELSE 'rollback' END, to_jsonb(NEW));
  ELSIF TG_OP = 'DELETE' THEN
    INSERT INTO flag_audit (feature, action, before) VALUES (OLD.feature, kind || '-deleted', to_jsonb(OLD));
  ELSIF NEW.ended_at IS DISTINCT FROM OLD.ended_at OR NEW.feature IS DISTINCT FROM OLD.feature THEN
    INSERT INTO flag_audit (feature, action, before, after) VALUES (NEW.feature,
      kind || CASE WHEN NEW.ended_at IS NULL THEN '-changed' ELSE '-ended' END, to_jsonb(OLD), to_jsonb(NEW));
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON rollbacks FOR EACH ROW EXECUTE FUNCTION switchback_audit_rollback();

-- Deferred, so that somebody's open BEGIN; UPDATE holds no row of rollbacks that a kill would have to wait for.
CREATE FUNCTION switchback_follow_enabled() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  IF OLD.enabled THEN
    INSERT INTO rollbacks (feature, from_enabled, from_percentage) VALUES (NEW.feature, true, OLD.percentage) ON CONFLICT DO NOTHING;
  ELSE
    -- A kill that came after this UPDATE, while its transaction was still open, stays.
    UPDATE rollbacks SET ended_at = clock_timestamp()
      WHERE feature = NEW.feature AND ended_at IS NULL AND started_at <= NEW.updated_at;
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER follow_enabled AFTER UPDATE ON feature_flags DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (NEW.enabled <> OLD.enabled) EXECUTE FUNCTION switchback_follow_enabled();

-- At commit: a number taken earlier would let a transaction that commits late stay invisible to whoever polls.
CREATE FUNCTION switchback_bump() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
  bumped bigint;
BEGIN
  UPDATE switchback_state SET revision = revision + 1, last_xid = pg_current_xact_id(), changed_at = clock_timestamp()
    WHERE last_xid IS DISTINCT FROM pg_current_xact_id() RETURNING revision INTO bumped;
  IF bumped IS NOT NULL THEN PERFORM pg_notify('switchback', bumped::text); END IF;
  UPDATE rollbacks SET revision = (SELECT state.revision FROM switchback_state AS state)
    WHERE revision IS NULL AND xid = pg_current_xact_id();
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER revision_created AFTER INSERT OR DELETE ON feature_flags DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION switchback_bump();
CREATE CONSTRAINT TRIGGER revision_changed AFTER UPDATE ON feature_flags DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (NEW IS DISTINCT FROM OLD) EXECUTE FUNCTION switchback_bump();
CREATE CONSTRAINT TRIGGER revision_created AFTER INSERT OR DELETE ON rollbacks DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION switchback_bump();
CREATE CONSTRAINT TRIGGER revision_changed AFTER UPDATE ON rollbacks DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (NEW.ended_at IS DISTINCT FROM OLD.ended_at OR NEW.feature IS DISTINCT FROM OLD.feature)
  EXECUTE FUNCTION switchback_bump();
-- TRUNCATE fires no row triggers; its audit entry does.
CREATE CONSTRAINT TRIGGER revision_truncated AFTER INSERT ON flag_audit DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (NEW.action IN ('truncate', 'change-without-triggers')) EXECUTE FUNCTION switchback_bump();

CREATE FUNCTION switchback_digest() RETURNS text LANGUAGE sql STABLE AS $$
  SELECT md5(coalesce((SELECT string_agg(flag::text, E'\\n' ORDER BY flag.feature COLLATE "C") FROM feature_flags AS flag), '')
    || coalesce((SELECT string_agg(kill.id || ' ' || coalesce(kill.feature, '*'), E'\\n' ORDER BY kill.id)
      FROM rollbacks AS kill WHERE kill.ended_at IS NULL), ''))
$$;

-- Whoever changes a flag may have another search_path, and no rights but UPDATE on feature_flags.
DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['switchback_audit_flag()', 'switchback_audit_rollback()', 'switchback_follow_enabled()',
    'switchback_bump()', 'switchback_stamp_rollback()', 'switchback_digest()']
  LOOP
    EXECUTE format('ALTER FUNCTION %s SET search_path = %I, pg_temp', name, current_schema());
  END LOOP;
END $$;
`;
