/** Retiring and bringing back have names of their own in the audit; a schema of a config is an object. */
export const featuresSql = `
ALTER TABLE feature_flags ADD CONSTRAINT config_schema_is_object
  CHECK (jsonb_typeof(config_schema) = 'object' AND octet_length(config_schema::text) <= 65536) NOT VALID;

CREATE OR REPLACE FUNCTION switchback_audit_flag() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    INSERT INTO flag_audit (action, before) VALUES ('truncate', jsonb_build_object('table', TG_TABLE_NAME));
  ELSIF TG_OP = 'INSERT' THEN
    INSERT INTO flag_audit (feature, action, after) VALUES (NEW.feature, 'create', to_jsonb(NEW));
  ELSIF TG_OP = 'DELETE' THEN
    INSERT INTO flag_audit (feature, action, before) VALUES (OLD.feature, 'delete', to_jsonb(OLD));
  ELSIF NEW IS DISTINCT FROM OLD THEN
    INSERT INTO flag_audit (feature, action, before, after) VALUES (NEW.feature,
      CASE WHEN OLD.retired_at IS NULL AND NEW.retired_at IS NOT NULL THEN 'retire'
        WHEN OLD.retired_at IS NOT NULL AND NEW.retired_at IS NULL THEN 'restore'
        WHEN OLD.enabled AND NOT NEW.enabled THEN 'disable' WHEN NEW.enabled AND NOT OLD.enabled THEN 'enable' ELSE 'change' END,
      to_jsonb(OLD), to_jsonb(NEW));
  END IF;
  RETURN NULL;
END $$;

-- Replacing a function takes away what was set for it.
DO $$
BEGIN
  EXECUTE format('ALTER FUNCTION switchback_audit_flag() SET search_path = %I, pg_temp', current_schema());
END $$;
`;
