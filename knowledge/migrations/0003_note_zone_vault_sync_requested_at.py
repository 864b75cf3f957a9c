from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("knowledge", "0002_search_index")]
    operations = [
        migrations.AddField(
            model_name="note",
            name="zone",
            field=models.CharField(
                choices=[("v", "Evidence"), ("h", "Title and properties"), ("t", "Template"), ("r", "Our own report")],
                default="v",
                max_length=1,
            ),
        ),
        migrations.AddField(
            model_name="vault",
            name="sync_requested_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
    ]
