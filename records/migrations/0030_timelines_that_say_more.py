"""Entries say between which days they begin and end, what is awaited, and in which program they lie.

They are worked out from the records, so none is carried over: the workers fill them after this migration. What moves to
another program takes its entries with it.
"""

import django.db.models.deletion
import django.db.models.functions.comparison
from django.db import migrations, models

ANEW = """
TRUNCATE records_timelineentry;
INSERT INTO records_stalemark (figure, scopes) VALUES ('timelines', NULL);
"""
MOVE_BELOW = """
CREATE OR REPLACE FUNCTION records_move_below(ids uuid[]) RETURNS void LANGUAGE plpgsql AS $$
-- What lies under a record that moved to another program moves with it.
DECLARE edge record; moved uuid[];
BEGIN
  FOR edge IN SELECT child, col FROM public.records_under WHERE gives_within ORDER BY child, col LOOP
    EXECUTE format('WITH m AS (UPDATE public.records_record r SET within = p.within
                    FROM public.%I c JOIN public.records_record p ON p.id = c.%I
                    WHERE r.id = c.id AND c.%I = ANY($1) AND r.within IS DISTINCT FROM p.within RETURNING r.id)
                    SELECT array_agg(id) FROM m', edge.child, edge.col, edge.col) INTO moved USING ids;
    IF moved IS NOT NULL THEN PERFORM public.records_move_below(moved);{mark} END IF;
  END LOOP;
END $$;
"""
AND_MARK = " PERFORM public.records_mark('timelines', moved);"


class Migration(migrations.Migration):
    dependencies = [
        ("records", "0029_change_feed"),
    ]

    operations = [
        migrations.RunSQL(ANEW, ANEW),
        migrations.RunSQL(MOVE_BELOW.replace("{mark}", AND_MARK), MOVE_BELOW.replace("{mark}", "")),
        migrations.RemoveIndex(
            model_name="timelineentry",
            name="timeline_entry_first",
        ),
        migrations.AddField(
            model_name="timelineentry",
            name="ends_first",
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name="timelineentry",
            name="is_open",
            field=models.BooleanField(default=False),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="timelineentry",
            name="starts_last",
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name="timelineentry",
            name="within",
            field=models.UUIDField(null=True),
        ),
        migrations.AlterField(
            model_name="timelineentry",
            name="record",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="timeline_entries",
                to="records.record",
            ),
        ),
        migrations.AddIndex(
            model_name="timelineentry",
            index=models.Index(
                django.db.models.functions.comparison.Coalesce("first", "last"),
                models.F("record"),
                models.F("fact"),
                name="timeline_entry_in_order",
            ),
        ),
        migrations.AddIndex(
            model_name="timelineentry",
            index=models.Index(fields=["last", "record", "fact"], name="timeline_entry_ending"),
        ),
        migrations.AddIndex(
            model_name="timelineentry",
            index=models.Index(fields=["within", "last", "record", "fact"], name="timeline_entry_within"),
        ),
        migrations.AddIndex(
            model_name="timelineentry",
            index=models.Index(
                condition=models.Q(("is_open", True)), fields=["last", "record", "fact"], name="timeline_entry_open"
            ),
        ),
        migrations.AddIndex(
            model_name="timelineentry",
            index=models.Index(
                condition=models.Q(("ends_first__lt", models.F("last"))),
                fields=["last", "record", "fact"],
                name="timeline_entry_uncertain",
            ),
        ),
    ]
