/** Rollout plans: one that has not ended per feature, its stages, and what pauses it. */
export const plansSql = `
-- The one clock of all plans, so that replicas agree and tests can hold it.
CREATE FUNCTION switchback_clock() RETURNS timestamptz LANGUAGE sql VOLATILE AS $$ SELECT clock_timestamp() $$;

CREATE OR REPLACE FUNCTION switchback_source() RETURNS text LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN current_setting('switchback.source', true) IN ('api', 'cli', 'ui', 'env', 'guard', 'plan')
    THEN current_setting('switchback.source', true) ELSE 'sql' END
$$;

CREATE FUNCTION switchback_are_stages(stages jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE
    WHEN jsonb_typeof(stages) <> 'array' OR octet_length(stages::text) > 65536 THEN false
    WHEN jsonb_array_length(stages) NOT BETWEEN 1 AND 20 THEN false
    WHEN EXISTS (SELECT 1 FROM jsonb_array_elements(stages) AS stage WHERE jsonb_typeof(stage) <> 'object'
      OR coalesce(jsonb_typeof(stage->'percentage'), '') <> 'number' OR coalesce(jsonb_typeof(stage->'holdMinutes'), '') <> 'number'
      OR coalesce(jsonb_typeof(stage->'gates'), '') <> 'array') THEN false
    ELSE NOT EXISTS (
      SELECT 1 FROM (SELECT (stage->>'percentage')::numeric AS share, (stage->>'holdMinutes')::numeric AS hold,
          lag((stage->>'percentage')::numeric) OVER (ORDER BY at) AS share_before
        FROM jsonb_array_elements(stages) WITH ORDINALITY AS one (stage, at)) AS checked
      WHERE share NOT BETWEEN 0 AND 100 OR share <> round(share, 2) OR share <= share_before OR hold NOT BETWEEN 0 AND 525600)
    END
$$;

CREATE TABLE plans (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  feature text NOT NULL CONSTRAINT plan_feature_is_key CHECK (feature ~ '^[A-Za-z][A-Za-z0-9_.-]{0,63}$'),
  stages jsonb NOT NULL CONSTRAINT plan_stages_rise CHECK (switchback_are_stages(stages)),
  status text NOT NULL DEFAULT 'draft' CONSTRAINT plan_status_known
    CHECK (status IN ('draft', 'running', 'paused', 'completed', 'rolledBack', 'cancelled')),
  -- From 1; null before the start.
  stage integer CONSTRAINT plan_stage_exists CHECK (stage BETWEEN 1 AND jsonb_array_length(stages)),
  cause text CONSTRAINT plan_cause_known CHECK (cause IN ('person', 'rollback', 'percentage', 'feature')),
  created_at timestamptz NOT NULL DEFAULT switchback_clock(),
  created_by text NOT NULL DEFAULT switchback_actor(),
  started_at timestamptz,
  stage_began_at timestamptz,
  -- While it runs: held so far is held_ms and the time since then.
  running_since timestamptz,
  held_ms bigint NOT NULL DEFAULT 0,
  ended_at timestamptz,
  changed_at timestamptz NOT NULL DEFAULT switchback_clock(),
  actor text NOT NULL DEFAULT switchback_actor(),
  reason text DEFAULT switchback_reason(),
  -- What the gates of the stage said last.
  gates jsonb NOT NULL DEFAULT '[]',
  -- Rollbacks up to this one were known when somebody let the plan run.
  after_rollback bigint NOT NULL DEFAULT 0,
  CONSTRAINT plan_stage_fits CHECK (CASE status WHEN 'draft' THEN stage IS NULL WHEN 'cancelled' THEN true ELSE stage IS NOT NULL END),
  CONSTRAINT plan_runs_since CHECK ((status = 'running') = (running_since IS NOT NULL)),
  CONSTRAINT plan_pause_has_cause CHECK ((status = 'paused') = (cause IS NOT NULL))
);
CREATE UNIQUE INDEX plans_one_open ON plans (feature) WHERE status IN ('draft', 'running', 'paused');
CREATE INDEX plans_running ON plans (id) WHERE status = 'running';
CREATE INDEX plans_by_feature ON plans (feature, id);

-- Keeps the phases apart, whoever changes a row: stages one after the other, an end for good, times by this clock.
CREATE FUNCTION switchback_stamp_plan() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  at timestamptz := switchback_clock();
BEGIN
  IF (NEW.id, NEW.feature, NEW.stages) IS DISTINCT FROM (OLD.id, OLD.feature, OLD.stages) THEN
    RAISE EXCEPTION 'switchback: a plan keeps its feature and its stages; make a new one instead' USING ERRCODE = 'restrict_violation';
  END IF;
  IF NEW.status = OLD.status AND NEW.stage IS NOT DISTINCT FROM OLD.stage THEN RETURN NEW; END IF;
  IF OLD.status IN ('completed', 'rolledBack', 'cancelled') THEN
    RAISE EXCEPTION 'switchback: plan % has ended', OLD.id USING ERRCODE = 'restrict_violation';
  END IF;
  IF NEW.stage IS DISTINCT FROM OLD.stage AND NEW.stage IS DISTINCT FROM coalesce(OLD.stage, 0) + 1 THEN
    RAISE EXCEPTION 'switchback: the stages of a plan come one after the other' USING ERRCODE = 'restrict_violation';
  END IF;
  IF NEW.status = 'running' THEN
    IF OLD.status <> 'running' THEN NEW.after_rollback := (SELECT coalesce(max(id), 0) FROM rollbacks); END IF;
    IF OLD.status = 'draft' THEN NEW.started_at := at; END IF;
    IF NEW.stage IS DISTINCT FROM OLD.stage THEN NEW.held_ms := 0; NEW.stage_began_at := at; END IF;
    NEW.running_since := at;
    NEW.cause := NULL;
    NEW.gates := '[]';
  ELSIF NEW.status = 'paused' THEN
    NEW.cause := CASE WHEN OLD.status = 'paused' THEN OLD.cause ELSE coalesce(NEW.cause, 'person') END;
    -- What was rolled back or changed has to be watched for the whole time again.
    IF NEW.cause <> 'person' THEN NEW.held_ms := 0;
    ELSIF OLD.running_since IS NOT NULL THEN
      NEW.held_ms := OLD.held_ms + greatest(0, floor(extract(epoch FROM at - OLD.running_since) * 1000));
    END IF;
    NEW.running_since := NULL;
  ELSE
    NEW.cause := NULL;
    NEW.running_since := NULL;
    NEW.ended_at := at;
  END IF;
  NEW.changed_at := at;
  NEW.actor := switchback_actor();
  IF NEW.reason IS NOT DISTINCT FROM OLD.reason THEN NEW.reason := switchback_reason(); END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER stamp BEFORE UPDATE ON plans FOR EACH ROW EXECUTE FUNCTION switchback_stamp_plan();

CREATE FUNCTION switchback_audit_plan() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO flag_audit (feature, action, after) VALUES (NEW.feature, 'plan-created', to_jsonb(NEW));
  ELSIF TG_OP = 'DELETE' THEN
    INSERT INTO flag_audit (feature, action, before) VALUES (OLD.feature, 'plan-deleted', to_jsonb(OLD));
  ELSIF NEW.status <> OLD.status OR NEW.stage IS DISTINCT FROM OLD.stage THEN
    INSERT INTO flag_audit (feature, action, reason, before, after) VALUES (NEW.feature,
      CASE NEW.status WHEN 'paused' THEN 'plan-paused' WHEN 'completed' THEN 'plan-completed' WHEN 'rolledBack' THEN 'plan-rolled-back'
        WHEN 'cancelled' THEN 'plan-cancelled'
        ELSE CASE OLD.status WHEN 'draft' THEN 'plan-started' WHEN 'paused' THEN 'plan-resumed' ELSE 'plan-promoted' END END,
      NEW.reason, to_jsonb(OLD), to_jsonb(NEW));
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON plans FOR EACH ROW EXECUTE FUNCTION switchback_audit_plan();
CREATE TRIGGER audit_truncate AFTER TRUNCATE ON plans FOR EACH STATEMENT EXECUTE FUNCTION switchback_audit_flag();

-- The stage of a feature is published, so whatever moves a plan is a revision.
CREATE CONSTRAINT TRIGGER revision_changed AFTER UPDATE ON plans DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (NEW.status <> OLD.status OR NEW.stage IS DISTINCT FROM OLD.stage) EXECUTE FUNCTION switchback_bump();
CREATE CONSTRAINT TRIGGER revision_deleted AFTER DELETE ON plans DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION switchback_bump();

-- A rollback never waits for a plan: one whose row is locked is paused by the next tick, which looks for rollbacks first.
CREATE FUNCTION switchback_pause_plans(of_feature text, for_cause text, because text) RETURNS void LANGUAGE sql AS $$
  UPDATE plans SET status = 'paused', cause = for_cause, reason = left(because, 2000)
    WHERE id IN (SELECT id FROM plans WHERE status = 'running' AND (of_feature IS NULL OR feature = of_feature)
      ORDER BY id FOR UPDATE SKIP LOCKED)
$$;
CREATE FUNCTION switchback_pause_on_rollback() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  PERFORM switchback_pause_plans(NEW.feature, 'rollback',
    CASE WHEN NEW.feature IS NULL THEN 'emergency rollback ' ELSE 'rollback ' END || NEW.id || coalesce(': ' || NEW.reason, ''));
  RETURN NULL;
END $$;
CREATE TRIGGER pause_plans AFTER INSERT ON rollbacks FOR EACH ROW WHEN (NEW.ended_at IS NULL)
  EXECUTE FUNCTION switchback_pause_on_rollback();

-- By hand only less v2 goes with a plan that runs; the plan itself names its id.
CREATE FUNCTION switchback_guard_percentage() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
  running bigint;
BEGIN
  SELECT id INTO running FROM plans WHERE feature = NEW.feature AND status = 'running';
  IF running IS NULL OR current_setting('switchback.plan', true) = running::text THEN RETURN NULL; END IF;
  IF NEW.percentage > OLD.percentage THEN
    RAISE EXCEPTION 'plan % of % is running and sets its percentage: pause it first (POST /api/plans/%/pause); less is possible at any time and pauses it',
      running, NEW.feature, running USING ERRCODE = 'object_in_use';
  END IF;
  PERFORM switchback_pause_plans(NEW.feature, 'percentage',
    'the percentage was lowered to ' || NEW.percentage || coalesce(': ' || switchback_reason(), ''));
  RETURN NULL;
END $$;
CREATE TRIGGER guard_percentage AFTER UPDATE ON feature_flags FOR EACH ROW WHEN (NEW.percentage <> OLD.percentage)
  EXECUTE FUNCTION switchback_guard_percentage();

-- The name of the stage a feature is at, in the snapshot and in metrics; none while somebody's own percentage holds.
CREATE FUNCTION switchback_stage_labels() RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT coalesce(jsonb_object_agg(feature, 'p' || id || '-s' || stage), '{}') FROM plans JOIN feature_flags USING (feature)
    WHERE status IN ('running', 'paused') AND percentage = (stages->(stage - 1)->>'percentage')::numeric
$$;

-- Whoever changes a flag may have another search_path, and no rights on plans.
DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['switchback_stamp_plan()', 'switchback_audit_plan()', 'switchback_pause_on_rollback()',
    'switchback_guard_percentage()', 'switchback_pause_plans(text, text, text)', 'switchback_stage_labels()']
  LOOP
    EXECUTE format('ALTER FUNCTION %s SET search_path = %I, pg_temp', name, current_schema());
  END LOOP;
END $$;
`;
