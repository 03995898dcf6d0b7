from django.db import migrations

IN_ONE = "UPDATE people_user SET name = left(btrim(first_name || ' ' || last_name), 150) WHERE name = ''"


class Migration(migrations.Migration):
    dependencies = [("people", "0006_accounts_by_invitation")]
    operations = [migrations.RunSQL(IN_ONE, migrations.RunSQL.noop)]
