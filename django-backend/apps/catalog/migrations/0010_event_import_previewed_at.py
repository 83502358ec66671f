from django.db import migrations, models
from django.db.models.functions import Now


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0009_change_sources'),
    ]

    operations = [
        migrations.AddField(
            model_name='eventimport',
            name='previewed_at',
            field=models.DateTimeField(db_default=Now(), editable=False),
        ),
        migrations.RunSQL('UPDATE catalog_eventimport SET previewed_at = updated_at', migrations.RunSQL.noop),
    ]
