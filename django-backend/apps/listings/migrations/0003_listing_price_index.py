from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    # The table may be large: listings are made and sold while the index is built.
    atomic = False

    dependencies = [
        ('listings', '0002_terms_states_and_verified_seats'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='listing',
            index=models.Index(fields=['price_cents', 'id'], name='listing_price_id'),
        ),
    ]
