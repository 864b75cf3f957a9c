from django.db import migrations

from knowledge.index import schema


class Migration(migrations.Migration):
    dependencies = [("knowledge", "0001_squashed")]
    operations = [migrations.RunPython(schema.create, schema.drop)]
