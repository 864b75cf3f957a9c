from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("knowledge", "0003_note_zone_vault_sync_requested_at")]
    operations = [
        migrations.AddIndex(
            model_name="passage", index=models.Index(fields=["id", "note"], name="passage_note_of")
        ),
    ]
