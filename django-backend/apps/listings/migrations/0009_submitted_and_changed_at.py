from django.db import migrations, models
from django.db.models.functions import Now


class Migration(migrations.Migration):

    dependencies = [
        ('listings', '0008_holds'),
    ]

    operations = [
        migrations.AddField(
            model_name='seasonticket',
            name='submitted_at',
            field=models.DateTimeField(db_default=Now(), help_text='Since when it waits, or waited, for staff.'),
        ),
        migrations.RunSQL('UPDATE listings_seasonticket SET submitted_at = created_at', migrations.RunSQL.noop),
        migrations.AddField(
            model_name='ticket',
            name='status_changed_at',
            field=models.DateTimeField(db_default=Now(), help_text='Since when the seat has its status.'),
        ),
        # Nobody reads it of seats that are for sale.
        migrations.RunSQL(
            "UPDATE listings_ticket SET status_changed_at = updated_at WHERE status <> 'available'",
            migrations.RunSQL.noop,
        ),
    ]
