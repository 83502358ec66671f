import django.db.models.deletion
from django.db import migrations, models

MOVED = ("seasonticket", "seasonticketseat", "withheldseat", "distinctplace")


def move_content_types(apps, old, new):
    """Give the content types of the moved models to another app; permissions, groups and the log of the admin follow."""
    content_types = apps.get_model("contenttypes", "ContentType").objects.filter(model__in=MOVED)
    for content_type in content_types.filter(app_label=old):
        # One may be there already: the other release makes it when it migrates, or when a superuser saves a page.
        for other in content_types.filter(app_label=new, model=content_type.model):
            apps.get_model("admin", "LogEntry").objects.filter(content_type=other).update(content_type=content_type)
            other.delete()
        content_type.app_label = new
        content_type.save()


class Migration(migrations.Migration):
    """Season tickets are an app of their own, whose tables stay as they are (ADR 38)."""

    dependencies = [
        ("admin", "0003_logentry_add_action_flag_choices"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("listings", "0009_submitted_and_changed_at"),
        ("season_tickets", "0001_initial"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(
                    model_name="listing",
                    name="season_ticket",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="listings",
                        to="season_tickets.seasonticket",
                    ),
                ),
                migrations.DeleteModel(name="WithheldSeat"),
                migrations.DeleteModel(name="SeasonTicketSeat"),
                migrations.DeleteModel(name="DistinctPlace"),
                migrations.DeleteModel(name="SeasonTicket"),
            ],
        ),
        migrations.RunPython(
            lambda apps, _: move_content_types(apps, old="listings", new="season_tickets"),
            lambda apps, _: move_content_types(apps, old="season_tickets", new="listings"),
        ),
    ]
