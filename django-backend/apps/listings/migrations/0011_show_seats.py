from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('listings', '0010_season_tickets_move_out'),
    ]

    operations = [
        migrations.AddField(
            model_name='listing',
            name='show_seats',
            field=models.BooleanField(
                db_default=False, default=False, help_text='Whether the market shows buyers the seat numbers.'
            ),
        ),
    ]
