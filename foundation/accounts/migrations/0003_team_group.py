import django.db.models.deletion
from django.db import migrations, models

from foundation.accounts.roles import permissions_of_no_model


def groups_of_teams(apps, schema_editor):
    group = apps.get_model("auth", "Group").objects
    for team in apps.get_model("accounts", "Team").objects.all():
        team.group = group.create(name=f"team:{team.pk}")
        team.save(update_fields=["group"])
        team.group.user_set.set(team.members.all())


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_invitations_and_personal_tokens"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="role",
            # As roles.py says it now: a new code takes no migration.
            options={"ordering": ("-created_at", "-id"), "permissions": permissions_of_no_model()},
        ),
        migrations.AddField(
            model_name="team",
            name="group",
            field=models.OneToOneField(
                null=True, on_delete=django.db.models.deletion.CASCADE, related_name="team", to="auth.group"
            ),
        ),
        migrations.RunPython(groups_of_teams, migrations.RunPython.noop),
        migrations.RemoveField(model_name="team", name="members"),
        migrations.AlterField(
            model_name="team",
            name="group",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE, related_name="team", to="auth.group"
            ),
        ),
    ]
