from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('orders', '0009_invoices'),
    ]

    operations = [
        migrations.AlterField(
            model_name='invoice',
            name='lines',
            field=models.JSONField(help_text='The seats, by line of the order; none if staff have not said which ones a refund is for.'),
        ),
        migrations.AlterField(
            model_name='ordermail',
            name='kind',
            field=models.CharField(choices=[('paid', 'Order confirmed'), ('ended', 'Order ended without payment'), ('unavailable', 'Seats no longer available'), ('event', 'Event postponed, moved or cancelled'), ('refund', 'Refund')], max_length=20),
        ),
        migrations.AlterField(
            model_name='ordermail',
            name='state',
            field=models.CharField(choices=[('queued', 'Queued'), ('sent', 'Sent'), ('failed', 'Failed'), ('undeliverable', 'Undeliverable')], default='queued', max_length=20),
        ),
    ]
