/** An end for the alarm after a restore; what plans publish counts as content; OFREP streams are counted; plans know retired features. */
export const upkeepSql = `
-- Unlike the epoch: it was raised, and nobody has said yet that they looked.
ALTER TABLE switchback_state ADD COLUMN acknowledged_epoch bigint;

CREATE FUNCTION switchback_acknowledge_epoch() RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
  known bigint;
  raised bigint;
  told bigint;
BEGIN
  SELECT acknowledged_epoch, epoch INTO known, raised FROM switchback_state FOR UPDATE;
  IF known = raised THEN RETURN; END IF;
  -- A revision of its own, so that every replica hears of it, whatever becomes of the notification.
  UPDATE switchback_state SET acknowledged_epoch = epoch, revision = revision + 1, last_xid = pg_current_xact_id(),
    changed_at = clock_timestamp() RETURNING revision INTO told;
  INSERT INTO flag_audit (action, before, after)
    VALUES ('epoch-acknowledged', jsonb_build_object('epoch', known), jsonb_build_object('epoch', raised));
  PERFORM pg_notify('switchback', told::text);
END $$;
REVOKE ALL ON FUNCTION switchback_acknowledge_epoch() FROM PUBLIC;

-- The stage of a feature is published: a plan changed with the triggers off is a change of the content.
CREATE OR REPLACE FUNCTION switchback_digest() RETURNS text LANGUAGE sql STABLE AS $$
  SELECT md5(coalesce((SELECT string_agg(flag::text, E'\\n' ORDER BY flag.feature COLLATE "C") FROM feature_flags AS flag), '')
    || coalesce((SELECT string_agg(kill.id || ' ' || coalesce(kill.feature, '*'), E'\\n' ORDER BY kill.id)
      FROM rollbacks AS kill WHERE kill.ended_at IS NULL), '')
    || switchback_stage_labels()::text)
$$;

-- Whoever comes second, a plan or the retirement, waits for the other and then sees it.
CREATE FUNCTION switchback_check_plan_feature() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
  retired timestamptz;
BEGIN
  SELECT retired_at INTO retired FROM feature_flags WHERE feature = NEW.feature FOR SHARE;
  IF retired IS NOT NULL THEN
    RAISE EXCEPTION 'switchback: % is retired; restore it before it gets a plan', NEW.feature USING ERRCODE = 'object_in_use';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER check_feature BEFORE INSERT ON plans FOR EACH ROW EXECUTE FUNCTION switchback_check_plan_feature();

ALTER TABLE replicas ADD COLUMN ofrep_streams integer NOT NULL DEFAULT 0;

-- The digest means something else from here on: with a new revision no replica takes that for a change made with the triggers off.
UPDATE switchback_state SET acknowledged_epoch = epoch, revision = CASE WHEN revision = 0 THEN 0 ELSE revision + 1 END;
SELECT pg_notify('switchback', revision::text) FROM switchback_state WHERE revision > 0;

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['switchback_acknowledge_epoch()', 'switchback_digest()', 'switchback_check_plan_feature()']
  LOOP
    EXECUTE format('ALTER FUNCTION %s SET search_path = %I, pg_temp', name, current_schema());
  END LOOP;
END $$;
`;
