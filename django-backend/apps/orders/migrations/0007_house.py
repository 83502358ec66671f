"""The marketplace of our own shop: its sales are recorded by orders, and it is always in use."""

from django.db import migrations


def add(apps, schema_editor):
    """Add it; a marketplace of that code becomes it."""
    marketplace = apps.get_model("orders", "Marketplace")
    marketplace.objects.update_or_create(code="house", defaults={"name": "Our shop", "is_active": True})


class Migration(migrations.Migration):
    dependencies = [("orders", "0006_orders")]

    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
