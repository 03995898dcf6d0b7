"""Hashes of tokens and invitations are kept under the server's secret (people/keys.py). There is no way back from it."""

from django.db import migrations
from django.utils.crypto import salted_hmac


def key_them(apps, schema_editor):
    for name in ("Token", "Invitation"):
        model = apps.get_model("people", name)
        for pk, plain in model.objects.values_list("pk", "key_hash"):
            keyed = salted_hmac("people.keys", plain, algorithm="sha256").hexdigest()
            model.objects.filter(pk=pk).update(key_hash=keyed)


class Migration(migrations.Migration):
    dependencies = [("people", "0012_tokens_of_institutions")]
    operations = [migrations.RunPython(key_them)]
