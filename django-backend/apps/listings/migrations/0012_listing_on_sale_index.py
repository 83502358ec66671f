from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):

    # The table may be large: listings are made and sold while the index is built.
    atomic = False

    dependencies = [
        ('listings', '0011_show_seats'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='listing',
            index=models.Index(
                fields=['event', 'price_cents', 'id'],
                name='listing_on_sale',
                condition=Q(status__in=['delisting_requested', 'listed']),
            ),
        ),
    ]
