from django.db import migrations, models
from django.db.models.functions import Now


class Migration(migrations.Migration):

    dependencies = [
        ('listings', '0009_ticket_status_changed_at'),
    ]

    operations = [
        migrations.AddField(
            model_name='seasonticket',
            name='submitted_at',
            field=models.DateTimeField(db_default=Now(), help_text='Since when it waits, or waited, for staff.'),
        ),
        migrations.RunSQL('UPDATE listings_seasonticket SET submitted_at = created_at', migrations.RunSQL.noop),
    ]
