/** What is rewritten of a rollback is audited too: who it says it was, why, when. */
export const editsSql = `
CREATE OR REPLACE FUNCTION switchback_audit_rollback() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
  kind text := CASE WHEN coalesce(NEW.feature, OLD.feature) IS NULL THEN 'emergency' ELSE 'rollback' END;
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO flag_audit (feature, action, after)
      VALUES (NEW.feature, CASE kind WHEN 'emergency' THEN 'emergency-rollback' ELSE 'rollback' END, to_jsonb(NEW));
  ELSIF TG_OP = 'DELETE' THEN
    INSERT INTO flag_audit (feature, action, before) VALUES (OLD.feature, kind || '-deleted', to_jsonb(OLD));
  -- Its revision is known at commit only, and written then.
  ELSIF to_jsonb(NEW) - 'revision' IS DISTINCT FROM to_jsonb(OLD) - 'revision' OR OLD.revision IS NOT NULL AND NEW.revision IS DISTINCT FROM OLD.revision THEN
    INSERT INTO flag_audit (feature, action, before, after) VALUES (NEW.feature,
      kind || CASE WHEN OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL THEN '-ended' ELSE '-changed' END, to_jsonb(OLD), to_jsonb(NEW));
  END IF;
  RETURN NULL;
END $$;

-- Replacing a function takes away what was set for it.
DO $$
BEGIN
  EXECUTE format('ALTER FUNCTION switchback_audit_rollback() SET search_path = %I, pg_temp', current_schema());
END $$;
`;
