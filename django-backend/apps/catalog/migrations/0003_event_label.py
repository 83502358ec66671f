from django.db import migrations, models
from django.db.models.functions import Cast, Concat, Left, Length, Right
from django.db.models.lookups import Exact

from apps.catalog.rules.event_labels import LabelledEvent, labels_to_write

_WRITE = """
UPDATE catalog_event AS event SET given_label = wanted.label
FROM unnest(%s::uuid[], %s::text[]) AS wanted(id, label) WHERE event.id = wanted.id
"""


def label_events(apps, schema_editor):
    """Label the events that are there, with one statement for each season."""
    events = apps.get_model('catalog', 'Event').objects.order_by('starts_at', 'id')
    for season_id in events.order_by().values_list('season_id', flat=True).distinct():
        rows = events.filter(season_id=season_id).values_list('id', 'name', 'additional_info', 'given_label')
        labels = labels_to_write(LabelledEvent(*row) for row in rows)
        with schema_editor.connection.cursor() as cursor:
            cursor.execute(_WRITE, [list(labels), list(labels.values())])


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0002_event_changes'),
    ]

    operations = [
        migrations.AddField(
            model_name='event',
            name='given_label',
            field=models.CharField(db_default='', default='', editable=False, help_text='Written by services/event_labels.py.', max_length=320),
        ),
        # Before the table is rewritten: rows of this transaction's own would leave checks of foreign keys pending.
        migrations.RunPython(label_events, migrations.RunPython.noop),
        migrations.AddField(
            model_name='event',
            name='label',
            field=models.GeneratedField(db_persist=True, expression=models.Case(models.When(Exact(Left('given_label', Length('name')), models.F('name')), then='given_label'), default=Concat('name', models.Value(' · '), Right(Cast('id', models.TextField()), 8))), help_text='What the event is called wherever it is named: its name, made unique in the season.', output_field=models.CharField(max_length=320)),
        ),
        migrations.AddConstraint(
            model_name='event',
            constraint=models.UniqueConstraint(deferrable=models.Deferrable.IMMEDIATE, fields=('season', 'label'), name='event_label_once_per_season'),
        ),
    ]
