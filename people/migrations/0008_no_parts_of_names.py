from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("people", "0007_names_in_one")]
    operations = [
        migrations.RemoveField(model_name="user", name="first_name"),
        migrations.RemoveField(model_name="user", name="last_name"),
    ]
