"""The marketplace of our own shop: its sales are recorded by orders, and it is always in use."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations


def add(apps, schema_editor):
    """Add it; a marketplace of that code becomes it."""
    marketplace = apps.get_model("orders", "Marketplace")
    marketplace.objects.update_or_create(code="house", defaults={"name": "Our shop", "is_active": True})


class Migration(migrations.Migration):
    dependencies = [("orders", "0006_orders")]

    operations = [
        migrations.RunPython(add, migrations.RunPython.noop),
        pgtrigger.migrations.AddTrigger(
            model_name='marketplace',
            trigger=pgtrigger.compiler.Trigger(name='house_stays', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (OLD.code = 'house')", func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='f6580596570d18c2b4e6d958ef7fab47129e63ed', operation='UPDATE OR DELETE', pgid='pgtrigger_house_stays_e679c', table='orders_marketplace', when='BEFORE')),
        ),
    ]
