"""The marketplaces that the product was asked for with; more are added in the admin."""

from django.db import migrations

NAMES = (
    "Event Inventory", "StubHub", "Mercury", "SeatGeek", "VividSeats", "TicketNetwork", "Viagogo", "Ticket Evolution",
    "TickPick", "Gametime",
)  # fmt: skip


def add(apps, schema_editor):
    """Add the marketplaces by name; those that are there stay as they are."""
    marketplace = apps.get_model("orders", "Marketplace")
    for name in NAMES:
        marketplace.objects.get_or_create(code=name.lower().replace(" ", "-"), defaults={"name": name})


class Migration(migrations.Migration):
    dependencies = [("orders", "0001_initial")]

    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
