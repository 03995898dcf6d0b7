"""What the change feed has to be told beside the versions: what is hidden, opened, moved or retired, and what others show of it."""

from django.db import migrations, models

TOUCH = """
CREATE FUNCTION records_touch(this bigint, touched uuid, seen smallint, place uuid) RETURNS void LANGUAGE sql AS $$
  INSERT INTO public.records_touched AS t (change_id, record_id, visibility, within) VALUES (this, touched, seen, place)
    ON CONFLICT (change_id, record_id) DO UPDATE
    SET visibility = coalesce(t.visibility, excluded.visibility), within = coalesce(t.within, excluded.within)
    WHERE t.visibility IS NULL
$$;
CREATE FUNCTION records_record_touched() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM public.records_touch(
    CASE WHEN NEW.version <> OLD.version THEN NEW.change_id ELSE public.registry_change() END, OLD.id, OLD.visibility, OLD.within);
  RETURN NULL;
END $$;
CREATE FUNCTION records_shown_by_others() RETURNS trigger LANGUAGE plpgsql AS $$
-- A column of a kind's table that records which refer to it show as theirs.
BEGIN
  PERFORM public.records_touch(NEW.change_id, NEW.id, NULL, NULL);
  RETURN NULL;
END $$;
CREATE TRIGGER touched AFTER UPDATE ON records_record FOR EACH ROW
  WHEN ((OLD.visibility, OLD.within, OLD.is_retired) IS DISTINCT FROM (NEW.visibility, NEW.within, NEW.is_retired))
  EXECUTE FUNCTION records_record_touched();
"""
GONE = """
DROP TRIGGER touched ON records_record;
DROP FUNCTION records_shown_by_others, records_record_touched, records_touch;
"""


class Migration(migrations.Migration):
    dependencies = [("records", "0028_webhooks")]
    operations = [
        migrations.CreateModel(
            name="Touched",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "change_id", "record_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("change_id", models.BigIntegerField()),
                ("record_id", models.UUIDField()),
                ("visibility", models.SmallIntegerField(null=True)),
                ("within", models.UUIDField(null=True)),
            ],
            options={"indexes": [models.Index(fields=["record_id"], name="touched_record")]},
        ),
        migrations.RunSQL(TOUCH, GONE),
    ]
